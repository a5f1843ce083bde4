"""
PyVRP's core on a wave: one of several searches of a race, or an engine of its own.

What the search does not know is mended when a solution becomes a plan: a stop whose parts ended
on two routes, or that makes a route untimely (a rest, a cold limit), is taken out and put where
it costs least, or left out with its reason.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from pyvrp._pyvrp import Activity, ActivityType, Solution
from pyvrp._pyvrp import Route as SearchRoute

from linli.routing.index import Index
from linli.routing.model import Problem, Stop, Vehicle
from linli.routing.placing import completed, route_millifen, ways
from linli.routing.plan import Call, Kind, Plan, Route
from linli.routing.timetable import plan_for, timed_route
from linli_solver.link import Link, Order
from linli_solver.search.drive import Drive
from linli_solver.search.ils import Search, Settings
from linli_solver.search.problem_data import WaveData

SOLVER = "pyvrp"
MOST_MENDED = 30
"""Stops put back into a plan; more are left for the search's next solution."""
VARIANTS = (Settings(neighbours=25), Settings(neighbours=15, hot=0.3))


def search(problem: Problem, order: Order, link: Link) -> Plan | None:
    """The best plan found by the order's deadline, or after its steps."""
    form = WaveForm(problem)
    if not form.wave.stops or not problem.vehicles:
        return plan_for(problem, SOLVER, [])
    settings = VARIANTS[order.variant % len(VARIANTS)]
    start = None if order.start is None else form.solution(order.start)
    running = Search(form.data, order.seed, settings, form.wave.prices(), form.wave.way(), start)
    found: Plan | None = Drive(running, form, order, link).run()
    return found


class WaveForm:
    """Solutions as plans and back."""

    def __init__(self, problem: Problem) -> None:
        self.problem, self.wave = problem, WaveData(problem)
        self.data = self.wave.data
        self._index = Index(problem)
        self._numbers: dict[str, list[int]] = {}
        numbered = self.wave.stops if self.wave.plain else [s for s, _ in self.wave.parts]
        for n, stop in enumerate(numbered):
            self._numbers.setdefault(stop.id, []).append(n)

    def routing(self, solution: Any) -> Plan:
        """The plan of a solution, mended where the search knew too little."""
        left = [list(members) for members in self.wave.kinds]
        found: dict[str, Route] = {}
        parted: dict[str, list[Vehicle]] = {}
        for each in solution.routes():
            vehicle = left[each.vehicle_type()].pop(0)
            calls, torn = self._calls(each)
            for stop_id in torn:
                parted.setdefault(stop_id, []).append(vehicle)
            route = self._timely(vehicle, calls)
            if route is not None:
                found[vehicle.id] = route
        for stop_id, vehicles in parted.items():
            self._rejoin(found, self._index.stops[stop_id], vehicles)
        served = {stop_id for route in found.values() for stop_id in route.stop_ids}
        routes = list(found.values())
        if 0 < len(self.problem.stops) - len(served) <= MOST_MENDED:
            routes = completed(self.problem, routes)
        return plan_for(self.problem, SOLVER, routes)

    def _rejoin(self, found: dict[str, Route], stop: Stop, vehicles: Sequence[Vehicle]) -> None:
        """Put a stop whose parts were on several routes into the one where it costs least."""
        best: tuple[int, Route] | None = None
        stores = [part.depot_id for part in stop.parts]
        for vehicle in vehicles:
            before = found.get(vehicle.id)
            calls = [] if before is None else [v.call for v in before.visits if v.stop_ids]
            known = 0 if before is None else route_millifen(self._index, vehicle, before)
            for way in ways(calls, stop, stores, 0):
                if self._index.overloaded(vehicle, way) is not None:
                    continue
                route = timed_route(self._index, vehicle, way)
                if isinstance(route, Route):
                    extra = route_millifen(self._index, vehicle, route) - known
                    best = min(best or (extra, route), (extra, route), key=lambda each: each[0])
        if best is not None:
            found[best[1].vehicle_id] = best[1]

    def _calls(self, route: Any) -> tuple[list[Call], list[str]]:
        """The route's calls for the stops that are whole on it, and the stops that are not."""
        if self.wave.plain:
            ids = tuple(self.wave.stops[each.idx].id for each in route if each.is_client())
            doors = [Call(Kind.DELIVER, stop_id, (stop_id,)) for stop_id in ids]
            return [Call(Kind.COLLECT, self.wave.parts[0][1].depot_id, ids), *doors], []
        left = Counter(self.wave.parts[each.idx][0].id for each in route if each.is_delivery())
        torn = [each for each in left if left[each] < len(self._index.stops[each].parts)]
        return list(_joined(self._steps(route, left, set(torn)))), torn

    def _steps(self, route: Any, left: Counter[str], torn: set[str]) -> Iterator[Call]:
        for each in route:
            if each.is_depot():
                continue
            stop, part = self.wave.parts[each.idx]
            if stop.id in torn:
                continue
            if each.is_pickup():
                yield Call(Kind.COLLECT, part.depot_id, (stop.id,))
                continue
            left[stop.id] -= 1
            if not left[stop.id]:
                yield Call(Kind.DELIVER, stop.id, (stop.id,))

    def _timely(self, vehicle: Vehicle, calls: list[Call]) -> Route | None:
        """The route of the calls, without its last stops as far as they make it untimely."""
        while calls:
            if self._index.overloaded(vehicle, calls) is None:
                route = timed_route(self._index, vehicle, calls)
                if isinstance(route, Route):
                    return route
            calls = _without(calls, calls[-1].place_id)
        return None

    def solution(self, plan: Plan) -> Any:
        """A plan as a solution of the search; what it does not model is left out."""
        kinds = {v.id: n for n, members in enumerate(self.wave.kinds) for v in members}
        routes = []
        for route in plan.routes:
            activities = self._activities(route)
            if activities:
                routes.append(SearchRoute(self.data, activities, kinds[route.vehicle_id]))
        return Solution(self.data, routes)

    def _activities(self, route: Route) -> list[Any]:
        found: list[Any] = []
        for visit in route.visits:
            ids = set(visit.stop_ids)
            if visit.kind is Kind.DELIVER:
                kind = ActivityType.CLIENT if self.wave.plain else ActivityType.DELIVERY
                found += [Activity(kind, n) for stop_id in ids for n in self._of(stop_id)]
            elif visit.kind is Kind.COLLECT and not self.wave.plain:
                parts = [(n, self.wave.parts[n][1]) for stop_id in ids for n in self._of(stop_id)]
                here = [n for n, part in parts if part.depot_id == visit.place_id]
                found += [Activity(ActivityType.PICKUP, n) for n in here]
        return found

    def _of(self, stop_id: str) -> list[int]:
        """The numbers of a stop's clients or shipments; none where the search leaves it out."""
        return self._numbers.get(stop_id, [])


def _joined(calls: Iterator[Call]) -> Iterator[Call]:
    """Neighbouring calls at one store made one."""
    held: Call | None = None
    for call in calls:
        if held is not None and (held.kind, held.place_id) == (call.kind, call.place_id):
            held = Call(held.kind, held.place_id, (*held.stop_ids, *call.stop_ids))
            continue
        if held is not None:
            yield held
        held = call
    if held is not None:
        yield held


def _without(calls: Sequence[Call], stop_id: str) -> list[Call]:
    kept = []
    for call in calls:
        ids = tuple(each for each in call.stop_ids if each != stop_id)
        if ids:
            kept.append(Call(call.kind, call.place_id, ids))
    return list(_joined(iter(kept)))
