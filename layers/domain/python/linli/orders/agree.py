"""A resident agrees to a substitute that a store proposes for a line that asks."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from linli.kernel.errors import Conflict, NotFound
from linli.kernel.ids import CommandId, Sku
from linli.kernel.transact import Transaction
from linli.orders.model import Order
from linli.orders.turn import carry_out, once, turn


class NotAsked(Conflict):
    """The order has no such line that asks."""

    code = "not_asked"
    title_en = "No line of this order asks for that"
    title_zh = "订单中没有需要确认替代的该商品"


class Agree(BaseModel):
    """For units of `sku` that are not there, `substitute_sku` is welcome, for no more money."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: CommandId
    sku: Sku
    substitute_sku: Sku


def agree(order_id: str, command: Agree, *, resident_id: str, now: datetime) -> Order:
    """
    Note what the resident agrees to; the same again changes nothing, another takes its place.

    Raises:
        NotFound: There is none, or it is somebody else's.
        NotAsked: The order has no such line, or that line does not ask.
        OutOfOrder: It is packed already, or has ended.
        IdReused: The id was used for something else.
    """

    def act(tx: Transaction, order: Order) -> None:
        if resident_id not in order.people:
            raise NotFound
        asks = {line.sku for line in order.lines if line.substitute == "ask"}
        if command.sku not in asks:
            raise NotAsked(sku=command.sku)
        agreed = order.progress.agreed | {command.sku: command.substitute_sku}
        progress = order.progress.model_copy(update={"agreed": agreed})
        reason = f"{command.sku} -> {command.substitute_sku}"
        turn(tx, order, "agree", actor=resident_id, now=now, reason=reason, progress=progress)

    return carry_out(order_id, act, once(command, command.id, order_id, resident_id, now))
