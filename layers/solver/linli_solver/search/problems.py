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
from linli.routing.plan import Call, Kind, Plan, Route, Visit
from linli.routing.timetable import plan_for, timed_route
from linli_solver.link import Link, Order
from linli_solver.repair import joined, timely, whole
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
        paired = [stop for stop, _ in (*self.wave.parts, *self.wave.returns)]
        numbered = self.wave.stops if self.wave.plain else paired
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
            route = timely(self._index, vehicle, whole(self._index, vehicle, calls))
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
        parts = len(self.wave.parts)
        left = Counter(
            self.wave.parts[each.idx][0].id
            for each in route
            if each.is_delivery() and each.idx < parts
        )
        torn = [each for each in left if left[each] < len(self._index.stops[each].parts)]
        calls = [call for call in self._steps(route, left) if call.stop_ids[0] not in torn]
        return joined([*calls, *self._handed_in(calls)]), torn

    def _steps(self, route: Any, left: Counter[str]) -> Iterator[Call]:
        """Every call of the route, each door's where the last of its parts is handed over."""
        parts = len(self.wave.parts)
        for each in route:
            if each.is_depot():
                continue
            if each.idx >= parts:
                yield from self._return_steps(each)
                continue
            stop, part = self.wave.parts[each.idx]
            if each.is_pickup():
                yield Call(Kind.COLLECT, part.depot_id, (stop.id,))
                continue
            left[stop.id] -= 1
            if not left[stop.id]:
                yield Call(Kind.DELIVER, stop.id, (stop.id,))

    def _return_steps(self, each: Any) -> Iterator[Call]:
        """Handing in; taking is a call only at doors that get nothing."""
        stop, back = self.wave.returns[each.idx - len(self.wave.parts)]
        if not each.is_pickup():
            yield Call(Kind.RETURN, back.depot_id, (stop.id,))
        elif not stop.parts:
            yield Call(Kind.DELIVER, stop.id, (stop.id,))

    def _handed_in(self, calls: Sequence[Call]) -> Iterator[Call]:
        """Calls after all others for what the route takes and does not hand in after its door."""
        due: dict[tuple[str, str], None] = {}
        for call in calls:
            if call.kind is Kind.DELIVER:
                stop = self._index.stops[call.place_id]
                due |= {(each.depot_id, stop.id): None for each in stop.returns}
            elif call.kind is Kind.RETURN:
                due.pop((call.place_id, call.stop_ids[0]), None)
        for depot_id, stop_id in sorted(due):
            yield Call(Kind.RETURN, depot_id, (stop_id,))

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
            numbers = [n for stop_id in visit.stop_ids for n in self._numbers.get(stop_id, ())]
            if self.wave.plain:
                if visit.kind is Kind.DELIVER:
                    found += [Activity(ActivityType.CLIENT, n) for n in numbers]
                continue
            found += [each for n in numbers for each in self._part_of(visit, n)]
        return found

    def _part_of(self, visit: Visit, n: int) -> Iterator[Any]:
        """What a visit does with shipment `n`."""
        parts = len(self.wave.parts)
        returned = n >= parts
        at = self.wave.returns[n - parts][1] if returned else self.wave.parts[n][1]
        if visit.kind is Kind.DELIVER:
            yield Activity(ActivityType.PICKUP if returned else ActivityType.DELIVERY, n)
        elif visit.kind is Kind.COLLECT and not returned and at.depot_id == visit.place_id:
            yield Activity(ActivityType.PICKUP, n)
        elif visit.kind is Kind.RETURN and returned and at.depot_id == visit.place_id:
            yield Activity(ActivityType.DELIVERY, n)
