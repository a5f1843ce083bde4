"""
What a plan has to know of its day beyond orders and couriers' hours: heat, and who is free when.

Dispatch and resilience know it, and both build on waves; so the tasks' doors pass it in. Pure.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from linli.fleet import Courier
from linli.routing.model import Rest, Window
from linli.routing.rules import CourierOffer
from linli.waves.doorsteps import KINDS

REST = timedelta(seconds=Rest().rest_seconds)


@dataclass(frozen=True, slots=True)
class Worked:
    """Seconds of riding: since the last rest, and of the wave's local day."""

    stretch_seconds: int = 0
    today_seconds: int = 0


NOTHING = Worked()


@dataclass(frozen=True, slots=True)
class Standing:
    """
    How a courier stands: from when they are free for another route, what they have worked by then
    and `so_far`, and whether they may ride at all (no alarm of fatigue, not stopped).
    """

    free_at: datetime
    worked: Worked = NOTHING
    so_far: Worked = NOTHING
    may_ride: bool = True

    def worked_by(self, at: datetime) -> Worked:
        """What they will have worked at `at`, if they are idle since `free_at`: long is a rest."""
        return replace(self.worked, stretch_seconds=0) if at - self.free_at >= REST else self.worked


FRESH = Standing(datetime.min.replace(tzinfo=UTC))
"""Of whom nothing is known: free and rested."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """Whether the wave's local day is hot, and how its community's couriers stand, by their id."""

    hot: bool = False
    standings: Mapping[str, Standing] = field(default_factory=dict)

    def of(self, courier: Courier) -> Standing:
        """How the courier stands."""
        return self.standings.get(courier.courier_id, FRESH)

    def spares(self, courier: Courier, until: datetime) -> bool:
        """Whether the courier may ride, and is free before `until`."""
        standing = self.of(courier)
        return standing.may_ride and standing.free_at < until

    def offer(
        self, courier: Courier, shift: Window | None, base_at: datetime
    ) -> CourierOffer | None:
        """
        The courier as one who could ride within `shift`, in seconds since `base_at`, once free.

        None if they may not, or when nothing is left of their hours.
        """
        standing = self.of(courier)
        if shift is None or not standing.may_ride:
            return None
        free = math.ceil((standing.free_at - base_at).total_seconds())
        hours = Window(max(shift.open_seconds, free), shift.close_seconds)
        if hours.open_seconds >= hours.close_seconds:
            return None
        worked = standing.worked_by(base_at + timedelta(seconds=hours.open_seconds))
        return CourierOffer(
            courier.courier_id,
            KINDS[courier.vehicle],
            courier.start.point,
            hours,
            courier.skills,
            worked.stretch_seconds,
            worked.today_seconds,
        )


USUAL = Conditions()
"""A cool day on which everybody is free and rested."""
