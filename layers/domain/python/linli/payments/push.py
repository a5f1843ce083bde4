"""Refunds on their way: asked of the provider until it says how they ended."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from pynamodb.expressions.update import Action

from linli.kernel import reads
from linli.kernel.time import rfc3339
from linli.kernel.transact import Transaction, transaction
from linli.payments import rules
from linli.payments.attempts import Moved
from linli.payments.messages import REFUNDED, tell
from linli.payments.model import AmountMismatch, Refund, RefundState
from linli.payments.parties import Parties
from linli.payments.provider import Declined, RefundResult, RefundStatus, Unavailable
from linli.payments.rows import (
    BY_HAND,
    OPEN,
    PAYMENT,
    PaymentRow,
    RefundRow,
    due_mark,
    id_in,
    order_in,
)
from linli.payments.settle import note

R = RefundState
ON_THE_WAY = frozenset({R.PENDING, R.ACCEPTED})


def view(row: RefundRow) -> Refund:
    """The refund as told."""
    return Refund(
        refund_id=id_in(row.sk),
        order_id=order_in(row.pk),
        fen=int(row.fen),
        reason=row.reason,
        state=R(row.state),
    )


def push(row: RefundRow, parties: Parties, now: datetime) -> RefundRow:
    """Ask the provider for a refund, or what became of it; answers what it is now."""
    if R(row.state) not in ON_THE_WAY:
        return row
    number = rules.refund_number(id_in(row.sk), int(row.round))
    try:
        if row.state == R.PENDING:
            fen, total_fen = int(row.fen), int(row.total_fen)
            result = parties.online.refund(number, row.attempt_id, fen, total_fen)
        else:
            result = parties.online.query_refund(number)
    except Unavailable:
        return _move(row, R(row.state), now, [RefundRow.tries.add(1)])
    except Declined as no:
        return _move(row, R.STUCK, now, [RefundRow.failure.set(no.code)])
    return record(row, result, now)


def record(
    row: RefundRow, result: RefundResult, now: datetime, notice_id: str | None = None
) -> RefundRow:
    """
    Act on what the provider says of a refund's present round; answers what it is now.

    Raises:
        AmountMismatch: Another amount went back than the refund's; a person must look.
    """
    if result.status is RefundStatus.SUCCEEDED:
        return _succeed(row, result, now, notice_id)
    if R(row.state) not in ON_THE_WAY:
        return row
    if result.status is RefundStatus.ABNORMAL:
        return _move(row, R.STUCK, now, [RefundRow.failure.set("abnormal")])
    if result.status is RefundStatus.CLOSED:
        return _move(row, R.PENDING, now, [RefundRow.round.add(1), RefundRow.tries.add(1)])
    if result.status is RefundStatus.MISSING:
        return _move(row, R.PENDING, now, [RefundRow.tries.add(1)])
    return _move(row, R.ACCEPTED, now, [RefundRow.tries.add(1)])


def hasten(row: RefundRow, now: datetime) -> None:
    """Have the sweeper ask at once for a refund that is on its way."""
    if R(row.state) in ON_THE_WAY:
        with suppress(Moved), transaction() as tx:
            _change(tx, row, R(row.state), now, [], now)


def _succeed(
    row: RefundRow, result: RefundResult, now: datetime, notice_id: str | None
) -> RefundRow:
    if row.state == R.SUCCEEDED:
        return row
    if result.fen != int(row.fen):
        raise AmountMismatch(refund_id=id_in(row.sk))
    with suppress(Moved), transaction() as tx:
        if notice_id is not None:
            note(tx, notice_id, now)
        settle(tx, row, now)
    return again(row)


def settle(tx: Transaction, row: RefundRow, now: datetime, changes: Sequence[Action] = ()) -> None:
    """
    Count a refund as paid back, and tell so, in `tx`; the commit raises Moved if it has moved on.
    """
    fen = int(row.fen)
    _change(tx, row, R.SUCCEEDED, now, changes, None)
    if row.attempt_id:  # Else nothing was paid, and nothing is counted: the audits say so.
        tx.update(
            PaymentRow(row.pk, PAYMENT),
            [PaymentRow.refunding_fen.add(-fen), PaymentRow.refunded_fen.add(fen)],
            condition=PaymentRow.refunding_fen >= fen,
        )
    if not row.automatic:
        tell(tx, row.pk, REFUNDED, id_in(row.sk), fen, now, row.reason)


def _move(row: RefundRow, to: RefundState, now: datetime, changes: Sequence[Action]) -> RefundRow:
    """Move a refund that is on its way: to be asked for again, or by a person if it is stuck."""
    due_at = now if to is R.STUCK else now + rules.patience(int(row.tries))
    with suppress(Moved), transaction() as tx:
        _change(tx, row, to, now, changes, due_at)
    return again(row)


def _change(
    tx: Transaction,
    row: RefundRow,
    to: RefundState,
    now: datetime,
    changes: Sequence[Action],
    due_at: datetime | None,
) -> None:
    when: list[Action] = [RefundRow.due_mark.remove(), RefundRow.due_at.remove()]
    if due_at is not None:
        mark = BY_HAND if to is R.STUCK else OPEN
        when = [
            RefundRow.due_mark.set(due_mark(mark, row.pk)),
            RefundRow.due_at.set(rfc3339(due_at)),
        ]
    tx.update(
        RefundRow(row.pk, row.sk),
        [RefundRow.state.set(to.value), RefundRow.changed_at.set(rfc3339(now)), *when, *changes],
        condition=(RefundRow.state == row.state) & (RefundRow.round == int(row.round)),
        refusal=Moved(),
    )


def again(row: RefundRow) -> RefundRow:
    """The refund as it is now."""
    fresh = reads.get(RefundRow, row.pk, row.sk)
    assert fresh is not None, "refunds are never deleted"
    return fresh
