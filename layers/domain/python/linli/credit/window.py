"""
How often a deed is awarded: never more than its rule says in any span of so many days.

A resident's newest awards of a deed are kept in one item, as many as the rule allows, by their
instants: the award that would be one too many within the window of the oldest of them is refused.
So the window slides, exactly, to the millisecond, and costs what a counter would: one item, which
the award reads beforehand and writes under the condition that it has not changed.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from linli.credit.keys import deed_times_key
from linli.credit.model import EarningCap
from linli.credit.programme import DeedRule
from linli.credit.rows import TimesRow
from linli.kernel import reads
from linli.kernel.errors import Refused
from linli.kernel.time import rfc3339
from linli.kernel.transact import Transaction

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def key(resident_id: str, deed: str) -> reads.Key:
    """The key with which a batch reads a resident's awards of a deed."""
    return TimesRow, *deed_times_key(resident_id, deed)


def times_in(found: reads.Found, resident_id: str, deed: str) -> list[int]:
    """When the deed was awarded, in milliseconds, from a batch that read `key`."""
    row = found.get(TimesRow, *deed_times_key(resident_id, deed))
    return [int(each) for each in row.times.split()] if row else []


def milliseconds(instant: datetime) -> int:
    """An instant as it is kept: as precise as an entry's own. Pure."""
    return (instant - EPOCH) // _MILLISECOND


def slide(times: Sequence[int], rule: DeedRule, now: datetime) -> list[int]:
    """
    The times to keep when the deed is awarded once more. Pure.

    Raises:
        EarningCap: It was awarded as often as the rule allows within its window; `again_at` says
            when it may be next.
    """
    at, window = milliseconds(now), timedelta(days=rule.window_days)
    newest = sorted(times)[-rule.a_window :]
    if len(newest) == rule.a_window and newest[0] > at - window // _MILLISECOND:
        again_at = rfc3339(EPOCH + newest[0] * _MILLISECOND + window)
        raise EarningCap(cap_deeds=rule.a_window, window_days=rule.window_days, again_at=again_at)
    return sorted([*newest, at])[-rule.a_window :]


def put(
    tx: Transaction,
    resident_id: str,
    deed: str,
    seen: Sequence[int],
    kept: Sequence[int],
    moved: Refused,
) -> None:
    """
    Keep `kept` where `seen` was.

    Raises, when `tx` commits:
        moved: The deed was awarded otherwise meanwhile.
    """
    same = TimesRow.times == _text(seen) if seen else TimesRow.times.does_not_exist()
    tx.put(
        TimesRow(*deed_times_key(resident_id, deed), times=_text(kept)),
        condition=same,
        refusal=moved,
    )


def _text(times: Sequence[int]) -> str:
    return " ".join(map(str, times))
