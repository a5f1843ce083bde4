"""
Mends routes in which a stop from several stores was split: it goes to one courier, or is left out.

Also makes one hand-over of several, so that the routes are a plan in the domain's sense.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

from linli.routing.model import Problem, Stop, Vehicle
from linli.routing.plan import Call, Kind, Reason
from linli.routing.timetable import route_for


def repair(problem: Problem, routes: Sequence[Sequence[Call]]) -> list[list[Call]]:
    """
    Each courier's calls with every stop whole: handed over once, by who collected all its parts.

    A stop whose parts were on several routes, or missing, is put where it lengthens the routes
    least, or left out when it fits nowhere.
    """
    whole = [_whole(problem, calls) for calls in routes]
    mended = [_only(calls, stops) for calls, stops in zip(routes, whole, strict=True)]
    kept = set().union(*whole) if whole else set()
    touched = {call.place_id for calls in routes for call in calls if call.kind is Kind.DELIVER}
    for stop in problem.stops:
        if stop.id in touched and stop.id not in kept:
            _place(problem, mended, stop)
    return mended


def _whole(problem: Problem, calls: Sequence[Call]) -> set[str]:
    """Stops all of whose parts this route collects."""
    collected = Counter(
        stop_id for call in calls if call.kind is Kind.COLLECT for stop_id in call.stop_ids
    )
    return {stop.id for stop in problem.stops if collected[stop.id] == len(stop.parts)}


def _only(calls: Sequence[Call], stops: set[str]) -> list[Call]:
    """The calls for these stops alone, each handed over at its last delivering call."""
    last = {call.place_id: n for n, call in enumerate(calls) if call.kind is Kind.DELIVER}
    kept: list[Call] = []
    for n, call in enumerate(calls):
        ids = tuple(each for each in call.stop_ids if each in stops)
        if ids and (call.kind is Kind.COLLECT or last[call.place_id] == n):
            kept.append(Call(call.kind, call.place_id, ids))
    return kept


def _place(problem: Problem, routes: list[list[Call]], stop: Stop) -> None:
    best: tuple[int, int, list[Call]] | None = None
    for n, vehicle in enumerate(problem.vehicles):
        before = _cost(problem, vehicle, routes[n]) or 0
        for calls in _ways(routes[n], stop):
            after = _cost(problem, vehicle, calls)
            if after is not None and (best is None or after - before < best[0]):
                best = after - before, n, calls
    if best is not None:
        routes[best[1]] = best[2]


def _ways(calls: list[Call], stop: Stop) -> Iterator[list[Call]]:
    """The route with the stop's parts collected as early as may be, its door anywhere after."""
    base = list(calls)
    for part in stop.parts:
        here = [n for n, c in enumerate(base) if (c.kind, c.place_id) == _store(part.depot_id)]
        if here:
            call = base[here[0]]
            base[here[0]] = Call(call.kind, call.place_id, (*call.stop_ids, stop.id))
        else:
            base.insert(0, Call(Kind.COLLECT, part.depot_id, (stop.id,)))
    collected = [n for n, call in enumerate(base) if stop.id in call.stop_ids]
    for n in range(collected[-1] + 1, len(base) + 1):
        yield [*base[:n], Call(Kind.DELIVER, stop.id, (stop.id,)), *base[n:]]


def _store(depot_id: str) -> tuple[Kind, str]:
    return Kind.COLLECT, depot_id


def _cost(problem: Problem, vehicle: Vehicle, calls: Sequence[Call]) -> int | None:
    """Thousandths of a fen of the route, or None where time or load do not allow it."""
    if not calls:
        return None
    route = route_for(problem, vehicle, calls)
    if isinstance(route, Reason) or not _carries(problem, vehicle, calls):
        return None
    return route.metres * vehicle.fen_per_km + vehicle.fixed_fen * 1000


def _carries(problem: Problem, vehicle: Vehicle, calls: Sequence[Call]) -> bool:
    parts = {(s.id, part.depot_id): part for s in problem.stops for part in s.parts}
    stops = {stop.id: stop for stop in problem.stops}
    grams = boxes = 0
    for call in calls:
        if call.kind is Kind.DELIVER:
            grams -= stops[call.place_id].load_grams
            boxes -= stops[call.place_id].boxes
            continue
        loaded = [parts[stop_id, call.place_id] for stop_id in call.stop_ids]
        grams += sum(part.load_grams for part in loaded)
        boxes += sum(part.boxes for part in loaded)
        if grams > vehicle.capacity_grams or boxes > vehicle.capacity_boxes:
            return False
    return True
