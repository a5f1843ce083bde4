"""
Who may be offered a route, and what it costs to give it to them: pure.

The cost is in fen of kilometres: the empty way to the route's start, plus what fairness of income,
tiredness and a vehicle larger than needed weigh beside it. The weights are data; the benchmark
`benchmarks/dispatch` shows what they do.
"""

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final, Literal

from linli.dispatch.rest import Rest, look, may_start
from linli.fleet import Courier
from linli.kernel.geography import Point
from linli.kernel.time import ZONE

Costs = Sequence[Sequence[int | None]]
"""By route and courier; None: never."""
Fatigue = Literal["unknown", "fresh", "tired", "alarm"]
"""What fatigue monitoring says of a courier (B7); the system works without it."""
Obstacle = Literal[
    "refused", "busy", "off_shift", "too_far", "too_small", "vehicle", "skill", "rest_due",
    "fatigue",
]  # fmt: skip
"""Why a courier cannot be offered a route."""

UNKNOWN_REST: Final = Rest()
"""Nothing is known: rested."""
FEN_PER_KM: Final = 100
"""As the routing rules cost a kilometre of a walk or an e-bike."""
FAIRNESS_PERMILLE: Final = 30
"""What each fen earned this week above the mean weighs: 100 yuan apart is 3 km of empty way."""
TIRED_FEN: Final = 400
EIGHT_HOURS_FEN: Final = 1_500
LARGER_VEHICLE_FEN: Final = 250
NO_COLD_BOX_FEN: Final = 600
"""Frozen goods go to who has an insulated box; else the store has to lend one."""
RANK: Final[Mapping[str, int]] = MappingProxyType({"walk": 0, "ebike": 1, "van": 2})
USUAL_GRAMS: Final[Mapping[str, int]] = MappingProxyType(
    {"walk": 15_000, "ebike": 50_000, "van": 500_000}
)
USUAL_BOXES: Final[Mapping[str, int]] = MappingProxyType({"walk": 2, "ebike": 8, "van": 80})
"""As the routing rules have them."""


@dataclass(frozen=True, slots=True)
class Need:
    """A route, as far as its courier matters; `grams` and `boxes` are the largest load."""

    route_id: str
    start: Point
    depart_at: datetime
    finish_at: datetime
    grams: int
    boxes: int
    vehicle: str
    skills: frozenset[str] = frozenset()
    cold: bool = False

    @property
    def seconds(self) -> int:
        """From departure to finish."""
        return round((self.finish_at - self.depart_at).total_seconds())


@dataclass(frozen=True, slots=True)
class Candidate:
    """A courier who could be offered routes; `spans` are those of the routes they hold."""

    courier: Courier
    spans: tuple[tuple[datetime, datetime], ...] = ()
    rest: Rest = UNKNOWN_REST
    fatigue: Fatigue = "unknown"
    income_fen: int = 0
    refused: Set[str] = frozenset()


def overlaps(spans: Sequence[tuple[datetime, datetime]], start: datetime, end: datetime) -> bool:
    """Whether a ride from `start` to `end` would meet one of `spans`."""
    return any(start < other_end and other_start < end for other_start, other_end in spans)


def _on_shift(need: Need, courier: Courier, now: datetime) -> bool:
    starts = max(now, need.depart_at).astimezone(ZONE)
    ends = need.finish_at.astimezone(ZONE)
    if starts.date() != ends.date() and ends > starts:
        return False
    return courier.shift.opens <= starts.time() and ends.time() <= courier.shift.closes


def capacity(courier: Courier) -> tuple[int, int]:
    """The grams and the boxes that the courier takes."""
    grams = courier.capacity_grams or USUAL_GRAMS[courier.vehicle]
    boxes = courier.capacity_boxes
    return grams, USUAL_BOXES[courier.vehicle] if boxes is None else boxes


def _too_small(need: Need, courier: Courier) -> bool:
    grams, boxes = capacity(courier)
    return need.grams > grams or need.boxes > boxes


def _metres(need: Need, who: Candidate) -> int:
    return who.courier.start.point.metres_to(need.start)


Check = Callable[[Need, Candidate, datetime], bool]
_CHECKS: Final[tuple[tuple[Obstacle, Check], ...]] = (
    ("refused", lambda need, who, now: need.route_id in who.refused),
    ("fatigue", lambda need, who, now: who.fatigue == "alarm"),
    ("vehicle", lambda need, who, now: RANK[who.courier.vehicle] < RANK[need.vehicle]),
    ("skill", lambda need, who, now: not need.skills <= set(who.courier.skills)),
    ("too_small", lambda need, who, now: _too_small(need, who.courier)),
    ("busy", lambda need, who, now: overlaps(who.spans, need.depart_at, need.finish_at)),
    ("off_shift", lambda need, who, now: not _on_shift(need, who.courier, now)),
    (
        "rest_due",
        lambda need, who, now: not may_start(who.rest, max(now, need.depart_at), need.seconds),
    ),
    ("too_far", lambda need, who, now: _metres(need, who) > who.courier.reach_metres),
)
"""The cheapest to look at first: a wave has many pairs."""


def obstacle(need: Need, who: Candidate, now: datetime) -> Obstacle | None:
    """Why the courier cannot have the route; None if they can."""
    return next((name for name, check in _CHECKS if check(need, who, now)), None)


def cost_fen(need: Need, who: Candidate, mean_income_fen: int, now: datetime) -> int:
    """What giving the route to the courier costs; never below zero."""
    larger = larger_fen(RANK[who.courier.vehicle] - RANK[need.vehicle])
    warm = NO_COLD_BOX_FEN if need.cold and not who.courier.cold_box else 0
    return own_fen(who, mean_income_fen, now) + way_fen(_metres(need, who)) + larger + warm


def own_fen(who: Candidate, mean_income_fen: int, now: datetime) -> int:
    """The part of the cost that is the courier's, whatever the route."""
    fair = (who.income_fen - mean_income_fen) * FAIRNESS_PERMILLE // 1000
    # Lifted by the mean, the same for all, so that the poorest courier costs no less than none.
    lifted = fair + mean_income_fen * FAIRNESS_PERMILLE // 1000
    tired = TIRED_FEN if who.fatigue == "tired" else 0
    long_day = EIGHT_HOURS_FEN if look(who.rest, now).eight_hours else 0
    return max(0, lifted) + tired + long_day


def way_fen(metres: int) -> int:
    """What the empty way costs."""
    return metres * FEN_PER_KM // 1000


def larger_fen(ranks: int) -> int:
    """What a vehicle costs that is so many ranks larger than needed."""
    return LARGER_VEHICLE_FEN * max(0, ranks)


def greedy(costs: Costs) -> dict[int, int]:
    """The cheapest pair first, then the cheapest of what is left: the fallback and a baseline."""
    pairs = sorted(
        (cost, row, column)
        for row, line in enumerate(costs)
        for column, cost in enumerate(line)
        if cost is not None
    )
    chosen: dict[int, int] = {}
    taken: set[int] = set()
    for _, row, column in pairs:
        if row not in chosen and column not in taken:
            chosen[row] = column
            taken.add(column)
    return chosen


def first_come(costs: Costs) -> dict[int, int]:
    """Each route in turn to the first courier in the list who may have it: the manual baseline."""
    chosen: dict[int, int] = {}
    for row, line in enumerate(costs):
        free = (c for c, cost in enumerate(line) if cost is not None and c not in chosen.values())
        column = next(free, None)
        if column is not None:
            chosen[row] = column
    return chosen
