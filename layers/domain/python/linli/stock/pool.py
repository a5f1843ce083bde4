"""Reading the pool: levels for an order's batch, and availability for a point."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from linli import catalogue
from linli.catalogue import Community, Store
from linli.kernel import reads
from linli.kernel.geography import Point
from linli.stock.levels import complete
from linli.stock.model import Level
from linli.stock.rows import LevelRow
from linli.stock.rules import MOST_STORES


@dataclass(frozen=True, slots=True)
class Pool:
    """
    The stores that may supply a point with their metres, the nearest first, of whatever
    community and owner. Those beyond `near_metres` are mutual aid: they give only SKUs of `aid`.
    """

    stores: tuple[tuple[Store, int], ...]
    near_metres: int
    aid: frozenset[str] = frozenset()

    def shelves(self, skus: Iterable[str]) -> list[tuple[str, str]]:
        """Who gives what: (store_id, sku)."""
        return [
            (store.store_id, sku)
            for sku in skus
            for store, metres in self.stores
            if metres <= self.near_metres or sku in self.aid
        ]


def pool_for(place: Point, skus: Iterable[str], community: Community) -> Pool:
    """
    The pool around `place` for an order or a question about `skus`.

    The nearest stores within the community's `pool_metres`; mutual aid up to `aid_metres` joins
    for goods on the emergency list, in emergency mode for all, as long as there are fewer than
    `MOST_STORES`.
    """
    aid = frozenset(skus)
    if not community.emergency:
        aid &= catalogue.emergency_list()
    reach = community.aid_metres if aid else community.pool_metres
    near = catalogue.stores_near(place, reach)
    return Pool(tuple(near[:MOST_STORES]), community.pool_metres, aid)


def level_keys(pool: Pool, skus: Iterable[str]) -> list[reads.Key]:
    """The keys with which a batch reads the levels of `skus` in `pool`."""
    return [(LevelRow, store_id, sku) for store_id, sku in pool.shelves(skus)]


def levels_in(found: reads.Found, pool: Pool, skus: Iterable[str]) -> dict[tuple[str, str], Level]:
    """
    The levels of a batch by (store_id, sku); a store that may not give a SKU is absent. Where a
    shelf is split, its other items are read here: one more batch.
    """
    return complete({shelf: found.get(LevelRow, *shelf) for shelf in pool.shelves(skus)})


def availability(pool: Pool, skus: Sequence[str]) -> dict[str, dict[str, Level]]:
    """Levels by SKU and store of `pool`, the nearest store first."""
    levels = levels_in(reads.batch(level_keys(pool, skus)), pool, skus)
    return {
        sku: {store_id: level for (store_id, of), level in levels.items() if of == sku}
        for sku in skus
    }
