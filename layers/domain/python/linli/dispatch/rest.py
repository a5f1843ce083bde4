"""
A courier's riding and rest: 20 minutes of rest after 4 hours of riding, a prompt at 8 hours.

The figures are the network's own rule; China's ministry of labour asks platforms to set such limits
for their couriers (guidance on rest and pay in new forms of employment). Not legal advice.

Pure: what happened comes with its instants. An instant before the last one counts
as that one, so that no device's clock makes anybody's day shorter or longer twice.
"""

from datetime import date, datetime, timedelta
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from linli.kernel.time import local_date

STRETCH = timedelta(hours=4)
"""Riding without a rest ends here."""
REST = timedelta(minutes=20)
PROMPT = timedelta(hours=8)
"""Riding of one day after which the courier is asked to stop."""

State = Literal["rested", "riding", "pausing", "rest_due"]


class Rest(BaseModel):
    """What is known of a courier's riding; `stretch_seconds` since the last full rest."""

    model_config = ConfigDict(frozen=True)

    riding_since: AwareDatetime | None = None
    halted_at: AwareDatetime | None = None
    stretch_seconds: int = 0
    day: date | None = None
    day_seconds: int = 0


class RestView(BaseModel):
    """How a courier stands at an instant."""

    state: State
    stretch_seconds: int
    day_seconds: int
    rested_at: AwareDatetime | None = None
    """When a rest that is going on, or due, will be over if it goes on from now."""
    eight_hours: bool = False
    """The prompt: eight hours of riding today."""


def ride(rest: Rest, at: datetime) -> Rest:
    """The courier rides from `at` on; again changes nothing."""
    if rest.riding_since is not None:
        return rest
    at = _not_before(rest.halted_at, at)
    rested = rest.halted_at is None or at - rest.halted_at >= REST
    same_day = rest.day == local_date(at)
    return Rest(
        riding_since=at,
        stretch_seconds=0 if rested else rest.stretch_seconds,
        day=local_date(at),
        day_seconds=rest.day_seconds if same_day else 0,
    )


def halt(rest: Rest, at: datetime) -> Rest:
    """The courier rides no more from `at` on, for a break or the end of a route."""
    if rest.riding_since is None:
        return rest
    at = _not_before(rest.riding_since, at)
    ridden = round((at - rest.riding_since).total_seconds())
    return Rest(
        halted_at=at,
        stretch_seconds=rest.stretch_seconds + ridden,
        day=rest.day,
        day_seconds=rest.day_seconds + ridden,
    )


def look(rest: Rest, at: datetime) -> RestView:
    """How the courier stands at `at`."""
    stretch, day = rest.stretch_seconds, rest.day_seconds
    if rest.riding_since is not None:
        ridden = max(0, round((at - rest.riding_since).total_seconds()))
        stretch, day = stretch + ridden, day + ridden
    elif rest.halted_at is None or at - rest.halted_at >= REST:
        stretch = 0
    day = day if rest.day == local_date(at) or rest.riding_since is not None else 0
    due = timedelta(seconds=stretch) >= STRETCH
    begun = rest.halted_at or at
    return RestView(
        state=_state(rest, stretch, due),
        stretch_seconds=stretch,
        day_seconds=day,
        rested_at=begun + REST if due or (rest.halted_at and stretch) else None,
        eight_hours=timedelta(seconds=day) >= PROMPT,
    )


def may_start(rest: Rest, depart_at: datetime, seconds: int) -> bool:
    """
    Whether a ride of `seconds` may be asked of the courier from `depart_at`: either they are
    rested by then, or it ends before a rest is due.
    """
    stretch = look(rest, depart_at).stretch_seconds
    return stretch == 0 or timedelta(seconds=stretch + seconds) <= STRETCH


def _state(rest: Rest, stretch: int, due: bool) -> State:
    if due:
        return "rest_due"
    if rest.riding_since is not None:
        return "riding"
    return "pausing" if stretch else "rested"


def _not_before(earliest: datetime | None, at: datetime) -> datetime:
    return at if earliest is None else max(at, earliest)
