"""When and how far: legs exist, times follow from them, windows, cold, shift and rests hold."""

from collections.abc import Iterator

from linli.routing.model import Depot
from linli.routing.verify.case import Code, Ride, Violation
from linli.routing.visits import Kind, Visit


def legs_exist(ride: Ride) -> Iterator[Violation]:
    """Every place can be reached from the one before it."""
    for a, b, where in ride.legs():
        if min(ride.travel.metres[a][b], ride.travel.seconds[a][b]) < 0:
            yield Violation(Code.UNREACHABLE, where)


def metres_add_up(ride: Ride) -> Iterator[Violation]:
    """The route is as long as its legs."""
    if ride.route.metres != sum(ride.travel.metres[a][b] for a, b, _ in ride.legs()):
        yield Violation(Code.METRES_WRONG, ride.vehicle.id)


def times_follow(ride: Ride) -> Iterator[Violation]:
    """Arrivals, departures and the finish follow from legs, waits, services and rests."""
    legs = ride.legs()
    clock = ride.route.depart_seconds
    for visit in ride.planned:
        if visit.kind is not Kind.REST:
            a, b, _ = next(legs)
            clock += ride.travel.seconds[a][b]
        wrong = visit.arrive_seconds != clock or visit.start_seconds < visit.arrive_seconds
        if wrong or visit.leave_seconds != visit.start_seconds + _stay(ride, visit):
            yield Violation(Code.TIMES_WRONG, visit.place_id or ride.vehicle.id)
        clock = visit.leave_seconds
    clock += sum(ride.travel.seconds[a][b] for a, b, _ in legs)
    if clock != ride.route.finish_seconds:
        yield Violation(Code.TIMES_WRONG, ride.vehicle.id)


def _stay(ride: Ride, visit: Visit) -> int:
    if visit.kind is Kind.REST:
        return ride.vehicle.rest.rest_seconds if ride.vehicle.rest else -1
    place = ride.case.place(visit)
    return place.handling_seconds if isinstance(place, Depot) else place.service_seconds


def windows_hold(ride: Ride) -> Iterator[Violation]:
    """Each service starts inside its window; what is due whatever the times not before it."""
    for visit, due in zip(ride.planned, ride.due, strict=True):
        if visit.kind is Kind.REST:
            continue
        window = ride.case.place(visit).window
        early = visit.start_seconds < window.open_seconds
        if early or (visit.start_seconds > window.close_seconds and not due):
            yield Violation(Code.WINDOW_MISSED, visit.place_id)


def cold_goods_stay_cold(ride: Ride) -> Iterator[Violation]:
    """From the start of collecting a part to the end of its hand-over no more than its limit."""
    since: dict[tuple[str, str], int] = {}
    done = len(ride.past) + len(ride.underway.locked)
    for n, visit in enumerate(ride.route.visits):
        if visit.kind is Kind.COLLECT:
            for stop_id in visit.stop_ids:
                since[stop_id, visit.place_id] = visit.start_seconds
        if visit.kind is not Kind.DELIVER or n < done:
            continue
        for part in ride.case.stops[visit.place_id].parts:
            begun = since.get((visit.place_id, part.depot_id))
            if begun is None or part.cold_limit_seconds is None:
                continue
            if visit.leave_seconds - begun > part.cold_limit_seconds:
                yield Violation(Code.TOO_WARM, visit.place_id)


def shift_holds(ride: Ride) -> Iterator[Violation]:
    """No departure before the courier is there; the finish inside the shift, and not too long."""
    vehicle, route = ride.vehicle, ride.route
    late = route.finish_seconds > vehicle.shift.close_seconds and not ride.free
    if route.depart_seconds < _ready(ride) or late:
        yield Violation(Code.OUTSIDE_SHIFT, vehicle.id)
    if route.seconds > vehicle.max_duration_seconds and not ride.free:
        yield Violation(Code.TOO_LONG, vehicle.id)


def _ready(ride: Ride) -> int:
    if ride.vehicle.underway is None:
        return ride.vehicle.shift.open_seconds
    return ride.vehicle.underway.now_seconds


def couriers_rest(ride: Ride) -> Iterator[Violation]:
    """
    Work since the last rest, at the end of each service and at the finish, is within the rule.

    A departure later by a rest's length than it could be counts as a rest; locked visits are made
    without one.
    """
    rest = ride.vehicle.rest
    if rest is None or ride.free:
        return
    since = ride.route.depart_seconds
    if since - _ready(ride) < rest.rest_seconds:
        since -= ride.vehicle.worked_seconds
    for n, visit in enumerate(ride.planned):
        if visit.kind is Kind.REST:
            since = visit.leave_seconds
        elif visit.leave_seconds - since > rest.after_seconds and n >= len(ride.underway.locked):
            yield Violation(Code.NO_REST, visit.place_id)
    if ride.route.finish_seconds - since > rest.after_seconds:
        yield Violation(Code.NO_REST, ride.vehicle.id)
