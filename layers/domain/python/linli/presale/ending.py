"""Presale orders after they were placed: read, cancelled or void."""

from datetime import datetime

from linli import payments, slots
from linli.kernel import reads
from linli.kernel.errors import AlreadyDone, Conflict, Contended, NotFound
from linli.kernel.time import rfc3339
from linli.kernel.transact import Transaction, transaction
from linli.presale.cycles import read_row
from linli.presale.model import CycleNotOpen, PresaleOrder
from linli.presale.rows import (
    ORDER,
    GoodsRow,
    OrderRow,
    cycle_key,
    cycle_of,
    order_key,
    order_of,
)

_TRIES = 3


class _MovedOn(Conflict):
    """The presale order was paid or ended since it was read."""


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
        RecordedRefusal: It was refused.
    """
    row = _kept(order_id)
    if resident_id not in (None, row.resident_id):
        raise NotFound
    return order_of(row)


def cancel(order_id: str, *, resident_id: str, now: datetime) -> PresaleOrder:
    """
    Cancel until the cycle closes; cancelling again changes nothing.

    Raises:
        NotFound: There is none, or it is somebody else's.
        CycleNotOpen: The cycle has closed; goods are being bought.
        Contended: Others changed it at every look; sending it again is safe.
    """
    for _ in range(_TRIES):
        order = read_order(order_id, resident_id)
        if order.state == "cancelled":
            return order
        cycle = cycle_of(read_row(order.cycle_id))
        if cycle.state != "open" or now >= cycle.cut_off_at:
            raise CycleNotOpen
        try:
            _cancel(order, now)
        except _MovedOn:  # It was paid, or cancelled by a resend, at this moment.
            continue
        return read_order(order_id, resident_id)
    raise Contended("others are changing this order")


def _cancel(order: PresaleOrder, now: datetime) -> None:
    key = cycle_key(order.cycle_id)
    with transaction() as tx:
        end(tx, order, "cancelled", "cancelled", now)
        for sku, units in order.wanted.items():
            tx.update(
                GoodsRow(key, f"SKU#{sku}"),
                [GoodsRow.promised_units.add(-units)],
                condition=(GoodsRow.is_open == 1) & (GoodsRow.promised_units >= units),
                refusal=CycleNotOpen(),
            )


def end(tx: Transaction, order: PresaleOrder, state: str, why: str, now: datetime) -> None:
    """
    End a promised order: its place goes back, and what was paid is owed back, in one write.

    Raises, when `tx` commits:
        _MovedOn: It is not as it was read.
        AlreadyDone, Contended: See `payments.request_refund`.
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
        refusal=_MovedOn(),
    )
    slots.unreserve(tx, order.slot_id)
    if order.paid_fen:
        payments.request_refund(
            tx, order_id=order.order_id, fen=order.paid_fen, reason=why, now=now, version=0
        )


def void(order: PresaleOrder, why: str, now: datetime) -> None:
    """End an order that is not served, with its refund; once."""
    try:
        with transaction() as tx:
            end(tx, order, "voided", why, now)
    except (_MovedOn, AlreadyDone, Contended):
        return  # Another run was faster, or a refund; the next run sees what is left to do.
