"""How long a word on a lift is believed. Pure."""

from datetime import datetime, timedelta
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict

REPORTED_FOR: Final = timedelta(hours=6)
"""A resident's or courier's word alone; then somebody has to say so again."""
CONFIRMED_FOR: Final = timedelta(hours=24)
"""A word that another courier has confirmed: repairs in old buildings take their time."""
LiftState = Literal["broken", "works"]


class Lift(BaseModel):
    """The last word on a lift; it is broken only while `expires_at` has not come."""

    model_config = ConfigDict(frozen=True)

    building: str
    unit: str
    state: LiftState
    since: datetime
    seen_at: datetime
    expires_at: datetime
    by: str
    confirmed_by: str | None = None


def is_broken(lift: Lift | None, now: datetime) -> bool:
    """Whether the lift counts as broken at `now`."""
    return lift is not None and lift.state == "broken" and now < lift.expires_at


def after(
    lift: Lift | None,
    building: str,
    unit: str,
    *,
    works: bool,
    by: str,
    courier: bool,
    at: datetime,
    now: datetime,
) -> Lift:
    """
    The word on a lift after somebody has seen it at `at`.

    An older word than the last changes nothing. A courier who says the same as somebody else
    before confirms it; a report that has expired counts for nothing.
    """
    if lift is not None and at < lift.seen_at:
        return lift
    state: LiftState = "works" if works else "broken"
    again = lift is not None and lift.state == state and (works or is_broken(lift, now))
    if not again or lift is None:
        return Lift(
            building=building,
            unit=unit,
            state=state,
            since=at,
            seen_at=at,
            expires_at=at + REPORTED_FOR,
            by=by,
        )
    confirms = courier and by != lift.by
    confirmed_by = by if confirms else lift.confirmed_by
    lasts = CONFIRMED_FOR if confirmed_by else REPORTED_FOR
    return lift.model_copy(
        update={"seen_at": at, "expires_at": at + lasts, "confirmed_by": confirmed_by}
    )
