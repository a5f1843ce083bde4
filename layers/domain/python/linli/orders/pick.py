"""
Picking: each store of an order tells what it found of its part, once; the last one packs it.

What was not there leaves the shelf's records in the same write (held → written off, counted
short), and its money is owed back.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from linli import catalogue, stock
from linli.kernel.errors import Conflict, NotFound
from linli.kernel.identity import Caller, Role
from linli.kernel.time import rfc3339
from linli.kernel.transact import Transaction
from linli.orders import hold
from linli.orders.model import Order
from linli.orders.money import bill_of
from linli.orders.parts import Pick, part_of
from linli.orders.progress import OrderPart, Progress
from linli.orders.refund import reprice
from linli.orders.rules import sources_of
from linli.orders.states import OutOfOrder, Turn
from linli.orders.turn import carry_out, once, turn
from linli.orders.wave import WAVELESS
from linli.stock import OutOfStock, Source

COLLECT_WITHIN = timedelta(days=1)
"""How long a packed order waits at a counter, or a stored one in a locker."""


class AlreadyPicked(Conflict):
    """The store has told its part of this order, under another id."""

    code = "already_picked"
    title_en = "Your part of this order was picked already"
    title_zh = "本店部分已拣货"


def pick(command: Pick, *, caller: Caller, now: datetime) -> Order:
    """
    Note what a store found of its part; the same report again changes nothing.

    Raises:
        NotFound: The caller is not of this store, or the order is not supplied by it.
        AlreadyPicked: The part was told under another id.
        OutOfOrder: The order waits for its wave, is not paid, or is past picking.
        WrongPart, NotWeighed, NotAgreed: See `parts.part_of`.
        OutOfStock: The substitute is not there either.
        IdReused: The id was used for another command.
    """
    caller.require(command.store_id, Role.STORE)
    given = [line.substitute.sku for line in command.lines if line.substitute]
    products = catalogue.products_by_id(given)

    def act(tx: Transaction, order: Order) -> None:
        check(order, command.store_id)
        part = part_of(order, command, products)
        _book(tx, order, part, by=caller.subject, now=now)

    row = once(command, command.id, str(command.order_id), caller.subject, now)
    return carry_out(str(command.order_id), act, row)


def check(order: Order, store_id: str) -> None:
    """
    Refuse what is not the store's to pick now.

    Raises:
        NotFound, AlreadyPicked, OutOfOrder
    """
    if store_id not in order.store_ids:
        raise NotFound
    if order.progress.part(store_id):
        raise AlreadyPicked
    if order.payment == "due" or (order.state == "placed" and order.channel not in WAVELESS):
        raise OutOfOrder(state=order.state, turn="pick")


def _book(tx: Transaction, order: Order, part: OrderPart, *, by: str, now: datetime) -> None:
    parts = (*order.progress.parts, part)
    name = _turn_of(order, parts)
    progress = order.progress.model_copy(update={"parts": parts})
    if name != "pick":
        progress = _packed(tx, order, progress, name, now)
    turn(tx, order, name, actor=by, now=now, reason=part.store_id, progress=progress)
    shards = {(s.store_id, s.sku): s.shard for s in sources_of(order)}
    for line in part.lines:
        shard = shards.get((part.store_id, line.sku), 0)
        shelf = Source(part.store_id, line.owner_id, line.sku, line.short_units, shard=shard)
        if line.short_units:
            stock.lose(tx, shelf, stock.Sale(order.order_id, by, now))
        if line.substitute:
            given = Source(
                shelf.store_id, shelf.owner_id, line.substitute.sku, line.substitute.units
            )
            stock.hold_from_shelf(tx, given, OutOfStock(short=[{"sku": given.sku}]))
    if name == "give_up":
        hold.void(tx, order, now)


def _turn_of(order: Order, parts: Sequence[OrderPart]) -> Turn:
    if len(parts) < len(order.store_ids):
        return "pick"
    found = any(line.units or line.substitute for part in parts for line in part.lines)
    return "pack" if found else "give_up"


def _packed(
    tx: Transaction, order: Order, progress: Progress, name: Turn, now: datetime
) -> Progress:
    """What the whole order comes to, and until when it may be collected."""
    bill = bill_of(order, progress.parts)
    waits = name == "pack" and order.channel in WAVELESS
    more = {"bill": bill, "collect_by": rfc3339(now + COLLECT_WITHIN) if waits else None}
    order = order.model_copy(update={"progress": progress.model_copy(update=more)})
    final_fen, deposit_fen = (bill.final_fen, bill.deposit_fen) if name == "pack" else (0, 0)
    reason = f"picked/{name}"
    return reprice(tx, order, final_fen, reason=reason, now=now, deposit_fen=deposit_fen)
