"""
Lots: points expire, the oldest are spent first, and neither costs a write when points are spent.

All points live equally long, so the order in which they were granted is the order in which they
expire, and what is left of each lot follows from two numbers: what was granted in it and before,
and what has ever left the balance. A lot is the points that expire after one day, the last of a
month, a year after the month in which they were earned.
"""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from linli.credit.keys import LOT, due_mark, lot_key, person
from linli.credit.rows import BalanceRow, LotRow
from linli.kernel import reads
from linli.kernel.time import ZONE, local_date, rfc3339
from linli.kernel.transact import Transaction

LIFE_MONTHS: Final = 12


@dataclass(frozen=True, slots=True)
class Lot:
    """Points that expire after a day: granted, and left of them."""

    last_on: date
    granted_points: int
    left_points: int = 0


def last_day(now: datetime) -> date:
    """The last day of points that are granted now."""
    on = local_date(now)
    months = on.year * 12 + on.month - 1 + LIFE_MONTHS
    year, month = months // 12, months % 12 + 1
    return date(year, month, monthrange(year, month)[1])


def ends_at(last_on: date) -> datetime:
    """The instant from which points with this last day are expired."""
    return datetime.combine(last_on + timedelta(days=1), time(), ZONE)


def add(tx: Transaction, resident_id: str, points: int, now: datetime) -> None:
    """Add points to the lot of this month."""
    last_on = last_day(now)
    pk, sk = person(resident_id), lot_key(last_on)
    tx.update(
        LotRow(pk, sk),
        [
            LotRow.granted_units.add(points),
            LotRow.due_mark.set(due_mark("lot", pk)),
            LotRow.due_at.set(rfc3339(ends_at(last_on))),
        ],
    )


def left(granted: Sequence[tuple[date, int]], gone_points: int) -> list[Lot]:
    """
    What is left of each lot when `gone_points` have left or are held: the oldest go first. Pure.
    """
    lots = []
    for last_on, points in sorted(granted):
        taken = min(points, gone_points)
        gone_points -= taken
        lots.append(Lot(last_on, points, points - taken))
    return lots


def of_resident(resident_id: str, balance: BalanceRow | None) -> list[Lot]:
    """A resident's lots of which something is left, held points included, the oldest first."""
    rows = reads.query(LotRow, person(resident_id), LotRow.sk.startswith(LOT))
    gone = int(balance.spent_units) if balance else 0
    found = left([(last_of(row), int(row.granted_units)) for row in rows], gone)
    return [lot for lot in found if lot.left_points]


def last_of(row: LotRow) -> date:
    """The last day of a lot's points."""
    return date.fromisoformat(row.sk.removeprefix(LOT))
