"""What a resident is told of their money: one message for each outcome."""

from datetime import datetime

from linli.kernel.time import rfc3339
from linli.kernel.transact import Transaction
from linli.payments.rows import MessageRow

SETTLED, REFUNDED = "PaymentSettled", "PaymentRefunded"


def tell(
    tx: Transaction,
    pk: str,
    kind: str,
    outcome_id: str,
    fen: int,
    now: datetime,
    reason: str | None = None,
) -> None:
    """
    Put the message of an outcome, in the write that makes it so.

    An outcome happens once by the conditions of that write; the message's own condition only
    asserts it, and no refusal belongs to it.
    """
    row = MessageRow(
        pk, f"MESSAGE#{outcome_id}", kind=kind, fen=fen, reason=reason, at=rfc3339(now)
    )
    tx.put(row, condition=MessageRow.pk.does_not_exist())
