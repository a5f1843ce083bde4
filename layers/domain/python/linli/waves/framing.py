"""
From what a change concerns to a routing problem. Pure.

An order that rides stays with its courier: the stop asks for a skill that only that route has. So
a change moves what was with who stopped and what is new, and else the order of doors alone.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from linli.fleet import Courier
from linli.kernel.geography import Point
from linli.kernel.time import parse_instant
from linli.orders import Order
from linli.routing.model import EMERGENCY, Problem, Stop, Underway, Vehicle, Window
from linli.routing.rules import STAIRS, CourierOffer, Doorstep, StoreSite, problem_for
from linli.routing.visits import Call, Kind, Visit
from linli.waves.affected import Affected, Scene, affected_by, at, place_of
from linli.waves.changes import Closure, Replan
from linli.waves.conditions import NOTHING
from linli.waves.detours import around
from linli.waves.doorsteps import (
    KINDS,
    Goods,
    Parts,
    doorsteps_of,
    goods_for,
    parts_of,
    with_capacities,
)
from linli.waves.rides import DELIVER, TAKE_OVER, Leg, Ride, under_way
from linli.waves.rules import LATE_FEN_PER_MINUTE, LATE_SECONDS, shift_of

RESPONSE_SECONDS = 30 * 60
"""An emergency is to be at its door within this time (D5)."""
EMERGENCY_LATE_FEN_PER_MINUTE = 5_000
"""What an emergency's late minute counts for: it outweighs any way."""


@dataclass(frozen=True, slots=True)
class Frame:
    """
    A problem whose vehicles are rides (by route id) and idle couriers (by their own); its clock
    starts at `base_at`. `meetings` are where goods are taken over, by the route they were on.
    """

    problem: Problem
    base_at: datetime
    affected: Affected
    meetings: Mapping[str, Point]


def frame(change: Replan, scene: Scene) -> Frame | None:
    """The problem that the change poses; None if there is nothing to plan."""
    found = affected_by(change, scene)
    if not found.hit and not found.added:
        return None
    now = scene.now.replace(microsecond=0)
    aboard = [
        leg.arrive_at for ride in found.rides for legs in ride.aboard.values() for leg in legs
    ]
    base_at = min([now, *aboard]).replace(microsecond=0)
    meetings = _meetings(change, scene, found)
    problem = _problem(change, scene, found, base_at, meetings)
    if change.closed is not None:
        problem = detoured(problem, change.closed)
    return Frame(problem, base_at, found, meetings)


def _meetings(change: Replan, scene: Scene, found: Affected) -> dict[str, Point]:
    """Where who stopped waits with the goods, now or since an earlier change."""
    waiting = {
        leg.place_id: at(leg, scene)
        for ride in (*found.rides, *found.stopped)
        for leg in (*ride.done, *ride.left)
        if leg.kind == TAKE_OVER
    }
    told = change.place.point if change.place else None
    return waiting | {r.route_id: told or place_of(r, scene) for r in found.stopped if r.aboard}


def _problem(
    change: Replan,
    scene: Scene,
    found: Affected,
    base_at: datetime,
    meetings: Mapping[str, Point],
) -> Problem:
    rides = (*found.rides, *found.stopped)
    holder = {order_id: ride for ride in rides for order_id in ride.order_ids}
    wanted = [*(scene.orders[n] for n in holder), *found.added]
    window, crew = _window(scene, base_at), _crew(scene, found, base_at)
    goods = goods_for(
        wanted, [rider for _, rider in crew], scene.products, hot=scene.conditions.hot
    )
    doorsteps = [
        _doorstep(each, _parts(each, holder.get(each.order_id), found), window, goods, change)
        for each in wanted
    ]
    needed = {place for doorstep in doorsteps for place in doorstep.parts}
    places = {each: store.point for each, store in scene.stores.items()} | dict(meetings)
    sites = [StoreSite(each, point) for each, point in sorted(places.items()) if each in needed]
    problem = problem_for(sites, doorsteps, [offer for offer, _ in crew])
    riders = [rider.model_copy(update={"courier_id": offer.id}) for offer, rider in crew]
    by_route = {ride.route_id: ride for ride in found.rides}
    vehicles = tuple(
        _riding(vehicle, by_route.get(vehicle.id), base_at, scene.now)
        for vehicle in with_capacities(problem.vehicles, riders)
    )
    keeps = {n: ride.route_id for n, ride in holder.items() if ride not in found.stopped}
    stops = tuple(
        _kept(stop, keeps[stop.id]) if stop.id in keeps else stop
        for stop in _promised(problem.stops, change, scene, base_at)
    )
    return replace(problem, vehicles=vehicles, stops=stops)


def _promised(
    stops: Sequence[Stop], change: Replan, scene: Scene, base_at: datetime
) -> tuple[Stop, ...]:
    """The stops with when they were promised, and how urgent they are."""
    rush = {str(each) for each in change.order_ids} if change.kind == "emergency" else set()
    end = max(0, _seconds(scene.slot.ends_at, base_at))
    return tuple(
        _urgent(stop, scene.orders[stop.id], base_at)
        if stop.id in rush or scene.orders[stop.id].emergency
        else replace(
            stop,
            due_seconds=min(end, stop.window.close_seconds),
            late_fen_per_minute=LATE_FEN_PER_MINUTE,
        )
        for stop in stops
    )


def _seconds(instant: datetime, base_at: datetime) -> int:
    return int((instant - base_at).total_seconds())


def _window(scene: Scene, base_at: datetime) -> Window:
    """Late doors are still rung at, at a cost for each minute."""
    closes = max(scene.slot.ends_at, scene.now + timedelta(seconds=LATE_SECONDS))
    return Window(max(0, _seconds(scene.slot.starts_at, base_at)), _seconds(closes, base_at))


def _crew(scene: Scene, found: Affected, base_at: datetime) -> list[tuple[CourierOffer, Courier]]:
    """
    Who could ride, from where, until when and how tired: who is on a route finishes it, with what
    they have worked so far; a route that nobody has taken is nobody's work yet.
    """
    day_at, now = max(scene.slot.starts_at, scene.now), _seconds(scene.now, base_at)
    crew = []
    for ride in found.rides:
        shift = shift_of(ride.rider, day_at, base_at) or Window(now, now)
        hours = Window(min(shift.open_seconds, now), max(shift.close_seconds, now + LATE_SECONDS))
        where = place_of(ride, scene)
        worked = scene.conditions.of(ride.rider).so_far if ride.taken else NOTHING
        offer = CourierOffer(
            ride.route_id,
            KINDS[ride.rider.vehicle],
            where,
            hours,
            ride.rider.skills,
            worked.stretch_seconds,
            worked.today_seconds,
        )
        crew.append((offer, ride.rider))
    for each in found.idle:
        free = shift_of(each, day_at, base_at)
        left = free and Window(max(now, free.open_seconds), free.close_seconds)
        idle = scene.conditions.offer(each, left, base_at)
        if idle is not None:
            crew.append((idle, each))
    return crew


def _parts(order: Order, ride: Ride | None, found: Affected) -> Parts:
    """Where the order's parts are: at stores, aboard as if collected there, or where they wait."""
    parts = parts_of(order)
    waits_at = ride.route_id if ride in found.stopped and ride is not None else None
    for leg in (*ride.done, *ride.left) if ride else ():
        if waits_at is None and leg.kind == TAKE_OVER and order.order_id in leg.order_ids:
            waits_at = leg.place_id
    if waits_at is None:
        return parts
    gone = [part.store_id for part in order.progress.parts if part.handed_over]
    loads = [parts.pop(store_id) for store_id in gone if store_id in parts]
    if loads:
        parts[waits_at] = sum(grams for grams, _ in loads), sum(boxes for _, boxes in loads)
    return parts


def _doorstep(order: Order, parts: Parts, window: Window, goods: Goods, change: Replan) -> Doorstep:
    to = order.deliver_to
    told = change.kind == "lift_changed" and to.building == change.building
    (step,) = doorsteps_of(order, window, goods, parts)
    return replace(step, has_lift=to.has_lift and (change.lift_works or not told))


def _kept(stop: Stop, route_id: str) -> Stop:
    """
    The stop of an order that stays with its courier: who has it needs no skill for it but to climb
    stairs, and what is (nearly) aboard is brought however long it has been out of the cold.
    """
    parts = tuple(replace(part, cold_limit_seconds=None, cold_boxes=0) for part in stop.parts)
    stairs = tuple(each for each in stop.skills if each == STAIRS)
    return replace(stop, parts=parts, skills=(route_id, *stairs))


def _urgent(stop: Stop, order: Order, base_at: datetime) -> Stop:
    """An emergency is brought as soon as it can be, whatever its slot was."""
    due = max(0, _seconds(parse_instant(order.placed_at), base_at) + RESPONSE_SECONDS)
    return replace(
        stop,
        window=Window(0, max(stop.window.close_seconds, due)),
        due_seconds=due,
        late_fen_per_minute=EMERGENCY_LATE_FEN_PER_MINUTE,
        priority=EMERGENCY,
    )


def _riding(vehicle: Vehicle, ride: Ride | None, base_at: datetime, now: datetime) -> Vehicle:
    """The vehicle with what its rider has aboard and is on the way to."""
    if ride is None:
        return vehicle
    vehicle = replace(vehicle, skills=(*vehicle.skills, ride.route_id))
    ready, going = max(0, _seconds(now, base_at)), under_way(ride, now)
    if not going and not ride.aboard:
        opens = max(vehicle.shift.open_seconds, ready)
        return replace(vehicle, shift=Window(opens, max(opens, vehicle.shift.close_seconds)))
    visits = tuple(_visits(ride, base_at))
    locked = (_call(ride.left[0]),) if going else ()
    return replace(vehicle, underway=Underway(visits, vehicle.start, ready, locked))


def _visits(ride: Ride, base_at: datetime) -> Iterator[Visit]:
    """What came aboard and is still there; the times are those planned, in their order."""
    waiting, clock = set(ride.order_ids), 0
    for leg in ride.done:
        mine = leg.only(waiting)
        if leg.kind != DELIVER and mine.order_ids:
            clock = max(clock, _seconds(leg.arrive_at, base_at))
            yield Visit(Kind.COLLECT, leg.place_id, mine.order_ids, clock, clock, clock)


def _call(leg: Leg) -> Call:
    kind = Kind.DELIVER if leg.kind == DELIVER else Kind.COLLECT
    return Call(kind, leg.place_id, leg.order_ids)


def detoured(problem: Problem, closed: Closure) -> Problem:
    """The problem with the ways that touch the closed circle led around it."""
    assert problem.geometry is not None, "a wave's problem keeps its points"
    points = problem.geometry.points
    more = [[around(a, b, closed.point, closed.radius_metres) for b in points] for a in points]
    speed = {pace.profile: max(1, pace.metres_per_hour) for pace in problem.geometry.paces}
    travels = tuple(
        replace(
            travel,
            metres=_plus(travel.metres, more),
            seconds=_plus(travel.seconds, _ridden(more, speed[travel.profile])),
        )
        for travel in problem.travels
    )
    return replace(problem, travels=travels, geometry=None)


def _ridden(metres: Sequence[Sequence[int]], metres_per_hour: int) -> list[list[int]]:
    return [[(m * 3600 + metres_per_hour - 1) // metres_per_hour for m in row] for row in metres]


def _plus(
    ways: Sequence[Sequence[int]], more: Sequence[Sequence[int]]
) -> tuple[tuple[int, ...], ...]:
    return tuple(
        tuple(way + extra for way, extra in zip(*rows, strict=True))
        for rows in zip(ways, more, strict=True)
    )
