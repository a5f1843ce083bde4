"""
Whether the reason that a plan gives for leaving a stop out is true.

A reason that says the stop cannot be served at all is refuted by serving it alone, in the simplest
way: straight through its stores to its door and on, leaving as late as that allows. `NO_ROOM` and
`NOT_WORTH` are refuted by an idle courier who could do so for less than the penalty.
"""

from collections.abc import Iterator
from itertools import pairwise, permutations, product

from linli.routing.model import UNREACHABLE, Depot, Stop, Vehicle
from linli.routing.plan import Reason, Unserved
from linli.routing.verify.case import Case, Code, Violation
from linli.routing.visits import Kind

CAPACITIES = (Reason.TOO_HEAVY, Reason.TOO_MANY_BOXES, Reason.TOO_BULKY, Reason.NO_COLD_BOX)
IN_VAIN = (Reason.WINDOW_MISSED, Reason.TOO_WARM, Reason.SHIFT_TOO_SHORT)
POSSIBLE = (Reason.NO_ROOM, Reason.NOT_WORTH)


def reasons_are_true(case: Case) -> Iterator[Violation]:
    """No reason is refuted by the problem's numbers or by a ride for the stop alone."""
    for each in case.plan.unserved:
        if not _may_be_true(case, case.stops[each.stop_id], each):
            yield Violation(Code.REASON_WRONG, each.stop_id)


def _may_be_true(case: Case, stop: Stop, unserved: Unserved) -> bool:
    reason = unserved.reason
    holder = _holder(case, stop)
    if holder is not None:
        return reason in (Reason.COURIER_STOPPED, *POSSIBLE)
    if reason is Reason.NO_COURIER or not case.vehicles:
        return reason is Reason.NO_COURIER and not case.vehicles
    skilled = [v for v in case.vehicles.values() if set(stop.skills) <= set(v.skills)]
    if reason is Reason.NO_SKILL or not skilled:
        return reason is Reason.NO_SKILL and not skilled
    roomy = [vehicle for vehicle in skilled if not _too_much(vehicle, stop)]
    if reason in CAPACITIES or not roomy:
        return not roomy and any(reason in _too_much(vehicle, stop) for vehicle in skilled)
    return _is_true_of_ways(case, roomy, stop, reason)


def _is_true_of_ways(case: Case, roomy: list[Vehicle], stop: Stop, reason: Reason) -> bool:
    """Judged by couriers who have not left; what those under way could do is not refuted."""
    waiting = [vehicle for vehicle in roomy if vehicle.underway is None]
    sure = len(waiting) == len(roomy)
    trials = [trial for vehicle in waiting for trial in _trials(case, vehicle, stop)]
    reached = any(trial.reached for trial in trials)
    if reason is Reason.UNREACHABLE or (sure and not reached):
        return reason is Reason.UNREACHABLE and not reached
    if reason in IN_VAIN:
        return not any(trial.holds for trial in trials)
    possible = not sure or any(trial.in_time for trial in trials)
    if reason not in POSSIBLE or not possible or (reason is Reason.NOT_WORTH and stop.priority):
        return False
    return not any(_is_better_served(case, stop, trial) for trial in trials)


def _is_better_served(case: Case, stop: Stop, trial: "_Trial") -> bool:
    """Whether an idle courier could serve the stop alone for less than its penalty."""
    idle = trial.vehicle.id not in {route.vehicle_id for route in case.plan.routes}
    return idle and trial.holds and (bool(stop.priority) or trial.fen < stop.penalty_fen)


def _holder(case: Case, stop: Stop) -> Vehicle | None:
    """The courier under way who has, or is locked to load, some of the stop's goods."""
    for vehicle in case.vehicles.values():
        if vehicle.underway is not None:
            past = [visit.call for visit in vehicle.underway.visits]
            for call in [*past, *vehicle.underway.locked]:
                if call.kind is Kind.COLLECT and stop.id in call.stop_ids:
                    return vehicle
    return None


def _too_much(vehicle: Vehicle, stop: Stop) -> set[Reason]:
    """The capacities that the stop's goods, or what it returns, exceed on their own."""
    room = (vehicle.capacity_grams, vehicle.capacity_boxes,
            vehicle.capacity_millilitres, vehicle.capacity_cold_boxes)  # fmt: skip
    return {
        reason
        for n, reason in enumerate(CAPACITIES)
        if sum(part.size[n] for part in stop.parts) > room[n]
        or sum(each.size[n] for each in stop.returns) > room[n]
    }


class _Trial:
    """One order of places in which a courier could serve a stop alone."""

    def __init__(self, case: Case, vehicle: Vehicle, places: list[Depot | Stop], door: int) -> None:
        self.vehicle, self._case, self._places, self._door = vehicle, case, places, door
        travel = case.problem.travel(vehicle)
        stations = [vehicle.start, *(place.location for place in places)]
        stations += [] if vehicle.end is None else [vehicle.end]
        legs = [(travel.metres[a][b], travel.seconds[a][b]) for a, b in pairwise(stations)]
        self.reached = not any(UNREACHABLE in leg for leg in legs)
        self._metres = sum(metres for metres, _ in legs)
        self._legs = [*(seconds for _, seconds in legs), 0]
        self._depart = vehicle.shift.open_seconds
        self._starts = self._timed()
        spare = self._spare()
        self.in_time = self.reached and spare >= 0
        self._depart += max(0, min(spare, self._waits()))
        self._starts = self._timed()

    def _timed(self) -> list[int]:
        starts, clock = [], self._depart
        for leg, place in zip(self._legs, self._places, strict=False):
            clock = max(clock + leg, place.window.open_seconds)
            starts.append(clock)
            clock += _stay(place)
        return starts

    def _spare(self) -> int:
        """How much later every service might start; negative when one comes too late."""
        pairs = zip(self._places, self._starts, strict=True)
        return min(place.window.close_seconds - start for place, start in pairs)

    def _waits(self) -> int:
        """All waiting until the last service."""
        busy = sum(self._legs[: len(self._places)]) + sum(_stay(p) for p in self._places[:-1])
        return self._starts[-1] - self._depart - busy

    @property
    def _finish(self) -> int:
        return self._starts[-1] + _stay(self._places[-1]) + self._legs[len(self._places)]

    @property
    def holds(self) -> bool:
        """Whether shift, duration, rests and cold hold as well, without anything clever."""
        vehicle, seconds = self.vehicle, self._finish - self._depart
        worked = vehicle.worked_seconds + seconds
        return (
            self.in_time
            and self._finish <= vehicle.shift.close_seconds
            and seconds <= vehicle.max_duration_seconds
            and (vehicle.rest is None or worked <= vehicle.rest.after_seconds)
            and self._stays_cold()
        )

    def _stays_cold(self) -> bool:
        stop = self._places[self._door]
        assert isinstance(stop, Stop)
        done = self._starts[self._door] + stop.service_seconds
        since = {place.id: start for place, start in
                 zip(self._places[: self._door], self._starts, strict=False)}  # fmt: skip
        return all(
            part.cold_limit_seconds is None
            or done - since[part.depot_id] <= part.cold_limit_seconds
            for part in stop.parts
        )

    @property
    def fen(self) -> int:
        """At most what serving the stop so costs."""
        stop, vehicle = self._places[self._door], self.vehicle
        assert isinstance(stop, Stop)
        due = stop.window.close_seconds if stop.due_seconds is None else stop.due_seconds
        late = max(0, self._starts[self._door] - due) * stop.late_fen_per_minute
        balance = (self._finish - self._depart) * self._case.problem.balance_fen_per_hour
        way = self._metres * vehicle.fen_per_km
        return vehicle.fixed_fen + -(-way // 1000) + -(-late // 60) + -(-balance // 3600) + 2


def _stay(place: Depot | Stop) -> int:
    return place.handling_seconds if isinstance(place, Depot) else place.service_seconds


def _trials(case: Case, vehicle: Vehicle, stop: Stop) -> Iterator[_Trial]:
    """Every order of stores and of depots for the returns (of many, two)."""
    stores = [case.depots[part.depot_id] for part in stop.parts]
    stations = [case.depots[each.depot_id] for each in stop.returns]
    for before, after in product(_orders(stores), _orders(stations)):
        yield _Trial(case, vehicle, [*before, stop, *after], len(before))


def _orders(depots: list[Depot]) -> list[tuple[Depot, ...]]:
    if len(depots) > 4:
        return [tuple(depots), tuple(reversed(depots))]
    return list(permutations(depots))
