"""
Drops of one order at one door (`unloading.segmented`) ride together: one stop to a search, which
need not know of them, and several visits of the plan. Pure.

Goods of a building's neighbours are unloaded light ones first, then what is large, wherever the
plan still holds that way.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from linli.routing.model import Part, Problem, Return, Stop
from linli.routing.plan import Plan, Route, Unserved, cost_of
from linli.routing.verify import verify
from linli.routing.visits import Kind, Visit
from linli.routing.wholes import Wholes, whole_problem, wholes_of


def planned_whole(problem: Problem, make: Callable[[Problem], Plan]) -> Plan:
    """What `make` plans where each order is one stop, as a plan of its drops."""
    wholes = wholes_of(problem)
    if not wholes:
        return make(problem)
    plan = apart(problem, wholes, make(whole_problem(problem, wholes)))
    sorted_plan = light_first(problem, plan)
    return plan if verify(problem, sorted_plan) else sorted_plan


def apart(problem: Problem, wholes: Wholes, plan: Plan) -> Plan:
    """The plan with the visits of each drop; what is left out is left out with all its drops."""
    routes = tuple(
        replace(route, visits=tuple(each for v in route.visits for each in _visits(v, wholes)))
        for route in plan.routes
    )
    unserved = tuple(
        Unserved(stop.id, each.reason)
        for each in plan.unserved
        for stop in wholes.get(each.stop_id, ())
    ) + tuple(each for each in plan.unserved if each.stop_id not in wholes)
    return _with(problem, plan, routes, unserved)


def _with(
    problem: Problem, plan: Plan, routes: tuple[Route, ...], unserved: tuple[Unserved, ...]
) -> Plan:
    cost = cost_of(problem, routes, unserved)
    return replace(plan, routes=routes, unserved=unserved, cost=cost)


def _visits(visit: Visit, wholes: Wholes) -> Iterator[Visit]:
    if visit.kind is not Kind.DELIVER:
        ids = (each for n in visit.stop_ids for each in _ids(n, visit, wholes))
        yield replace(visit, stop_ids=tuple(ids))
        return
    arrive, start = visit.arrive_seconds, visit.start_seconds
    for stop in wholes.get(visit.place_id, ()):
        leave = start + stop.service_seconds
        yield Visit(Kind.DELIVER, stop.id, (stop.id,), arrive, start, leave)
        arrive = start = leave
    if visit.place_id not in wholes:
        yield visit


def _ids(stop_id: str, visit: Visit, wholes: Wholes) -> Iterator[str]:
    """The drops of which something is collected, or handed in, there."""
    if stop_id not in wholes:
        yield stop_id
    for stop in wholes.get(stop_id, ()):
        loads: Sequence[Part | Return] = stop.parts if visit.kind is Kind.COLLECT else stop.returns
        if any(load.depot_id == visit.place_id for load in loads):
            yield stop.id


def light_first(problem: Problem, plan: Plan) -> Plan:
    """The plan where, of doors at one place, all light drops come before the large ones."""
    stops = {stop.id: stop for stop in problem.stops}
    routes = tuple(
        replace(
            route,
            visits=tuple(
                each
                for _, run in groupby(route.visits, lambda visit: _place(visit, stops))
                for each in _sorted(list(run), stops)
            ),
        )
        for route in plan.routes
    )
    return _with(problem, plan, routes, plan.unserved)


def _place(visit: Visit, stops: Mapping[str, Stop]) -> tuple[str, int | str]:
    if visit.kind is Kind.DELIVER:
        return "door", stops[visit.place_id].location
    return str(visit.kind), visit.place_id


def _sorted(run: list[Visit], stops: Mapping[str, Stop]) -> Iterator[Visit]:
    if run[0].kind is not Kind.DELIVER or any(v.start_seconds > v.arrive_seconds for v in run[1:]):
        yield from run
        return
    arrive, start = run[0].arrive_seconds, run[0].start_seconds
    for visit in sorted(run, key=lambda each: bool(stops[each.place_id].order_id)):
        leave = start + visit.leave_seconds - visit.start_seconds
        yield replace(visit, arrive_seconds=arrive, start_seconds=start, leave_seconds=leave)
        arrive = start = leave
