"""
What of the counts may be told, and where the peaks are. Pure.

A number below `K` might tell when one household orders: such cells are merged into their parent
cell, what is still below into one place for the whole community, and the rest is not told at all.
It is orders that are counted, not households: one household's five orders in one hour of week and
cell would be told. Cells are H3's, resolution 8 (0.7 km2) and, merged, 7 (5 km2).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, pstdev

import h3

from linli.stock import hours

RESOLUTION, MERGED = 8, 7
K = 5
TARGET_SHARE = 0.2
"""The source's target for the presale's share of sales."""


@dataclass(frozen=True, slots=True)
class Area:
    """Orders of an area in an hour of the local week; no cell: somewhere in the community."""

    cell: str | None
    hour_of_week: int
    orders: int


@dataclass(frozen=True, slots=True)
class Peak:
    """Neighbouring hours of a day with far more orders than usual, `until_hour` excluded."""

    weekday: int
    from_hour: int
    until_hour: int
    orders: int


@dataclass(frozen=True, slots=True)
class Share:
    """Presales beside all sales, in units and fen of goods that were handed over."""

    units: int
    presale_units: int
    fen: int
    presale_fen: int

    @property
    def unit_share(self) -> float:
        """Of the units; 0 without sales."""
        return self.presale_units / self.units if self.units else 0.0

    @property
    def fen_share(self) -> float:
        """Of the money; 0 without sales."""
        return self.presale_fen / self.fen if self.fen else 0.0


def cell_of(lon: float, lat: float) -> str:
    """The cell of the heat map in which a place lies."""
    return str(h3.latlng_to_cell(lat, lon, RESOLUTION))


def published(counts: Mapping[tuple[str, int], int], k: int = K) -> list[Area]:
    """The counts by (cell, hour of week) as they may be told: no number is below `k`."""
    told, merged, rest = [], Counter[tuple[str, int]](), Counter[int]()
    for (cell, hour), orders in sorted(counts.items()):
        if orders >= k:
            told.append(Area(cell, hour, orders))
        else:
            merged[str(h3.cell_to_parent(cell, MERGED)), hour] += orders
    for (cell, hour), orders in sorted(merged.items()):
        if orders >= k:
            told.append(Area(cell, hour, orders))
        else:
            rest[hour] += orders
    return told + [Area(None, hour, n) for hour, n in sorted(rest.items()) if n >= k]


def peaks(counts: Mapping[tuple[str, int], int], k: int = K) -> list[Peak]:
    """
    The peaks, the greatest first: hours more than one standard deviation above the mean of the
    hours in which anything is ordered, neighbours of a day together.
    """
    by_hour = [0] * hours.HOURS
    for (_, hour), orders in counts.items():
        by_hour[hour] += orders
    busy = [orders for orders in by_hour if orders]
    if not busy:
        return []
    threshold = max(fmean(busy) + pstdev(busy), k)
    found = [peak for day in range(7) for peak in _of_day(by_hour, day, threshold)]
    return sorted(found, key=lambda p: (-p.orders, p.weekday, p.from_hour))


def _of_day(by_hour: Sequence[int], day: int, threshold: float) -> list[Peak]:
    found: list[Peak] = []
    for hour in range(24):
        orders = by_hour[day * 24 + hour]
        if orders < threshold:
            continue
        if found and found[-1].until_hour == hour:
            before = found.pop()
            found.append(Peak(day, before.from_hour, hour + 1, before.orders + orders))
        else:
            found.append(Peak(day, hour, hour + 1, orders))
    return found
