"""What to move between stores before the coming peak: exact and cheapest, from a snapshot. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from linli.kernel.geography import Point
from linli.kernel.time import local_date
from linli.stock.model import Level, Shelf

AHEAD = timedelta(hours=24)
"""How far the coming peak is looked for."""
_FAR = 10**9


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Units that one store has to spare and another will lack at its coming peak."""

    from_store_id: str
    to_store_id: str
    sku: str
    units: int
    metres: int


def peak_units(level: Level, now: datetime) -> int:
    """The most units that the shelf keeps at any hour of the next 24, its reserve included."""
    hours = range(int(AHEAD.total_seconds()) // 3600)
    kept = max(level.protected_at(now + timedelta(hours=hour)) for hour in hours)
    return kept + level.reserve_units


def suggest(
    levels: Iterable[Level], metres: Mapping[tuple[str, str], int], now: datetime
) -> list[Suggestion]:
    """
    The transfers that give as many of the missing units as can be spared, over the least
    unit-metres; SKU by SKU. `metres` has the distance of each ordered pair of stores.

    A store lacks what its peak keeps beyond its ATP and what is on its way; it can spare the ATP
    beyond its peak, as far as that does not expire today.
    """
    by_sku: dict[str, list[Level]] = defaultdict(list)
    for level in levels:
        by_sku[level.sku].append(level)
    found = []
    for sku, shelves in sorted(by_sku.items()):
        spare = {each.store_id: _spare(each, now) for each in shelves}
        lacking = {each.store_id: _lacking(each, now) for each in shelves}
        for (giver, taker), units in sorted(assign(spare, lacking, metres).items()):
            found.append(Suggestion(giver, taker, sku, units, metres[giver, taker]))
    return found


def _lacking(level: Level, now: datetime) -> int:
    return max(0, peak_units(level, now) - level.atp_units - level.inbound_units)


def _spare(level: Level, now: datetime) -> int:
    kept = max(peak_units(level, now), level.kept_units(now, local_date(now + AHEAD)))
    return max(0, level.atp_units - kept)


def assign(
    spare: Mapping[str, int], lacking: Mapping[str, int], metres: Mapping[tuple[str, str], int]
) -> dict[Shelf, int]:
    """
    Units by (giver, taker): as many as possible, of those the cheapest.

    Successive shortest paths of the transportation problem (Ahuja, Magnanti, Orlin, "Network
    Flows", 9.7): each path is the cheapest, so the flow is the cheapest of its size.
    """
    left, missing = dict(spare), dict(lacking)
    flow: dict[Shelf, int] = defaultdict(int)
    while path := _cheapest_path(left, missing, flow, metres):
        first, last = path[0][0], path[-1][1]
        backward = [flow[edge] for edge in path[1::2]]
        units = min([left[first], missing[last], *backward])
        for step, edge in enumerate(path):
            flow[edge] += units if step % 2 == 0 else -units
        left[first] -= units
        missing[last] -= units
    return {edge: units for edge, units in flow.items() if units}


def _cheapest_path(
    left: Mapping[str, int],
    missing: Mapping[str, int],
    flow: Mapping[Shelf, int],
    metres: Mapping[tuple[str, str], int],
) -> list[Shelf]:
    """
    The cheapest way for a unit from a giver that has one to a taker that lacks one, as edges
    (giver, taker), every second one undone; empty if there is none. Bellman-Ford.
    """
    givers, takers = list(left), [taker for taker, units in missing.items() if units]
    to_giver = {giver: 0 if left[giver] else _FAR for giver in givers}
    to_taker: dict[str, int] = dict.fromkeys(missing, _FAR)
    into: dict[str, str] = {}
    back: dict[str, str] = {}
    for _ in range(len(givers) + len(missing)):
        for giver in givers:
            for taker in missing:
                cost = to_giver[giver] + metres.get((giver, taker), _FAR)
                if cost < min(to_taker[taker], _FAR):
                    to_taker[taker], into[taker] = cost, giver
        for (giver, taker), units in flow.items():
            if units and to_taker[taker] - metres[giver, taker] < to_giver[giver]:
                to_giver[giver], back[giver] = to_taker[taker] - metres[giver, taker], taker
    reached = [taker for taker in takers if to_taker[taker] < _FAR]
    if not reached:
        return []
    return _walk(min(reached, key=lambda taker: (to_taker[taker], taker)), into, back)


def _walk(taker: str, into: Mapping[str, str], back: Mapping[str, str]) -> list[Shelf]:
    """The edges of the way to `taker`, from its beginning."""
    path: list[Shelf] = [(into[taker], taker)]
    while (giver := path[0][0]) in back:
        undone = back[giver]
        path = [(into[undone], undone), (giver, undone), *path]
    return path


def distances(points: Sequence[tuple[str, Point]]) -> dict[tuple[str, str], int]:
    """The metres between every two of `points`, both ways."""
    return {
        (one, other): here.metres_to(there)
        for one, here in points
        for other, there in points
        if one != other
    }
