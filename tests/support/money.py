"""Orders' payments where a test needs no provider: the money is there, and the order is told."""

from datetime import datetime

from linli import payments
from linli.kernel.transact import Transaction
from linli.presale import paying


def capture(tx: Transaction, order_id: str, now: datetime) -> None:
    """
    Pay an order or presale order in full: what it says of itself, and the capture in the payments'
    books, in one write.
    """
    order = paying.read(order_id)
    paying.mark_paid(tx, order_id, now, order.total_fen)
    payments.collect(
        tx,
        order_id=order_id,
        resident_id=order.resident_id,
        community_id=order.community_id,
        fen=order.total_fen,
        now=now,
    )
