"""Which routes a change concerns, and who could help. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise

from linli.catalogue import Product, Store
from linli.fleet import Courier
from linli.kernel.geography import Point
from linli.orders import Order
from linli.slots import Slot
from linli.waves.changes import MOST_ROUTES, Closure, Replan
from linli.waves.conditions import USUAL, Conditions
from linli.waves.detours import around
from linli.waves.rides import DELIVER, Leg, Ride, position

MOST_IDLE = 3
"""So many couriers without a route are considered beside those who ride."""
_MAY_JOIN = ("frozen", "routed", "picking", "packed")


@dataclass(frozen=True, slots=True)
class Scene:
    """A published wave at a moment: its open rides, the orders of all of them, who is idle."""

    slot: Slot
    rides: tuple[Ride, ...]
    orders: Mapping[str, Order]
    stores: Mapping[str, Store]
    idle: tuple[Courier, ...]
    now: datetime
    products: Mapping[str, Product] = field(default_factory=dict)
    empties: Mapping[str, Point] = field(default_factory=dict)
    conditions: Conditions = USUAL

    @property
    def unload(self) -> dict[str, int]:
        """By order that rides, from which mass an item is a drop of its own."""
        return {order_id: n for ride in self.rides for order_id, n in ride.unload.items()}


@dataclass(frozen=True, slots=True)
class Affected:
    """
    What a change concerns: `hit` rides themselves (`stopped` ones end with it), `helpers` that
    may take what is `added` or was with those stopped, and idle couriers, the nearest first.
    """

    hit: tuple[Ride, ...]
    stopped: tuple[Ride, ...]
    helpers: tuple[Ride, ...]
    idle: tuple[Courier, ...]
    added: tuple[Order, ...]

    @property
    def rides(self) -> tuple[Ride, ...]:
        """The rides that go on, in one way or another."""
        return tuple(ride for ride in self.hit if ride not in self.stopped) + self.helpers


def affected_by(change: Replan, scene: Scene) -> Affected:
    """What `change` concerns of `scene`, at most `MOST_ROUTES` rides in all."""
    hit = tuple(ride for ride in scene.rides if _is_hit(ride, change, scene))[:MOST_ROUTES]
    stopped = hit if change.kind == "courier_stopped" else ()
    added = tuple(scene.orders[each] for each in _added(change, scene))
    moving = (*added, *(scene.orders[n] for ride in stopped for n in ride.order_ids))
    if not moving:
        return Affected(hit, stopped, (), (), ())
    doors = [order.deliver_to.point for order in moving]
    others = [ride for ride in scene.rides if ride not in hit and _may_help(ride, scene)]
    near = sorted(others, key=lambda r: (_away(place_of(r, scene), doors), r.route_id))
    idle = sorted(scene.idle, key=lambda c: (_away(c.start.point, doors), c.courier_id))
    helpers = near[: MOST_ROUTES - len(hit)]
    return Affected(hit, stopped, tuple(helpers), tuple(idle[:MOST_IDLE]), added)


def _away(here: Point, doors: Sequence[Point]) -> int:
    return min(here.metres_to(door) for door in doors)


def _may_help(ride: Ride, scene: Scene) -> bool:
    """Whether its rider may be given more; a route that nobody holds yet can be anyone's."""
    return not ride.taken or scene.conditions.of(ride.rider).may_ride


def _is_hit(ride: Ride, change: Replan, scene: Scene) -> bool:
    if change.kind == "courier_stopped":
        return ride.route_id in change.route_ids
    if change.kind == "order_cancelled":
        return not {str(each) for each in change.order_ids}.isdisjoint(ride.on_it)
    if change.kind == "lift_changed":
        doors = [scene.orders[n].deliver_to for n in ride.order_ids]
        return any(door.building == change.building for door in doors)
    return change.closed is not None and crosses(ride, scene, change.closed)


def crosses(ride: Ride, scene: Scene, closed: Closure) -> bool:
    """Whether a way between two visits that are left leads through the closed circle."""
    points = [place_of(ride, scene), *(at(leg, scene) for leg in ride.left)]
    return any(around(a, b, closed.point, closed.radius_metres) for a, b in pairwise(points))


def place_of(ride: Ride, scene: Scene) -> Point:
    """Where the rider was last known to be."""
    return position(ride, scene.orders, scene.stores)


def at(leg: Leg, scene: Scene) -> Point:
    """Where a leg leads to."""
    if leg.at is not None:
        return leg.at
    if leg.kind == DELIVER:
        return scene.orders[leg.place_id].deliver_to.point
    return scene.stores[leg.place_id].point


def _added(change: Replan, scene: Scene) -> list[str]:
    """The orders to be brought in addition: those named that no open ride has."""
    if change.kind not in ("order_added", "emergency"):
        return []
    riding = {order_id for ride in scene.rides for order_id in ride.order_ids}
    named = [str(each) for each in change.order_ids]
    return [n for n in named if n not in riding and scene.orders[n].state in _MAY_JOIN]
