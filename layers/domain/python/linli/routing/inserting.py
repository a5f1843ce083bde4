"""Where a stop goes on couriers' tours, and what that costs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from linli.routing.placing import worth
from linli.routing.tours import FORBIDDEN, Fleet, Tour, Trip

LATE_CHOICES = 12
"""How many feasible places are compared where lateness may make the shortest the dearer."""


@dataclass(frozen=True, slots=True)
class Placed:
    """
    Put the stop into trip `trip` at `position`, with these stores and drops, at this extra cost;
    `soft` is what the tour's lateness then costs.
    """

    cost: int
    tour: Tour
    trip: int
    position: int
    stores: list[int]
    drops: list[int]
    soft: int = 0


def insert(
    fleet: Fleet, stop: int, tours: Sequence[Tour] | None = None, choices: int = LATE_CHOICES
) -> Placed | None:
    """
    Insert the stop where it costs least; None when there is no place worth it.

    `tours` are those to look at, in place of all; `choices` bounds the feasible places compared
    where there is lateness.
    """
    looked = distinct(fleet.tours) if tours is None else tours
    found = [each for tour in looked for each in _insertions(fleet, tour, stop)]
    most = worth(fleet.problem.stops[stop])
    chosen, tried = None, 0
    for each in sorted(found, key=lambda each: each.cost):
        if each.cost >= (most if chosen is None else chosen.cost):
            break
        soft = fleet.judge(each.tour, _inserted(each, stop))
        if soft is None:
            continue
        tried += 1
        cost = each.cost + soft - each.tour.soft
        if cost < (most if chosen is None else chosen.cost):
            chosen = Placed(
                cost, each.tour, each.trip, each.position, each.stores, each.drops, soft
            )
        if tried == (choices if fleet.soft else 1):
            break
    if chosen is not None:
        chosen.tour.trips, chosen.tour.soft = _inserted(chosen, stop), chosen.soft
    return chosen


def distinct(tours: list[Tour]) -> Iterator[Tour]:
    """The tours in use, and of idle couriers who are alike the first one."""
    idle: set[int] = set()
    for tour in tours:
        if tour.trips or tour.likeness not in idle:
            yield tour
        if not tour.trips:
            idle.add(tour.likeness)


def without(fleet: Fleet, tour: Tour, stop: int) -> list[Trip]:
    """The tour's trips without the stop."""
    trips: list[Trip] = []
    for trip in tour.trips:
        if stop in trip.stops:
            stops = [n for n in trip.stops if n != stop]
            needed = set(fleet.stores_of(stops))
            drops = {each for n in stops for each in fleet.drops[n]}
            trip = Trip(
                [n for n in trip.stores if n in needed],
                stops,
                [n for n in trip.drops if n in drops],
            )
        if trip.stops:
            trips.append(trip)
    return trips


def _inserted(each: Placed, stop: int) -> list[Trip]:
    trips = list(each.tour.trips)
    old = trips[each.trip].stops if each.trip < len(trips) else []
    stops = [*old[: each.position], stop, *old[each.position :]]
    trips[each.trip : each.trip + 1] = [Trip(each.stores, stops, each.drops)]
    return trips


def _insertions(fleet: Fleet, tour: Tour, stop: int) -> Iterator[Placed]:
    """Every place of the stop in this tour that its load allows, with its extra cost."""
    if stop not in tour.suited:
        return
    yield from _new_trips(fleet, tour, stop)
    rate = tour.vehicle.fen_per_km
    for n, trip in enumerate(tour.trips):
        if not fleet.fits(tour, [*trip.stops, stop]):
            continue
        entry, leave = _ends(fleet, tour, n)
        stores = _stores_with(fleet, tour, entry, trip, stop)
        drops = [*trip.drops, *(each for each in fleet.drops[stop] if each not in trip.drops)]
        if drops != trip.drops:
            extras = _long_extras(fleet, tour, (entry, leave), trip, stores, drops, stop)
        else:
            then = fleet.store_at[drops[0]] if drops else leave
            extras = _extras(fleet, tour, entry, then, trip, stores, stop)
        for position, extra in extras:
            if extra < FORBIDDEN // 2:
                yield Placed(extra * rate, tour, n, position, stores, drops)


def _new_trips(fleet: Fleet, tour: Tour, stop: int) -> Iterator[Placed]:
    """The stop on a trip of its own after all others, its stores and drops in any order."""
    n, rate, legs = len(tour.trips), tour.vehicle.fen_per_km, tour.legs
    rides = bool(tour.trips) or tour.begun
    used = 0 if rides else tour.vehicle.fixed_fen * 1000
    entry, home = last_of(fleet, tour.trips[-1]) if n else tour.entry, tour.vehicle.end
    saved = legs[entry][home] if rides and home is not None else 0
    for stores in fleet.store_orders[stop]:
        for drops in fleet.drop_orders[stop]:
            at, extra = entry, -saved
            for store in stores:
                extra += legs[at][fleet.store_at[store]]
                at = fleet.store_at[store]
            extra += legs[at][fleet.stop_at[stop]]
            at = fleet.stop_at[stop]
            for drop in drops:
                extra += legs[at][fleet.store_at[drop]]
                at = fleet.store_at[drop]
            extra += 0 if home is None else legs[at][home]
            if extra < FORBIDDEN // 2:
                yield Placed(extra * rate + used, tour, n, 0, stores, drops)


def _ends(fleet: Fleet, tour: Tour, n: int) -> tuple[int, int | None]:
    """The places before trip `n` and after it (None: the route ends with it)."""
    entry = last_of(fleet, tour.trips[n - 1]) if n else tour.entry
    if n + 1 < len(tour.trips):
        following = tour.trips[n + 1]
        stores, stops = following.stores, following.stops
        return entry, fleet.store_at[stores[0]] if stores else fleet.stop_at[stops[0]]
    return entry, tour.vehicle.end


def last_of(fleet: Fleet, trip: Trip) -> int:
    """Where a trip ends."""
    return fleet.store_at[trip.drops[-1]] if trip.drops else fleet.stop_at[trip.stops[-1]]


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
    before = fleet.store_at[stores[-1]] if stores else entry
    for position, following in enumerate(stops):
        row = legs[before]
        yield position, collecting + row[here] + legs[here][following] - row[following]
        before = following
    yield len(stops), collecting + _detour(tour, before, here, leave)


def _long_extras(
    fleet: Fleet,
    tour: Tour,
    ends: tuple[int, int | None],
    trip: Trip,
    stores: list[int],
    drops: list[int],
    stop: int,
) -> Iterator[tuple[int, int]]:
    """As `_extras` where the trip hands in returns elsewhere: the whole is measured anew."""
    entry, leave = ends
    home = [] if leave is None else [leave]

    def chain(stores: list[int], stops: list[int], drops: list[int]) -> int:
        shops, doors = [fleet.store_at[n] for n in stores], [fleet.stop_at[n] for n in stops]
        return _length(tour, [entry, *shops, *doors, *(fleet.store_at[n] for n in drops), *home])

    before = chain(trip.stores, trip.stops, trip.drops)
    for position in range(len(trip.stops) + 1):
        stops = [*trip.stops[:position], stop, *trip.stops[position:]]
        yield position, chain(stores, stops, drops) - before


def _detour(tour: Tour, before: int, here: int, following: int | None) -> int:
    row = tour.legs[before]
    if following is None:
        return row[here]
    return row[here] + tour.legs[here][following] - row[following]


def _length(tour: Tour, chain: list[int]) -> int:
    legs = tour.legs
    return sum([legs[a][b] for a, b in pairwise(chain)])


def tour_cost(fleet: Fleet, tour: Tour) -> int:
    """Thousandths of a fen of the tour with its lateness; nothing when it is not used."""
    if not tour.trips and not tour.begun:
        return 0
    chain = [tour.entry]
    for trip in tour.trips:
        chain += [fleet.store_at[n] for n in trip.stores]
        chain += [fleet.stop_at[n] for n in trip.stops]
        chain += [fleet.store_at[n] for n in trip.drops]
    if tour.vehicle.end is not None:
        chain.append(tour.vehicle.end)
    fixed = tour.vehicle.fixed_fen * 1000
    return _length(tour, chain) * tour.vehicle.fen_per_km + fixed + tour.soft
