"""Who serves what: ids are known, each stop once or left out, locked visits stay, skills."""

from collections import Counter
from collections.abc import Iterator

from linli.routing.verify.case import Case, Code, Ride, Violation
from linli.routing.visits import Kind, Visit


def ids_are_known(case: Case) -> Iterator[Violation]:
    """Couriers, stores and stops of the plan are the problem's."""
    named = [each.stop_id for each in case.plan.unserved]
    for route in case.plan.routes:
        if route.vehicle_id not in case.vehicles:
            yield Violation(Code.UNKNOWN_ID, route.vehicle_id)
        for visit in route.visits:
            if not _is_known(case, visit):
                yield Violation(Code.UNKNOWN_ID, visit.place_id)
            named += visit.stop_ids
    yield from (Violation(Code.UNKNOWN_ID, each) for each in named if each not in case.stops)


def _is_known(case: Case, visit: Visit) -> bool:
    if visit.kind is Kind.REST:
        return not visit.place_id and not visit.stop_ids
    if visit.kind is Kind.DELIVER:
        return visit.place_id in case.stops and visit.stop_ids == (visit.place_id,)
    return visit.place_id in case.depots


def stops_are_served_once(case: Case) -> Iterator[Violation]:
    """Each stop is on one route, or left out once."""
    served = Counter(
        visit.place_id
        for route in case.plan.routes
        for visit in route.visits
        if visit.kind is Kind.DELIVER
    )
    unserved = Counter(each.stop_id for each in case.plan.unserved)
    for stop_id in case.stops:
        if served[stop_id] > 1 or unserved[stop_id] > 1:
            yield Violation(Code.SERVED_TWICE, stop_id)
        if served[stop_id] and unserved[stop_id]:
            yield Violation(Code.SERVED_AND_UNSERVED, stop_id)
        if not served[stop_id] and not unserved[stop_id]:
            yield Violation(Code.NOT_SERVED, stop_id)


def couriers_have_one_route(case: Case) -> Iterator[Violation]:
    """No courier rides two routes."""
    routes = Counter(route.vehicle_id for route in case.plan.routes)
    yield from (Violation(Code.COURIER_TWICE, each) for each, n in routes.items() if n > 1)


def drops_ride_together(case: Case) -> Iterator[Violation]:
    """
    What an order has in several drops at one place is on one route, its first drop first, or is
    left out as a whole for one reason.
    """
    where: dict[str, tuple[str, int]] = {
        visit.place_id: (ride.vehicle.id, n)
        for ride in case.rides
        for n, visit in enumerate(ride.route.visits)
        if visit.kind is Kind.DELIVER
    }
    why = {each.stop_id: str(each.reason) for each in case.plan.unserved}
    for stop in case.stops.values():
        first = case.stops.get(stop.order)
        if first is None or first is stop or first.location != stop.location:
            continue
        one, other = where.get(first.id), where.get(stop.id)
        together = one is not None and other is not None and one[0] == other[0] and one < other
        if not (together or (one == other and why.get(first.id) == why.get(stop.id))):
            yield Violation(Code.DROPS_APART, stop.id)


def locked_visits_stay(case: Case) -> Iterator[Violation]:
    """What has happened stands as it was; what is locked follows at once, in its order."""
    rides = {ride.vehicle.id: ride for ride in case.rides}
    for vehicle in case.problem.vehicles:
        underway = vehicle.underway
        if underway is None or not (underway.visits or underway.locked):
            continue
        ride = rides.get(vehicle.id)
        calls = () if ride is None else tuple(visit.call for visit in ride.planned)
        stands = ride is not None and ride.past == underway.visits
        if not stands or calls[: len(underway.locked)] != underway.locked:
            yield Violation(Code.LOCKED_MOVED, vehicle.id)


def couriers_have_the_skills(ride: Ride) -> Iterator[Violation]:
    """Whoever serves a stop that is not locked has all skills that it asks for."""
    for visit, due in zip(ride.planned, ride.due, strict=True):
        if visit.kind is Kind.DELIVER and not due:
            missing = set(ride.case.stops[visit.place_id].skills) - set(ride.vehicle.skills)
            if missing:
                yield Violation(Code.SKILL_MISSING, visit.place_id)
