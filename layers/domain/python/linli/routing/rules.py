"""
From orders, stores and couriers to a routing problem: distances, paces and times at the door.

Each constant says where it comes from; those marked *assumption* are to be replaced by what the
couriers' own times teach.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from linli.kernel.geography import Point
from linli.routing.model import (
    Depot,
    Geometry,
    Matrix,
    Pace,
    Part,
    Problem,
    Rest,
    Return,
    Stop,
    Travel,
    Vehicle,
    Window,
)

VehicleKind = Literal["walk", "e_bike", "van", "robot"]

DETOUR_PERMILLE = 1330
"""Road over great-circle distance for China: 1.33 (Ballou, Rahardja & Sakai, *Selected country
circuity factors for road travel distance estimation*, Transportation Research A 36, 2002)."""

PACES: dict[VehicleKind, Pace] = {
    "walk": Pace("walk", 4_300, DETOUR_PERMILLE),
    "e_bike": Pace("e_bike", 15_000, DETOUR_PERMILLE),
    "van": Pace("van", 18_000, DETOUR_PERMILLE),
    "robot": Pace("robot", 5_000, DETOUR_PERMILLE),
}
"""Mean speeds with stops at lights. Walking 1.2 m/s (the design speed of the Highway Capacity
Manual's crossings); e-bike 15 km/h and van 18 km/h are assumptions under the 25 km/h that
GB 17761 allows an e-bike; a pavement robot goes at a brisk walk (assumption)."""

CAPACITY: dict[VehicleKind, tuple[int, int]] = {
    "walk": (15_000, 2),
    "e_bike": (50_000, 8),
    "van": (500_000, 80),
    "robot": (30_000, 4),
}
"""Grams and shared boxes by vehicle. Assumption: a hand cart, a courier's rear box, a small van, a
pavement robot."""

ROOM: dict[VehicleKind, tuple[int, int]] = {
    "walk": (60_000, 0),
    "e_bike": (180_000, 2),
    "van": (3_000_000, 20),
    "robot": (100_000, 1),
}
"""Millilitres and insulated boxes by vehicle (assumption: an e-bike's rear box holds 180 litres, a
shared box 25)."""

STAIRS = "stairs"
SKILLS: dict[VehicleKind, tuple[str, ...]] = {
    "walk": (STAIRS,),
    "e_bike": (STAIRS,),
    "van": (STAIRS,),
    "robot": (),
}
"""What whoever comes with the vehicle can do without any training: robots climb no stairs."""

COST: dict[VehicleKind, int] = {"walk": 100, "e_bike": 100, "van": 300, "robot": 50}
"""Fen per kilometre (assumption), equal for walk and e-bike so that kilometres decide."""

STAIR_SECONDS_PER_FLOOR = 20
"""Up and down one flight: a storey is 2.8 m (GB 50096-2011), its stairs 5.6 m along a 30° slope,
climbed at 0.5 m/s and descended at 0.7 m/s (Fruin, *Pedestrian Planning and Design*, 1971)."""
LIFT_SECONDS, LIFT_SECONDS_PER_FLOOR = 60, 4
"""Waiting for the lift twice, and riding there and back at about 1.5 m/s (assumption)."""
DOOR_SECONDS = 90
"""Parking, finding the door, handing over (assumption)."""
HEAVY_GRAMS = 10_000
"""A load over this is carried up the stairs at two thirds of the pace (assumption)."""
CARRY_GRAMS = 25_000
"""More is carried up the stairs in several goes: the reference mass of ISO 11228-1 for one person's
lifting."""
QUIET_SECONDS = 45
"""At night: parking away from the windows, no knock or call, a photo (assumption)."""
COLD_LIMIT_SECONDS = {"chilled": 2 * 3600, "frozen": 45 * 60}
HOT_COLD_LIMIT_SECONDS = {"chilled": 3600, "frozen": 30 * 60}
"""Longest time out of the cold. Chilled: the two-hour rule, one hour above 32 °C (USDA FSIS,
*Danger Zone*); frozen: until it begins to thaw in an ordinary box (assumption)."""
LONGEST_SECONDS = 8 * 3600
"""A route ends where couriers are told to stop: eight hours of work a day."""


@dataclass(frozen=True, slots=True)
class StoreSite:
    """A store that orders of the wave are collected from."""

    id: str
    at: Point


@dataclass(frozen=True, slots=True)
class Doorstep:
    """
    An order as routing needs it. `parts` maps each store's id to (grams, boxes), `returns` in the
    same way where what is taken away goes; the window is in seconds since the wave's start.

    A lift that does not work (a courier's report) is none; `quiet` is a delivery at night. By
    store: seconds that its part may be out of the cold, insulated boxes and millilitres that it
    takes. `drop_of` is the order when this is only some of it (`unloading.segmented`), which is
    handed over after its drops that come before it here.
    """

    order_id: str
    at: Point
    floor: int
    has_lift: bool
    parts: Mapping[str, tuple[int, int]]
    window: Window
    penalty_fen: int = 100_000
    returns: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    priority: int = 0
    lift_works: bool = True
    quiet: bool = False
    cold_limits: Mapping[str, int] = field(default_factory=dict)
    cold_boxes: Mapping[str, int] = field(default_factory=dict)
    volumes: Mapping[str, int] = field(default_factory=dict)
    drop_of: str = ""
    skills: tuple[str, ...] = ()
    due_seconds: int | None = None
    late_fen_per_minute: int = 0


@dataclass(frozen=True, slots=True)
class CourierOffer:
    """
    A courier who could ride, from where they stand, within their hours of the wave; with what
    they were trained for, their work since the last rest and the day's.
    """

    id: str
    kind: VehicleKind
    at: Point
    shift: Window
    skills: tuple[str, ...] = ()
    worked_seconds: int = 0
    worked_today_seconds: int = 0


def service_seconds(
    floor: int, has_lift: bool, grams: int, *, lift_works: bool = True, quiet: bool = False
) -> int:
    """Time at one door: handing over, and the way up and down from the ground floor (floor 1)."""
    at_door = DOOR_SECONDS + (QUIET_SECONDS if quiet else 0)
    flights = flights_to(floor)
    if not flights:
        return at_door
    if has_lift and lift_works:
        return at_door + LIFT_SECONDS + LIFT_SECONDS_PER_FLOOR * flights
    stairs = STAIR_SECONDS_PER_FLOOR * flights * max(1, -(-grams // CARRY_GRAMS))
    return at_door + (stairs * 3 // 2 if grams > HEAVY_GRAMS else stairs)


def flights_to(floor: int) -> int:
    """Flights of stairs from the ground floor (floor 1; there is no floor 0)."""
    return abs(floor - 1) if floor > 0 else abs(floor)


def cold_limit_seconds(zone: str, hot: bool) -> int | None:
    """How long goods of a temperature zone may be out of the cold (None: as long as it takes)."""
    return (HOT_COLD_LIMIT_SECONDS if hot else COLD_LIMIT_SECONDS).get(zone)


def travels_between(geometry: Geometry) -> tuple[Travel, ...]:
    """The travel matrices of all paces: great circle × detour, rounded up to whole units."""
    straight = _straight(geometry.points)
    return tuple(_travel(pace, straight) for pace in geometry.paces)


def _straight(points: Sequence[Point]) -> list[list[int]]:
    metres = [[0] * len(points) for _ in points]
    for a, start in enumerate(points):
        for b in range(a):
            metres[a][b] = metres[b][a] = start.metres_to(points[b])
    return metres


def _travel(pace: Pace, straight: list[list[int]]) -> Travel:
    metres: Matrix = tuple(
        tuple((each * pace.detour_permille + 999) // 1000 for each in row) for row in straight
    )
    speed = max(1, pace.metres_per_hour)
    seconds: Matrix = tuple(
        tuple((each * 3600 + speed - 1) // speed for each in row) for row in metres
    )
    return Travel(pace.profile, metres, seconds)


def problem_for(
    stores: Sequence[StoreSite],
    doorsteps: Sequence[Doorstep],
    couriers: Sequence[CourierOffer],
    seed: int = 1,
) -> Problem:
    """
    The problem of delivering to `doorsteps` (in the order in which they were ordered).

    Equal points share one place. Routes are open: they end at the last door.

    Raises:
        InvalidProblem: Ids repeat, or a part names a store that is not in `stores`.
    """
    places: dict[Point, int] = {}

    def place(at: Point) -> int:
        return places.setdefault(at, len(places))

    depots = tuple(Depot(store.id, place(store.at)) for store in stores)
    stops = _in_turn([_stop(each, place(each.at)) for each in doorsteps])
    vehicles = tuple(_vehicle(each, place(each.at)) for each in couriers)
    kinds = dict.fromkeys(courier.kind for courier in couriers)
    geometry = Geometry(tuple(places), tuple(PACES[kind] for kind in kinds) or (PACES["e_bike"],))
    return Problem(depots, stops, vehicles, travels_between(geometry), seed, geometry)


def _in_turn(stops: Sequence[Stop]) -> tuple[Stop, ...]:
    """A later drop of an order may start, and is due, as much later as those before it take."""
    taken: Counter[str] = Counter()
    found = []
    for stop in stops:
        later, window, due = taken[stop.order], stop.window, stop.due_seconds
        taken[stop.order] += stop.service_seconds
        if later:
            window = Window(window.open_seconds, window.close_seconds + later)
            stop = replace(stop, window=window, due_seconds=None if due is None else due + later)
        found.append(stop)
    return tuple(found)


def _stop(doorstep: Doorstep, location: int) -> Stop:
    parts = tuple(
        Part(
            depot_id=store,
            load_grams=grams,
            boxes=boxes,
            volume_millilitres=doorstep.volumes.get(store, 0),
            cold_boxes=doorstep.cold_boxes.get(store, 0),
            cold_limit_seconds=doorstep.cold_limits.get(store),
        )
        for store, (grams, boxes) in sorted(doorstep.parts.items())
    )
    grams = sum(load for load, _ in (*doorstep.parts.values(), *doorstep.returns.values()))
    lifted = doorstep.has_lift and doorstep.lift_works
    return Stop(
        id=doorstep.order_id,
        location=location,
        parts=parts,
        window=doorstep.window,
        service_seconds=service_seconds(doorstep.floor, lifted, grams, quiet=doorstep.quiet),
        penalty_fen=doorstep.penalty_fen,
        returns=tuple(Return(place, *load) for place, load in sorted(doorstep.returns.items())),
        skills=doorstep.skills
        if lifted or not flights_to(doorstep.floor)
        else (STAIRS, *doorstep.skills),
        due_seconds=doorstep.due_seconds,
        late_fen_per_minute=doorstep.late_fen_per_minute,
        priority=doorstep.priority,
        order_id=doorstep.drop_of,
    )


def _vehicle(courier: CourierOffer, location: int) -> Vehicle:
    grams, boxes = CAPACITY[courier.kind]
    millilitres, cold_boxes = ROOM[courier.kind]
    return Vehicle(
        id=courier.id,
        profile=courier.kind,
        start=location,
        capacity_grams=grams,
        capacity_boxes=boxes,
        shift=courier.shift,
        max_duration_seconds=LONGEST_SECONDS,
        fen_per_km=COST[courier.kind],
        capacity_millilitres=millilitres,
        capacity_cold_boxes=cold_boxes,
        skills=(*SKILLS[courier.kind], *courier.skills),
        rest=None if courier.kind == "robot" else Rest(),
        worked_seconds=courier.worked_seconds,
        worked_today_seconds=courier.worked_today_seconds,
    )
