"""
Cheapest insertion with relocation, in pure Python: the plan that comes when no solver does.

Stops are inserted one after another (dearest penalty first, then earliest deadline, then farthest)
where they lengthen the routes least; then every stop is taken out once more and put where it
costs least, for a fixed number of passes. No clock and no randomness: the same problem gives the
same plan. 300 stops take under a second on one core (`benchmarks/routing`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from linli.routing.model import Problem
from linli.routing.plan import Plan
from linli.routing.tours import FORBIDDEN, Fleet, Tour, Trip

PASSES = 3


@dataclass(frozen=True, slots=True)
class _Insertion:
    """Put the stop into trip `trip` at `position`, with these stores, at this extra cost."""

    cost: int
    tour: Tour
    trip: int
    position: int
    stores: list[int]


def insertion(problem: Problem) -> Plan:
    """The plan by cheapest insertion and relocation."""
    fleet = Fleet(problem)
    left = [n for n in _order(fleet) if _insert(fleet, n) is None]
    for _ in range(PASSES):
        moved = False
        for tour in fleet.tours:
            for stop in [n for trip in tour.trips for n in trip.stops]:
                moved = _relocate(fleet, tour, stop) or moved
        left = [n for n in left if _insert(fleet, n) is None]
        if not moved:
            break
    return fleet.plan("insertion")


def _order(fleet: Fleet) -> list[int]:
    stops = fleet.problem.stops
    metres = fleet.tours[0].travel.metres if fleet.tours else None

    def rank(n: int) -> tuple[int, int, int, int]:
        away = metres[fleet.store_at[fleet.sources[n][0]]][stops[n].location] if metres else 0
        return -stops[n].penalty_fen, stops[n].window.close_seconds, -away, n

    return sorted(range(len(stops)), key=rank)


def _insert(fleet: Fleet, stop: int) -> _Insertion | None:
    """Insert the stop where it costs least; None when there is no place for it."""
    found = [each for tour in _distinct(fleet.tours) for each in _insertions(fleet, tour, stop)]
    for each in sorted(found, key=lambda each: each.cost):
        trips = _inserted(each, stop)
        if fleet.in_time(each.tour, trips):
            each.tour.trips = trips
            return each
    return None


def _distinct(tours: list[Tour]) -> Iterator[Tour]:
    """The tours in use, and of idle couriers who are alike the first one."""
    idle: set[int] = set()
    for tour in tours:
        if tour.trips or tour.likeness not in idle:
            yield tour
        if not tour.trips:
            idle.add(tour.likeness)


def _relocate(fleet: Fleet, tour: Tour, stop: int) -> bool:
    """Take the stop out and insert it where it costs least; whether that saved anything."""
    kept = [each.trips for each in fleet.tours]
    before = _cost(fleet, tour)
    tour.trips = _without(fleet, tour, stop)
    saved = before - _cost(fleet, tour)
    chosen = _insert(fleet, stop)
    if chosen is not None and chosen.cost < saved:
        return True
    for each, trips in zip(fleet.tours, kept, strict=True):
        each.trips = trips
    return False


def _without(fleet: Fleet, tour: Tour, stop: int) -> list[Trip]:
    trips: list[Trip] = []
    for trip in tour.trips:
        if stop in trip.stops:
            stops = [n for n in trip.stops if n != stop]
            needed = set(fleet.stores_of(stops))
            trip = Trip([n for n in trip.stores if n in needed], stops)
        if trip.stops:
            trips.append(trip)
    return trips


def _inserted(each: _Insertion, stop: int) -> list[Trip]:
    trips = list(each.tour.trips)
    old = trips[each.trip].stops if each.trip < len(trips) else []
    stops = [*old[: each.position], stop, *old[each.position :]]
    trips[each.trip : each.trip + 1] = [Trip(each.stores, stops)]
    return trips


def _insertions(fleet: Fleet, tour: Tour, stop: int) -> Iterator[_Insertion]:
    """Every place of the stop in this tour that its load allows, with its extra cost."""
    if not fleet.fits(tour.vehicle, [stop]):
        return
    used = 0 if tour.trips else tour.vehicle.fixed_fen * 1000
    rate = tour.vehicle.fen_per_km
    for n in range(len(tour.trips) + 1):
        new = n == len(tour.trips)
        trip = Trip([], []) if new else tour.trips[n]
        if not new and not fleet.fits(tour.vehicle, [*trip.stops, stop]):
            continue
        entry, leave = _ends(fleet, tour, n)
        stores = _stores_with(fleet, tour, entry, trip, stop)
        for position, extra in _extras(fleet, tour, entry, leave, trip, stores, stop):
            if extra < FORBIDDEN // 2:
                yield _Insertion(extra * rate + used, tour, n, position, stores)


def _ends(fleet: Fleet, tour: Tour, n: int) -> tuple[int, int | None]:
    """The places before trip `n` and after it (None: the route ends with it)."""
    entry = fleet.stop_at[tour.trips[n - 1].stops[-1]] if n else tour.vehicle.start
    if n + 1 < len(tour.trips):
        return entry, fleet.store_at[tour.trips[n + 1].stores[0]]
    return entry, tour.vehicle.end


def _stores_with(fleet: Fleet, tour: Tour, entry: int, trip: Trip, stop: int) -> list[int]:
    """The trip's stores with those that the stop needs, each added where it is nearest."""
    stores = list(trip.stores)
    exit_at = fleet.stop_at[trip.stops[0] if trip.stops else stop]
    for store in fleet.sources[stop]:
        if store in stores:
            continue
        here = fleet.store_at[store]
        chain = [entry, *(fleet.store_at[n] for n in stores), exit_at]
        position = min(
            range(len(stores) + 1),
            key=lambda n: _detour(tour, chain[n], here, chain[n + 1]),
        )
        stores.insert(position, store)
    return stores


def _extras(
    fleet: Fleet,
    tour: Tour,
    entry: int,
    leave: int | None,
    trip: Trip,
    stores: list[int],
    stop: int,
) -> Iterator[tuple[int, int]]:
    """For each position among the trip's stops: (position, extra metres of the whole trip)."""
    legs, here = tour.legs, fleet.stop_at[stop]
    stops = [fleet.stop_at[n] for n in trip.stops]
    collecting = 0
    if stores != trip.stores:
        tail = [*stops, leave] if leave is not None else stops
        collecting = _length(tour, [entry, *(fleet.store_at[n] for n in stores), *tail])
        collecting -= _length(tour, [entry, *(fleet.store_at[n] for n in trip.stores), *tail])
    before = fleet.store_at[stores[-1]]
    for position, following in enumerate(stops):
        row = legs[before]
        yield position, collecting + row[here] + legs[here][following] - row[following]
        before = following
    yield len(stops), collecting + _detour(tour, before, here, leave)


def _detour(tour: Tour, before: int, here: int, following: int | None) -> int:
    row = tour.legs[before]
    if following is None:
        return row[here]
    return row[here] + tour.legs[here][following] - row[following]


def _length(tour: Tour, chain: list[int]) -> int:
    legs = tour.legs
    return sum([legs[a][b] for a, b in pairwise(chain)])


def _cost(fleet: Fleet, tour: Tour) -> int:
    """Cost of the tour in thousandths of a fen; nothing when it is not used."""
    if not tour.trips:
        return 0
    chain = [tour.vehicle.start]
    for trip in tour.trips:
        chain += [fleet.store_at[n] for n in trip.stores]
        chain += [fleet.stop_at[n] for n in trip.stops]
    if tour.vehicle.end is not None:
        chain.append(tour.vehicle.end)
    return _length(tour, chain) * tour.vehicle.fen_per_km + tour.vehicle.fixed_fen * 1000
