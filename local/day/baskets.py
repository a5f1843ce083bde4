"""Turns the five stores' hourly sales into residents' baskets and the stores' opening stock. Pure.

The rules, in order (each is stated in the report):

1. *Demand.* A store's demand for a product in an hour is what it sold. In an hour out of stock its
   sales are censored; there the demand is at least the mean of what the other stores, not out of
   stock in that hour, sold of it.
2. *Scale.* Every `THINNING`-th unit of a store's and product's running demand becomes a wish; where
   the count starts is drawn from the seed. So the day keeps its shape by hour and fits the minutes.
3. *Opening stock.* A store opens with its recorded sales on the same scale. Where it was not out of
   stock in the last hour of trading it also has a spare of a quarter, at least one unit; where it
   was, it has what it sold and no more.
4. *Baskets.* The wishes of a store and hour are shuffled and cut into baskets of one to eight
   units, each ordered by a resident whose nearest store it is.
"""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor

from local.day.places import Resident
from local.day.sample import SalesRow, Sample

THINNING = 7
LAST_TRADING_HOUR = 21
SPARE_SHARE = 0.25
BASKET_UNITS = (1, 2, 3, 4, 4, 5, 5, 6, 7, 8)
"""Sizes that a basket's size is drawn from."""

Held = Mapping[tuple[str, str], int]
"""Units by (store id, SKU)."""


@dataclass(frozen=True, slots=True)
class Basket:
    """What one resident wants in one hour: units by SKU."""

    number: int
    hour: int
    minute: int
    resident: Resident
    lines: tuple[tuple[str, int], ...]

    @property
    def units(self) -> int:
        """Units over all lines."""
        return sum(units for _, units in self.lines)


@dataclass(frozen=True, slots=True)
class DayOfDemand:
    """A day's baskets in the order of time, and what each store opens with."""

    baskets: tuple[Basket, ...]
    opening: dict[tuple[str, str], int]


def demand_by_hour(row: SalesRow, peers: Sequence[SalesRow]) -> tuple[float, ...]:
    """Rule 1: 24 hours' demand of `row`'s store; `peers` are all stores' rows of its product."""
    hours = []
    for hour in range(24):
        demand = float(row.units[hour])
        others = [peer.units[hour] for peer in peers if not peer.out[hour]]
        if row.out[hour] and others:
            demand = max(demand, sum(others) / len(others))
        hours.append(demand)
    return tuple(hours)


def thin(hours: Sequence[float], phase: float) -> tuple[int, ...]:
    """Rule 2: every `THINNING`-th unit of the running sum, begun `phase` (0 to 1) of it early."""
    total, taken, result = phase, 0, []
    for demand in hours:
        total += demand / THINNING
        result.append(floor(total) - taken)
        taken = floor(total)
    return tuple(result)


def opening_units(row: SalesRow, phase: float) -> int:
    """Rule 3: the units a store opens with."""
    sold = sum(thin(row.units, phase))
    if row.out[LAST_TRADING_HOUR]:
        return sold
    return sold + max(1, ceil(sold * SPARE_SHARE))


def make_day(sample: Sample, residents: Sequence[Resident], seed: str) -> DayOfDemand:
    """The day that `seed` gives: the same for the same arguments, on any machine."""
    rng = random.Random(seed)
    ids = {store.store: store.store_id for store in sample.stores}
    skus = {product.product: product.sku for product in sample.products}
    wishes: dict[tuple[int, str], Counter[str]] = {}
    opening: dict[tuple[str, str], int] = {}
    for row in sample.sales:
        peers = [peer for peer in sample.sales if peer.product == row.product]
        phase = rng.random()
        opening[ids[row.store], skus[row.product]] = opening_units(row, phase)
        for hour, units in enumerate(thin(demand_by_hour(row, peers), phase)):
            wishes.setdefault((hour, ids[row.store]), Counter())[skus[row.product]] += units
    return DayOfDemand(_baskets(wishes, residents, rng), opening)


def _baskets(
    wishes: Mapping[tuple[int, str], Counter[str]],
    residents: Sequence[Resident],
    rng: random.Random,
) -> tuple[Basket, ...]:
    drafts = []
    for (hour, store_id), units in sorted(wishes.items()):
        neighbours = [one for one in residents if one.nearest_store_id == store_id and one.in_pool]
        wanted = sorted(units.elements())
        rng.shuffle(wanted)
        for lines in _cut(wanted, rng):
            drafts.append((hour, rng.randrange(60), rng.choice(neighbours), lines))
    drafts.sort(key=lambda draft: draft[:2])
    return tuple(Basket(number, *draft) for number, draft in enumerate(drafts, start=1))


def _cut(wanted: Sequence[str], rng: random.Random) -> list[tuple[tuple[str, int], ...]]:
    baskets, begin = [], 0
    while begin < len(wanted):
        size = rng.choice(BASKET_UNITS)
        baskets.append(tuple(sorted(Counter(wanted[begin : begin + size]).items())))
        begin += size
    return baskets
