"""
Deposits that go back: by the payment that they came with, or by a person's hand.

The ledger says that a deposit is no longer held; here it is owed on the payment of the order that
it was charged with, in the same write. What came by the provider goes back by it. What came in
cash, or came so long ago that the provider would not give it back, waits for its owner at any
store of the community (`payouts`).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from linli.kernel import reads
from linli.kernel.errors import AlreadyDone, Contended
from linli.kernel.time import parse_instant, rfc3339
from linli.kernel.transact import Transaction
from linli.payments import attempts
from linli.payments.model import CASH, RefundState
from linli.payments.rows import (
    BY_HAND,
    OPEN,
    PAYMENT,
    AttemptRow,
    PaymentRow,
    RefundRow,
    due_mark,
    of_order,
    refund_sk,
)

DEPOSIT: Final = "deposit"
"""The reason of these refunds."""
GIVEN_BACK_WITHIN: Final = timedelta(days=360)
"""
WeChat Pay refuses to refund what was paid more than a year ago ("Refund", pay.weixin.qq.com/doc);
some days less, for a refund may have to be asked for more than once.
"""


@dataclass(frozen=True, slots=True)
class Deposit:
    """What the ledger gives back to a resident by a transfer, of one order's boxes together."""

    order_id: str
    resident_id: str
    community_id: str
    transfer_id: str
    fen: int


def owe_deposit(tx: Transaction, deposit: Deposit, now: datetime) -> None:
    """
    Owe a deposit back, in the transaction in which the ledger gives it back. It lowers what is
    kept of the order's price, to which it belonged.

    A deposit whose order nobody paid waits to be collected, too: the audits find it.

    Raises, when `tx` commits:
        AlreadyDone: This transfer's deposit is owed already.
        Contended: Another refund of the order was written at this moment.
    """
    payment = reads.get(PaymentRow, of_order(deposit.order_id), PAYMENT)
    paid_by = payment.captured_by if payment else None
    attempt = attempts.get(deposit.order_id, paid_by) if paid_by else None
    enough = payment is not None and int(payment.refundable_fen) >= deposit.fen
    row = _row(deposit, attempt, now, by_hand=not enough or not _may_ask(attempt, now))
    tx.put(row, condition=RefundRow.pk.does_not_exist(), refusal=AlreadyDone())
    if attempt is not None:
        tx.update(
            PaymentRow(row.pk, PAYMENT),
            [
                PaymentRow.refundable_fen.add(-deposit.fen),
                PaymentRow.refunding_fen.add(deposit.fen),
            ],
            condition=PaymentRow.refundable_fen >= deposit.fen if enough else None,
            refusal=Contended("another refund was faster"),
        )


def out_fen(order_id: str, charged_fen: int) -> int:
    """
    What of the deposit that an order costs has not been given back: nobody gives it away out of
    goodwill, for it is its owner's.
    """
    if not charged_fen:
        return 0
    refunds = reads.query(RefundRow, of_order(order_id), RefundRow.sk.startswith(refund_sk("")))
    back_fen = sum(int(row.fen) for row in refunds if row.transfer_id)
    return max(0, charged_fen - back_fen)


def _may_ask(attempt: AttemptRow | None, now: datetime) -> bool:
    """Whether the provider has the money and would still give it back."""
    if attempt is None or attempt.method == CASH:
        return False
    return now < parse_instant(attempt.began_at) + GIVEN_BACK_WITHIN


def _row(
    deposit: Deposit, attempt: AttemptRow | None, now: datetime, *, by_hand: bool
) -> RefundRow:
    pk = of_order(deposit.order_id)
    told = f"{deposit.transfer_id}/{deposit.order_id}"
    return RefundRow(
        pk,
        refund_sk(f"{DEPOSIT}-{sha256(told.encode()).hexdigest()[:32]}"),
        attempt_id=attempt.sk.partition("#")[2] if attempt else "",
        method=attempt.method if attempt else "",
        fen=deposit.fen,
        total_fen=int(attempt.fen) if attempt else 0,
        reason=DEPOSIT,
        state=(RefundState.TO_COLLECT if by_hand else RefundState.PENDING).value,
        fingerprint="",
        by="linli",
        began_at=rfc3339(now),
        changed_at=rfc3339(now),
        community_id=deposit.community_id,
        deposit_of=deposit.resident_id,
        transfer_id=deposit.transfer_id,
        due_mark=due_mark(BY_HAND if by_hand else OPEN, pk),
        due_at=rfc3339(now),
    )
