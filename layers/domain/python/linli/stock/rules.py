"""Which stores supply an order: a pure, exact choice over a snapshot of the pool."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Protocol

from linli.stock.model import Level, OutOfStock, Source

MOST_STORES = 8
"""The pool of a point is its nearest stores, at most so many: the choice stays exact."""
MOST_SPLIT = 3
"""An order comes from at most so many stores: one promise, and a bounded transaction."""


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


Levels = Mapping[tuple[str, str], Level]
"""Levels by (store_id, sku); absent means none."""


def choose_sources(
    wanted: Mapping[str, int], pool: Sequence[tuple[Shop, int]], levels: Levels
) -> list[Source]:
    """
    The sources of an order that wants `wanted` units by SKU, from `pool` (stores with metres).

    Fewest stores first, then least distance in all, then the order of ids: with at most
    `MOST_STORES` stores every subset is tried, so the choice is exact. Within the chosen
    stores the nearest gives first.

    Raises:
        OutOfStock: No `MOST_SPLIT` stores of the pool can supply it; names what is short.
    """
    near = sorted(pool, key=lambda shop: (shop[1], shop[0].store_id))[:MOST_STORES]
    for size in range(1, min(MOST_SPLIT, len(near)) + 1):
        subsets = sorted(combinations(near, size), key=lambda s: sum(metres for _, metres in s))
        for subset in subsets:
            if _covers(wanted, subset, levels):
                return _take(wanted, subset, levels)
    raise OutOfStock(short=_short(wanted, near, levels))


def _free(shop: Shop, sku: str, levels: Levels) -> int:
    level = levels.get((shop.store_id, sku))
    return level.free_units if level else 0


def _covers(wanted: Mapping[str, int], subset: Sequence[tuple[Shop, int]], levels: Levels) -> bool:
    return all(
        sum(_free(shop, sku, levels) for shop, _ in subset) >= units
        for sku, units in wanted.items()
    )


def _take(
    wanted: Mapping[str, int], subset: Sequence[tuple[Shop, int]], levels: Levels
) -> list[Source]:
    sources = []
    for sku, units in wanted.items():
        missing = units
        for shop, _ in subset:
            taken = min(missing, _free(shop, sku, levels))
            if taken:
                protected = levels[shop.store_id, sku].protected_units
                sources.append(Source(shop.store_id, shop.owner_id, sku, taken, protected))
                missing -= taken
        assert missing == 0, "the subset covers the order"
    return sources


def _short(
    wanted: Mapping[str, int], near: Sequence[tuple[Shop, int]], levels: Levels
) -> list[dict[str, object]]:
    """What is missing in the whole pool; empty when only the limit of stores stands in the way."""
    free = {sku: sum(_free(shop, sku, levels) for shop, _ in near) for sku in wanted}
    return [
        {"sku": sku, "units": units - free[sku]}
        for sku, units in wanted.items()
        if free[sku] < units
    ]
