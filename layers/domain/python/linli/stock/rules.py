"""Which stores supply an order: a pure, exact choice over a snapshot of the pool."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import combinations
from typing import Protocol

from linli.stock.model import Level, OutOfStock, Shelf, Source

MOST_STORES = 8
"""The pool of a point is its nearest stores, at most so many: the choice stays exact."""
MOST_SPLIT = 3
"""An order comes from at most so many stores: one promise, and a bounded transaction."""
MOST_SOURCES = 36
"""An order is held at so many shelves at most: selling two items each, with boxes, points and
deposits, its delivery is one transaction of at most 100."""
MOST_ITEMS = 56
"""Of split shelves so many items at most: an order that is changed gives back 36 beside them."""


class Shop(Protocol):
    """What the choice needs to know of a store."""

    @property
    def store_id(self) -> str:
        """Its GLN."""
        ...

    @property
    def owner_id(self) -> str:
        """Whose stock it is."""
        ...


@dataclass(frozen=True, slots=True)
class Offer:
    """What a shelf may promise to one order, and what that promise rests on; see `Source`."""

    units: int
    kept_units: int
    terms: int
    split: tuple[int, ...] = ()
    open_shards: int = 1


Offers = Mapping[Shelf, Offer]
"""Offers by (store_id, sku); absent means none."""


def offers(
    levels: Mapping[Shelf, Level],
    now: datetime,
    until: date | None = None,
    *,
    emergency: bool = False,
) -> dict[Shelf, Offer]:
    """
    What each level may promise to an order placed at `now` and handed over on the day `until`
    (None: today); an emergency order may take reserves.
    """
    found = {}
    for shelf, level in levels.items():
        kept = level.kept_units(now, until, emergency=emergency)
        free = max(0, level.atp_units - kept)
        found[shelf] = Offer(free, kept, level.terms, level.split, level.open_shards)
    return found


def choose_sources(
    wanted: Mapping[str, int], pool: Sequence[tuple[Shop, int]], offered: Offers
) -> list[Source]:
    """
    The sources of an order that wants `wanted` units by SKU, from `pool` (stores with metres).

    Fewest stores first, then least distance in all, then the order of ids: with at most
    `MOST_STORES` stores every subset is tried, so the choice is exact. Within the chosen
    stores the nearest gives first.

    Raises:
        OutOfStock: No `MOST_SPLIT` stores of the pool can supply it from `MOST_SOURCES` shelves;
            names what is short.
    """
    near = sorted(pool, key=lambda shop: (shop[1], shop[0].store_id))[:MOST_STORES]
    for size in range(1, min(MOST_SPLIT, len(near)) + 1):
        subsets = sorted(combinations(near, size), key=lambda s: sum(metres for _, metres in s))
        for subset in subsets:
            if _covers(wanted, subset, offered):
                sources = _take(wanted, subset, offered)
                if _fits(sources):
                    return sources
    raise OutOfStock(short=_short(wanted, near, offered))


def _fits(sources: Sequence[Source]) -> bool:
    """Whether they are few enough; a split shelf may have to be taken from at all its items."""
    items = sum(max(1, len(source.split)) for source in sources)
    return len(sources) <= MOST_SOURCES and items <= MOST_ITEMS


def _free(shop: Shop, sku: str, offered: Offers) -> int:
    offer = offered.get((shop.store_id, sku))
    return offer.units if offer else 0


def _covers(wanted: Mapping[str, int], subset: Sequence[tuple[Shop, int]], offered: Offers) -> bool:
    return all(
        sum(_free(shop, sku, offered) for shop, _ in subset) >= units
        for sku, units in wanted.items()
    )


def _take(
    wanted: Mapping[str, int], subset: Sequence[tuple[Shop, int]], offered: Offers
) -> list[Source]:
    sources = []
    for sku, units in wanted.items():
        missing = units
        for shop, _ in subset:
            taken = min(missing, _free(shop, sku, offered))
            if taken:
                offer = offered[shop.store_id, sku]
                rests_on = offer.kept_units, offer.terms, 0, offer.split, offer.open_shards
                sources.append(Source(shop.store_id, shop.owner_id, sku, taken, *rests_on))
                missing -= taken
        assert missing == 0, "the subset covers the order"
    return sources


def _short(
    wanted: Mapping[str, int], near: Sequence[tuple[Shop, int]], offered: Offers
) -> list[dict[str, object]]:
    """What is missing in the whole pool; empty when only the limit of stores stands in the way."""
    free = {sku: sum(_free(shop, sku, offered) for shop, _ in near) for sku in wanted}
    return [
        {"sku": sku, "units": units - free[sku]}
        for sku, units in wanted.items()
        if free[sku] < units
    ]
