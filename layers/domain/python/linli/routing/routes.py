"""From an order of calls to a route with its times."""

from collections.abc import Sequence
from itertools import pairwise

from linli.routing.index import Index
from linli.routing.model import Problem, Travel, Vehicle
from linli.routing.plan import Call, Kind, Reason, Route, Visit
from linli.routing.schedule import Place, times


def route_metres(travel: Travel, vehicle: Vehicle, places: Sequence[Place]) -> int:
    """Metres from the courier's position over the places, and home where there is one."""
    stations = [vehicle.position, *(place.location for place in places)]
    if vehicle.end is not None:
        stations.append(vehicle.end)
    return sum(travel.metres[a][b] for a, b in pairwise(stations))


def route_for(problem: Problem, vehicle: Vehicle, calls: Sequence[Call]) -> Route | Reason:
    """
    The route that makes `calls` in this order, or why it cannot be done in time.

    Of a route under way `calls` are those to come, beginning with the locked ones; what has
    happened is put before them. Rests are put in where the rule asks for them. Capacity, skills
    and precedence are the engines' concern, and the verifier's.
    """
    return timed_route(Index(problem), vehicle, calls)


def timed_route(index: Index, vehicle: Vehicle, calls: Sequence[Call]) -> Route | Reason:
    """As `route_for`, with the lookups made before."""
    places, travel = index.places(vehicle, calls), index.travel(vehicle)
    timed = times(travel, vehicle, places, index.bounds(vehicle, calls))
    if isinstance(timed, Reason):
        return timed
    visits = list(vehicle.underway.visits) if vehicle.underway else []
    at, clock = vehicle.position, timed.depart_seconds
    if -1 in timed.rests:
        clock = _rest(vehicle, visits, clock)
    for n, (call, place, start) in enumerate(zip(calls, places, timed.starts, strict=True)):
        arrive = clock + travel.seconds[at][place.location]
        clock, at = start + place.service_seconds, place.location
        visits.append(Visit(call.kind, call.place_id, call.stop_ids, arrive, start, clock))
        if n in timed.rests:
            clock = _rest(vehicle, visits, clock)
    metres = route_metres(travel, vehicle, places)
    return Route(vehicle.id, tuple(visits), timed.depart_seconds, timed.finish_seconds, metres)


def _rest(vehicle: Vehicle, visits: list[Visit], clock: int) -> int:
    assert vehicle.rest is not None, "rests follow from the courier's rule"
    after = clock + vehicle.rest.rest_seconds
    visits.append(Visit(Kind.REST, "", (), clock, clock, after))
    return after


def going_on(index: Index, routes: Sequence[Route]) -> list[Route]:
    """Routes of couriers under way who have none among `routes`: what is locked, and no more."""
    planned = {route.vehicle_id for route in routes}
    found: list[Route] = []
    for vehicle in index.problem.vehicles:
        if vehicle.underway is None or vehicle.id in planned:
            continue
        calls = index.heads[vehicle.id].calls
        if calls or vehicle.underway.visits:
            route = timed_route(index, vehicle, calls)
            assert isinstance(route, Route), "what is locked can be driven: the problem is checked"
            found.append(route)
    return found
