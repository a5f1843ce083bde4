"""From the plan of a change to the routes as they will be. Pure."""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from linli.kernel.geography import Point
from linli.kernel.time import parse_instant
from linli.orders import Order
from linli.routing.model import Problem
from linli.routing.plan import Plan, Route, planned_visits
from linli.waves.affected import Scene, at, place_of
from linli.waves.changes import RoutesMoved
from linli.waves.rides import DELIVER, TAKE_OVER, Leg, Ride, has_happened
from linli.waves.ways import ends_at, errands_after, metres_along, ridden_metres

SAME = timedelta(minutes=1)
"""A visit that moves by less is not worth a courier's look."""


@dataclass(frozen=True, slots=True)
class NewRoute:
    """
    A route after the change: `legs` are what is left of it, `metres` their ways. `ride` is None
    for a route that is new.
    """

    route_id: str
    ride: Ride | None
    planned_for: str
    legs: tuple[Leg, ...]
    metres: int
    finish_at: datetime
    errands: tuple[Leg, ...] = ()

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to do."""
        return not self.order_ids and not self.errands

    @property
    def order_ids(self) -> list[str]:
        """The orders that it is still to deliver."""
        return [leg.place_id for leg in self.legs if leg.kind == DELIVER]

    @property
    def all_legs(self) -> tuple[Leg, ...]:
        """What has happened, what is left, and what is done beside, on the way or after it."""
        return (*self._done(), *self.legs, *self.errands)

    def _done(self) -> Iterator[Leg]:
        """What has happened, but for the goods that another courier has taken over."""
        if self.ride is None:
            return
        gone = set(self.ride.aboard) - set(self.order_ids)
        for leg in self.ride.done:
            mine = leg.only(set(leg.order_ids) - gone)
            if mine.order_ids:
                yield mine


@dataclass(frozen=True, slots=True)
class Renewal:
    """The routes that change or are new, and the orders with the other route that they are on."""

    routes: tuple[NewRoute, ...]
    moved: tuple[tuple[Order, str], ...]


def renewal_of(
    kept: Mapping[str, Any], problem: Problem, plan: Plan, scene: Scene, routes: int
) -> Renewal:
    """
    What `plan` changes of `scene`, of whose wave there are `routes` so far; `kept` is how the
    problem was framed.

    Raises:
        RoutesMoved: A route, or an order that is to change courier, is not as it was framed.
    """
    rides = {ride.route_id: ride for ride in scene.rides}
    seen = {route_id: rides[route_id].version for route_id in kept["versions"] if route_id in rides}
    if seen != kept["versions"]:
        raise RoutesMoved
    found = [
        _measured(route, scene)
        for route in _with_errands(
            _changed(kept, problem, plan, scene, routes),
            [_stopped(rides[each], plan, scene) for each in kept["stopped"]],
        )
    ]
    moved = tuple(
        (scene.orders[order_id], route.route_id)
        for route in found
        for order_id in route.order_ids
        if scene.orders[order_id].route_id != route.route_id
    )
    _check_moved(moved, {order_id for each in kept["stopped"] for order_id in rides[each].on_it})
    return Renewal(tuple(found), moved)


def _measured(route: NewRoute, scene: Scene) -> NewRoute:
    """The route with what was ridden of it, and with its errands behind what is left."""
    ride = route.ride
    if ride is None:
        return route
    errands, more = errands_after(route.legs, route.errands, ride, scene)
    return replace(
        route,
        errands=errands,
        metres=ridden_metres(ride, scene) + route.metres + more,
        finish_at=ends_at(route.legs, errands, route.finish_at),
    )


def _with_errands(changed: Sequence[NewRoute], stopped: Sequence[NewRoute]) -> list[NewRoute]:
    """What those who stopped did beside is done by the one who took over most, if anybody did."""
    errands = tuple(leg for route in stopped for leg in route.errands)
    if not errands or not changed:
        return [*changed, *stopped]
    taker = max(changed, key=lambda route: (len(route.order_ids), route.route_id))
    return [
        *(replace(r, errands=r.errands + errands) if r is taker else r for r in changed),
        *(replace(route, errands=()) for route in stopped),
    ]


def _check_moved(moved: Sequence[tuple[Order, str]], stranded: set[str]) -> None:
    """What a courier has aboard by now stays with them, unless that courier has stopped."""
    for order, _ in moved:
        if order.state == "handed_over" and order.order_id not in stranded:
            raise RoutesMoved(f"{order.order_id} was handed over meanwhile")


def _changed(
    kept: Mapping[str, Any], problem: Problem, plan: Plan, scene: Scene, count: int
) -> list[NewRoute]:
    base_at = parse_instant(kept["base_at"])
    meetings = {each: Point(*at) for each, at in kept["meetings"].items()}
    rides = {ride.route_id: ride for ride in scene.rides}
    planned = {route.vehicle_id: route for route in plan.routes}
    found = []
    for vehicle in problem.vehicles:
        route, ride = planned.get(vehicle.id), rides.get(vehicle.id)
        took = ride.took if ride else frozenset()
        legs = _left(_legs(problem, route, base_at, meetings), scene, took) if route else ()
        finish_at = base_at + timedelta(seconds=route.finish_seconds if route else 0)
        metres = route.metres if route else 0
        if ride is None and legs:
            count += 1
            route_id = f"{scene.slot.slot_id}.{count}"
            found.append(NewRoute(route_id, None, vehicle.id, legs, metres, finish_at))
        elif ride is not None and differs(ride, legs, vehicle.id in kept["hit"]):
            who = ride.rider.courier_id
            errands = ride.errands
            found.append(NewRoute(ride.route_id, ride, who, legs, metres, finish_at, errands))
    return found


def _stopped(ride: Ride, plan: Plan, scene: Scene) -> NewRoute:
    """The route of who stopped: what nobody else brings stays on it, for a person to see to."""
    brought = {stop_id for route in plan.routes for stop_id in route.stop_ids}
    stays = set(ride.order_ids) - brought
    legs = tuple(leg.only(stays) for leg in ride.left if stays & set(leg.order_ids))
    who, way = ride.rider.courier_id, [place_of(ride, scene), *(at(leg, scene) for leg in legs)]
    metres = metres_along(way) if legs else 0
    return NewRoute(ride.route_id, ride, who, legs, metres, scene.now, ride.errands)


def _legs(
    problem: Problem, route: Route, base_at: datetime, meetings: Mapping[str, Point]
) -> tuple[Leg, ...]:
    def instant(seconds: int) -> datetime:
        return base_at + timedelta(seconds=seconds)

    return tuple(
        Leg(
            TAKE_OVER if visit.place_id in meetings else str(visit.kind),
            visit.place_id,
            visit.stop_ids,
            instant(visit.arrive_seconds),
            instant(visit.start_seconds),
            instant(visit.leave_seconds),
            meetings.get(visit.place_id),
        )
        for visit in planned_visits(problem, route)
    )


def _left(legs: Sequence[Leg], scene: Scene, took: Set[str]) -> tuple[Leg, ...]:
    """The legs without what has happened since they were planned."""
    found = []
    for leg in legs:
        if not leg.of_orders:
            found.append(leg)
            continue
        left = {n for n in leg.order_ids if not has_happened(leg, scene.orders[n], took)}
        if left:
            found.append(leg.only(left))
    return tuple(found)


def differs(ride: Ride, legs: Sequence[Leg], hit: bool) -> bool:
    """Whether the courier has to know; who only might have helped is not told of new times."""
    planned = [leg for leg in legs if leg.of_orders]
    if [leg.call for leg in ride.left] != [leg.call for leg in planned] or (hit and ride.gone):
        return True
    both = list(zip(ride.left, planned, strict=True))
    moved = [abs(a.start_at - b.start_at) for a, b in both]
    moved += [abs(a.leave_at - b.leave_at) for a, b in both]
    return hit and any(by > SAME for by in moved)
