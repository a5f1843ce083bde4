"""What is sold, by whom and how: communities' settings, stores and products."""

from linli.catalogue.directory import (
    communities,
    community,
    community_now,
    emergency_list,
    forget,
    product_key,
    products,
    products_by_id,
    products_in,
    store,
    stores,
    stores_by_id,
    stores_near,
)
from linli.catalogue.model import Community, Product, PutCommunity, PutProduct, PutStore, Store
from linli.catalogue.put import put_community, put_product, put_store

__all__ = [
    "Community",
    "Product",
    "PutCommunity",
    "PutProduct",
    "PutStore",
    "Store",
    "communities",
    "community",
    "community_now",
    "emergency_list",
    "forget",
    "product_key",
    "products",
    "products_by_id",
    "products_in",
    "put_community",
    "put_product",
    "put_store",
    "store",
    "stores",
    "stores_by_id",
    "stores_near",
]
