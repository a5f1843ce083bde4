"""Cash on delivery: no provider and nothing before the hand-over, which captures it."""

from datetime import datetime

from linli import risk
from linli.kernel.errors import AlreadyDone
from linli.kernel.time import rfc3339
from linli.kernel.transact import Transaction
from linli.payments.messages import SETTLED, tell
from linli.payments.model import CASH, AttemptState
from linli.payments.rows import PAYMENT, AttemptRow, PaymentRow, attempt_sk, of_order
from linli.risk import Subject


def collect(
    tx: Transaction, *, order_id: str, resident_id: str, community_id: str, fen: int, now: datetime
) -> None:
    """
    Capture the cash for an order, in the transaction that hands it over; `fen` is what the order
    costs in the end. Nothing is written for an order that costs nothing.

    Raises, when `tx` commits:
        AlreadyDone: It was collected before.
    """
    if fen <= 0:
        return
    pk, attempt_id = of_order(order_id), f"{order_id}-cash"
    row = _row(pk, attempt_id, resident_id, community_id, now)
    row.fen = fen
    tx.put(row, condition=AttemptRow.pk.does_not_exist(), refusal=AlreadyDone())
    tx.update(
        PaymentRow(pk, PAYMENT),
        [
            PaymentRow.community_id.set(community_id),
            PaymentRow.due_fen.set(fen),
            PaymentRow.state.set("captured"),
            PaymentRow.captured_by.set(attempt_id),
            PaymentRow.captured_fen.add(fen),
            PaymentRow.refundable_fen.add(fen),
        ],
        condition=PaymentRow.captured_by.does_not_exist(),
        refusal=AlreadyDone(),
    )
    risk.remember(tx, Subject.of(resident_id, "", None).resident, None, fen, now)
    tell(tx, pk, SETTLED, attempt_id, fen, now)


def _row(
    pk: str, attempt_id: str, resident_id: str, community_id: str, now: datetime
) -> AttemptRow:
    return AttemptRow(
        pk,
        attempt_sk(attempt_id),
        method=CASH,
        state=AttemptState.SUCCEEDED.value,
        fingerprint="",
        resident_id=resident_id,
        community_id=community_id,
        began_at=rfc3339(now),
        changed_at=rfc3339(now),
        expires_at=rfc3339(now),
    )
