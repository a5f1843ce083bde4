"""Orders' payments where a test needs no provider: the money is there, and the order is told."""

from datetime import datetime

from linli import orders, payments
from linli.kernel.transact import Transaction


def capture(tx: Transaction, order_id: str, now: datetime) -> None:
    """Pay an order in full: its turn, and the capture in the payments' books, in one write."""
    order = orders.read(order_id)
    orders.mark_paid(tx, order_id, now, order.total_fen)
    payments.collect(
        tx,
        order_id=order_id,
        resident_id=order.resident_id,
        community_id=order.community_id,
        fen=order.total_fen,
        now=now,
    )
