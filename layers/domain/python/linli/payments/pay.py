"""
Paying an order: judged first, written next, then asked of the provider.

One read of everything, one pure judgement, one transaction; then the provider is called, outside
of it, and what it says is recorded. An attempt is written under its client-made id, a blocked one
too, so that a resend finds it.
"""

import json
from dataclasses import asdict, dataclass
from datetime import datetime

from linli import risk
from linli.kernel import ids, reads
from linli.kernel.errors import AlreadyDone, Contended, IdReused, NotFound, Refused
from linli.kernel.identity import Caller
from linli.kernel.time import parse_instant, rfc3339
from linli.kernel.transact import Transaction, transaction
from linli.payments import ask, attempts, rules
from linli.payments.model import (
    AlreadyPaid,
    Attempt,
    AttemptState,
    PaymentBlocked,
    PaymentUnderWay,
    PayOrder,
)
from linli.payments.parties import Parties, Payable, PlacedOrder
from linli.payments.rows import (
    HELD,
    KEY,
    OPEN,
    PAYMENT,
    AttemptKeyRow,
    AttemptRow,
    PaymentRow,
    attempt_sk,
    due_mark,
    of_order,
)
from linli.risk import Score, Subject, Verdict

S = AttemptState
_PLANS = 3
_FIRST = {Verdict.ACCEPT: S.UNKNOWN, Verdict.REVIEW: S.HELD, Verdict.BLOCK: S.BLOCKED}


@dataclass(frozen=True, slots=True)
class _Wish:
    """Who wants to pay which order how; `digest` tells a resend from a reuse of the id."""

    command: PayOrder
    order_id: str
    payer: str
    digest: str


class _Taken(PaymentUnderWay):
    """The order's place for one open attempt is taken, or it is paid: look which."""


def pay(
    command: PayOrder, order_id: str, *, caller: Caller, now: datetime, parties: Parties
) -> Attempt:
    """
    Begin to pay an order; sent again under the same id, it goes on with the same attempt.

    Raises:
        NotFound: There is no such order, or it is somebody else's.
        PaymentBlocked: It looks like fraud; recorded under the id.
        AlreadyPaid, NoLongerPayable, NothingDue: There is nothing to be paid.
        PaymentUnderWay: Another attempt is open, and the provider would not close it.
        MethodUnavailable: No provider for this method.
        IdReused: The id was used for another attempt.
    """
    digest = ids.fingerprint(command, resident=caller.subject, order=order_id)
    row = attempts.get(order_id, str(command.id))
    if row is None:
        try:
            row = _start(command, order_id, digest, caller, now, parties)
        except Refused as refusal:  # A resend may have been faster, and paid by now.
            row = attempts.get(order_id, str(command.id))
            if row is None:
                raise (IdReused() if isinstance(refusal, AlreadyDone) else refusal) from None
    if row.resident_id != caller.subject:
        raise NotFound
    if row.fingerprint != digest:
        raise IdReused
    return _go_on(row, parties, now)


def _start(
    command: PayOrder, order_id: str, digest: str, caller: Caller, now: datetime, parties: Parties
) -> AttemptRow:
    """
    Write a new attempt, once the order's place for it is free.

    Raises:
        AlreadyDone: The attempt's id is taken.
        Refused: See `pay`.
    """
    payable = parties.orders.payable(order_id, caller.subject)
    rules.check_payable(payable, now)
    _ = parties.online
    order = parties.orders.read(order_id, caller.subject)
    wish = _Wish(command, order_id, caller.subject, digest)
    for _ in range(_PLANS):
        try:
            return _begin(wish, order, payable, parties, now)
        except _Taken:
            _make_way(order_id, parties, now)
    raise Contended("others are paying for this order")


def _go_on(row: AttemptRow, parties: Parties, now: datetime) -> Attempt:
    """Ask the provider, if it is its turn, and answer what became of the attempt."""
    if row.state == S.BLOCKED:
        raise PaymentBlocked
    if row.state == S.UNKNOWN:
        in_time = rules.time_to_pay(parse_instant(row.expires_at), now)
        row = (ask.submit if in_time else ask.look)(row, parties, now)
    return attempts.view(row)


def _begin(
    wish: _Wish, order: PlacedOrder, payable: Payable, parties: Parties, now: datetime
) -> AttemptRow:
    """Judge an attempt and write it; answers the row."""
    command = wish.command
    subject = Subject.of(wish.payer, command.device_id, command.payer_id)
    score = _judge(command, order, payable, subject, parties, now)
    state = _FIRST[score.verdict]
    row = _row(wish, order, payable, subject, now)
    row.state, row.points, row.score = state.value, score.points, json.dumps(asdict(score))
    _first_look(row, payable, now)
    with transaction() as tx:
        key = AttemptKeyRow(f"ATTEMPT#{command.id}", KEY, order_id=wish.order_id)
        tx.put(key, condition=AttemptKeyRow.pk.does_not_exist(), refusal=AlreadyDone())
        tx.put(row, condition=AttemptRow.pk.does_not_exist(), refusal=AlreadyDone())
        risk.count(tx, subject, now)
        if state is not S.BLOCKED:
            _take_place(tx, row, payable, now)
    return row


def _judge(
    command: PayOrder,
    order: PlacedOrder,
    payable: Payable,
    subject: Subject,
    parties: Parties,
    now: datetime,
) -> Score:
    seen = risk.seen(reads.batch(risk.keys(subject, now)), subject, now)
    here, phone = command.device_at, order.deliver_to.contact_phone
    known = risk.features(
        seen,
        fen=payable.total_fen,
        metres=here.point.metres_to(order.deliver_to.point) if here else None,
        phone_mismatch=command.payer_phone != phone if command.payer_phone and phone else None,
    )
    return risk.score(known, parties.ruleset)


def _row(
    wish: _Wish, order: PlacedOrder, payable: Payable, subject: Subject, now: datetime
) -> AttemptRow:
    return AttemptRow(
        of_order(wish.order_id),
        attempt_sk(str(wish.command.id)),
        method=wish.command.method,
        fen=payable.total_fen,
        fingerprint=wish.digest,
        resident_id=wish.payer,
        community_id=order.community_id,
        resident_digest=subject.resident,
        device_digest=subject.device,
        card_digest=subject.card,
        payer_id=wish.command.payer_id,
        began_at=rfc3339(now),
        changed_at=rfc3339(now),
        expires_at=rfc3339(_until(payable, now)),
    )


def _until(payable: Payable, now: datetime) -> datetime:
    """Until when an attempt that begins now may be paid."""
    assert payable.pay_by is not None, "what waits for its payment says how long"
    return min(payable.pay_by, now + rules.LONGEST)


def _first_look(row: AttemptRow, payable: Payable, now: datetime) -> None:
    """Say when the sweeper is to look at a new attempt first."""
    if row.state == S.UNKNOWN:
        row.due_mark, row.due_at = due_mark(OPEN, row.pk), rfc3339(now + rules.patience(0))
    if row.state == S.HELD:
        row.expires_at = rfc3339(rules.extended(_until(payable, now), now))
        row.due_mark, row.due_at = due_mark(HELD, row.pk), row.expires_at


def _take_place(tx: Transaction, row: AttemptRow, payable: Payable, now: datetime) -> None:
    """
    Take the order's place for one open attempt; the commit raises _Taken if it is taken, or the
    order is paid.
    """
    changes = [
        PaymentRow.community_id.set(row.community_id),
        PaymentRow.due_fen.set(payable.total_fen),
        PaymentRow.pay_by.set(rfc3339(_until(payable, now))),
        PaymentRow.state.set("open"),
        PaymentRow.open_attempt_id.set(row.sk.partition("#")[2]),
    ]
    if row.state == S.HELD:
        changes.append(PaymentRow.extended_until.set(row.expires_at))
    tx.update(
        PaymentRow(row.pk, PAYMENT),
        changes,
        condition=PaymentRow.captured_by.does_not_exist()
        & PaymentRow.open_attempt_id.does_not_exist(),
        refusal=_Taken(),
    )


def _make_way(order_id: str, parties: Parties, now: datetime) -> None:
    """
    Close the attempt that is open for an order, if it can be closed.

    Raises:
        AlreadyPaid: It has paid.
        PaymentUnderWay: It has just begun, is held for review, or the provider does not close it.
    """
    payment = reads.get(PaymentRow, of_order(order_id), PAYMENT)
    if payment is None:
        return
    if payment.captured_by is not None:
        raise AlreadyPaid
    if payment.open_attempt_id is None:
        return
    row = attempts.get(order_id, payment.open_attempt_id)
    if row is not None and row.state in (S.UNKNOWN, S.CREATED):
        if now < parse_instant(row.began_at) + rules.UNDISTURBED:
            raise PaymentUnderWay(attempt_id=payment.open_attempt_id)
        row = ask.look(row, parties, now, closing=True)
    if row is not None and row.state == S.SUCCEEDED:
        raise AlreadyPaid
    if row is not None and AttemptState(row.state) in rules.OPEN_STATES:
        raise PaymentUnderWay(attempt_id=payment.open_attempt_id)
