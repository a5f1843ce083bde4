"""
Hot days: those of a heat warning, whatever its level, on which chilled goods keep half as long.

A warning makes the local day of its issue hot. From six in the evening on it also speaks of the
next day: by then the day's heat is over, and it is the forecast that is issued (assumption).
"""

from datetime import date, datetime, time, timedelta

from linli.kernel import reads
from linli.kernel.time import ZONE, local_date, rfc3339
from linli.kernel.transact import Transaction
from linli.resilience.model import Warn
from linli.resilience.rows import HOT, HotDayRow, community_key

EVENING = time(18)


def hot_days(issued_at: datetime) -> tuple[date, ...]:
    """The local days that a heat warning of `issued_at` makes hot."""
    day = local_date(issued_at)
    if issued_at.astimezone(ZONE).time() < EVENING:
        return (day,)
    return day, day + timedelta(days=1)


def note_heat(tx: Transaction, command: Warn) -> None:
    """Add to `tx` the hot days of a warning; of one that warns of something else, none."""
    if command.kind != "heat":
        return
    for day in hot_days(command.issued_at):
        row = HotDayRow(
            community_key(command.community_id),
            f"{HOT}{day}",
            warning_id=str(command.id),
            issued_at=rfc3339(command.issued_at),
        )
        tx.put(row)


def is_hot(community_id: str, on: date) -> bool:
    """Whether the community was warned of heat on the local day `on`."""
    return reads.get(HotDayRow, community_key(community_id), f"{HOT}{on}") is not None
