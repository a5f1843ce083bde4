"""A day's trade under a rule of who may sell to whom; the product's own rule chooses sources."""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from benchmarks.fill_rate.data import HOURS, ShelfDay, whole_units
from linli.kernel.time import ZONE
from linli.stock import Level, OutOfStock, choose_sources, hours, suggest
from linli.stock.rules import Offer

BASKET_UNITS = (1, 2, 2, 3, 3, 3, 4, 4, 5, 6)
LENDING_HOURS = (9, 14)
"""When stores lend each other what the product suggests; it is there an hour later."""
PEAK_WEEKDAY, PEAK_HOURS = 4, (16, 17)
"""The source's peak: Friday, 16 to 18 h."""

Shelf = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Shop:
    """A store for the rule that chooses sources."""

    store_id: str
    owner_id: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """A walk-in (one unit) or an order (a basket), at a store's own customers' place."""

    store: str
    online: bool
    lines: Mapping[str, int]


@dataclass(slots=True)
class Result:
    """What was wanted and served, and where walk-ins stood before empty shelves."""

    orders: int = 0
    filled_orders: int = 0
    units: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(walk-ins | orders, wanted | served) -> units."""
    peak: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(walk-ins | orders, wanted | served) -> units at the peak."""
    lent_units: int = 0
    dry: set[tuple[date, str, str]] = field(default_factory=set)
    """Fridays, stores and products of which a walk-in of the peak found the shelf empty."""

    def note(self, event: Event, served: bool, on: date, hour: int) -> None:
        """Count one event."""
        who, units = ("orders" if event.online else "walk-ins"), sum(event.lines.values())
        at_peak = on.weekday() == PEAK_WEEKDAY and hour in PEAK_HOURS
        for counter in [self.units, *([self.peak] if at_peak else [])]:
            counter[who, "wanted"] += units
            counter[who, "served"] += units * served
        self.orders += event.online
        self.filled_orders += event.online and served
        if at_peak and not event.online and not served:
            self.dry.add((on, event.store, next(iter(event.lines))))

    def fill(self, who: str, *, peak: bool = False) -> float:
        """Share of the units wanted that were served, of `walk-ins`, `orders` or `all`."""
        counter = self.peak if peak else self.units
        whom = ("walk-ins", "orders") if who == "all" else (who,)
        wanted = sum(counter[each, "wanted"] for each in whom)
        return sum(counter[each, "served"] for each in whom) / wanted if wanted else 1.0


def events_of(day: Sequence[ShelfDay], online: float, seed: str) -> list[list[Event]]:
    """The day's events by hour, in the order in which they come; the same for the same seed."""
    rng = random.Random(seed)
    wanted = [(shelf, whole_units(shelf.wanted, rng)) for shelf in day]
    hours: list[list[Event]] = []
    for hour in HOURS:
        events: list[Event] = []
        baskets: dict[str, list[str]] = {}
        for shelf, units in wanted:
            for _ in range(units[hour]):
                if rng.random() < online:
                    baskets.setdefault(shelf.store, []).append(shelf.product)
                else:
                    events.append(Event(shelf.store, False, {shelf.product: 1}))
        for store, products in baskets.items():
            events += [Event(store, True, lines) for lines in _cut(products, rng)]
        rng.shuffle(events)
        hours.append(events)
    return hours


def _cut(products: list[str], rng: random.Random) -> list[Mapping[str, int]]:
    rng.shuffle(products)
    baskets: list[Mapping[str, int]] = []
    begin = 0
    while begin < len(products):
        size = rng.choice(BASKET_UNITS)
        baskets.append(Counter(products[begin : begin + size]))
        begin += size
    return baskets


def trade(
    on: date,
    day: Sequence[ShelfDay],
    hours: Sequence[Sequence[Event]],
    pools: Mapping[str, Sequence[tuple[Shop, int]]],
    kept: Mapping[Shelf, Sequence[int]],
    result: Result,
    lending: bool = False,
) -> dict[Shelf, list[int]]:
    """
    Play a day; `pools` has the stores that may supply an order of each store's customers, `kept`
    what a shelf keeps for walk-ins by hour of the week; with `lending` the stores carry out what
    the product suggests to transfer. Answers what walk-ins bought by hour.
    """
    stock: Counter[Shelf] = Counter()
    bought: dict[Shelf, list[int]] = {(s.store, s.product): [0] * 24 for s in day}
    on_way: Counter[Shelf] = Counter()
    for hour in HOURS:
        stock += on_way
        on_way.clear()
        for shelf in day:
            stock[shelf.store, shelf.product] += shelf.delivered[hour]
        if lending and hour in LENDING_HOURS:
            on_way = lend(datetime.combine(on, time(hour), ZONE), day, stock, pools, kept)
            result.lent_units += on_way.total()
        of_week = on.weekday() * 24 + hour
        for event in hours[hour]:
            if event.online:
                served = _order(event, stock, pools[event.store], kept, of_week)
            else:
                served = _walk_in(event, stock, bought, hour)
            result.note(event, served, on, hour)
    return bought


def lend(
    now: datetime,
    day: Sequence[ShelfDay],
    stock: Counter[Shelf],
    pools: Mapping[str, Sequence[tuple[Shop, int]]],
    kept: Mapping[Shelf, Sequence[int]],
) -> Counter[Shelf]:
    """Take what the product suggests to move off the shelves; answers what is on its way."""
    good_until = (now + timedelta(days=2)).date()
    levels = [
        Level(
            shelf.store,
            shelf.product,
            received_units=units,
            atp_units=units,
            protection=hours.pack(kept[shelf.store, shelf.product]),
            dated={good_until: units},
        )
        for shelf in day
        if (shelf.store, shelf.product) in kept
        for units in [stock[shelf.store, shelf.product]]
    ]
    metres = {(a, shop.store_id): m for a, pool in pools.items() for shop, m in pool}
    on_way: Counter[Shelf] = Counter()
    for each in suggest(levels, metres, now):
        stock[each.from_store_id, each.sku] -= each.units
        on_way[each.to_store_id, each.sku] += each.units
    return on_way


def _walk_in(
    event: Event, stock: Counter[Shelf], bought: dict[Shelf, list[int]], hour: int
) -> bool:
    (product,) = event.lines
    shelf = event.store, product
    if not stock[shelf]:
        return False
    stock[shelf] -= 1
    bought[shelf][hour] += 1
    return True


def _order(
    event: Event,
    stock: Counter[Shelf],
    pool: Sequence[tuple[Shop, int]],
    kept: Mapping[Shelf, Sequence[int]],
    of_week: int,
) -> bool:
    offered = {}
    for shop, _ in pool:
        for product in event.lines:
            shelf = shop.store_id, product
            keeps = kept[shelf][of_week] if shelf in kept else 0
            offered[shelf] = Offer(max(0, stock[shelf] - keeps), keeps, 0)
    try:
        sources = choose_sources(event.lines, pool, offered)
    except OutOfStock:
        return False
    for source in sources:
        stock[source.store_id, source.sku] -= source.units
    return True
