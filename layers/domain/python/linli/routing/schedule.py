"""
When a courier is where, given the order of places: windows, cold limits, shift and rests.

The courier finishes as early as the windows allow and leaves as late as that finish permits, which
is the shortest duration (forward then backward pass of Savelsbergh, *The vehicle routing problem
with time windows: minimizing route duration*, ORSA Journal on Computing 4, 1992). A limit on the
time between two visits (goods out of the cold) delays the first until it holds: the earliest
solution of a simple temporal problem (Dechter, Meiri & Pearl, *Temporal constraint networks*,
Artificial Intelligence 49, 1991). Rests are taken as late as the rule allows, else earlier.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from linli.routing.model import HORIZON_SECONDS, UNREACHABLE, Travel, Vehicle
from linli.routing.plan import Reason

FOREVER = 100 * HORIZON_SECONDS
"""Later than any time of a route."""


@dataclass(frozen=True, slots=True)
class Place:
    """
    Where a visit is, how long it takes, and when it may start; it is not put off beyond
    `due_seconds` for the sake of a later departure.
    """

    location: int
    service_seconds: int
    open_seconds: int
    close_seconds: int
    due_seconds: int = FOREVER


@dataclass(frozen=True, slots=True)
class Lag:
    """
    Visit `last` starts at most `seconds` after visit `first` does; with `first` -1, at the
    instant `seconds` at the latest.
    """

    first: int
    last: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Times:
    """
    Times of a sequence of places: departure, start of each service, and finish. `rests` are the
    places after which the courier rests (-1: before the first).
    """

    depart_seconds: int
    starts: tuple[int, ...]
    finish_seconds: int
    rests: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Bounds:
    """
    What binds a sequence of places beside their windows. The first `locked` places come without
    a rest before or between them; with `free`, shift, duration and rests do not bind.
    """

    lags: Sequence[Lag] = ()
    locked: int = 0
    free: bool = False


UNBOUND = Bounds()


def times(
    travel: Travel, vehicle: Vehicle, places: Sequence[Place], bounds: Bounds = UNBOUND
) -> Times | Reason:
    """
    The times of visiting `places` in this order, or why it cannot be done.

    Returns:
        `Times`, or one of UNREACHABLE, WINDOW_MISSED, TOO_WARM, SHIFT_TOO_SHORT.
    """
    legs = legs_of(travel, vehicle, places)
    if legs is None:
        return Reason.UNREACHABLE
    case = _Case(vehicle, places, legs, bounds)
    timed = case.scheduled(())
    if isinstance(timed, Reason) or vehicle.rest is None or bounds.free:
        return timed
    return timed if case.tired_at(timed) is None else case.rested(timed)


def legs_of(travel: Travel, vehicle: Vehicle, places: Sequence[Place]) -> list[int] | None:
    """Seconds to each place and home from the last; None when there is no way."""
    seconds, metres, at = travel.seconds, travel.metres, vehicle.position
    legs: list[int] = []
    stations = [place.location for place in places]
    if vehicle.end is not None:
        stations.append(vehicle.end)
    for to in stations:
        leg = seconds[at][to]
        if leg == UNREACHABLE or metres[at][to] == UNREACHABLE:
            return None
        legs.append(leg)
        at = to
    if vehicle.end is None:
        legs.append(0)
    return legs


class _Case:
    """One courier's sequence of places, to be timed with this or that set of rests."""

    def __init__(
        self, vehicle: Vehicle, places: Sequence[Place], legs: list[int], bounds: Bounds
    ) -> None:
        self.vehicle, self.places, self.bounds, self._legs = vehicle, places, bounds, legs
        self._stays = [place.service_seconds for place in places]

    def scheduled(self, rests: Sequence[int]) -> Times | Reason:
        """The times with rests after these places, or why not."""
        legs, stays = self._legs, self._stays
        if rests and self.vehicle.rest:
            pause = self.vehicle.rest.rest_seconds
            legs = [legs[0] + pause * (-1 in rests), *legs[1:]]
            stays = [each + pause * (n in rests) for n, each in enumerate(stays)]
        opens = [place.open_seconds for place in self.places]
        earliest = self._earliest(legs, stays, opens)
        if isinstance(earliest, Reason):
            return earliest
        ready = self.vehicle.ready_seconds
        if not earliest:
            return self._in_shift(Times(ready, (), ready + legs[-1], tuple(rests)))
        finish = earliest[-1] + stays[-1] + legs[-1]
        depart = self._latest_departure(legs, stays, earliest)
        starts = _forward(depart, legs, stays, opens)
        return self._in_shift(Times(depart, tuple(starts), finish, tuple(rests)))

    def _earliest(self, legs: list[int], stays: list[int], opens: list[int]) -> list[int] | Reason:
        """Earliest starts; `opens` is raised where a lag delays its first visit."""
        starts = _forward(self.vehicle.ready_seconds, legs, stays, opens)
        closes = [place.close_seconds for place in self.places]
        if any(start > close for start, close in zip(starts, closes, strict=True)):
            return Reason.WINDOW_MISSED
        for _ in range(len(starts) + 1 if self.bounds.lags else 0):
            delayed = False
            for lag in self.bounds.lags:
                since = starts[lag.first] if lag.first >= 0 else 0
                if starts[lag.last] <= since + lag.seconds:
                    continue
                if lag.first < 0 or starts[lag.last] - lag.seconds > closes[lag.first]:
                    return Reason.TOO_WARM
                opens[lag.first] = max(opens[lag.first], starts[lag.last] - lag.seconds)
                delayed = True
            if not delayed:
                return starts
            starts = _forward(self.vehicle.ready_seconds, legs, stays, opens)
            if any(start > close for start, close in zip(starts, closes, strict=True)):
                return Reason.TOO_WARM
        return Reason.TOO_WARM if self.bounds.lags else starts

    def _latest_departure(self, legs: list[int], stays: list[int], earliest: list[int]) -> int:
        """The latest departure that still starts the last service at its earliest."""
        limits = [
            min(place.close_seconds, max(start, place.due_seconds))
            for place, start in zip(self.places, earliest, strict=True)
        ]
        for lag in self.bounds.lags:
            if lag.first < 0:
                limits[lag.last] = min(limits[lag.last], lag.seconds)
        start = earliest[-1]
        for n in range(len(limits) - 2, -1, -1):
            start = min(limits[n], start - legs[n + 1] - stays[n])
        return start - legs[0]

    def _in_shift(self, timed: Times) -> Times | Reason:
        vehicle = self.vehicle
        too_long = timed.finish_seconds - timed.depart_seconds > vehicle.max_duration_seconds
        outside = timed.finish_seconds > vehicle.shift.close_seconds
        if (too_long or outside) and not self.bounds.free:
            return Reason.SHIFT_TOO_SHORT
        return timed

    def tired_at(self, timed: Times) -> int | None:
        """The first place whose service ends after too much work (their number: the way home)."""
        rest = self.vehicle.rest
        assert rest is not None, "asked only of couriers who must rest"
        idle = timed.depart_seconds - self.vehicle.ready_seconds
        since = timed.depart_seconds
        since -= 0 if idle >= rest.rest_seconds else self.vehicle.worked_seconds
        if -1 in timed.rests:
            since = timed.depart_seconds + rest.rest_seconds
        for n, start in enumerate(timed.starts):
            leave = start + self._stays[n]
            if leave - since > rest.after_seconds and n >= self.bounds.locked:
                return n
            if n in timed.rests:
                since = leave + rest.rest_seconds
        return len(timed.starts) if timed.finish_seconds - since > rest.after_seconds else None

    def rested(self, timed: Times) -> Times | Reason:
        """The times with as many rests as the rule asks for."""
        tired = self.tired_at(timed)
        while tired is not None:
            first = max(self.bounds.locked - 1, timed.rests[-1] + 1 if timed.rests else -1)
            for position in range(tired - 1, first - 1, -1):
                trial = self.scheduled((*timed.rests, position))
                if isinstance(trial, Reason):
                    continue
                then = self.tired_at(trial)
                if then is None or then > tired:
                    timed, tired = trial, then
                    break
            else:
                return Reason.SHIFT_TOO_SHORT
        return timed


def _forward(clock: int, legs: list[int], stays: list[int], opens: list[int]) -> list[int]:
    starts: list[int] = []
    for leg, stay, opening in zip(legs, stays, opens, strict=False):
        clock += leg
        if clock < opening:
            clock = opening
        starts.append(clock)
        clock += stay
    return starts
