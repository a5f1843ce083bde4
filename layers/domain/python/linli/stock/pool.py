"""Reading the pool: levels for an order's batch, and availability for a point."""

from collections.abc import Iterable, Sequence

from linli.catalogue import Store
from linli.kernel import reads
from linli.kernel.geography import Point
from linli.stock.model import Level
from linli.stock.rows import LevelRow, level_of
from linli.stock.rules import MOST_STORES


def pool_of(stores: Iterable[Store], place: Point, most_metres: int) -> list[tuple[Store, int]]:
    """The stores within `most_metres` of `place` with their metres, the nearest first."""
    near = [(store, place.metres_to(store.point)) for store in stores]
    within = [(store, metres) for store, metres in near if metres <= most_metres]
    return sorted(within, key=lambda pair: (pair[1], pair[0].store_id))[:MOST_STORES]


def level_keys(pool: Sequence[tuple[Store, int]], skus: Iterable[str]) -> list[reads.Key]:
    """The keys with which a batch reads the levels of `skus` in `pool`."""
    return [(LevelRow, store.store_id, sku) for sku in skus for store, _ in pool]


def levels_in(
    found: reads.Found, pool: Sequence[tuple[Store, int]], skus: Iterable[str]
) -> dict[tuple[str, str], Level]:
    """The levels of a batch by (store_id, sku)."""
    keys = [(store.store_id, sku) for sku in skus for store, _ in pool]
    return {(s, sku): level_of(s, sku, found.get(LevelRow, s, sku)) for s, sku in keys}


def availability(
    stores: Iterable[Store], place: Point, skus: Sequence[str], most_metres: int
) -> dict[str, dict[str, Level]]:
    """Levels by SKU and store of the pool around `place`, the nearest store first."""
    pool = pool_of(stores, place, most_metres)
    levels = levels_in(reads.batch(level_keys(pool, skus)), pool, skus)
    return {sku: {s.store_id: levels[s.store_id, sku] for s, _ in pool} for sku in skus}


def of_store(store_id: str) -> list[Level]:
    """The levels of one store, by SKU."""
    rows = reads.query(LevelRow, store_id, LevelRow.sk < "A")  # Moves sort after digits.
    return [level_of(store_id, row.sk, row) for row in rows]
