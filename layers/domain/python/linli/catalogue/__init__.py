"""What is sold and by whom: stores and products."""

from linli.catalogue.directory import forget, product_key, products, products_in, store, stores
from linli.catalogue.model import Product, PutProduct, PutStore, Store
from linli.catalogue.put import put_product, put_store

__all__ = [
    "Product",
    "PutProduct",
    "PutStore",
    "Store",
    "forget",
    "product_key",
    "products",
    "products_in",
    "put_product",
    "put_store",
    "store",
    "stores",
]
