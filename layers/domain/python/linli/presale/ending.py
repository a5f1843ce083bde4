"""Presale orders after they were placed: read, paid, cancelled or void."""

from datetime import datetime

from linli import slots
from linli.kernel import reads
from linli.kernel.errors import AlreadyDone, Conflict, NotFound, Refused
from linli.kernel.time import rfc3339
from linli.kernel.transact import Transaction, transaction
from linli.presale.cycles import read_row
from linli.presale.model import CycleNotOpen, PresaleOrder
from linli.presale.refunds import refund
from linli.presale.rows import (
    ORDER,
    GoodsRow,
    OrderRow,
    cycle_key,
    cycle_of,
    order_key,
    order_of,
)


def _kept(order_id: str) -> OrderRow:
    row = reads.get(OrderRow, order_key(order_id), ORDER)
    if row is None:
        raise NotFound
    return row


def read_order(order_id: str, resident_id: str | None = None) -> PresaleOrder:
    """
    The presale order; of `resident_id` alone, if given.

    Raises:
        NotFound: There is none, or it is somebody else's.
    """
    order = order_of(_kept(order_id))
    if resident_id not in (None, order.resident_id):
        raise NotFound
    return order


def cancel(order_id: str, *, resident_id: str, now: datetime) -> PresaleOrder:
    """
    Cancel until the cycle closes; cancelling again changes nothing.

    Raises:
        NotFound: There is none, or it is somebody else's.
        CycleNotOpen: The cycle has closed; goods are being bought.
        Conflict: It has ended otherwise.
    """
    order = read_order(order_id, resident_id)
    if order.state == "cancelled":
        return order
    cycle = cycle_of(read_row(order.cycle_id))
    if cycle.state != "open" or now >= cycle.cut_off_at:
        raise CycleNotOpen
    key = cycle_key(order.cycle_id)
    try:
        with transaction() as tx:
            end(tx, order, "cancelled", "cancelled", now)
            for sku, units in order.wanted.items():
                tx.update(
                    GoodsRow(key, f"SKU#{sku}"),
                    [GoodsRow.promised_units.add(-units)],
                    condition=(GoodsRow.is_open == 1) & (GoodsRow.promised_units >= units),
                    refusal=CycleNotOpen(),
                )
    except Conflict:
        after = read_order(order_id, resident_id)
        if after.state == "cancelled":
            return after
        raise
    return read_order(order_id, resident_id)


def end(tx: Transaction, order: PresaleOrder, state: str, why: str, now: datetime) -> None:
    """
    End a promised order: its place goes back, and what was paid is refunded, in one write.

    Raises, when `tx` commits:
        Conflict: It is not as it was read.
    """
    tx.update(
        OrderRow(order_key(order.order_id), ORDER),
        [
            OrderRow.state.set(state),
            OrderRow.why.set(why),
            OrderRow.refunded_fen.set(order.paid_fen),
            OrderRow.changed_at.set(rfc3339(now)),
        ],
        condition=(OrderRow.state == "promised") & (OrderRow.paid_fen == order.paid_fen),
        refusal=Conflict("the presale order has moved on"),
    )
    slots.unreserve(tx, order.slot_id)
    if order.paid_fen:
        refund(tx, order, why, now)


def void(order: PresaleOrder, why: str, now: datetime) -> None:
    """End an order that is not served, with its refund; once."""
    try:
        with transaction() as tx:
            end(tx, order, "voided", why, now)
    except (Conflict, AlreadyDone):
        return  # It has ended in the meantime: by another run of this.


def mark_paid(
    tx: Transaction, order: PresaleOrder, *, payment_id: str, refusal: Refused, now: datetime
) -> None:
    """
    Note that an online order was paid in full, in the transaction of its capture; `refusal` if
    it is not waiting for that any more, so that the capture is refunded instead. A cycle that
    has closed has counted who paid.
    """
    tx.check(
        GoodsRow(cycle_key(order.cycle_id), f"SKU#{order.lines[0].sku}"),
        condition=GoodsRow.is_open == 1,
        refusal=refusal,
    )
    tx.update(
        OrderRow(order_key(order.order_id), ORDER),
        [
            OrderRow.paid_fen.set(order.total_fen),
            OrderRow.payment_id.set(payment_id),
            OrderRow.changed_at.set(rfc3339(now)),
        ],
        condition=(OrderRow.state == "promised") & (OrderRow.paid_fen == 0),
        refusal=refusal,
    )
