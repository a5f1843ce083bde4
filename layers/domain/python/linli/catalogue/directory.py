"""
Looking up stores and products.

Stores hardly change and their list is wanted by every order, so a process keeps it for a minute;
prices may change and are read with each order.
"""

import time

from linli.catalogue.model import Product, Store
from linli.catalogue.rows import PRODUCTS, ProductRow, StoreRow, community_key, store_key
from linli.kernel import reads

_KEPT_SECONDS = 60.0
_kept: dict[str, tuple[float, list[Store]]] = {}


def stores(community_id: str) -> list[Store]:
    """The stores of a community by their ids; up to a minute old."""
    kept = _kept.get(community_id)
    if kept and time.monotonic() - kept[0] < _KEPT_SECONDS:
        return kept[1]
    rows = reads.query(StoreRow, community_key(community_id))
    found = [Store.model_validate_json(row.body) for row in rows]
    if found:  # An empty community is about to be filled: don't remember that it was empty.
        _kept[community_id] = (time.monotonic(), found)
    return found


def store(store_id: str) -> Store | None:
    """The store with this GLN, if there is one."""
    row = reads.get(StoreRow, store_key(store_id), "STORE")
    return None if row is None else Store.model_validate_json(row.body)


def forget() -> None:
    """Drop what this process remembers of stores."""
    _kept.clear()


def product_key(sku: str) -> reads.Key:
    """The key with which a batch reads a product."""
    return ProductRow, PRODUCTS, sku


def products_in(found: reads.Found, skus: list[str]) -> dict[str, Product]:
    """The products of a batch by SKU; unknown ones are absent."""
    rows = {sku: found.get(ProductRow, PRODUCTS, sku) for sku in skus}
    return {s: Product.model_validate_json(r.body) for s, r in rows.items() if r is not None}


def products() -> list[Product]:
    """Every product, by SKU."""
    return [Product.model_validate_json(r.body) for r in reads.query(ProductRow, PRODUCTS)]
