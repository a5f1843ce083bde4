"""
A routing problem: what is to be carried where, by whom and by when (`docs/routing-model.md`).

Integers only: metres, seconds since the wave's start, grams, millilitres, fen. Places are indices
into square travel matrices, one pair of matrices per *profile* (walk, e-bike, van, robot…).

An order whose lines come from several stores is ONE stop with one `Part` per store. The courier
who serves it collects every part before, in any order and possibly on several trips; a stop is
never split between couriers or visits. A stop may also give something back (`Return`: empties),
which the same courier hands in at a store or station later. So a transfer between stores or a
drop into a locker is a stop at that place, and a pick-up of empties a stop without parts.
A courier may come back to a store and load again.
"""

from dataclasses import dataclass, field

from linli.kernel.errors import Invalid
from linli.kernel.geography import Point
from linli.routing.visits import Call, Visit

UNREACHABLE = -1
"""Matrix entry: there is no way from here to there."""
LIMIT_STOPS = 600
"""Stops of one problem: the fallback's time grows with their square (1,000 took most of a minute
on a busy machine). Larger waves come as several clusters."""
HORIZON_SECONDS = 48 * 3600
LARGEST = 10**9
"""Bound of every integer of a problem, so that sums of a plan fit the solvers' 64 bits."""
EMERGENCY = 9
"""The highest priority: a stop to be reached within 30 minutes, before all others."""

Matrix = tuple[tuple[int, ...], ...]
Size = tuple[int, int, int, int]
"""Grams, shared boxes, millilitres, cold boxes: all that a vehicle has room for."""


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


ALWAYS = Window(0, HORIZON_SECONDS)


@dataclass(frozen=True, slots=True)
class Depot:
    """
    A store, or a station for empties. `handling_seconds` for each visit, whatever is loaded or
    handed in; each visit starts inside `window` (opening hours, or when the goods are ready).
    """

    id: str
    location: int
    handling_seconds: int = 120
    window: Window = ALWAYS


@dataclass(frozen=True, slots=True)
class Part:
    """
    What one store gives for a stop; `boxes` are the shared boxes that it fills, `cold_boxes` the
    vehicle's own insulated ones.

    `cold_limit_seconds` bounds the time from the start of collecting it to the end of handing it
    over (None: no bound).
    """

    depot_id: str
    load_grams: int
    boxes: int = 0
    volume_millilitres: int = 0
    cold_boxes: int = 0
    cold_limit_seconds: int | None = None

    @property
    def size(self) -> Size:
        """What it takes of each capacity."""
        return self.load_grams, self.boxes, self.volume_millilitres, self.cold_boxes


@dataclass(frozen=True, slots=True)
class Return:
    """What the courier takes away from a stop, to be handed in at the depot on the same route."""

    depot_id: str
    load_grams: int
    boxes: int = 0
    volume_millilitres: int = 0

    @property
    def size(self) -> Size:
        """What it takes of each capacity."""
        return self.load_grams, self.boxes, self.volume_millilitres, 0


@dataclass(frozen=True, slots=True)
class Stop:
    """
    A doorstep, locker, store or station that is served once, or left out at `penalty_fen`.

    Service starts inside the window, after waiting if the courier is early. After `due_seconds`
    (None: the window's close) every minute late costs `late_fen_per_minute`. A stop of a higher
    `priority` is never left out, nor made late, for the sake of lower ones or of cost
    (0: ordinary, `EMERGENCY` = 9: before all others). The courier needs all of `skills`.
    `order_id` is the order when it differs from the stop (its large items as a drop of their own).
    """

    id: str
    location: int
    parts: tuple[Part, ...]
    window: Window
    service_seconds: int
    penalty_fen: int = 100_000
    returns: tuple[Return, ...] = ()
    skills: tuple[str, ...] = ()
    due_seconds: int | None = None
    late_fen_per_minute: int = 0
    priority: int = 0
    order_id: str = ""

    @property
    def load_grams(self) -> int:
        """Mass of all parts."""
        return sum(part.load_grams for part in self.parts)

    @property
    def boxes(self) -> int:
        """Boxes of all parts."""
        return sum(part.boxes for part in self.parts)

    @property
    def order(self) -> str:
        """The order that is (partly) delivered here."""
        return self.order_id or self.id

    def late_seconds(self, start_seconds: int) -> int:
        """How late a service that starts then is."""
        due = self.window.close_seconds if self.due_seconds is None else self.due_seconds
        return max(0, start_seconds - due)


@dataclass(frozen=True, slots=True)
class Rest:
    """
    After `after_seconds` of work without a rest, the courier rests for `rest_seconds`.

    Work is all time from departure on (riding, service, waiting) until a rest of that length.
    The figures are the guidance of 2021 on couriers' rights (SAMR and six others: after 4 h of
    delivering, no order for 20 minutes).
    """

    after_seconds: int = 4 * 3600
    rest_seconds: int = 20 * 60


@dataclass(frozen=True, slots=True)
class Underway:
    """
    A route that is being ridden: `visits` have happened, the courier is (or will be) at place
    `at` from `now_seconds` on, and `locked` calls come next, in this order, whatever the times.

    What was collected and not handed over is aboard: those stops stay with this courier.
    """

    visits: tuple[Visit, ...]
    at: int
    now_seconds: int
    locked: tuple[Call, ...] = ()


@dataclass(frozen=True, slots=True)
class Vehicle:
    """
    A courier with what carries the load; one that is not used costs nothing.

    It starts at `start` not before its shift opens and is done, back at `end` if there is one,
    before the shift closes; `max_duration_seconds` bounds the time between the two (of a route
    under way: of what is still to ride). `worked_seconds` is work since the last rest before the
    plan, `worked_today_seconds` all of the day's. Locked calls are made even where they break
    windows, shift, rest or duration.
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
    capacity_millilitres: int = LARGEST
    capacity_cold_boxes: int = 0
    skills: tuple[str, ...] = ()
    rest: Rest | None = None
    worked_seconds: int = 0
    worked_today_seconds: int = 0
    underway: Underway | None = None

    @property
    def capacities(self) -> Size:
        """Its room, in the order of `Size`."""
        return (
            self.capacity_grams,
            self.capacity_boxes,
            self.capacity_millilitres,
            self.capacity_cold_boxes,
        )

    @property
    def position(self) -> int:
        """The place from which the planned part of its route starts."""
        return self.start if self.underway is None else self.underway.at

    @property
    def ready_seconds(self) -> int:
        """The earliest departure from its position."""
        if self.underway is None:
            return self.shift.open_seconds
        return self.underway.now_seconds


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

    `balance_fen_per_hour` is what each hour of the longest route's work (riding and service)
    costs, so that work is shared out.

    Raises:
        InvalidProblem: Naming the field, when ids repeat, references dangle, numbers are
            negative or too large, matrices are not square, or a route under way is impossible.
    """

    depots: tuple[Depot, ...]
    stops: tuple[Stop, ...]
    vehicles: tuple[Vehicle, ...]
    travels: tuple[Travel, ...]
    seed: int = 1
    geometry: Geometry | None = field(default=None, compare=False)
    balance_fen_per_hour: int = 0

    def __post_init__(self) -> None:
        """Check everything once: code behind a Problem needs no further checks."""
        from linli.routing.checks import check  # The checks know the model, so they come after.

        check(self)

    def travel(self, vehicle: Vehicle) -> Travel:
        """The matrices that the vehicle moves by."""
        return next(travel for travel in self.travels if travel.profile == vehicle.profile)
