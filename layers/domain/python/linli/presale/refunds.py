"""What is to be paid back: requested once, in the write that ends the order."""

from datetime import datetime

from linli.kernel.errors import AlreadyDone
from linli.kernel.time import rfc3339
from linli.kernel.transact import Transaction
from linli.presale.model import PresaleOrder
from linli.presale.rows import REFUND, RefundRow, order_key


def refund(tx: Transaction, order: PresaleOrder, why: str, now: datetime) -> None:
    """Request the refund of all that was paid; payments executes it."""
    row = RefundRow(
        order_key(order.order_id),
        REFUND,
        fen=order.paid_fen,
        why=why,
        at=rfc3339(now),
    )
    tx.put(row, condition=RefundRow.pk.does_not_exist(), refusal=AlreadyDone())
