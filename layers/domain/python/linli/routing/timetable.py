"""
When a courier is where: the one way in which engines turn an order of visits into a route.

The courier finishes as early as the windows allow and leaves as late as that finish permits, which
is the shortest duration (forward then backward pass of Savelsbergh, *The vehicle routing problem
with time windows: minimizing route duration*, ORSA Journal on Computing 4, 1992).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, permutations

from linli.routing.model import HORIZON_SECONDS, UNREACHABLE, Depot, Problem, Stop, Travel, Vehicle
from linli.routing.plan import Call, Cost, Kind, Plan, Reason, Route, Unserved, Visit, cost_of


@dataclass(frozen=True, slots=True)
class Place:
    """Where a visit is, how long it takes, and when it may start."""

    location: int
    service_seconds: int
    open_seconds: int
    close_seconds: int


def place_of_depot(depot: Depot) -> Place:
    """Stores are open for the whole wave."""
    return Place(depot.location, depot.handling_seconds, 0, HORIZON_SECONDS)


def place_of_stop(stop: Stop) -> Place:
    """A doorstep with its window."""
    window = stop.window
    return Place(stop.location, stop.service_seconds, window.open_seconds, window.close_seconds)


@dataclass(frozen=True, slots=True)
class Times:
    """Times of a sequence of places: departure, start of each service, and finish."""

    depart_seconds: int
    starts: tuple[int, ...]
    finish_seconds: int


def times(travel: Travel, vehicle: Vehicle, places: Sequence[Place]) -> Times | Reason:
    """
    The times of visiting `places` in this order, or why it cannot be done.

    Returns:
        `Times`, or one of UNREACHABLE, WINDOW_MISSED, SHIFT_TOO_SHORT.
    """
    seconds, at, clock = travel.seconds, vehicle.start, vehicle.shift.open_seconds
    latest: list[int] = []
    for place in places:
        leg = seconds[at][place.location]
        if leg == UNREACHABLE or travel.metres[at][place.location] == UNREACHABLE:
            return Reason.UNREACHABLE
        clock = max(clock + leg, place.open_seconds)
        if clock > place.close_seconds:
            return Reason.WINDOW_MISSED
        latest.append(clock)
        clock, at = clock + place.service_seconds, place.location
    homeward = _homeward(travel, vehicle, at)
    if homeward == UNREACHABLE:
        return Reason.UNREACHABLE
    finish = clock + homeward
    depart = _latest_departure(travel, vehicle, places, latest)
    too_long = finish - depart > vehicle.max_duration_seconds
    if too_long or finish > vehicle.shift.close_seconds:
        return Reason.SHIFT_TOO_SHORT
    return Times(depart, _starts(travel, vehicle, places, depart), finish)


def _homeward(travel: Travel, vehicle: Vehicle, at: int) -> int:
    if vehicle.end is None:
        return 0
    if travel.metres[at][vehicle.end] == UNREACHABLE:
        return UNREACHABLE
    return travel.seconds[at][vehicle.end]


def _latest_departure(
    travel: Travel, vehicle: Vehicle, places: Sequence[Place], earliest: Sequence[int]
) -> int:
    """The latest departure that still starts the last service at its earliest."""
    if not places:
        return vehicle.shift.open_seconds
    start = earliest[-1]
    for n in range(len(places) - 2, -1, -1):
        here, following = places[n], places[n + 1]
        leg = travel.seconds[here.location][following.location]
        start = min(here.close_seconds, start - leg - here.service_seconds)
    return start - travel.seconds[vehicle.start][places[0].location]


def _starts(
    travel: Travel, vehicle: Vehicle, places: Sequence[Place], depart: int
) -> tuple[int, ...]:
    starts: list[int] = []
    at, clock = vehicle.start, depart
    for place in places:
        start = max(clock + travel.seconds[at][place.location], place.open_seconds)
        starts.append(start)
        clock, at = start + place.service_seconds, place.location
    return tuple(starts)


def route_metres(travel: Travel, vehicle: Vehicle, places: Sequence[Place]) -> int:
    """Metres from the start over the places, and home where there is one."""
    stations = [vehicle.start, *(place.location for place in places)]
    if vehicle.end is not None:
        stations.append(vehicle.end)
    return sum(travel.metres[a][b] for a, b in pairwise(stations))


def route_for(problem: Problem, vehicle: Vehicle, calls: Sequence[Call]) -> Route | Reason:
    """
    The route that makes `calls` in this order, or why it cannot be done in time.

    Capacity and precedence are the engines' concern, and the verifier's.
    """
    depots = {depot.id: place_of_depot(depot) for depot in problem.depots}
    stops = {stop.id: place_of_stop(stop) for stop in problem.stops}
    places = [(depots if c.kind is Kind.COLLECT else stops)[c.place_id] for c in calls]
    travel = problem.travel(vehicle)
    timed = times(travel, vehicle, places)
    if isinstance(timed, Reason):
        return timed
    visits: list[Visit] = []
    at, clock = vehicle.start, timed.depart_seconds
    for call, place, start in zip(calls, places, timed.starts, strict=True):
        arrive = clock + travel.seconds[at][place.location]
        clock, at = start + place.service_seconds, place.location
        visits.append(Visit(call.kind, call.place_id, call.stop_ids, arrive, start, clock))
    metres = route_metres(travel, vehicle, places)
    return Route(vehicle.id, tuple(visits), timed.depart_seconds, timed.finish_seconds, metres)


def plan_for(problem: Problem, solver: str, routes: Sequence[Route]) -> Plan:
    """The plan of these routes; every stop that none serves is listed with its reason."""
    served = {stop_id for route in routes for stop_id in route.stop_ids}
    left_out = [stop for stop in problem.stops if stop.id not in served]
    unserved = tuple(Unserved(stop.id, reason_alone(problem, stop)) for stop in left_out)
    cost: Cost = cost_of(problem, routes, unserved)
    metres = sum(route.metres for route in routes)
    return Plan(solver, tuple(routes), unserved, metres, cost)


def reason_alone(problem: Problem, stop: Stop) -> Reason:
    """
    Why the stop cannot be served though it were the only one; NO_ROOM if it could.

    When couriers fail for different reasons, the one that came nearest to serving it counts.
    """
    if not problem.vehicles:
        return Reason.NO_COURIER
    reasons = [_reason_with(problem, vehicle, stop) for vehicle in problem.vehicles]
    return max(reasons, key=_NEARNESS.index)


_NEARNESS = [
    Reason.TOO_HEAVY,
    Reason.TOO_MANY_BOXES,
    Reason.UNREACHABLE,
    Reason.WINDOW_MISSED,
    Reason.SHIFT_TOO_SHORT,
    Reason.NO_ROOM,
]


def _reason_with(problem: Problem, vehicle: Vehicle, stop: Stop) -> Reason:
    if stop.load_grams > vehicle.capacity_grams:
        return Reason.TOO_HEAVY
    if stop.boxes > vehicle.capacity_boxes:
        return Reason.TOO_MANY_BOXES
    depots = {depot.id: depot for depot in problem.depots}
    stores = [place_of_depot(depots[part.depot_id]) for part in stop.parts]
    travel = problem.travel(vehicle)
    best = Reason.UNREACHABLE
    for order in orders_of(stores):
        timed = times(travel, vehicle, [*order, place_of_stop(stop)])
        if isinstance(timed, Times):
            return Reason.NO_ROOM
        best = max(best, timed, key=_NEARNESS.index)
    return best


def orders_of(stores: Sequence[Place]) -> list[list[Place]]:
    """Orders of visiting some stores: all up to four of them, else as they are and reversed."""
    if len(stores) > 4:
        return [list(stores), list(reversed(stores))]
    return [list(order) for order in permutations(stores)]
