"""
How routes are made by hand: orders are taken as they came, each courier goes to the nearest next.

It is what the day's report and the benchmark compare with, not an opponent made weak: couriers
look at the clock (no order is taken that would be late), share the orders out only when their
vehicle is full, and come back for a second load.
"""

from collections.abc import Sequence

from linli.routing.inserting import last_of
from linli.routing.insertion import insertion
from linli.routing.model import UNREACHABLE, Problem
from linli.routing.plan import Plan
from linli.routing.reasons import orders_of
from linli.routing.tours import Fleet, Tour, Trip

__all__ = ["first_come_nearest_next", "insertion"]


def first_come_nearest_next(problem: Problem) -> Plan:
    """
    Each order in turn goes to the first courier who can add it to the present load and still be
    in time everywhere, else to the first who can fetch it on another trip.
    """
    fleet = Fleet(problem)
    for stop in sorted(fleet.open):
        _take(fleet, stop)
    return fleet.plan("first_come_nearest_next")


def _take(fleet: Fleet, stop: int) -> None:
    for another_trip in (False, True):
        for tour in fleet.tours:
            if another_trip and not tour.trips:
                continue
            trips = _with(fleet, tour, stop, another_trip)
            if trips is not None and fleet.judge(tour, trips) is not None:
                tour.trips = trips
                return
    _take_alone(fleet, stop)


def _take_alone(fleet: Fleet, stop: int) -> None:
    """Who is idle and asked for just this stop finds an order of stores that does."""
    for tour in fleet.tours:
        if tour.trips or stop not in tour.suited:
            continue
        for stores in orders_of(fleet.sources[stop]):
            for drops in orders_of(fleet.drops[stop]):
                trip = Trip(stores, [stop], drops)
                if fleet.judge(tour, [trip]) is not None:
                    tour.trips = [trip]
                    return


def _with(fleet: Fleet, tour: Tour, stop: int, another_trip: bool) -> list[Trip] | None:
    """The tour's trips with the stop in the last one (or in another), if the load fits."""
    before = tour.trips if another_trip else tour.trips[:-1]
    present = [] if another_trip or not tour.trips else tour.trips[-1].stops
    stops = [*present, stop]
    if stop not in tour.suited or not fleet.fits(tour, stops):
        return None
    trip = _nearest_next(fleet, tour, last_of(fleet, before[-1]) if before else tour.entry, stops)
    return None if trip is None else [*before, trip]


def _nearest_next(fleet: Fleet, tour: Tour, place: int, stops: Sequence[int]) -> Trip | None:
    """A trip over the stops' stores, the stops and the depots of what they return, always to the
    nearest that is left."""
    stores, place = _chain(tour, place, fleet.stores_of(stops), fleet.store_at)
    ordered, place = _chain(tour, place, sorted(stops), fleet.stop_at)
    taking = sorted({drop for stop in stops for drop in fleet.drops[stop]})
    drops, place = _chain(tour, place, taking, fleet.store_at)
    return None if place == UNREACHABLE else Trip(stores, ordered, drops)


def _chain(tour: Tour, at: int, left: Sequence[int], where: Sequence[int]) -> tuple[list[int], int]:
    """Nearest-next order of `left` from place `at` (UNREACHABLE at the end if there is none)."""
    order: list[int] = []
    remaining = list(left)
    while remaining and at != UNREACHABLE:
        row = tour.travel.metres[at]
        nearest = min(
            (each for each in remaining if row[where[each]] != UNREACHABLE),
            key=lambda each: (row[where[each]], each),
            default=None,
        )
        if nearest is None:
            return order, UNREACHABLE
        remaining.remove(nearest)
        order.append(nearest)
        at = where[nearest]
    return order, at
