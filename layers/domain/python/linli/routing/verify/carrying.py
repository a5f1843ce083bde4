"""What is aboard: every part is collected once before its door, every return handed in after it,
and never more is carried than there is room for."""

from collections.abc import Iterator

from linli.routing.model import UNREACHABLE
from linli.routing.verify.case import Code, Ride, Violation
from linli.routing.visits import Kind, Visit

Load = tuple[str, str]
OVERLOADED = (
    Code.OVERLOADED_GRAMS,
    Code.OVERLOADED_BOXES,
    Code.OVERLOADED_VOLUME,
    Code.OVERLOADED_COLD,
)


class _Aboard:
    """Parts and returns (stop, depot) on the vehicle, in the course of a route."""

    def __init__(self, ride: Ride) -> None:
        self.ride = ride
        self.parts: dict[Load, None] = {}
        self.returns: dict[Load, None] = {}

    def after(self, visit: Visit) -> Iterator[Violation]:
        """Change what is aboard by a visit."""
        if visit.kind is Kind.COLLECT:
            yield from self._collect(visit)
        elif visit.kind is Kind.DELIVER:
            yield from self._deliver(visit)
        elif visit.kind is Kind.RETURN:
            yield from self._hand_in(visit)

    def _collect(self, visit: Visit) -> Iterator[Violation]:
        for stop_id in visit.stop_ids:
            load = stop_id, visit.place_id
            if load not in self.ride.case.parts:
                yield Violation(Code.NOT_COLLECTED, stop_id)
            elif load in self.parts:
                yield Violation(Code.COLLECTED_TWICE, stop_id)
            else:
                self.parts[load] = None

    def _deliver(self, visit: Visit) -> Iterator[Violation]:
        stop = self.ride.case.stops[visit.place_id]
        for part in stop.parts:
            if (stop.id, part.depot_id) not in self.parts:
                yield Violation(Code.NOT_COLLECTED, stop.id)
            self.parts.pop((stop.id, part.depot_id), None)
        for each in stop.returns:
            self.returns[stop.id, each.depot_id] = None

    def _hand_in(self, visit: Visit) -> Iterator[Violation]:
        for stop_id in visit.stop_ids:
            if (stop_id, visit.place_id) not in self.returns:
                yield Violation(Code.NOT_RETURNED, stop_id)
            self.returns.pop((stop_id, visit.place_id), None)

    def overloads(self) -> Iterator[Violation]:
        """The capacities that are exceeded now."""
        case, vehicle = self.ride.case, self.ride.vehicle
        sizes = [case.parts[each].size for each in self.parts]
        sizes += [case.returns[each].size for each in self.returns]
        room = (vehicle.capacity_grams, vehicle.capacity_boxes,
                vehicle.capacity_millilitres, vehicle.capacity_cold_boxes)  # fmt: skip
        for n, code in enumerate(OVERLOADED):
            if sum(size[n] for size in sizes) > room[n]:
                yield Violation(code, vehicle.id)


def loads_come_and_go(ride: Ride) -> Iterator[Violation]:
    """
    Parts before their door, returns after it, within the capacities from the first visit on that
    is not locked. Goods of a courier under way may stay aboard only where their stop is left out.
    """
    aboard = _Aboard(ride)
    begun = len(ride.past) + len(ride.underway.locked)
    held: set[Load] = set()
    for n, visit in enumerate(ride.route.visits):
        yield from aboard.after(visit)
        if n >= begun:
            yield from aboard.overloads()
        else:
            held = set(aboard.parts)
    left_out = {each.stop_id for each in ride.case.plan.unserved}
    for load in aboard.parts:
        if load not in held or load[0] not in left_out:
            yield Violation(Code.NOT_SERVED, load[0])
    for load in aboard.returns:
        if load not in ride.owed or _is_way(ride, load[1]):
            yield Violation(Code.NOT_RETURNED, load[0])


def _is_way(ride: Ride, depot_id: str) -> bool:
    """Whether a depot can be reached from where the locked visits end."""
    locked, at = ride.planned[: len(ride.underway.locked)], ride.underway.at
    if locked:
        at = ride.case.place(locked[-1]).location
    to, travel = ride.case.depots[depot_id].location, ride.travel
    return UNREACHABLE not in (travel.metres[at][to], travel.seconds[at][to])
