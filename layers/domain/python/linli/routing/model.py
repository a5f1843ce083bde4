"""
A routing problem: what is to be carried where, by whom and by when.

Integers only: metres, seconds since the wave's start, grams, fen. Places are indices into square
travel matrices, one pair of matrices per *profile* (walk, e-bike, van…).

An order whose lines come from several stores is ONE stop with one `Part` per store. The courier
who serves it collects every part before, in any order and possibly on several trips; a stop is
never split between couriers or visits. Goods stand ready at the wave's start. A courier may come
back to a store and load again. Empties and transfers between stores are not modelled yet.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from linli.kernel.errors import Invalid
from linli.kernel.geography import Point

UNREACHABLE = -1
"""Matrix entry: there is no way from here to there."""
LIMIT_STOPS = 600
"""Stops of one problem: the fallback's time grows with their square (1,000 took most of a minute
on a busy machine). Larger waves come as several clusters."""
HORIZON_SECONDS = 48 * 3600
LARGEST = 10**9
"""Bound of every integer of a problem, so that sums of a plan fit the solvers' 64 bits."""

Matrix = tuple[tuple[int, ...], ...]


class InvalidProblem(Invalid):
    """The routing problem contradicts itself; `fields` maps the field's path to what is wrong."""

    code = "invalid_problem"
    title_en = "The routing problem is not valid"
    title_zh = "路径规划问题无效"

    def __init__(self, field_path: str, wrong: str) -> None:
        super().__init__(f"{field_path}: {wrong}", field=field_path, wrong=wrong)


@dataclass(frozen=True, slots=True)
class Window:
    """From `open_seconds` to `close_seconds`, both included, since the wave's start."""

    open_seconds: int
    close_seconds: int


@dataclass(frozen=True, slots=True)
class Depot:
    """A store where goods are collected; `handling_seconds` for each visit, whatever is loaded."""

    id: str
    location: int
    handling_seconds: int = 120


@dataclass(frozen=True, slots=True)
class Part:
    """What one store gives for a stop; `boxes` are the shared boxes that it fills."""

    depot_id: str
    load_grams: int
    boxes: int = 0


@dataclass(frozen=True, slots=True)
class Stop:
    """
    A doorstep. Service starts inside the window, after waiting if the courier is early.

    `penalty_fen` is what leaving it out costs: emergencies outrank others by a larger one.
    """

    id: str
    location: int
    parts: tuple[Part, ...]
    window: Window
    service_seconds: int
    penalty_fen: int = 100_000

    @property
    def load_grams(self) -> int:
        """Mass of all parts."""
        return sum(part.load_grams for part in self.parts)

    @property
    def boxes(self) -> int:
        """Boxes of all parts."""
        return sum(part.boxes for part in self.parts)


@dataclass(frozen=True, slots=True)
class Vehicle:
    """
    A courier with what carries the load; one that is not used costs nothing.

    It starts at `start` not before its shift opens and is done, back at `end` if there is one,
    before the shift closes; `max_duration_seconds` bounds the time between the two.
    """

    id: str
    profile: str
    start: int
    capacity_grams: int
    capacity_boxes: int
    shift: Window
    max_duration_seconds: int
    end: int | None = None
    fen_per_km: int = 100
    fixed_fen: int = 0


@dataclass(frozen=True, slots=True)
class Travel:
    """Metres and seconds from place to place (row to column) for one profile."""

    profile: str
    metres: Matrix
    seconds: Matrix


@dataclass(frozen=True, slots=True)
class Pace:
    """How a profile's matrices follow from points: great circle × detour, at a mean speed."""

    profile: str
    metres_per_hour: int
    detour_permille: int


@dataclass(frozen=True, slots=True)
class Geometry:
    """Where the travel matrices came from, so that a problem can be sent without them."""

    points: tuple[Point, ...]
    paces: tuple[Pace, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """
    One wave, or one cluster of it. `stops` are in the order in which they were ordered.

    Raises:
        InvalidProblem: Naming the field, when ids repeat, references dangle, numbers are
            negative or too large, or matrices are not square.
    """

    depots: tuple[Depot, ...]
    stops: tuple[Stop, ...]
    vehicles: tuple[Vehicle, ...]
    travels: tuple[Travel, ...]
    seed: int = 1
    geometry: Geometry | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        """Check everything once: code behind a Problem needs no further checks."""
        places = len(self.travels[0].metres) if self.travels else 0
        _check_unique("depots", [depot.id for depot in self.depots])
        _check_unique("stops", [stop.id for stop in self.stops])
        _check_unique("vehicles", [vehicle.id for vehicle in self.vehicles])
        _check_unique("travels", [travel.profile for travel in self.travels])
        _check_number("stops", len(self.stops), LIMIT_STOPS)
        _check_number("seed", self.seed, 2**31 - 1)
        for n, travel in enumerate(self.travels):
            _check_matrix(f"travels[{n}].metres", travel.metres, places)
            _check_matrix(f"travels[{n}].seconds", travel.seconds, places)
        for n, depot in enumerate(self.depots):
            _check_place(f"depots[{n}].location", depot.location, places)
            _check_number(f"depots[{n}].handling_seconds", depot.handling_seconds, HORIZON_SECONDS)
        known = {depot.id for depot in self.depots}
        for n, stop in enumerate(self.stops):
            _check_stop(f"stops[{n}]", stop, places, known)
        profiles = {travel.profile for travel in self.travels}
        for n, vehicle in enumerate(self.vehicles):
            _check_vehicle(f"vehicles[{n}]", vehicle, places, profiles)

    def travel(self, vehicle: Vehicle) -> Travel:
        """The matrices that the vehicle moves by."""
        return next(travel for travel in self.travels if travel.profile == vehicle.profile)


def _check_stop(path: str, stop: Stop, places: int, depots: set[str]) -> None:
    _check_place(f"{path}.location", stop.location, places)
    _check_window(f"{path}.window", stop.window)
    _check_number(f"{path}.service_seconds", stop.service_seconds, HORIZON_SECONDS)
    _check_number(f"{path}.penalty_fen", stop.penalty_fen)
    if not stop.parts:
        raise InvalidProblem(f"{path}.parts", "at least one part")
    _check_unique(f"{path}.parts", [part.depot_id for part in stop.parts])
    for n, part in enumerate(stop.parts):
        if part.depot_id not in depots:
            raise InvalidProblem(f"{path}.parts[{n}].depot_id", "no such depot")
        _check_number(f"{path}.parts[{n}].load_grams", part.load_grams)
        _check_number(f"{path}.parts[{n}].boxes", part.boxes)


def _check_vehicle(path: str, vehicle: Vehicle, places: int, profiles: set[str]) -> None:
    _check_place(f"{path}.start", vehicle.start, places)
    if vehicle.end is not None:
        _check_place(f"{path}.end", vehicle.end, places)
    if vehicle.profile not in profiles:
        raise InvalidProblem(f"{path}.profile", "no travel matrix of this profile")
    _check_window(f"{path}.shift", vehicle.shift)
    _check_number(f"{path}.capacity_grams", vehicle.capacity_grams)
    _check_number(f"{path}.capacity_boxes", vehicle.capacity_boxes)
    _check_number(f"{path}.max_duration_seconds", vehicle.max_duration_seconds)
    _check_number(f"{path}.fen_per_km", vehicle.fen_per_km, 1_000_000)
    _check_number(f"{path}.fixed_fen", vehicle.fixed_fen)


def _check_unique(path: str, ids: Sequence[str]) -> None:
    seen: set[str] = set()
    for n, each in enumerate(ids):
        if not each or each in seen:
            raise InvalidProblem(f"{path}[{n}]", "an id is empty or repeated")
        seen.add(each)


def _check_number(path: str, number: int, largest: int = LARGEST) -> None:
    if not 0 <= number <= largest:
        raise InvalidProblem(path, f"not between 0 and {largest}")


def _check_place(path: str, place: int, places: int) -> None:
    if not 0 <= place < places:
        raise InvalidProblem(path, f"no such place among {places}")


def _check_window(path: str, window: Window) -> None:
    _check_number(f"{path}.open_seconds", window.open_seconds, HORIZON_SECONDS)
    _check_number(f"{path}.close_seconds", window.close_seconds, HORIZON_SECONDS)
    if window.close_seconds < window.open_seconds:
        raise InvalidProblem(f"{path}.close_seconds", "before it opens")


def _check_matrix(path: str, matrix: Iterable[Sequence[int]], places: int) -> None:
    rows = list(matrix)
    if len(rows) != places:
        raise InvalidProblem(path, f"not {places} rows")
    for n, row in enumerate(rows):
        if len(row) != places or min(row, default=0) < UNREACHABLE or max(row, default=0) > 10**7:
            raise InvalidProblem(f"{path}[{n}]", f"not {places} numbers from -1 to 10000000")
