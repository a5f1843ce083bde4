"""What an order no longer costs goes back to who paid for it, asked for in the same write."""

from datetime import datetime

from linli import payments
from linli.kernel.transact import Transaction
from linli.orders.model import Order
from linli.orders.money import costing
from linli.orders.progress import Progress


def reprice(
    tx: Transaction,
    order: Order,
    final_fen: int,
    *,
    reason: str,
    now: datetime,
    deposit_fen: int = 0,
) -> Progress:
    """
    Let the order cost `final_fen` in all, of which `deposit_fen` are for boxes; answers the
    progress for the order's turn in `tx`.

    What was paid beyond it is owed back: the order says how much (`refund_fen`).
    """
    progress, back_fen = costing(order, final_fen)
    if back_fen:
        payments.request_refund(
            tx,
            order_id=order.order_id,
            fen=back_fen,
            reason=reason,
            now=now,
            version=order.version + 1,
            deposit_fen=deposit_fen,
        )
    return progress
