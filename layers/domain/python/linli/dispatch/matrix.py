"""
The costs of all routes and couriers at once, without looking at every pair as if it were alone.

`rules.obstacle` and `rules.cost_fen` say what a pair is; this says the same of all of them, faster
(a property holds the two equal): who is too far is left out by cells of a grid before any distance
is worked out, a distance once for all routes that begin at the same door, and what is a courier's
or a route's alone once for each. Pure.
"""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Final

from linli.dispatch.rest import Rest
from linli.dispatch.rules import (
    NO_COLD_BOX_FEN,
    RANK,
    UNKNOWN_REST,
    Candidate,
    Costs,
    Need,
    capacity,
    larger_fen,
    obstacle,
    own_fen,
    way_fen,
)
from linli.kernel.geography import EARTH_METRES, Point
from linli.kernel.time import ZONE

CELL_DEGREES: Final = 0.02
"""Some 2 km: a reach is a few cells."""
_FAR_NORTH: Final = 80.0
"""Beyond it, and at the date line, cells are not as wide as they say: everybody is looked at."""


@dataclass(frozen=True, slots=True)
class _Column:
    """A courier as the rows meet them; `plain`: nothing is held, declined or ridden today."""

    column: int
    who: Candidate
    rank: int
    grams: int
    boxes: int
    opens: time
    closes: time
    skills: frozenset[str]
    warm_fen: int
    own_fen: int
    plain: bool


class Grid:
    """Couriers by the cell of their start."""

    def __init__(self, who: Sequence[Candidate]) -> None:
        self._cells: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
        self._who = who
        self._reach_metres = max((each.courier.reach_metres for each in who), default=0)
        for column, each in enumerate(who):
            start = each.courier.start.point
            self._cells[_cell(start.lon), _cell(start.lat)].append(column)

    def within_reach(self, start: Point) -> list[tuple[int, int]]:
        """The couriers whom `start` is not too far for: their columns, and the metres."""
        found = []
        for column in self._around(start):
            courier = self._who[column].courier
            metres = courier.start.point.metres_to(start)
            if metres <= courier.reach_metres:
                found.append((column, metres))
        return found

    def _around(self, start: Point) -> Iterator[int]:
        # Half a metre more, since distances are rounded.
        high = math.degrees((self._reach_metres + 1) / EARTH_METRES)
        # The meridians are nearest to each other at that edge of the circle which is nearest to
        # the pole; the sphere bends no more than that within it.
        wide = high / math.cos(math.radians(min(_FAR_NORTH, abs(start.lat) + high)))
        if abs(start.lat) + high >= _FAR_NORTH or abs(start.lon) + wide >= 180:
            yield from range(len(self._who))
            return
        rows = range(_cell(start.lat - high), _cell(start.lat + high) + 1)
        lines = range(_cell(start.lon - wide), _cell(start.lon + wide) + 1)
        if len(rows) * len(lines) > len(self._cells):
            yield from range(len(self._who))
            return
        for line in lines:
            for row in rows:
                yield from self._cells.get((line, row), ())


def _cell(degrees: float) -> int:
    return math.floor(degrees / CELL_DEGREES)


def costs_of(needs: Sequence[Need], who: Sequence[Candidate], now: datetime) -> Costs:
    """The matrix to assign by: what each route costs with each courier; None: never."""
    mean = sum(each.income_fen for each in who) // max(1, len(who))
    columns = [_column(n, each, mean, now) for n, each in enumerate(who)]
    grid = Grid(who)
    near: dict[Point, list[tuple[int, int]]] = {}
    costs: list[list[int | None]] = []
    for need in needs:
        if need.start not in near:
            near[need.start] = grid.within_reach(need.start)
        line: list[int | None] = [None] * len(who)
        _fill(line, need, columns, near[need.start], now)
        costs.append(line)
    return costs


def _column(column: int, each: Candidate, mean_fen: int, now: datetime) -> _Column:
    courier = each.courier
    grams, boxes = capacity(courier)
    known = each.spans or each.refused or each.fatigue == "alarm"
    return _Column(
        column,
        each,
        RANK[courier.vehicle],
        grams,
        boxes,
        courier.shift.opens,
        courier.shift.closes,
        frozenset(courier.skills),
        0 if courier.cold_box else NO_COLD_BOX_FEN,
        own_fen(each, mean_fen, now),
        not known and _is_new(each.rest),
    )


def _is_new(rest: Rest) -> bool:
    return rest is UNKNOWN_REST or rest == UNKNOWN_REST


def _fill(
    line: list[int | None],
    need: Need,
    columns: Sequence[_Column],
    near: Sequence[tuple[int, int]],
    now: datetime,
) -> None:
    """The row of one route, from the couriers whom it is not too far for."""
    starts = max(now, need.depart_at).astimezone(ZONE)
    ends = need.finish_at.astimezone(ZONE)
    if starts.date() != ends.date() and ends > starts:
        return  # No shift goes over midnight.
    from_, until, rank = starts.time(), ends.time(), RANK[need.vehicle]
    for number, metres in near:
        each = columns[number]
        if (
            each.rank < rank
            or each.grams < need.grams
            or each.boxes < need.boxes
            or each.opens > from_
            or each.closes < until
            or not need.skills <= each.skills
            or not (each.plain or obstacle(need, each.who, now) is None)
        ):
            continue
        warm = each.warm_fen if need.cold else 0
        line[number] = each.own_fen + way_fen(metres) + larger_fen(each.rank - rank) + warm
