"""
Looking up communities, stores and products.

Stores and settings hardly change and are wanted by every order, so a process keeps them for a
minute; prices may change and are read with each order.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from linli.catalogue.cells import cells_around
from linli.catalogue.model import Community, Product, Store, StoreSpan
from linli.catalogue.rows import (
    COMMUNITIES,
    EMERGENCY_LIST,
    PRODUCTS,
    CommunityRow,
    ListedRow,
    ProductRow,
    StoreRow,
    cell_key,
    community_key,
    store_key,
)
from linli.kernel import reads
from linli.kernel.geography import Point

_KEPT_SECONDS = 60.0
T = TypeVar("T")
_kept: dict[str, tuple[float, Any]] = {}


def _remembered(key: str, read: Callable[[], T], *, even_empty: bool = True) -> T:
    """What `read` answered, up to a minute ago."""
    kept = _kept.get(key)
    if kept and time.monotonic() - kept[0] < _KEPT_SECONDS:
        found: T = kept[1]
        return found
    found = read()
    if found or even_empty:
        _kept[key] = (time.monotonic(), found)
    return found


def community(community_id: str, pool_metres: int = 3_000) -> Community:
    """As `community_now`, up to a minute old."""
    key = f"COMMUNITY {community_id}"
    return _remembered(key, lambda: community_now(community_id, pool_metres))


def community_now(community_id: str, pool_metres: int = 3_000) -> Community:
    """
    A community's settings; `pool_metres` is the deployment's default for one that the city has
    set nothing for.
    """
    row = reads.get(CommunityRow, COMMUNITIES, community_id)
    if row is None or row.body is None:
        aid_metres = max(pool_metres, 5_000)
        return Community(community_id=community_id, pool_metres=pool_metres, aid_metres=aid_metres)
    return Community.model_validate_json(row.body)


def communities() -> list[str]:
    """The ids of all communities that have a store or settings, sorted."""
    return [row.sk for row in reads.query(CommunityRow, COMMUNITIES)]


def stores(community_id: str) -> list[Store]:
    """The stores of a community by their ids; up to a minute old."""
    return _stores_in(community_key(community_id))


def stores_near(place: Point, metres: int) -> list[tuple[Store, int]]:
    """The stores of any community within `metres` of `place`, the nearest first; a minute old."""
    cells = [cell_key(cell) for cell in cells_around(place, metres)]
    found = [each for cell in cells for each in _stores_in(cell)]
    if not found:  # Stores may be about to be registered here: don't remember that none was.
        for cell in cells:
            _kept.pop(cell, None)
    near = [(store, place.metres_to(store.point)) for store in found]
    within = [(store, away) for store, away in near if away <= metres]
    return sorted(within, key=lambda pair: (pair[1], pair[0].store_id))


def _stores_in(partition: str) -> list[Store]:
    def read() -> list[Store]:
        return [Store.model_validate_json(row.body) for row in reads.query(StoreRow, partition)]

    # An empty partition may be about to be filled: don't remember that it was empty.
    return _remembered(partition, read, even_empty=partition.startswith("CELL#"))


def store(store_id: str) -> Store | None:
    """The store with this GLN, if there is one."""
    row = reads.get(StoreRow, store_key(store_id), "STORE")
    return None if row is None else Store.model_validate_json(row.body)


def stores_by_id(store_ids: Iterable[str]) -> dict[str, Store]:
    """The stores with these GLNs, as they are now; unknown ones are absent."""
    wanted = sorted(set(store_ids))
    found = reads.batch((StoreRow, store_key(each), "STORE") for each in wanted)
    rows = {each: found.get(StoreRow, store_key(each), "STORE") for each in wanted}
    return {s: Store.model_validate_json(row.body) for s, row in rows.items() if row is not None}


def forget() -> None:
    """Drop what this process remembers of communities and stores."""
    _kept.clear()


def product_key(sku: str) -> reads.Key:
    """The key with which a batch reads a product."""
    return ProductRow, PRODUCTS, sku


def products_in(found: reads.Found, skus: Iterable[str]) -> dict[str, Product]:
    """The products of a batch by SKU; unknown ones are absent."""
    rows = {sku: found.get(ProductRow, PRODUCTS, sku) for sku in skus}
    return {s: Product.model_validate_json(r.body) for s, r in rows.items() if r is not None}


def products_by_id(skus: Iterable[str]) -> dict[str, Product]:
    """The products with these GTINs; unknown ones are absent."""
    wanted = sorted(set(skus))
    return products_in(reads.batch(product_key(sku) for sku in wanted), wanted)


def products() -> list[Product]:
    """Every product, by SKU."""
    return [Product.model_validate_json(r.body) for r in reads.query(ProductRow, PRODUCTS)]


def emergency_list() -> frozenset[str]:
    """The SKUs on the emergency list; up to a minute old."""
    return _remembered(
        EMERGENCY_LIST,
        lambda: frozenset(row.sk for row in reads.query(ListedRow, EMERGENCY_LIST)),
    )


def store_pages(most: int) -> list[list[StoreSpan]]:
    """All stores in pages of at most `most`, as spans of communities that any process can read."""
    pages: list[list[StoreSpan]] = []
    room = 0
    for community_id in communities():
        ids = [store.store_id for store in stores(community_id)]
        while ids:
            if not room:
                pages.append([])
                room = most
            mine, ids = ids[:room], ids[room:]
            pages[-1].append(StoreSpan(community_id=community_id, first=mine[0], last=mine[-1]))
            room -= len(mine)
    return pages


def stores_of_page(page: Sequence[StoreSpan]) -> list[Store]:
    """The stores of a page, those that came since between its ends included."""
    return [
        store
        for span in page
        for store in stores(span.community_id)
        if span.first <= store.store_id <= span.last
    ]
