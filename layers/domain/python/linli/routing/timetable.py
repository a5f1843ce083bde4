"""From routes to a plan; with the names that engines need to make routes."""

from collections.abc import Sequence

from linli.routing.index import Index, place_of_depot, place_of_stop
from linli.routing.model import Problem
from linli.routing.placing import reasons_for
from linli.routing.plan import Plan, Route, Unserved, cost_of
from linli.routing.reasons import reason_alone
from linli.routing.routes import going_on, route_for, route_metres, timed_route
from linli.routing.schedule import Place, Times, times

__all__ = ["Place", "Times", "place_of_depot", "place_of_stop", "plan_for", "reason_alone",
           "route_for", "route_metres", "timed_route", "times"]  # fmt: skip


def plan_for(problem: Problem, solver: str, routes: Sequence[Route]) -> Plan:
    """
    The plan of these routes; every stop that none serves is listed with its reason.

    Couriers under way of whom no route is given keep what is locked.
    """
    routes = [*routes, *going_on(Index(problem), routes)]
    served = {stop_id for route in routes for stop_id in route.stop_ids}
    left_out = [stop for stop in problem.stops if stop.id not in served]
    why = reasons_for(problem, left_out, routes)
    unserved = tuple(Unserved(stop.id, why[stop.id]) for stop in left_out)
    metres = sum(route.metres for route in routes)
    return Plan(solver, tuple(routes), unserved, metres, cost_of(problem, routes, unserved))
