"""Catalogue table: stores by community, products in one partition."""

from pynamodb.attributes import UnicodeAttribute

from linli.kernel.tables import Row, Table


class StoreRow(Row):
    """pk = COMMUNITY#<community_id>, sk = STORE#<store_id>; and pk = STORE#<store_id>, sk = STORE
    naming its community, so that a store is found by its GLN alone."""

    table = Table.CATALOGUE
    body = UnicodeAttribute()
    etag = UnicodeAttribute()


class ProductRow(Row):
    """pk = PRODUCTS, sk = <sku>"""

    table = Table.CATALOGUE
    body = UnicodeAttribute()
    etag = UnicodeAttribute()


PRODUCTS = "PRODUCTS"


def community_key(community_id: str) -> str:
    """The partition of a community's stores."""
    return f"COMMUNITY#{community_id}"


def store_key(store_id: str) -> str:
    """A store's own key, both as sort key and as partition."""
    return f"STORE#{store_id}"
