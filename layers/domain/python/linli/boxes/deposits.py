"""
The deposits of boxes that are back: owed no longer in the ledger, and on their way to their owners.

Both in one write, so that there is no moment at which a deposit is nobody's.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from linli import credit, payments
from linli.boxes.model import Box
from linli.credit import Fen
from linli.kernel.transact import Transaction
from linli.payments import Deposit


def give_back(tx: Transaction, boxes: Sequence[Box], *, source_id: str, now: datetime) -> int:
    """
    Give each holder the whole of what their boxes carry, by the payment of the order that each box
    went out with; answers how much in all, in fen. Grouped by holder and by order, because a
    transaction touches an item once.

    Raises, when `tx` commits:
        AlreadyDone: What is told as `source_id` gave back before.
        Contended: Another refund of the same order was written at this moment.
    """
    owed: Counter[str] = Counter()
    paid: Counter[tuple[str, str, str]] = Counter()
    for box in boxes:
        assert box.holder_id is not None, "a box that comes back was somebody's"
        owed[box.holder_id] += box.deposit_fen
        paid[box.order_id, box.holder_id, box.community_id] += box.deposit_fen
    transfer_id = f"{source_id}/refund"
    for holder_id, fen in owed.items():
        if fen:
            credit.refund_deposit(
                tx, transfer_id=transfer_id, resident_id=holder_id, fen=Fen(fen), now=now
            )
    for (order_id, holder_id, community_id), fen in paid.items():
        if fen:
            deposit = Deposit(order_id, holder_id, community_id, transfer_id, fen)
            payments.owe_deposit(tx, deposit, now)
    return owed.total()
