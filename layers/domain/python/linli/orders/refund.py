"""What an order no longer costs goes back to who paid for it, asked for in the same write."""

from datetime import datetime

from linli.kernel.transact import Transaction
from linli.orders.model import Order
from linli.orders.money import costing
from linli.orders.progress import Progress


def reprice(
    tx: Transaction, order: Order, final_fen: int, *, reason: str, now: datetime
) -> Progress:
    """
    Let the order cost `final_fen` in all; answers the progress for the order's turn in `tx`.

    What was paid beyond it is owed back: the order says how much (`refund_fen`).
    """
    progress, _ = costing(order, final_fen)
    return progress
