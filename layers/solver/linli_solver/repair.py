"""
From the orders that a search found to routes that hold.

A search knows less than the domain's rules: a stop from several stores may end on two routes, a
rest or a cold limit may make a route untimely. What does not hold is taken out, and put back
where it costs least if it fits anywhere.
"""

from collections.abc import Sequence

from linli.routing.index import Index
from linli.routing.model import Problem, Vehicle
from linli.routing.placing import completed
from linli.routing.plan import Call, Kind, Plan, Route
from linli.routing.routes import timed_route
from linli.routing.timetable import plan_for

MOST_COMPLETED = 30
"""Stops that are tried once more; a wave that leaves out more has no room anyway."""


def finished(problem: Problem, solver: str, routes: Sequence[Route]) -> Plan:
    """The plan of these routes; what they leave out is tried once more, with every courier."""
    served = {stop_id for route in routes for stop_id in route.stop_ids}
    if 0 < len(problem.stops) - len(served) <= MOST_COMPLETED:
        routes = completed(problem, routes)
    return plan_for(problem, solver, routes)


def repair(problem: Problem, found: Sequence[Sequence[Call]]) -> list[Route]:
    """
    The routes of each courier's calls (those after what is locked), made whole.

    Stops that no route serves are put in where they fit for less than their penalty.
    """
    index = Index(problem)
    routes: list[Route] = []
    for vehicle, calls in zip(problem.vehicles, found, strict=True):
        route = timely(index, vehicle, whole(index, vehicle, calls))
        if route is not None:
            routes.append(route)
    return completed(problem, routes)


def whole(index: Index, vehicle: Vehicle, calls: Sequence[Call]) -> list[Call]:
    """
    The calls for the stops that this route serves wholly: every part collected, then one
    hand-over, then every return handed in.
    """
    doors = {call.place_id: n for n, call in enumerate(calls) if call.kind is Kind.DELIVER}
    kept = {stop_id for stop_id in doors if _is_whole(index, vehicle, calls, stop_id, doors)}
    found: list[Call] = []
    for n, call in enumerate(calls):
        ids = tuple(each for each in call.stop_ids if each in kept)
        if ids and (call.kind is not Kind.DELIVER or doors[call.place_id] == n):
            found.append(Call(call.kind, call.place_id, ids))
    return joined(found)


def _is_whole(
    index: Index, vehicle: Vehicle, calls: Sequence[Call], stop_id: str, doors: dict[str, int]
) -> bool:
    stop, door = index.stops[stop_id], doors[stop_id]
    before = {c.place_id for c in calls[:door] if c.kind is Kind.COLLECT and stop_id in c.stop_ids}
    after = {c.place_id for c in calls[door:] if c.kind is Kind.RETURN and stop_id in c.stop_ids}
    aboard = {depot_id for each, depot_id in index.heads[vehicle.id].collected if each == stop_id}
    return (
        before | aboard == {part.depot_id for part in stop.parts}
        and after == {each.depot_id for each in stop.returns}
        and set(stop.skills) <= set(vehicle.skills)
    )


def joined(calls: Sequence[Call]) -> list[Call]:
    """Neighbouring calls at one store made one."""
    found: list[Call] = []
    for call in calls:
        last = found[-1] if found else None
        if last is None or (last.kind, last.place_id) != (call.kind, call.place_id):
            found.append(call)
        else:
            ids = dict.fromkeys((*last.stop_ids, *call.stop_ids))
            found[-1] = Call(call.kind, call.place_id, tuple(ids))
    return found


def timely(index: Index, vehicle: Vehicle, calls: list[Call]) -> Route | None:
    """The route of the calls, without as many of its last stops as make it untimely."""
    head = index.heads[vehicle.id].calls
    while calls:
        if index.overloaded(vehicle, [*head, *calls]) is None:
            route = timed_route(index, vehicle, [*head, *calls])
            if isinstance(route, Route):
                return route
        calls = _without(calls, _last_stop(index, calls))
    return None


def _last_stop(index: Index, calls: Sequence[Call]) -> str:
    """The stop to give up: the least urgent of the route, of these the last."""
    doors = [call.place_id for call in calls if call.kind is Kind.DELIVER]
    return min(reversed(doors), key=lambda stop_id: index.stops[stop_id].priority)


def _without(calls: Sequence[Call], stop_id: str) -> list[Call]:
    kept = [
        Call(call.kind, call.place_id, tuple(each for each in call.stop_ids if each != stop_id))
        for call in calls
    ]
    return joined([call for call in kept if call.stop_ids])
