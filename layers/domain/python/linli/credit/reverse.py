"""Undoing what was posted: never by changing it, always by new entries, and once."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from linli.credit import lots, score
from linli.credit.hold import put_transfer
from linli.credit.keys import POINTS, person, reversed_id, transfers_of
from linli.credit.model import (
    ISSUER,
    Currency,
    NotEnoughPoints,
    NotReversible,
    Points,
    State,
    Transfer,
    points_of,
)
from linli.credit.rows import BalanceRow, TransferRow
from linli.kernel import reads
from linli.kernel.errors import NotFound
from linli.kernel.time import local_date, parse_instant
from linli.kernel.transact import Transaction

MOST_REVERSED = 40
"""How many entries are reversed together: a transaction has room for so many."""


def reverse(
    tx: Transaction,
    *,
    transfer_ids: Sequence[str],
    resident_id: str,
    reason: str,
    by: str,
    now: datetime,
) -> None:
    """
    Take back points that were granted, and give back points that were spent, by new entries. What
    was granted is taken from what the resident has; what was spent comes back as a new lot.

    Raises, here or when `tx` commits:
        NotFound: The resident has no such transfer.
        NotReversible: One is not posted points, is a reversal itself, or was reversed.
        NotEnoughPoints: The points are spent; a person has to talk with the resident.
    """
    assert len(transfer_ids) <= MOST_REVERSED, "a use case bounds its entries"
    rows = [_reversible(resident_id, transfer_id) for transfer_id in transfer_ids]
    weights: Counter[str] = Counter()
    taken = given = 0
    for row in rows:
        points, granted = Points(int(row.posted_units)), row.debit == ISSUER.name
        _put(tx, row, resident_id, points, granted=granted, reason=reason, by=by, now=now)
        taken += points if granted else 0
        given += 0 if granted else points
        if granted and row.community_id:
            on = local_date(parse_instant(row.at))
            weights[row.community_id] += score.weight(points, on)
    _move(tx, resident_id, taken, given, now)
    for community_id, weight in sorted(weights.items()):
        score.take(tx, resident_id, community_id, weight)


def _reversible(resident_id: str, transfer_id: str) -> TransferRow:
    row = reads.get(TransferRow, transfers_of(resident_id), transfer_id)
    if row is None:
        raise NotFound
    if row.state != State.POSTED or row.currency != Currency.POINTS or row.reverses:
        raise NotReversible
    return row


def _put(
    tx: Transaction,
    row: TransferRow,
    resident_id: str,
    points: Points,
    *,
    granted: bool,
    reason: str,
    by: str,
    now: datetime,
) -> None:
    mine = points_of(resident_id)
    pair = (mine, ISSUER) if granted else (ISSUER, mine)
    transfer = Transfer(reversed_id(row.sk), resident_id, *pair, points, reason)
    put_transfer(tx, transfer, State.POSTED, now, by=by, reverses=row.sk, refusal=NotReversible())


def _move(tx: Transaction, resident_id: str, taken: int, given: int, now: datetime) -> None:
    if not taken and not given:
        return
    tx.update(
        BalanceRow(person(resident_id), POINTS),
        [BalanceRow.available_units.add(given - taken), BalanceRow.spent_units.add(taken)],
        condition=BalanceRow.available_units >= max(0, taken - given),
        refusal=NotEnoughPoints(),
    )
    if given:
        lots.add(tx, resident_id, given, now)
