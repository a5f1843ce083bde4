"""
Large waves are routed as several clusters: doors near each other, couriers shared out. Pure.

Doors are halved again and again across the longer side of where they lie, so that clusters are
compact and equal in size; doors of one place stay together. Couriers of each kind of vehicle go
to the clusters in proportion to their doors, the nearest first.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from linli.fleet import Courier
from linli.kernel.geography import Point
from linli.orders import Order

MOST_STOPS = 200
"""Doors of one cluster. A problem of so many passes through the state machine (about 300 bytes a
door, 256 KiB a payload), and is searched well within the seconds that a wave has."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Orders that are routed together, and the couriers who may ride for them."""

    orders: tuple[Order, ...]
    couriers: tuple[Courier, ...]

    @property
    def centre(self) -> Point:
        """The mean of its doors."""
        return _centre(self.orders)


def clusters_of(
    wanted: Sequence[Order], couriers: Sequence[Courier], most: int = MOST_STOPS
) -> list[Cluster]:
    """
    The wave's clusters, none for no orders; the same wave gives the same.

    Every order and every courier is in exactly one.
    """
    if not wanted:
        return []
    count = -(-len(wanted) // most)
    parts = _halved(sorted(wanted, key=lambda order: order.order_id), count)
    crews = _shared(parts, couriers)
    return [Cluster(tuple(part), tuple(crew)) for part, crew in zip(parts, crews, strict=True)]


def _halved(orders: list[Order], count: int) -> list[list[Order]]:
    """`orders` in `count` parts of nearly equal size."""
    if count == 1:
        return [orders]
    left = count // 2
    ranked = sorted(orders, key=_across(orders))
    cut = _cut(ranked, len(ranked) * left // count)
    return _halved(ranked[:cut], left) + _halved(ranked[cut:], count - left)


def _across(orders: Sequence[Order]) -> Callable[[Order], tuple[float, float, str]]:
    """The rank of a door along the longer side of where `orders` lie."""
    points = [order.deliver_to.point for order in orders]
    lons, lats = [p.lon for p in points], [p.lat for p in points]
    wide = (max(lons) - min(lons)) * math.cos(math.radians(lats[0])) >= max(lats) - min(lats)

    def rank(order: Order) -> tuple[float, float, str]:
        at = order.deliver_to.point
        return (at.lon, at.lat, order.order_id) if wide else (at.lat, at.lon, order.order_id)

    return rank


def _cut(ranked: Sequence[Order], cut: int) -> int:
    """`cut`, moved on or back by a tenth or three, so that it parts no two doors of one place."""
    at = [order.deliver_to.point for order in ranked]
    for away in range(max(4, len(ranked) // 10)):
        for near in (cut + away, cut - away):
            if 0 < near < len(at) and at[near - 1] != at[near]:
                return near
    return cut


def _shared(parts: Sequence[Sequence[Order]], couriers: Sequence[Courier]) -> list[list[Courier]]:
    centres = [_centre(part) for part in parts]
    kinds: dict[str, list[Courier]] = defaultdict(list)
    for each in sorted(couriers, key=lambda courier: courier.courier_id):
        kinds[each.vehicle].append(each)
    crews: list[list[Courier]] = [[] for _ in parts]
    owed = [0.0] * len(parts)
    sizes = [len(part) for part in parts]
    for kind in sorted(kinds):
        quotas = _quotas(len(kinds[kind]), sizes, owed)
        _assign(kinds[kind], quotas, centres, crews)
    return crews


def _centre(part: Sequence[Order]) -> Point:
    points = [order.deliver_to.point for order in part]
    return Point(sum(p.lon for p in points) / len(points), sum(p.lat for p in points) / len(points))


def _quotas(count: int, sizes: Sequence[int], owed: list[float]) -> list[int]:
    """`count` couriers in proportion to `sizes`; what rounding owes is kept for the next kind."""
    for n, size in enumerate(sizes):
        owed[n] += count * size / sum(sizes)
    quotas = [0] * len(sizes)
    for _ in range(count):
        most = max(range(len(sizes)), key=lambda n: (owed[n], -n))
        quotas[most] += 1
        owed[most] -= 1
    return quotas


def _assign(
    couriers: Sequence[Courier],
    quotas: list[int],
    centres: Sequence[Point],
    crews: list[list[Courier]],
) -> None:
    """Those go first who would lose most by another cluster than their nearest."""

    def away(courier: Courier) -> list[int]:
        return [courier.start.point.metres_to(centre) for centre in centres]

    ways = {courier.courier_id: away(courier) for courier in couriers}

    def regret(courier: Courier) -> tuple[int, str]:
        best, *others = sorted(ways[courier.courier_id])
        return -(others[0] - best if others else 0), courier.courier_id

    for courier in sorted(couriers, key=regret):
        free = [n for n, quota in enumerate(quotas) if quota]
        nearest = min(free, key=lambda n: (ways[courier.courier_id][n], n))
        quotas[nearest] -= 1
        crews[nearest].append(courier)
