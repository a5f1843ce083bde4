"""
Cheapest insertion with relocation, in pure Python: the plan that comes when no solver does.

Stops are inserted one after another (most urgent first, then dearest penalty, earliest deadline,
farthest) where they cost least; then every stop is taken out once more and put where it costs
least, for a fixed number of passes. With more than `SMALL` stops only the tours of a stop's
nearest neighbours are looked at, unless it fits into none of them. No clock and no randomness:
the same problem gives the same plan. All rules of the problem hold; the balance of work is not
sought.
"""

from linli.routing.inserting import Placed, insert, tour_cost, without
from linli.routing.model import Problem
from linli.routing.nearby import Nearby
from linli.routing.plan import Plan
from linli.routing.tours import Fleet, Tour

PASSES = 3
SMALL, NEAR = 60, 24
"""Up to so many stops all tours are looked at; beyond, those of so many nearest stops."""


def insertion(problem: Problem, passes: int = PASSES) -> Plan:
    """The plan by cheapest insertion and so many passes of relocation."""
    fleet = Fleet(problem)
    nearby = Nearby(fleet, NEAR) if len(fleet.open) > SMALL else None
    left = [n for n in _order(fleet) if _insert(fleet, n, nearby) is None]
    for _ in range(passes):
        moved = False
        for tour in fleet.tours:
            for stop in [n for trip in tour.trips for n in trip.stops]:
                moved = _relocate(fleet, tour, stop, nearby) or moved
        left = [n for n in left if _insert(fleet, n, nearby) is None]
        if not moved:
            break
    return fleet.plan("insertion")


def _order(fleet: Fleet) -> list[int]:
    stops = fleet.problem.stops
    metres = fleet.tours[0].travel.metres if fleet.tours else None

    def rank(n: int) -> tuple[int, ...]:
        sources, stop = fleet.sources[n], stops[n]
        away = metres[fleet.store_at[sources[0]]][stop.location] if metres and sources else 0
        return -stop.priority, -stop.penalty_fen, stop.window.close_seconds, -away, n

    return sorted(fleet.open, key=rank)


def _relocate(fleet: Fleet, tour: Tour, stop: int, nearby: Nearby | None) -> bool:
    """Take the stop out and insert it where it costs least; whether that saved anything."""
    kept = [(each.trips, each.soft) for each in fleet.tours]
    before = tour_cost(fleet, tour)
    tour.trips = without(fleet, tour, stop)
    soft = fleet.judge(tour, tour.trips)
    if soft is not None:  # Without a stop a route may be worse, where detours are shorter.
        tour.soft = soft
        saved = before - tour_cost(fleet, tour)
        chosen = _insert(fleet, stop, nearby)
        if chosen is not None and chosen.cost < saved:
            return True
    for each, (trips, soft) in zip(fleet.tours, kept, strict=True):
        each.trips, each.soft = trips, soft
    if nearby is not None:
        nearby.tour_of[stop] = tour
    return False


def _insert(fleet: Fleet, stop: int, nearby: Nearby | None) -> Placed | None:
    """Insert the stop where it costs least, looking nearby first where that is worth it."""
    if nearby is None:
        return insert(fleet, stop)
    placed = insert(fleet, stop, [*nearby.tours(stop), *nearby.idle()]) or insert(fleet, stop)
    if placed is not None:
        nearby.tour_of[stop] = placed.tour
    return placed
