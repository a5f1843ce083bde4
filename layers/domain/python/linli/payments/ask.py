"""
Asking the provider: for money, and what became of it. Never inside a transaction.

The intent is always written first, under the number that the provider gets, so that whatever a
lost answer, a crash or an outage leaves behind is healed by asking about that number; no second
charge can come of it.
"""

from datetime import datetime

from linli.kernel.time import parse_instant
from linli.payments import attempts, rules, settle
from linli.payments.model import AttemptState
from linli.payments.parties import Parties
from linli.payments.provider import Declined, KnownAlready, Order, Result, Status, Unavailable
from linli.payments.rows import AttemptRow, id_in

S = AttemptState


def submit(row: AttemptRow, parties: Parties, now: datetime) -> AttemptRow:
    """
    Ask the provider for the money of an attempt in state `unknown`; answers what it is now.

    Without an answer it stays `unknown`: parked, its order kept, and the sweeper asks again.
    """
    try:
        handle = parties.online.create(_order(row, now))
    except Unavailable:
        return attempts.park(row, now)
    except Declined as no:
        return attempts.end(row, S.FAILED, now, [AttemptRow.failure.set(no.code)])
    except KnownAlready:
        return look(row, parties, now, closing=True)
    return attempts.record_handle(row, handle, now)


def look(row: AttemptRow, parties: Parties, now: datetime, *, closing: bool = False) -> AttemptRow:
    """
    Ask what became of an attempt in state `unknown` or `created` and act on it; answers what it
    is now. Past its deadline, when another attempt has paid, or if `closing`, it is closed at the
    provider first: whether closing or paying came first is the provider's to say.

    Raises:
        Refused: See `settle.succeeded`.
    """
    payment = attempts.payment_of(row)
    until = attempts.deadline(row, payment)
    closing = closing or now >= until or payment.captured_by is not None
    try:
        result = _ask(row, parties, closing)
    except Unavailable:
        waits = row.state == S.UNKNOWN and not closing
        return attempts.park(row, now) if waits else attempts.delay(row, now)
    if result.status is Status.SUCCEEDED:
        return settle.succeeded(row, result, parties, now)
    if result.status in (Status.CLOSED, Status.FAILED):
        to = S.CLOSED if result.status is Status.CLOSED else S.FAILED
        return attempts.end(row, to, now)
    if closing and result.status is Status.MISSING:
        return attempts.end(row, S.CLOSED, now)
    if closing or row.state != S.UNKNOWN or not rules.time_to_pay(until, now):
        return attempts.delay(row, now)
    return _resume(row, result, parties, now, until)


def _ask(row: AttemptRow, parties: Parties, closing: bool) -> Result:
    """What the provider says; closed first, if it is still pending and to be closed."""
    attempt_id = id_in(row.sk)
    result = parties.online.query(attempt_id)
    if closing and result.status is Status.PENDING:
        parties.online.close(attempt_id)
        result = parties.online.query(attempt_id)
    return result


def _resume(
    row: AttemptRow, result: Result, parties: Parties, now: datetime, until: datetime
) -> AttemptRow:
    """
    Ask for the money again. What the provider has not, it is asked for with the order's extended
    deadline; what it has, with the very same words, for only then it gives the handle again.
    """
    if result.status is Status.MISSING and until > parse_instant(row.expires_at):
        row = attempts.prolong(row, until)
    return submit(row, parties, now) if row.state == S.UNKNOWN else row


def _order(row: AttemptRow, now: datetime) -> Order:
    return Order(
        attempt_id=id_in(row.sk),
        method=row.method,
        fen=int(row.fen),
        expires_at=parse_instant(row.expires_at),
        asked_at=now,
        payer_id=row.payer_id,
    )
