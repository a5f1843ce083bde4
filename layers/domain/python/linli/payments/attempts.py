"""
Attempts as kept: found, moved from state to state by conditional writes, given time.

A write that finds the attempt moved on is left undone (`suppress(Moved)`): whoever was faster knew
more, and what the attempt is now is read anew.
"""

import json
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from pynamodb.expressions.update import Action

from linli.kernel import reads
from linli.kernel.errors import Conflict, NotFound
from linli.kernel.time import parse_instant, rfc3339
from linli.kernel.transact import Transaction, transaction
from linli.payments import rules
from linli.payments.model import Attempt, AttemptState
from linli.payments.provider import PrepayHandle
from linli.payments.rows import (
    KEY,
    OPEN,
    PAYMENT,
    AttemptKeyRow,
    AttemptRow,
    PaymentRow,
    attempt_sk,
    due_mark,
    id_in,
    of_order,
    order_in,
)


class Moved(Conflict):
    """Somebody else was faster; look again."""


def get(order_id: str, attempt_id: str) -> AttemptRow | None:
    """The attempt, if there is one."""
    return reads.get(AttemptRow, of_order(order_id), attempt_sk(attempt_id))


def find(attempt_id: str) -> AttemptRow:
    """
    The attempt, whatever order it is for.

    Raises:
        NotFound: There is none.
    """
    key = reads.get(AttemptKeyRow, f"ATTEMPT#{attempt_id}", KEY)
    row = None if key is None else get(key.order_id, attempt_id)
    if row is None:
        raise NotFound
    return row


def again(row: AttemptRow) -> AttemptRow:
    """The attempt as it is now."""
    fresh = reads.get(AttemptRow, row.pk, row.sk)
    assert fresh is not None, "attempts are never deleted"
    return fresh


def payment_of(row: AttemptRow) -> PaymentRow:
    """The payment that an attempt is part of."""
    payment = reads.get(PaymentRow, row.pk, PAYMENT)
    assert payment is not None, "an attempt that was let through has a payment"
    return payment


def view(row: AttemptRow) -> Attempt:
    """The attempt as its resident sees it; the handle only as long as it is of use."""
    usable = row.state == AttemptState.CREATED and row.handle
    return Attempt(
        attempt_id=id_in(row.sk),
        order_id=order_in(row.pk),
        method=row.method,
        state=AttemptState(row.state),
        fen=int(row.fen),
        expires_at=row.expires_at,
        handle=json.loads(row.handle) if usable and row.handle else None,
        failure=row.failure,
    )


def move(
    tx: Transaction,
    row: AttemptRow,
    to: AttemptState,
    now: datetime,
    changes: Sequence[Action] = (),
    *,
    due_at: datetime | None = None,
) -> None:
    """
    Move an attempt on from the state that `row` was read in, to be looked at again at `due_at`,
    or never; the commit raises Moved if it is in another by now.
    """
    assert to in rules.MAY_BECOME[AttemptState(row.state)], f"{row.state} never becomes {to}"
    tx.update(
        AttemptRow(row.pk, row.sk),
        [
            AttemptRow.state.set(to.value),
            AttemptRow.changed_at.set(rfc3339(now)),
            *due(row.pk, due_at),
            *changes,
        ],
        condition=AttemptRow.state == row.state,
        refusal=Moved(),
    )


def due(pk: str, at: datetime | None) -> list[Action]:
    """When the sweeper is to look; None: never again."""
    if at is None:
        return [AttemptRow.due_mark.remove(), AttemptRow.due_at.remove()]
    return [AttemptRow.due_mark.set(due_mark(OPEN, pk)), AttemptRow.due_at.set(rfc3339(at))]


def end(
    row: AttemptRow,
    to: AttemptState,
    now: datetime,
    changes: Sequence[Action] = (),
) -> AttemptRow:
    """End an open attempt without money, so that another may be begun; answers what it is now."""
    if AttemptState(row.state) not in rules.OPEN_STATES:
        return row
    with suppress(Moved), transaction() as tx:
        move(tx, row, to, now, changes)
        let_go(tx, row)
    return again(row)


def let_go(tx: Transaction, row: AttemptRow) -> None:
    """Let another attempt begin: this one will not succeed, as far as we know."""
    tx.update(
        PaymentRow(row.pk, PAYMENT),
        [PaymentRow.open_attempt_id.remove()],
        condition=PaymentRow.open_attempt_id == id_in(row.sk),
        refusal=Moved(),
    )


def record_handle(row: AttemptRow, handle: PrepayHandle, now: datetime) -> AttemptRow:
    """Keep what the provider gave for an attempt; answers what it is now."""
    text = json.dumps(dict(handle.parameters))
    first = [AttemptRow.handle.set(text), AttemptRow.tries.set(0)]
    look_at = min(parse_instant(row.expires_at), now + rules.FIRST_LOOK)
    with suppress(Moved), transaction() as tx:
        move(tx, row, AttemptState.CREATED, now, first, due_at=look_at)
    return again(row)


def park(row: AttemptRow, now: datetime) -> AttemptRow:
    """
    Keep an attempt that the provider does not answer for, and its order with it (see
    `rules.extended`); answers what it is now.
    """
    pay_by = parse_instant(payment_of(row).pay_by or rfc3339(now))
    until = PaymentRow.extended_until.set(rfc3339(rules.extended(pay_by, now)))
    with suppress(Moved), transaction() as tx:
        _wait(tx, row, now + rules.patience(int(row.tries)))
        tx.update(PaymentRow(row.pk, PAYMENT), [until])
    return again(row)


def delay(row: AttemptRow, now: datetime) -> AttemptRow:
    """Look again later, at the latest when the attempt expires; answers what it is now."""
    later = now + rules.patience(int(row.tries))
    expires_at = parse_instant(row.expires_at)
    with suppress(Moved), transaction() as tx:
        _wait(tx, row, min(later, expires_at) if expires_at > now else later)
    return again(row)


def hasten(row: AttemptRow, now: datetime) -> None:
    """Have the sweeper look at an open attempt at once; others are left alone."""
    if AttemptState(row.state) in (AttemptState.UNKNOWN, AttemptState.CREATED):
        with suppress(Moved), transaction() as tx:
            _wait(tx, row, now)


def prolong(row: AttemptRow, until: datetime) -> AttemptRow:
    """Let an attempt that never reached the provider be asked for until `until`."""
    with suppress(Moved), transaction() as tx:
        tx.update(
            AttemptRow(row.pk, row.sk),
            [AttemptRow.expires_at.set(rfc3339(until))],
            condition=AttemptRow.state == AttemptState.UNKNOWN.value,
            refusal=Moved(),
        )
    return again(row)


def deadline(row: AttemptRow, payment: PaymentRow) -> datetime:
    """Until when an attempt may still be paid: its own time, or the order's extended one."""
    own = parse_instant(row.expires_at)
    return max(own, parse_instant(payment.extended_until)) if payment.extended_until else own


def _wait(tx: Transaction, row: AttemptRow, until: datetime) -> None:
    tx.update(
        AttemptRow(row.pk, row.sk),
        [AttemptRow.tries.add(1), *due(row.pk, until)],
        condition=AttemptRow.state == row.state,
        refusal=Moved(),
    )
