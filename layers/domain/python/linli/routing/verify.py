"""
The independent check of a plan: shares no code with the engines, only the problem's own data.

It walks every route anew through the matrices and compares with what the plan claims.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from linli.routing.model import Depot, Problem, Stop, Vehicle
from linli.routing.plan import Kind, Plan, Reason, Route, Visit


class Code(StrEnum):
    """What is wrong with a plan."""

    UNKNOWN_ID = "unknown_id"
    COURIER_TWICE = "courier_twice"
    NOT_SERVED = "not_served"
    SERVED_TWICE = "served_twice"
    SERVED_AND_UNSERVED = "served_and_unserved"
    NOT_COLLECTED = "not_collected"
    COLLECTED_TWICE = "collected_twice"
    OVERLOADED_GRAMS = "overloaded_grams"
    OVERLOADED_BOXES = "overloaded_boxes"
    UNREACHABLE = "unreachable"
    TIMES_WRONG = "times_wrong"
    WINDOW_MISSED = "window_missed"
    OUTSIDE_SHIFT = "outside_shift"
    TOO_LONG = "too_long"
    METRES_WRONG = "metres_wrong"
    COST_WRONG = "cost_wrong"
    REASON_WRONG = "reason_wrong"


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that is wrong; `where` is the id of the stop, store or courier concerned."""

    code: Code
    where: str


def verify(problem: Problem, plan: Plan) -> list[Violation]:
    """Everything that is wrong with the plan; empty when it may be driven."""
    unknown = list(_unknown_ids(problem, plan))
    if unknown:
        return unknown  # The rest could not be judged.
    violations = [
        *_served_once(problem, plan),
        *_totals(problem, plan),
        *_reasons(problem, plan),
    ]
    for route in plan.routes:
        vehicle = next(each for each in problem.vehicles if each.id == route.vehicle_id)
        violations += _loads(problem, vehicle, route)
        violations += _way(problem, vehicle, route)
    return violations


def _unknown_ids(problem: Problem, plan: Plan) -> Iterator[Violation]:
    vehicles = {vehicle.id for vehicle in problem.vehicles}
    stops = {stop.id for stop in problem.stops}
    depots = {depot.id for depot in problem.depots}
    named = [each.stop_id for each in plan.unserved]
    for route in plan.routes:
        if route.vehicle_id not in vehicles:
            yield Violation(Code.UNKNOWN_ID, route.vehicle_id)
        for visit in route.visits:
            known = depots if visit.kind is Kind.COLLECT else stops
            if visit.place_id not in known:
                yield Violation(Code.UNKNOWN_ID, visit.place_id)
            named += visit.stop_ids
    yield from (Violation(Code.UNKNOWN_ID, each) for each in named if each not in stops)


def _served_once(problem: Problem, plan: Plan) -> Iterator[Violation]:
    served = Counter(
        visit.place_id
        for route in plan.routes
        for visit in route.visits
        if visit.kind is Kind.DELIVER
    )
    unserved = Counter(each.stop_id for each in plan.unserved)
    for stop in problem.stops:
        if served[stop.id] > 1 or unserved[stop.id] > 1:
            yield Violation(Code.SERVED_TWICE, stop.id)
        if served[stop.id] and unserved[stop.id]:
            yield Violation(Code.SERVED_AND_UNSERVED, stop.id)
        if not served[stop.id] and not unserved[stop.id]:
            yield Violation(Code.NOT_SERVED, stop.id)
    routes = Counter(route.vehicle_id for route in plan.routes)
    yield from (Violation(Code.COURIER_TWICE, each) for each, n in routes.items() if n > 1)


def _loads(problem: Problem, vehicle: Vehicle, route: Route) -> Iterator[Violation]:
    """Every part is loaded once, before its stop, and never more than the vehicle carries."""
    stops = {stop.id: stop for stop in problem.stops}
    parts = {(s.id, part.depot_id): part for s in problem.stops for part in s.parts}
    aboard: dict[tuple[str, str], None] = {}
    for visit in route.visits:
        if visit.kind is Kind.DELIVER:
            yield from _hand_over(stops[visit.place_id], visit, aboard)
            continue
        for stop_id in visit.stop_ids:
            part = stop_id, visit.place_id
            if part not in parts:
                yield Violation(Code.NOT_COLLECTED, stop_id)
            elif part in aboard:
                yield Violation(Code.COLLECTED_TWICE, stop_id)
            else:
                aboard[part] = None
        if sum(parts[each].load_grams for each in aboard) > vehicle.capacity_grams:
            yield Violation(Code.OVERLOADED_GRAMS, vehicle.id)
        if sum(parts[each].boxes for each in aboard) > vehicle.capacity_boxes:
            yield Violation(Code.OVERLOADED_BOXES, vehicle.id)
    yield from (Violation(Code.NOT_SERVED, stop_id) for stop_id, _ in aboard)


def _hand_over(
    stop: Stop, visit: Visit, aboard: dict[tuple[str, str], None]
) -> Iterator[Violation]:
    if visit.stop_ids != (stop.id,):
        yield Violation(Code.UNKNOWN_ID, stop.id)
    for part in stop.parts:
        if (stop.id, part.depot_id) not in aboard:
            yield Violation(Code.NOT_COLLECTED, stop.id)
        aboard.pop((stop.id, part.depot_id), None)


def _way(problem: Problem, vehicle: Vehicle, route: Route) -> Iterator[Violation]:
    """Legs exist, times follow from them, windows and shift hold, metres are as claimed."""
    travel = problem.travel(vehicle)
    places: dict[tuple[Kind, str], Depot | Stop] = {
        **{(Kind.COLLECT, depot.id): depot for depot in problem.depots},
        **{(Kind.DELIVER, stop.id): stop for stop in problem.stops},
    }
    at, clock, metres = vehicle.start, route.depart_seconds, 0
    for visit in route.visits:
        place = places[visit.kind, visit.place_id]
        if min(travel.metres[at][place.location], travel.seconds[at][place.location]) < 0:
            yield Violation(Code.UNREACHABLE, place.id)
        if visit.arrive_seconds != clock + travel.seconds[at][place.location]:
            yield Violation(Code.TIMES_WRONG, place.id)
        yield from _service(place, visit)
        metres += travel.metres[at][place.location]
        at, clock = place.location, visit.leave_seconds
    if vehicle.end is not None:
        if min(travel.metres[at][vehicle.end], travel.seconds[at][vehicle.end]) < 0:
            yield Violation(Code.UNREACHABLE, vehicle.id)
        metres += travel.metres[at][vehicle.end]
        clock += travel.seconds[at][vehicle.end]
    if metres != route.metres:
        yield Violation(Code.METRES_WRONG, vehicle.id)
    yield from _shift(vehicle, route, clock)


def _service(place: Depot | Stop, visit: Visit) -> Iterator[Violation]:
    takes = place.handling_seconds if isinstance(place, Depot) else place.service_seconds
    if visit.start_seconds < visit.arrive_seconds:
        yield Violation(Code.TIMES_WRONG, place.id)
    if visit.leave_seconds != visit.start_seconds + takes:
        yield Violation(Code.TIMES_WRONG, place.id)
    if isinstance(place, Stop):
        window = place.window
        if not window.open_seconds <= visit.start_seconds <= window.close_seconds:
            yield Violation(Code.WINDOW_MISSED, place.id)


def _shift(vehicle: Vehicle, route: Route, finish: int) -> Iterator[Violation]:
    if finish != route.finish_seconds:
        yield Violation(Code.TIMES_WRONG, vehicle.id)
    early = route.depart_seconds < vehicle.shift.open_seconds
    if early or finish > vehicle.shift.close_seconds:
        yield Violation(Code.OUTSIDE_SHIFT, vehicle.id)
    if finish - route.depart_seconds > vehicle.max_duration_seconds:
        yield Violation(Code.TOO_LONG, vehicle.id)


def _totals(problem: Problem, plan: Plan) -> Iterator[Violation]:
    if plan.metres != sum(route.metres for route in plan.routes):
        yield Violation(Code.METRES_WRONG, "plan")
    vehicles = {vehicle.id: vehicle for vehicle in problem.vehicles}
    left_out = {each.stop_id for each in plan.unserved}
    distance, fixed = 0, 0
    for route in plan.routes:
        vehicle = vehicles[route.vehicle_id]
        distance += round_half_up(route.metres * vehicle.fen_per_km, 1000)
        fixed += vehicle.fixed_fen
    penalties = sum(stop.penalty_fen for stop in problem.stops if stop.id in left_out)
    cost = plan.cost
    if (cost.distance_fen, cost.fixed_fen, cost.unserved_fen) != (distance, fixed, penalties):
        yield Violation(Code.COST_WRONG, "plan")


def _reasons(problem: Problem, plan: Plan) -> Iterator[Violation]:
    """Reasons that plain numbers can refute; the others would need a search of their own."""
    stops = {stop.id: stop for stop in problem.stops}
    grams = max((vehicle.capacity_grams for vehicle in problem.vehicles), default=0)
    boxes = max((vehicle.capacity_boxes for vehicle in problem.vehicles), default=0)
    for each in plan.unserved:
        stop, reason = stops[each.stop_id], each.reason
        false = (
            (reason is Reason.NO_COURIER) != (not problem.vehicles)
            or (reason is Reason.TOO_HEAVY and stop.load_grams <= grams)
            or (reason is Reason.NO_ROOM and (stop.load_grams > grams or stop.boxes > boxes))
        )
        if false:
            yield Violation(Code.REASON_WRONG, stop.id)


def round_half_up(number: int, divisor: int) -> int:
    """Integer quotient, halves upward."""
    return (number + divisor // 2) // divisor
