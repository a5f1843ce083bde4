"""How long a route is that was planned anew, and when it comes to the errands behind it. Pure."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

from linli.kernel.geography import Point
from linli.routing.rules import DETOUR_PERMILLE, PACES
from linli.waves.affected import Scene, at, place_of
from linli.waves.doorsteps import KINDS
from linli.waves.rides import Leg, Ride


def metres_along(points: Sequence[Point]) -> int:
    """As the travel matrices have it: great circles and detours, each rounded up."""
    ways = (a.metres_to(b) for a, b in pairwise(points))
    return sum((way * DETOUR_PERMILLE + 999) // 1000 for way in ways)


def ridden_metres(ride: Ride, scene: Scene) -> int:
    """From the start of the rider's day to where they were last known to be."""
    return metres_along([ride.rider.start.point, *(at(leg, scene) for leg in ride.done)])


def errands_after(
    legs: Sequence[Leg], errands: Sequence[Leg], ride: Ride, scene: Scene
) -> tuple[tuple[Leg, ...], int]:
    """
    The errands, one after the other when `legs` are done, and the metres that they add. One whose
    request has ended is where the one before it is.
    """
    here = at(legs[-1], scene) if legs else place_of(ride, scene)
    clock = legs[-1].leave_at if legs else scene.now
    found, metres, pace = [], 0, PACES[KINDS[ride.rider.vehicle]]
    for leg in errands:
        there = errand_place(leg, scene) or here
        way = metres_along([here, there])
        arrive = clock + timedelta(seconds=-(-way * 3600 // pace.metres_per_hour))
        start = max(arrive, min(leg.start_at, scene.slot.starts_at))
        clock = start + (leg.leave_at - leg.start_at)
        found.append(replace(leg, arrive_at=arrive, start_at=start, leave_at=clock))
        here, metres = there, metres + way
    return tuple(found), metres


def errand_place(leg: Leg, scene: Scene) -> Point | None:
    """Where empties are fetched or handed in, if that is still known."""
    store = scene.stores.get(leg.place_id)
    return store.point if store else scene.empties.get(leg.place_id)


def ends_at(legs: Sequence[Leg], errands: Sequence[Leg], otherwise: datetime) -> datetime:
    """When the last of it is done."""
    return max([leg.leave_at for leg in (*legs, *errands)], default=otherwise)
