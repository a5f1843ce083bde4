"""Plans as couriers' trips, and trips in parts of neighbours: what `rebuild` begins with."""

from collections.abc import Sequence

from linli.routing.plan import Kind, Plan, Route, planned_visits
from linli.routing.tours import Fleet, Tour, Trip


def load(fleet: Fleet, plan: Plan) -> dict[int, Tour]:
    """
    Give the couriers the trips that the plan is, and say who serves each stop.

    Routes that are no sequence of trips are left out: their stops are served by nobody.
    """
    routes = {route.vehicle_id: route for route in plan.routes}
    numbers = {stop.id: n for n, stop in enumerate(fleet.problem.stops)}
    stores = {depot.id: n for n, depot in enumerate(fleet.problem.depots)}
    serving: dict[int, Tour] = {}
    for tour in fleet.tours:
        tour.trips, tour.soft = [], 0
        route = routes.get(tour.vehicle.id)
        trips = [] if route is None else _trips(fleet, tour, route, numbers, stores)
        soft = fleet.judge(tour, trips) if trips and _holds(fleet, tour, trips) else None
        if soft is not None:
            tour.trips, tour.soft = trips, soft
            serving |= {stop: tour for trip in trips for stop in trip.stops}
    return serving


def _trips(
    fleet: Fleet, tour: Tour, route: Route, numbers: dict[str, int], stores: dict[str, int]
) -> list[Trip]:
    planned = planned_visits(fleet.problem, route)
    calls = [each.call for each in planned if each.kind is not Kind.REST]
    trips = [Trip([], [], [])]
    for call in calls[len(tour.head.calls) :]:
        last = trips[-1]
        over = last.drops if call.kind is Kind.DELIVER else last.stops or last.drops
        if over and call.kind is not Kind.RETURN:
            last = Trip([], [], [])
            trips.append(last)
        if call.kind is Kind.DELIVER:
            last.stops.append(numbers[call.place_id])
        else:
            which = last.stores if call.kind is Kind.COLLECT else last.drops
            if stores[call.place_id] not in which:
                which.append(stores[call.place_id])
    return [trip for trip in trips if trip.stops]


def _holds(fleet: Fleet, tour: Tour, trips: Sequence[Trip]) -> bool:
    """Whether each trip collects and hands in just what its own stops need, and carries it."""
    return all(
        fleet.fits(tour, trip.stops)
        and set(trip.stores) == set(fleet.stores_of(trip.stops))
        and set(trip.drops) == {each for stop in trip.stops for each in fleet.drops[stop]}
        and tour.suited.issuperset(trip.stops)
        for trip in trips
    )


def divided(fleet: Fleet, parts: int) -> list[int]:
    """
    The part of each tour, so that neighbours are in one part and all parts serve about as many.

    Tours lie between two that are far from each other; idle couriers are dealt out in turn.
    """
    tours = fleet.tours
    busy = [n for n, tour in enumerate(tours) if tour.trips]
    if not busy:
        return [n % parts for n in range(len(tours))]
    middles = {n: _middle(fleet, tours[n]) for n in busy}
    legs = tours[0].legs
    one = max(busy, key=lambda n: legs[middles[busy[0]]][middles[n]])
    other = max(busy, key=lambda n: legs[middles[one]][middles[n]])
    ends = middles[one], middles[other]
    busy.sort(key=lambda n: legs[ends[0]][middles[n]] - legs[ends[1]][middles[n]])
    whole = sum(_count(tours[n]) for n in busy)
    part_of = [n % parts for n in range(len(tours))]
    before = 0
    for n in busy:
        part_of[n] = min(parts - 1, before * parts // whole)
        before += _count(tours[n])
    return part_of


def _middle(fleet: Fleet, tour: Tour) -> int:
    """The place of a tour's middle stop."""
    stops = [stop for trip in tour.trips for stop in trip.stops]
    return fleet.stop_at[stops[len(stops) // 2]]


def _count(tour: Tour) -> int:
    return sum(len(trip.stops) for trip in tour.trips)
