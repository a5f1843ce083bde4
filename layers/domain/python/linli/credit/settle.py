"""The second phase of a transfer: pending becomes posted, voided or expired, once."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal

from pynamodb.expressions.update import Action

from linli.credit import quota
from linli.credit.keys import POINTS, account_of, person, spent, transfers_of
from linli.credit.model import Currency, Fen, Points, State, TransferSettled
from linli.credit.rows import BalanceRow, DayRow, TransferRow
from linli.kernel import reads
from linli.kernel.errors import Invalid, NotFound
from linli.kernel.time import rfc3339
from linli.kernel.transact import Transaction


def post(tx: Transaction, *, transfer_id: str, resident_id: str, now: datetime) -> None:
    """
    Make a pending transfer final, in full; the amount is the transfer's own.

    Raises, here or when `tx` commits:
        NotFound: The resident has no such transfer.
        TransferSettled: It is not pending.
    """
    row = _pending(resident_id, transfer_id)
    _post(tx, row, int(row.units), now)


def post_part(
    tx: Transaction, *, transfer_id: str, resident_id: str, fen: Fen, now: datetime
) -> None:
    """
    Make `fen` of a pending deposit or commission final and let the rest lapse; none voids it.

    Raises, here or when `tx` commits:
        NotFound: The resident has no such transfer of money.
        Invalid: More than is pending, or less than nothing.
        TransferSettled: It is not pending.
    """
    row = _pending(resident_id, transfer_id)
    if row.currency != Currency.CNY:
        raise NotFound
    if not 0 <= fen <= int(row.units):
        raise Invalid("a part is not more than the whole")
    if fen == 0:
        _void(tx, row, State.VOIDED, now)
    else:
        _post(tx, row, fen, now)


def spend_part(
    tx: Transaction, *, transfer_id: str, resident_id: str, points: Points, now: datetime
) -> None:
    """
    Spend `points` of those held by a transfer; the rest is available again, and so is its part of
    the cap of their day. None voids the transfer.

    Raises, here or when `tx` commits:
        NotFound: The resident has no such transfer of points.
        Invalid: More than is held, or less than nothing.
        TransferSettled: It is not pending.
    """
    row = _pending(resident_id, transfer_id)
    if row.currency != Currency.POINTS:
        raise NotFound
    if not 0 <= points <= int(row.units):
        raise Invalid("a part is not more than the whole")
    if points == 0:
        _void(tx, row, State.VOIDED, now)
    else:
        _post(tx, row, points, now)


def void(
    tx: Transaction,
    *,
    transfer_id: str,
    resident_id: str,
    now: datetime,
    into: Literal[State.VOIDED, State.EXPIRED] = State.VOIDED,
) -> None:
    """
    Undo a pending transfer: held points are available again, and so is the cap of their day.

    Raises, here or when `tx` commits:
        NotFound: The resident has no such transfer.
        TransferSettled: It is not pending.
    """
    _void(tx, _pending(resident_id, transfer_id), into, now)


def _pending(resident_id: str, transfer_id: str) -> TransferRow:
    row = reads.get(TransferRow, transfers_of(resident_id), transfer_id)
    if row is None:
        raise NotFound
    if row.state != State.PENDING:
        raise TransferSettled
    return row


def _settle(tx: Transaction, row: TransferRow, changes: Sequence[Action], now: datetime) -> None:
    """Move a transfer out of pending; its amounts are immutable, so the read row holds."""
    undue = [TransferRow.due_mark.remove()] if row.due_mark else []
    tx.update(
        TransferRow(row.pk, row.sk),
        [*changes, TransferRow.settled_at.set(rfc3339(now)), *undue],
        condition=TransferRow.state == State.PENDING.value,
        refusal=TransferSettled(),
    )


def _post(tx: Transaction, row: TransferRow, units: int, now: datetime) -> None:
    posted = [TransferRow.state.set(State.POSTED.value), TransferRow.posted_units.set(units)]
    _settle(tx, row, posted, now)
    resident = row.pk.partition("#")[2]
    if row.currency == Currency.POINTS:
        tx.update(
            BalanceRow(person(resident), POINTS),
            _spend(units, int(row.units)),
            condition=BalanceRow.held_units >= int(row.units),
        )
        if units < int(row.units):
            _uncount(tx, row, int(row.units) - units)
    else:
        holder = account_of(row.credit)
        assert holder is not None, "pending money is a person's to be"
        tx.update(
            BalanceRow(person(holder[0]), holder[1]),
            [BalanceRow.available_units.add(units)],
        )


def _spend(units: int, held_units: int) -> list[Action]:
    lapsed = [BalanceRow.available_units.add(held_units - units)] if units < held_units else []
    return [BalanceRow.held_units.add(-held_units), BalanceRow.spent_units.add(units), *lapsed]


def _void(tx: Transaction, row: TransferRow, into: State, now: datetime) -> None:
    _settle(tx, row, [TransferRow.state.set(into.value), TransferRow.posted_units.set(0)], now)
    if row.currency != Currency.POINTS:
        return  # A pending deposit is in no balance.
    pk, units = person(row.pk.partition("#")[2]), int(row.units)
    tx.update(
        BalanceRow(pk, POINTS),
        [BalanceRow.available_units.add(units), BalanceRow.held_units.add(-units)],
        condition=BalanceRow.held_units >= units,
    )
    _uncount(tx, row, units)


def _uncount(tx: Transaction, row: TransferRow, units: int) -> None:
    """What was held and not spent does not count against the caps of its day any more."""
    day = spent(date.fromisoformat(row.capped_on or ""))
    counted = DayRow(person(row.pk.partition("#")[2]), day)
    tx.update(counted, [DayRow.points.add(-units)], condition=DayRow.points >= units)
    quota.give_back(tx, row, units)
