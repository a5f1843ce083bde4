"""Routes as they are being ridden: what has happened, what is aboard, what is left. Pure."""

import json
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from linli.catalogue import Store
from linli.fleet import Courier
from linli.kernel.geography import Point
from linli.kernel.time import parse_instant, rfc3339
from linli.orders import ENDED, STOP_DONE, Order
from linli.waves.unload import in_two

COLLECT, DELIVER, TAKE_OVER, DROP = "collect", "deliver", "take_over", "drop"
"""Kinds of visits that move goods; to take over is to collect from a courier who stopped, whose
route is the place; a drop hands over some of an order before the rest is delivered."""
ERRANDS = ("empties", "return")


@dataclass(frozen=True, slots=True)
class Leg:
    """A visit as a route keeps it; `at` is where a take-over meets, which no record tells."""

    kind: str
    place_id: str
    order_ids: tuple[str, ...]
    arrive_at: datetime
    start_at: datetime
    leave_at: datetime
    at: Point | None = None

    @property
    def of_orders(self) -> bool:
        """Whether it moves orders' goods; else it fetches empties, hands them in, or is a rest."""
        return self.kind in (COLLECT, DELIVER, TAKE_OVER)

    @property
    def call(self) -> tuple[str, str, tuple[str, ...]]:
        """The leg without its times."""
        return self.kind, self.place_id, self.order_ids

    def only(self, order_ids: set[str]) -> "Leg":
        """The leg for some of its orders."""
        return replace(self, order_ids=tuple(n for n in self.order_ids if n in order_ids))


def legs_of(visits: str) -> tuple[Leg, ...]:
    """The visits of a route's row."""
    return tuple(_leg(*kept) for kept in json.loads(visits))


def _leg(kind: str, place_id: str, ids: list[str], *more: Any) -> Leg:
    arrive_at, start_at, leave_at = map(parse_instant, more[:3])
    where = Point(*more[3]) if more[3:] else None
    return Leg(kind, place_id, tuple(ids), arrive_at, start_at, leave_at, where)


def visits_text(legs: Sequence[Leg]) -> str:
    """Visits as a route's row keeps them."""
    return json.dumps(
        [
            [
                leg.kind,
                leg.place_id,
                list(leg.order_ids),
                *map(rfc3339, (leg.arrive_at, leg.start_at, leg.leave_at)),
                *([[leg.at.lon, leg.at.lat]] if leg.at else []),
            ]
            for leg in legs
        ]
    )


@dataclass(frozen=True, slots=True)
class Ride:
    """
    A route now: `rider` holds it (`taken`), or it was planned for them and may still be anyone's.

    `done` legs have happened, as far as the orders tell; `left` ones have not. `aboard` are the
    orders whose goods (or part of them, by store) the rider carries. Orders that have ended
    without being brought are in neither, but in `on_it`, all that were to be delivered. `errands`
    are what it does beside: fetching empties and handing them in. `unload` is as its row has it,
    `took` are the routes whose goods the rider has taken over.
    """

    route_id: str
    version: int
    state: str
    rider: Courier
    done: tuple[Leg, ...]
    left: tuple[Leg, ...]
    on_it: tuple[str, ...]
    errands: tuple[Leg, ...] = ()
    unload: Mapping[str, int] = field(default_factory=dict)
    took: frozenset[str] = frozenset()
    depart_at: datetime | None = None

    @property
    def taken(self) -> bool:
        """Whether a courier holds it."""
        return self.state == "taken"

    @property
    def aboard(self) -> dict[str, list[Leg]]:
        """The legs by which each undelivered order's goods came aboard."""
        waiting = set(self.order_ids)
        found: dict[str, list[Leg]] = {}
        for leg in self.done:
            for order_id in leg.order_ids:
                if leg.kind != DELIVER and order_id in waiting:
                    found.setdefault(order_id, []).append(leg)
        return found

    @property
    def gone(self) -> set[str]:
        """The orders that nobody has to bring any more, and nobody has brought."""
        made = {leg.place_id for leg in self.done if leg.kind == DELIVER}
        return set(self.on_it) - made - set(self.order_ids)

    @property
    def order_ids(self) -> tuple[str, ...]:
        """The orders still to be delivered, in the order of their doors."""
        return tuple(leg.place_id for leg in self.left if leg.kind == DELIVER)


def ride_of(
    route_id: str,
    version: int,
    state: str,
    rider: Courier,
    legs: Sequence[Leg],
    orders: Mapping[str, Order],
    took: Set[str] = frozenset(),
) -> Ride:
    """The route as its orders tell how far it is; `took` are the routes taken over from."""
    done: list[Leg] = []
    left: list[Leg] = []
    for leg in legs:
        if not leg.of_orders:
            continue
        happened = {n for n in leg.order_ids if has_happened(leg, orders[n], took)}
        gone = {n for n in leg.order_ids if is_gone(orders[n])}
        for to, which in ((done, happened), (left, set(leg.order_ids) - happened - gone)):
            if which:
                to.append(leg.only(which))
    on_it = tuple(leg.place_id for leg in legs if leg.kind == DELIVER)
    errands = tuple(leg for leg in legs if leg.kind in ERRANDS)
    known = tuple(done), tuple(left), on_it, errands
    return Ride(route_id, version, state, rider, *known, took=frozenset(took))


def is_gone(order: Order) -> bool:
    """Whether it ended before anybody carried it, so that no courier has to come to its door."""
    if order.state in ("failed", "closed") and order.progress.outcome == "failed":
        return not any(part.handed_over for part in order.progress.parts)
    return order.state in ENDED and order.state not in STOP_DONE


def has_happened(leg: Leg, order: Order, took: Set[str] = frozenset()) -> bool:
    """Whether the leg was made for this order: by what the order knows, or who took it over."""
    if order.state in STOP_DONE:
        return not is_gone(order)
    if leg.kind == TAKE_OVER:
        return leg.place_id in took
    if leg.kind != COLLECT:
        return False
    part = order.progress.part(leg.place_id)
    return part is not None and part.handed_over


def position(ride: Ride, orders: Mapping[str, Order], stores: Mapping[str, Store]) -> Point:
    """Where the rider was last known to be: at their last visit, else where their day begins."""
    for leg in reversed(ride.done):
        if leg.at is not None:
            return leg.at
        if leg.kind == DELIVER:
            return orders[leg.place_id].deliver_to.point
        if leg.place_id in stores:
            return stores[leg.place_id].point
    return ride.rider.start.point


def under_way(ride: Ride, now: datetime) -> bool:
    """Whether the rider has done something, or should be on the way to the first visit."""
    if not ride.taken or not ride.left:
        return False
    return bool(ride.done) or ride.left[0].arrive_at <= now


def with_drops(
    legs: Sequence[Leg], orders: Mapping[str, Order], unload: Mapping[str, int]
) -> tuple[Leg, ...]:
    """The legs, each door of an order in two drops with the first of them before it."""
    found: list[Leg] = []
    for leg in legs:
        grams = unload.get(leg.place_id) if leg.kind == DELIVER else None
        if grams is not None and in_two(orders[leg.place_id], grams):
            found.append(replace(leg, kind=DROP, leave_at=leg.start_at))
        found.append(leg)
    return tuple(found)
