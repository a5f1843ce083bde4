"""
Money that came: captured for the order, or sent back; once for each attempt, whoever tells of it.

What the provider says twice, late or in another order changes nothing more: each attempt moves
to `succeeded` once, under the condition of the state in which it was seen, together with the
order's money and the order itself.
"""

from datetime import datetime, timedelta

from linli import risk
from linli.kernel.errors import Conflict, Contended
from linli.kernel.time import rfc3339
from linli.kernel.transact import Transaction, transaction
from linli.payments import attempts, rules
from linli.payments.attempts import Moved
from linli.payments.messages import REFUNDED, SETTLED, tell
from linli.payments.model import (
    AmountMismatch,
    AttemptState,
    BackReason,
    RefundState,
)
from linli.payments.parties import Parties
from linli.payments.provider import Result
from linli.payments.rows import (
    NOTICE,
    OPEN,
    PAYMENT,
    AttemptRow,
    NoticeRow,
    PaymentRow,
    RefundRow,
    due_mark,
    id_in,
    order_in,
    refund_sk,
)

_LOOKS = 6
"""How often to look anew after others were faster."""
_NOTICE_KEPT = timedelta(days=30)


def succeeded(
    row: AttemptRow, result: Result, parties: Parties, now: datetime, notice_id: str | None = None
) -> AttemptRow:
    """
    Take the money of an attempt: for its order, if that can still be had; back, if not.

    Raises:
        AmountMismatch: It is not the amount that was asked for; nothing was changed.
        Conflict: Nobody was ever asked for this attempt's money.
        Contended: Others were faster at every look.
    """
    for _ in range(_LOOKS):
        if row.state == AttemptState.SUCCEEDED:
            return row
        _check(row, result)
        try:
            _take(row, result, parties, now, notice_id)
        except (Moved, Contended):
            row = attempts.again(row)
            continue
        return attempts.again(row)
    raise Contended("the payment is being written by others")


def note(tx: Transaction, notice_id: str, now: datetime) -> None:
    """Note that a notification was taken; the commit raises Moved if it had been."""
    row = NoticeRow(
        f"NOTICE#{notice_id}",
        NOTICE,
        at=rfc3339(now),
        forget_at=int((now + _NOTICE_KEPT).timestamp()),
    )
    tx.put(row, condition=NoticeRow.pk.does_not_exist(), refusal=Moved())


def _check(row: AttemptRow, result: Result) -> None:
    if AttemptState(row.state) not in rules.SENT:
        raise Conflict("nobody was asked for this payment")
    if result.fen != int(row.fen):
        raise AmountMismatch(attempt_id=id_in(row.sk))


def _take(
    row: AttemptRow, result: Result, parties: Parties, now: datetime, notice_id: str | None
) -> None:
    if attempts.payment_of(row).captured_by is not None:
        _send_back(row, result, "paid_twice", now, notice_id)
        return
    try:
        _capture(row, result, parties, now, notice_id)
    except parties.orders.NoLongerPayable:
        order_id = order_in(row.pk)
        if parties.orders.payable(order_id, row.resident_id).total_fen != int(row.fen):
            _send_back(row, result, "order_changed", now, notice_id)
            return
        if parties.orders.revive(order_id, now, parties.settings):
            raise Moved from None
        _send_back(row, result, "order_gone", now, notice_id)


def _capture(
    row: AttemptRow, result: Result, parties: Parties, now: datetime, notice_id: str | None
) -> None:
    attempt_id, fen = id_in(row.sk), int(row.fen)
    with transaction() as tx:
        if notice_id is not None:
            note(tx, notice_id, now)
        provider_id = AttemptRow.provider_id.set(result.provider_id or "")
        attempts.move(tx, row, AttemptState.SUCCEEDED, now, [provider_id])
        capture(tx, row, fen)
        parties.orders.mark_paid(tx, order_in(row.pk), now, fen)
        risk.remember(tx, row.resident_digest or "", row.device_digest, fen, now)
        tell(tx, row.pk, SETTLED, attempt_id, fen, now)


def capture(tx: Transaction, row: AttemptRow, fen: int) -> None:
    """Count `fen` as paid by this attempt; the commit raises Moved if the order is paid."""
    tx.update(
        PaymentRow(row.pk, PAYMENT),
        [
            PaymentRow.state.set("captured"),
            PaymentRow.captured_by.set(id_in(row.sk)),
            PaymentRow.captured_fen.add(fen),
            PaymentRow.refundable_fen.add(fen),
        ],
        condition=PaymentRow.captured_by.does_not_exist(),
        refusal=Moved(),
    )


def _send_back(
    row: AttemptRow, result: Result, reason: BackReason, now: datetime, notice_id: str | None
) -> None:
    """Take the money and owe it back at once, in one write; the sweeper hands it over."""
    attempt_id, fen = id_in(row.sk), int(row.fen)
    with transaction() as tx:
        if notice_id is not None:
            note(tx, notice_id, now)
        provider_id = AttemptRow.provider_id.set(result.provider_id or "")
        changes = [provider_id, AttemptRow.excess.set(True)]
        attempts.move(tx, row, AttemptState.SUCCEEDED, now, changes)
        tx.update(
            PaymentRow(row.pk, PAYMENT),
            [PaymentRow.captured_fen.add(fen), PaymentRow.refunding_fen.add(fen)],
        )
        tx.put(
            _back(row, reason, now),
            condition=RefundRow.pk.does_not_exist(),
            refusal=Moved(),
        )
        tell(tx, row.pk, REFUNDED, attempt_id, fen, now, reason)


def _back(row: AttemptRow, reason: BackReason, now: datetime) -> RefundRow:
    return RefundRow(
        row.pk,
        refund_sk(rules.back_id(id_in(row.sk))),
        attempt_id=id_in(row.sk),
        method=row.method,
        fen=int(row.fen),
        total_fen=int(row.fen),
        reason=reason,
        state=RefundState.PENDING.value,
        fingerprint="",
        by="linli",
        began_at=rfc3339(now),
        changed_at=rfc3339(now),
        automatic=True,
        due_mark=due_mark(OPEN, row.pk),
        due_at=rfc3339(now),
    )
