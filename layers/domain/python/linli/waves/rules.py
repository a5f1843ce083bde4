"""The pure part of a wave: from orders to a routing problem, from a plan to routes."""

import json
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from linli.boxes import EmptiesRequest
from linli.catalogue import Store
from linli.fleet import Courier
from linli.kernel.geography import Point
from linli.kernel.time import ZONE, rfc3339
from linli.orders import Order
from linli.routing.model import Problem, Window
from linli.routing.plan import Plan, Route
from linli.routing.rules import Doorstep, StoreSite, problem_for
from linli.routing.unloading import order_of
from linli.routing.visits import Kind, Visit
from linli.slots import Slot
from linli.waves.conditions import USUAL, Conditions
from linli.waves.doorsteps import NOTHING_KNOWN, Goods, doorsteps_of, with_capacities
from linli.waves.empties import EMPTIES, doorstep, is_empties, request_id_of
from linli.waves.model import Area

LATE_SECONDS = 2 * 3600
"""A wave that is planned after its slot began is still delivered, within this time."""
LATE_FEN_PER_MINUTE = 50
"""What a minute after the promised time counts for (assumption: a tenth of the mean delivery
fee)."""
LONGEST_LEAD = timedelta(days=1)
DROP = "drop"
"""The kind of a visit that hands over some of an order, of which the rest follows."""
AT_ONCE, SEARCH_SECONDS = 4, 24
"""Clusters that the state machine searches at the same time, and what all of a wave's searches may
take of the minute from its cut-off to its manifests."""
AREA_DECIMALS = 2
"""Degrees of an offer's centre are rounded to a hundredth, about a kilometre: one stop's route
must not tell an address."""


def base_of(slot: Slot, now: datetime) -> datetime:
    """When the wave's clock starts: goods are ready once it is planned, a day ahead at most."""
    return max(now, slot.starts_at - LONGEST_LEAD).replace(microsecond=0)


def window_of(slot: Slot, base_at: datetime) -> Window:
    """When the slot's orders may be handed over, in seconds since `base_at`."""
    opens = _seconds(slot.starts_at, base_at)
    closes = _seconds(slot.ends_at, base_at)
    if base_at > slot.starts_at:
        closes = max(closes, LATE_SECONDS)
    return Window(max(0, opens), closes)


def horizon_of(slot: Slot, now: datetime) -> datetime:
    """Until when what is planned at `now` may still be handed over: the slot's end, or later."""
    base_at = base_of(slot, now)
    return base_at + timedelta(seconds=window_of(slot, base_at).close_seconds)


def shift_of(courier: Courier, day_at: datetime, base_at: datetime) -> Window | None:
    """
    The courier's hours on the local day of `day_at`, in seconds since `base_at`.

    None when they are over before `base_at`.
    """
    day = day_at.astimezone(ZONE).date()
    opens = _seconds(datetime.combine(day, courier.shift.opens, ZONE), base_at)
    closes = _seconds(datetime.combine(day, courier.shift.closes, ZONE), base_at)
    return Window(max(0, opens), closes) if closes > 0 else None


def _seconds(instant: datetime, base_at: datetime) -> int:
    return round((instant - base_at).total_seconds())


def search_seconds(stops: int, clusters: int = 1) -> int:
    """
    How long to search for a cluster's plan: little for a few stops, never over 12 s, and less
    where a wave has so many clusters that they are searched one after the other.
    """
    rounds = -(-clusters // AT_ONCE)
    return min(12, 1 + stops // 15, max(2, SEARCH_SECONDS // rounds))


def problem_of(
    orders: Sequence[Order],
    stores: Sequence[Store],
    couriers: Sequence[Courier],
    slot: Slot,
    base_at: datetime,
    empties: Sequence[EmptiesRequest] = (),
    goods: Goods = NOTHING_KNOWN,
    conditions: Conditions = USUAL,
) -> Problem:
    """
    The wave's routing problem, its clock starting at `base_at`.

    Stops are in the order in which they were ordered, which the comparison by hand follows.
    Only stores that supply something are depots; only couriers ride who may and whose hours are
    not over, from when they are free.

    Raises:
        InvalidProblem: An order is supplied by a store that is not in `stores`.
    """
    supplying = {store_id for order in orders for store_id in order.store_ids}
    sites = [StoreSite(s.store_id, s.point) for s in stores if s.store_id in supplying]
    window = window_of(slot, base_at)
    doorsteps = [
        _promised(each, slot, base_at)
        for order in sorted(orders, key=lambda o: (o.placed_at, o.order_id))
        for each in doorsteps_of(order, window, goods)
    ]
    doorsteps += [doorstep(each, sites, window) for each in empties if sites]
    day_at = max(slot.starts_at, base_at)
    offers = [conditions.offer(each, shift_of(each, day_at, base_at), base_at) for each in couriers]
    problem = problem_for(sites, doorsteps, [each for each in offers if each is not None])
    return replace(problem, vehicles=with_capacities(problem.vehicles, couriers))


def _promised(step: Doorstep, slot: Slot, base_at: datetime) -> Doorstep:
    """Of a wave that is planned late, the slot's end stays the promise: the sooner the better."""
    end = _seconds(slot.ends_at, base_at)
    if end >= step.window.close_seconds:
        return step
    rate = 0 if step.drop_of else LATE_FEN_PER_MINUTE
    return replace(step, due_seconds=max(0, end), late_fen_per_minute=rate)


@dataclass(frozen=True, slots=True)
class Planned:
    """A route of a plan as it is kept: instants instead of seconds."""

    route_id: str
    planned_for: str
    order_ids: tuple[str, ...]
    visits: str
    metres: int
    seconds: int
    depart_at: datetime
    finish_at: datetime
    area: Area
    unload: Mapping[str, int] = field(default_factory=dict)


def routes_of(wave_id: str, planned: Sequence[tuple[datetime, Problem, Plan]]) -> list[Planned]:
    """
    The routes of all clusters, numbered in the order of the plans: the same plans, same ids.

    Each plan comes with its problem and the instant at which that problem's clock starts.
    """
    routes = [
        (base_at, problem, route) for base_at, problem, plan in planned for route in plan.routes
    ]
    return [_planned(f"{wave_id}.{n}", *each) for n, each in enumerate(routes, start=1)]


def _planned(route_id: str, base_at: datetime, problem: Problem, route: Route) -> Planned:
    def at(seconds: int) -> str:
        return rfc3339(base_at + timedelta(seconds=seconds))

    last = {order_of(each): each for each in route.stop_ids}
    visits = [
        [
            _kind(visit, last),
            request_id_of(order_of(visit.place_id)),
            [request_id_of(each) for each in orders_of(visit.stop_ids)],
            at(visit.arrive_seconds),
            at(visit.start_seconds),
            at(visit.leave_seconds),
        ]
        for visit in route.visits
    ]
    return Planned(
        route_id=route_id,
        planned_for=route.vehicle_id,
        order_ids=tuple(n for n in orders_of(route.stop_ids) if not is_empties(n)),
        visits=json.dumps(visits),
        metres=route.metres,
        seconds=route.seconds,
        depart_at=base_at + timedelta(seconds=route.depart_seconds),
        finish_at=base_at + timedelta(seconds=route.finish_seconds),
        area=area_of(problem, route),
    )


def _kind(visit: Visit, last: Mapping[str, str]) -> str:
    """An order is delivered by its last drop; those before it are only handed over."""
    if is_empties(visit.place_id):
        return EMPTIES
    if visit.kind is Kind.DELIVER and last[order_of(visit.place_id)] != visit.place_id:
        return DROP
    return str(visit.kind)


def orders_of(stop_ids: Sequence[str]) -> list[str]:
    """The orders of some drops, each once."""
    return list(dict.fromkeys(order_of(each) for each in stop_ids))


def without(route: Planned, ended: Set[str]) -> Planned:
    """The route without the doors of `ended` orders; where nothing is left to do, none goes."""
    if not ended & set(route.order_ids):
        return route
    visits = []
    for kind, place_id, order_ids, *times in json.loads(route.visits):
        left = [each for each in order_ids if each not in ended]
        if left or not order_ids:
            visits.append([kind, place_id, left, *times])
    order_ids = tuple(each for each in route.order_ids if each not in ended)
    return replace(route, order_ids=order_ids, visits=json.dumps(visits))


def area_of(problem: Problem, route: Route) -> Area:
    """Roughly where the doors of a route are."""
    assert problem.geometry is not None, "a wave's problem keeps its points"
    location = {stop.id: stop.location for stop in problem.stops}
    return area_around([problem.geometry.points[location[each]] for each in route.stop_ids])


def area_around(doors: Sequence[Point]) -> Area:
    """Roughly where some doors are."""
    centre = Point(
        round(sum(p.lon for p in doors) / len(doors), AREA_DECIMALS),
        round(sum(p.lat for p in doors) / len(doors), AREA_DECIMALS),
    )
    farthest = max(centre.metres_to(p) for p in doors)
    return Area(lon=centre.lon, lat=centre.lat, radius_metres=-(-farthest // 500) * 500)
