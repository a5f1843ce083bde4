"""Hourly sales of five stores as demand and supply; every assumption is stated here.

1. *Supply.* A stretch of hours in stock begins with a delivery of exactly what was sold in it: so a
   store that serves its own demand alone sells what the record says and runs out when it says so.
   A stretch that lasts until closing had something left: `spare` of the day's sales more came in.
2. *Demand.* In an hour in stock, what was sold. In an hour out of stock sales are censored: demand
   is then at least the mean of the same store, product, hour and kind of day (weekend or not) in
   stock; where the record has none (one day alone), of the other stores in that hour. Real demand
   may have been more or less: nobody was asked.
3. *Channels.* A seeded coin decides of each unit wanted whether an online order or a walk-in wants
   it (`online`); the record does not say.
"""

import csv
import math
import random
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

HOURS = range(24)
LAST_TRADING_HOUR = 21
FULL_NAME = "frn_clusterA_hourly_common.csv"


@dataclass(frozen=True, slots=True)
class Sold:
    """A store's day of one product: units by hour, and the hours out of stock."""

    store: str
    product: str
    on: date
    units: tuple[int, ...]
    out: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class ShelfDay:
    """What one shelf was brought and asked for, by hour."""

    store: str
    product: str
    delivered: tuple[int, ...]
    wanted: tuple[float, ...]


def read(path: Path) -> tuple[list[Sold], int]:
    """The rows of whole units (goods by weight are left out), and how many were left out."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    whole = [row for row in rows if "." not in row["units_by_hour"]]
    return [_sold(row) for row in whole], len(rows) - len(whole)


def _sold(row: Mapping[str, str]) -> Sold:
    mask = int(row["stockout_mask_hex"], 16)
    return Sold(
        store=row.get("store") or row["store_id"],
        product=row.get("product") or row["product_id"],
        on=date.fromisoformat(row.get("on") or row["dt"]),
        units=tuple(int(units) for units in row["units_by_hour"].split()),
        out=tuple(bool(mask >> hour & 1) for hour in HOURS),
    )


def deliveries(sold: Sold, spare: float) -> tuple[int, ...]:
    """Rule 1."""
    came, begin = [0] * 24, 0
    for hour in HOURS:
        if sold.out[hour] and sold.units[hour] == 0:
            begin = hour + 1
        else:
            came[min(begin, hour)] += sold.units[hour]
    if not sold.out[LAST_TRADING_HOUR]:
        came[min(begin, LAST_TRADING_HOUR)] += math.ceil(spare * sum(sold.units))
    return tuple(came)


class Usual:
    """What is usually sold in an hour in stock."""

    def __init__(self, record: Iterable[Sold]) -> None:
        self._own: dict[tuple[str, str, int, bool], list[int]] = defaultdict(list)
        self._others: dict[tuple[str, date, int], list[int]] = defaultdict(list)
        for sold in record:
            for hour in HOURS:
                if not sold.out[hour]:
                    weekend = sold.on.weekday() >= 5
                    self._own[sold.store, sold.product, hour, weekend].append(sold.units[hour])
                    self._others[sold.product, sold.on, hour].append(sold.units[hour])

    def demand(self, sold: Sold, hour: int) -> float:
        """Rule 2."""
        if not sold.out[hour]:
            return sold.units[hour]
        weekend = sold.on.weekday() >= 5
        seen = self._own.get((sold.store, sold.product, hour, weekend)) or self._others.get(
            (sold.product, sold.on, hour), [0]
        )
        return max(sold.units[hour], sum(seen) / len(seen))


def shelf_days(record: list[Sold], spare: float) -> dict[date, list[ShelfDay]]:
    """Every shelf's supply and demand, by day."""
    usual, days = Usual(record), defaultdict(list)
    for sold in record:
        wanted = tuple(usual.demand(sold, hour) for hour in HOURS)
        days[sold.on].append(ShelfDay(sold.store, sold.product, deliveries(sold, spare), wanted))
    return dict(sorted(days.items()))


def whole_units(wanted: Iterable[float], rng: random.Random) -> list[int]:
    """Each hour's demand as units: a fraction is a unit with that chance, for the same seed."""
    return [math.floor(each) + (rng.random() < each - math.floor(each)) for each in wanted]
