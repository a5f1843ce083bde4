"""
Putting a stop into an existing order of calls, whatever engine made it, where it costs least.

Used to complete and mend plans, and to tell a stop that fits nowhere from one not worth its way.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from linli.routing.index import Index
from linli.routing.model import Problem, Stop, Vehicle
from linli.routing.plan import Call, Kind, Reason, Route, planned_visits
from linli.routing.reasons import alone, suits, ways_alone
from linli.routing.routes import going_on, route_metres, timed_route

LEVEL, LATEST = 10**15, 10**9
"""More than any plan costs in thousandths of a fen, and more than its seconds of lateness."""


def weight(priority: int) -> int:
    """What a second of lateness of an urgent stop weighs: more than all that is less urgent."""
    return LEVEL**priority if priority else 0


def worth(stop: Stop) -> int:
    """Thousandths of a fen up to which the stop is served rather than left out."""
    return stop.penalty_fen * 1000 + weight(stop.priority) * LATEST


def route_millifen(index: Index, vehicle: Vehicle, route: Route) -> int:
    """Thousandths of a fen of a route with its lateness; urgent stops' lateness weighs most."""
    total = route.metres * vehicle.fen_per_km + vehicle.fixed_fen * 1000
    for visit in planned_visits(index.problem, route):
        if visit.kind is Kind.DELIVER:
            stop = index.stops[visit.place_id]
            late = stop.late_seconds(visit.start_seconds)
            total += late * (stop.late_fen_per_minute * 1000 // 60 + weight(stop.priority))
    return total


@dataclass(frozen=True, slots=True)
class Placement:
    """A courier's route with the stop in it; `extra` is what it costs more than before."""

    extra: int
    route: Route


class Places:
    """Routes to which stops are added; `left` bounds how many more ways are tried."""

    def __init__(self, problem: Problem, routes: Sequence[Route], left: int = 10**9) -> None:
        self.index = Index(problem)
        self.left = left
        routes = [*routes, *going_on(self.index, routes)]
        self.routes = {route.vehicle_id: route for route in routes}
        self._costs = {
            route.vehicle_id: route_millifen(
                self.index, self.index.vehicles[route.vehicle_id], route
            )
            for route in routes
        }

    def add(self, stop: Stop) -> bool:
        """Put the stop where it costs least, if it is worth that; whether it was."""
        best = self.best(stop)
        if best is None or best.extra >= worth(stop):
            return False
        vehicle = self.index.vehicles[best.route.vehicle_id]
        self.routes[vehicle.id] = best.route
        self._costs[vehicle.id] = route_millifen(self.index, vehicle, best.route)
        return True

    def best(self, stop: Stop) -> Placement | None:
        """The cheapest way to serve the stop as well; None when it fits nowhere."""
        best: Placement | None = None
        couriers = [(self._least(vehicle, stop), vehicle) for vehicle in self._couriers(stop)]
        for least, vehicle in sorted(couriers, key=lambda each: each[0]):
            if best is not None and least >= best.extra:
                break
            for calls in self._ways(vehicle, stop):
                self.left -= 1
                if self.left < 0:
                    return best
                best = self._better(best, vehicle, calls)
        return best

    def _better(
        self, best: Placement | None, vehicle: Vehicle, calls: Sequence[Call]
    ) -> Placement | None:
        """The route of these calls if it holds and costs less than the best, else the best."""
        before = self._costs.get(vehicle.id, 0)
        if best is not None:
            stations = [self.index.place(call) for call in calls]
            metres = route_metres(self.index.travel(vehicle), vehicle, stations)
            if metres * vehicle.fen_per_km + vehicle.fixed_fen * 1000 - before >= best.extra:
                return best  # Lateness would only add to it.
        route = self._made(vehicle, calls)
        if route is None:
            return best
        extra = route_millifen(self.index, vehicle, route) - before
        return Placement(extra, route) if best is None or extra < best.extra else best

    def _least(self, vehicle: Vehicle, stop: Stop) -> int:
        """What the way to the door costs at least, where no detour is shorter than the way."""
        if vehicle.id not in self.routes:
            return vehicle.fixed_fen * 1000
        planned = planned_visits(self.index.problem, self.routes[vehicle.id])
        visits = [visit.call for visit in planned if visit.kind is not Kind.REST]
        stations = [vehicle.position, *(self.index.place(each).location for each in visits)]
        metres, here = self.index.travel(vehicle).metres, stop.location
        detours = [metres[a][here] + metres[here][b] - metres[a][b] for a, b in pairwise(stations)]
        return min([*detours, metres[stations[-1]][here]]) * vehicle.fen_per_km

    def _couriers(self, stop: Stop) -> Iterator[Vehicle]:
        """Those whom the stop suits; of idle ones who are alike, the first."""
        idle: set[Vehicle] = set()
        for vehicle in self.index.problem.vehicles:
            if suits(self.index, vehicle, stop) is not None:
                continue
            kind = replace(vehicle, id="")
            if vehicle.id in self.routes or kind not in idle:
                yield vehicle
            if vehicle.id not in self.routes:
                idle.add(kind)

    def _made(self, vehicle: Vehicle, calls: Sequence[Call]) -> Route | None:
        if self.index.overloaded(vehicle, calls):
            return None
        route = timed_route(self.index, vehicle, calls)
        return None if isinstance(route, Reason) else route

    def _ways(self, vehicle: Vehicle, stop: Stop) -> Iterator[list[Call]]:
        head = self.index.heads[vehicle.id]
        if vehicle.id in self.routes:
            planned = planned_visits(self.index.problem, self.routes[vehicle.id])
            calls = [visit.call for visit in planned if visit.kind is not Kind.REST]
        else:
            calls = list(head.calls)
            yield from ways_alone(self.index, vehicle, stop)
        stores = [p.depot_id for p in stop.parts if (stop.id, p.depot_id) not in head.collected]
        yield from ways(calls, stop, stores, len(head.locked))


def ways(
    calls: Sequence[Call], stop: Stop, stores: Sequence[str], fixed: int
) -> Iterator[list[Call]]:
    """
    The calls with the stop put in after the first `fixed`: collected at `stores` on the first or
    the last visit there (or at once), its door anywhere after, its returns handed in last.
    """
    seen: list[list[Call]] = []
    for last in (False, True):
        base = list(calls)
        for store in stores:
            _collect(base, store, stop.id, fixed, last)
        if base in seen:
            continue
        seen.append(base)
        loads = [n for n, c in enumerate(base) if c.kind is Kind.COLLECT and stop.id in c.stop_ids]
        for n in range(max([fixed, *[n + 1 for n in loads]]), len(base) + 1):
            door = Call(Kind.DELIVER, stop.id, (stop.id,))
            yield _with_returns([*base[:n], door, *base[n:]], stop, n)


def _collect(base: list[Call], store: str, stop_id: str, fixed: int, last: bool) -> None:
    here = [
        n
        for n, call in enumerate(base)
        if n >= fixed and call.kind is Kind.COLLECT and call.place_id == store
    ]
    if here:
        n = here[-1 if last else 0]
        base[n] = Call(Kind.COLLECT, store, (*base[n].stop_ids, stop_id))
    else:
        base.insert(len(base) if last else fixed, Call(Kind.COLLECT, store, (stop_id,)))


def _with_returns(calls: list[Call], stop: Stop, door: int) -> list[Call]:
    for each in stop.returns:
        here = [
            n
            for n, call in enumerate(calls)
            if n > door and call.kind is Kind.RETURN and call.place_id == each.depot_id
        ]
        if here:
            n = here[0]
            calls[n] = Call(Kind.RETURN, each.depot_id, (*calls[n].stop_ids, stop.id))
        else:
            calls.append(Call(Kind.RETURN, each.depot_id, (stop.id,)))
    return calls


def completed(problem: Problem, routes: Sequence[Route]) -> list[Route]:
    """The routes with every left-out stop that fits somewhere for less than its penalty."""
    places = Places(problem, routes)
    served = {stop_id for route in routes for stop_id in route.stop_ids}
    served |= {s for head in places.index.heads.values() for s in head.served}
    left = [stop for stop in problem.stops if stop.id not in served]
    for stop in sorted(left, key=lambda s: (-s.priority, -s.penalty_fen, s.window.close_seconds)):
        if alone(places.index, stop) is Reason.NO_ROOM:
            places.add(stop)
    return [places.routes[v.id] for v in problem.vehicles if v.id in places.routes]


WAYS_TRIED = 4_000
"""How many ways are tried to tell NOT_WORTH from NO_ROOM: some tenths of a second."""


def reasons_for(
    problem: Problem, left_out: Sequence[Stop], routes: Sequence[Route]
) -> dict[str, Reason]:
    """
    The reason of each stop that the routes leave out.

    A stop that could be served alone and fits into the routes for more than its penalty is not
    worth it; one for which no way was found among `WAYS_TRIED` has no room.
    """
    places = Places(problem, routes, WAYS_TRIED)
    why: dict[str, Reason] = {}
    for stop in sorted(left_out, key=lambda stop: stop.penalty_fen):
        why[stop.id] = alone(places.index, stop)
        if why[stop.id] is Reason.NO_ROOM and not stop.priority:
            best = places.best(stop)
            if best is not None and best.extra >= worth(stop):
                why[stop.id] = Reason.NOT_WORTH
    return why
