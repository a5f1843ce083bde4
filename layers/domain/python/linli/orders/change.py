"""Changing an order before it is frozen or picked: what it holds moves in one write."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from linli import stock
from linli.kernel import reads
from linli.kernel.errors import Conflict, Contended, NotFound
from linli.kernel.ids import CommandId
from linli.kernel.settings import Settings
from linli.kernel.transact import Transaction
from linli.orders import states
from linli.orders.model import MOST_LINES, LineIn, Order
from linli.orders.plan import Moved, plan_for, wish_of
from linli.orders.refund import reprice
from linli.orders.rows import OrderRow, body_of
from linli.orders.rules import sources_of
from linli.orders.turn import carry_out, once, turn
from linli.stock import Source

_PLANS = 3


class DearerThanPaid(Conflict):
    """An order that is paid for may become cheaper, not dearer."""

    code = "dearer_than_paid"
    title_en = "A paid order cannot become dearer; place another one"
    title_zh = "已支付订单不能增加金额，请另行下单"


class ChangeLines(BaseModel):
    """All lines of the order as they are to be; the rest of it stays."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: CommandId
    lines: Annotated[tuple[LineIn, ...], Field(min_length=1, max_length=MOST_LINES)]
    expected_total_fen: int | None = Field(
        default=None, strict=True, description="Refuse the change if it would cost anything else"
    )


def change(
    order_id: str, command: ChangeLines, *, resident_id: str, now: datetime, settings: Settings
) -> Order:
    """
    Change the lines of a placed order before its slot's cut-off; the same again changes nothing.

    Products that it had keep their price. A paid order that becomes cheaper is refunded.

    Raises:
        NotFound: There is none, or it is somebody else's.
        OutOfOrder: It is frozen, picked, or has ended.
        DearerThanPaid: It is paid and would cost more.
        IdReused: The id was used for something else.
        Refused: See `rules.decide`; the order stays as it was.
    """

    def act(tx: Transaction, order: Order) -> None:
        if resident_id not in order.people:
            raise NotFound
        states.after(order.state, "change")
        _change(tx, order, command, resident_id, now, settings)

    row = once(command, command.id, order_id, resident_id, now)
    for _ in range(_PLANS):
        try:
            return carry_out(order_id, act, row)
        except Moved:
            continue
    raise Contended("the stock of this pool is in demand")


def _change(
    tx: Transaction,
    order: Order,
    command: ChangeLines,
    by: str,
    now: datetime,
    settings: Settings,
) -> None:
    wish = wish_of(order, command.lines)
    wish = wish.model_copy(update={"expected_total_fen": command.expected_total_fen})
    plan = plan_for(wish, order.resident_id, settings, order)
    decision = plan.decide(reads.batch(plan.keys(now)), now, settings)
    fen, changed = decision.order.total_fen, decision.order
    if order.payment == "paid" and fen > order.final_fen:
        raise DearerThanPaid(total_fen=fen, paid_fen=order.final_fen)
    kept = order.deposit_fen  # Boxes are not what changes.
    progress = reprice(tx, order, fen, reason="changed", now=now, deposit_fen=kept)
    promise = ("lines", "goods_fen", "total_fen", "locker")
    updated = {name: getattr(changed, name) for name in promise}
    body = [OrderRow.body.set(body_of(order.model_copy(update=updated)))]
    turn(tx, order, "change", actor=by, now=now, progress=progress, actions=body)
    _move(tx, sources_of(order), decision.sources)
    plan.take_locker(tx, changed)


def _move(tx: Transaction, before: Sequence[Source], after: Sequence[Source]) -> None:
    """Hold what is more at each shelf, and release what is less: each is written once."""
    held = Counter({(source.store_id, source.sku): source.units for source in before})
    for source in after:
        more = source.units - held.pop((source.store_id, source.sku), 0)
        if more > 0:
            stock.hold(tx, replace(source, units=more), Moved())
        elif more < 0:
            stock.release(tx, replace(source, units=-more))
    for source in before:
        if (source.store_id, source.sku) in held:
            stock.release(tx, source)
