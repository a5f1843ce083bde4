"""Undoing what was posted: never by changing it, always by a new entry, and once."""

from datetime import datetime

from linli.credit import lots, score
from linli.credit.hold import put_transfer
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
from linli.credit.rows import POINTS, BalanceRow, TransferRow, person, transfers_of
from linli.kernel import reads
from linli.kernel.errors import NotFound
from linli.kernel.time import local_date, parse_instant
from linli.kernel.transact import Transaction


def reverse(
    tx: Transaction, *, transfer_id: str, resident_id: str, reason: str, by: str, now: datetime
) -> None:
    """
    Take back points that were granted, or give back points that were spent, by a new entry. What
    was granted is taken from what the resident has; what was spent comes back as a new lot.

    Raises, here or when `tx` commits:
        NotFound: The resident has no such transfer.
        NotReversible: It is not posted points, is a reversal itself, or was reversed.
        NotEnoughPoints: The points are spent; a person has to talk with the resident.
    """
    row = reads.get(TransferRow, transfers_of(resident_id), transfer_id)
    if row is None:
        raise NotFound
    if row.state != State.POSTED or row.currency != Currency.POINTS or row.reverses:
        raise NotReversible
    undo_id, points = f"{transfer_id}/reversed", Points(int(row.posted_units))
    mine, granted = points_of(resident_id), row.debit == ISSUER.name
    pair = (mine, ISSUER) if granted else (ISSUER, mine)
    transfer = Transfer(undo_id, resident_id, *pair, points, reason)
    put_transfer(
        tx, transfer, State.POSTED, now, by=by, reverses=transfer_id, refusal=NotReversible()
    )
    balance = BalanceRow(person(resident_id), POINTS)
    if not granted:
        tx.update(balance, [BalanceRow.available_units.add(points)])
        lots.add(tx, resident_id, points, now)
        return
    tx.update(
        balance,
        [BalanceRow.available_units.add(-points), BalanceRow.spent_units.add(points)],
        condition=BalanceRow.available_units >= points,
        refusal=NotEnoughPoints(),
    )
    if row.community_id:
        done_on = local_date(parse_instant(row.at))
        score.take(tx, resident_id, row.community_id, points, done_on)
