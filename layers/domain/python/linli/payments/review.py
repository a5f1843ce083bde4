"""A dispatcher's word on an attempt that risk has held: let it go on, or reject it."""

from datetime import datetime

from pynamodb.expressions.update import Action

from linli import risk
from linli.kernel.errors import Conflict
from linli.kernel.identity import Caller, Role
from linli.kernel.transact import Transaction, transaction
from linli.payments import ask, attempts, rules
from linli.payments.attempts import Moved
from linli.payments.model import Attempt, AttemptState, NoLongerPayable, Review
from linli.payments.parties import Parties
from linli.payments.rows import AttemptRow, id_in, order_in
from linli.risk import Subject

S = AttemptState


def release(
    attempt_id: str, review: Review, *, caller: Caller, now: datetime, parties: Parties
) -> Attempt:
    """
    Let a held attempt go on to the provider; sent again, it answers the same.

    Raises:
        NotFound: No such attempt, or of another community.
        Conflict: It is not held, or the caller would release their own.
        NoLongerPayable: The order has not waited.
    """
    row = _judged(attempt_id, caller)
    if row.state == S.HELD:
        row = _release(row, review, caller, now, parties)
    elif row.review_id != str(review.id):
        raise Conflict(f"the attempt is {row.state}")
    if row.state == S.UNKNOWN:
        row = ask.submit(row, parties, now)
    return attempts.view(row)


def reject(attempt_id: str, review: Review, *, caller: Caller, now: datetime) -> Attempt:
    """
    End a held attempt without asking the provider, and block what is to be blocked; sent again,
    it answers the same.

    Raises:
        NotFound: No such attempt, or of another community.
        Conflict: It is not held.
    """
    row = _judged(attempt_id, caller)
    if row.state != S.HELD:
        if row.review_id != str(review.id):
            raise Conflict(f"the attempt is {row.state}")
        return attempts.view(row)
    try:
        with transaction() as tx:
            attempts.move(tx, row, S.REJECTED, now, _word(review, caller))
            attempts.let_go(tx, row)
            _block(tx, row, review, caller, now)
    except Moved:
        return reject(attempt_id, review, caller=caller, now=now)
    return attempts.view(attempts.again(row))


def _judged(attempt_id: str, caller: Caller) -> AttemptRow:
    row = attempts.find(attempt_id)
    caller.require(row.community_id, Role.DISPATCHER)
    if row.resident_id == caller.subject:
        raise Conflict("nobody judges their own payment")
    return row


def _release(
    row: AttemptRow, review: Review, caller: Caller, now: datetime, parties: Parties
) -> AttemptRow:
    payable = parties.orders.payable(order_in(row.pk), row.resident_id)
    until = attempts.deadline(row, attempts.payment_of(row))
    if not rules.waits(payable) or not rules.time_to_pay(until, now):
        raise NoLongerPayable(state=payable.state, payment=payable.payment)
    look_at = now + rules.patience(0)
    try:
        with transaction() as tx:
            attempts.move(tx, row, S.UNKNOWN, now, _word(review, caller), due_at=look_at)
    except Moved:
        fresh = attempts.again(row)
        if fresh.review_id != str(review.id):
            raise Conflict(f"the attempt is {fresh.state}") from None
        return fresh
    return attempts.again(row)


def _word(review: Review, caller: Caller) -> list[Action]:
    return [
        AttemptRow.review_id.set(str(review.id)),
        AttemptRow.reviewed_by.set(caller.subject),
        AttemptRow.review_reason.set(review.reason),
    ]


def _block(tx: Transaction, row: AttemptRow, review: Review, caller: Caller, now: datetime) -> None:
    subject = Subject(row.resident_digest or "", row.device_digest or "", row.card_digest)
    risk.block(
        tx,
        subject,
        review.block,
        by=caller.subject,
        reason=review.reason,
        attempt_id=id_in(row.sk),
        now=now,
    )
