"""
Presale orders and orders, as payments see them: one is paid under the id that the other will have.

This module is a `payments.Orders`. It answers for a presale order as long as there is no order of
its id, and hands over to `linli.orders` after that, payment and all.
"""

from datetime import datetime

from linli import orders
from linli.kernel import reads
from linli.kernel.errors import NotFound
from linli.kernel.settings import Settings
from linli.kernel.time import rfc3339
from linli.kernel.transact import Transaction
from linli.orders import NoLongerPayable, Order, Payable
from linli.presale.cycles import read_row
from linli.presale.model import PresaleOrder
from linli.presale.rows import ORDER, GoodsRow, OrderRow, cycle_key, cycle_of, order_key, order_of

__all__ = ["NoLongerPayable", "conceded", "mark_paid", "payable", "read", "revive"]


def read(order_id: str, resident_id: str | None = None) -> Order | PresaleOrder:
    """
    The order or presale order; of `resident_id` alone, if given.

    Raises:
        NotFound: There is none, or it is somebody else's.
    """
    return _presale(order_id, resident_id) or orders.read(order_id, resident_id)


def payable(order_id: str, resident_id: str) -> Payable:
    """
    What there is to pay; a presale order waits for it until its cycle closes.

    Raises:
        NotFound: There is no such order of this resident's.
    """
    order = _presale(order_id, resident_id)
    if order is None:
        return orders.payable(order_id, resident_id)
    cycle = cycle_of(read_row(order.cycle_id))
    stands = order.state == "promised" and (order.payment != "due" or cycle.state == "open")
    return Payable(
        order_id=order.order_id,
        community_id=order.community_id,
        total_fen=order.total_fen,
        pay_by=cycle.cut_off_at,
        state="placed" if stands else "cancelled",
        payment=order.payment,
    )


def mark_paid(tx: Transaction, order_id: str, now: datetime, fen: int | None = None) -> None:
    """
    Note in the payment's transaction that `fen` (None: what it costs) were paid. A cycle that has
    closed has counted who paid.

    Raises, here or when `tx` commits:
        NotFound: There is no such order.
        NoLongerPayable: It does not wait for this payment, or its cycle has closed.
    """
    order = _presale(order_id)
    if order is None:
        orders.mark_paid(tx, order_id, now, fen)
        return
    too_late = NoLongerPayable(state=order.state)
    if not _waits(order) or fen not in (None, order.total_fen):
        raise too_late
    tx.check(
        GoodsRow(cycle_key(order.cycle_id), f"SKU#{order.lines[0].sku}"),
        condition=GoodsRow.is_open == 1,
        refusal=too_late,
    )
    tx.update(
        OrderRow(order_key(order_id), ORDER),
        [OrderRow.paid_fen.set(order.total_fen), OrderRow.changed_at.set(rfc3339(now))],
        condition=(OrderRow.state == "promised") & (OrderRow.paid_fen == 0),
        refusal=too_late,
    )


def revive(order_id: str, now: datetime, settings: Settings) -> bool:
    """
    Whether an order that had expired may be paid now, see `orders.revive`. A presale order has no
    second life: its cycle has bought what was paid.
    """
    order = _presale(order_id)
    if order is None:
        return orders.revive(order_id, now, settings)
    return _waits(order) and cycle_of(read_row(order.cycle_id)).state == "open"


def conceded(tx: Transaction, order_id: str, refund_id: str, fen: int, now: datetime) -> None:
    """
    What it means that so much goes back out of goodwill, see `orders.conceded`; for a presale
    order nothing: it counts for no leader.

    Raises, here or when `tx` commits:
        NotFound: There is no such order.
    """
    if _presale(order_id) is None:
        orders.conceded(tx, order_id, refund_id, fen, now)


def _waits(order: PresaleOrder) -> bool:
    return order.state == "promised" and order.payment == "due"


def _presale(order_id: str, resident_id: str | None = None) -> PresaleOrder | None:
    """The presale order; None if it is an order by now, or there is none."""
    row = reads.get(OrderRow, order_key(order_id), ORDER)
    if row is None or row.state in ("refused", "ordered"):
        return None
    order = order_of(row)
    if resident_id not in (None, order.resident_id):
        raise NotFound
    return order
