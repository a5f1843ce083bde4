"""Catalogue table: communities, stores by community and by cell, products, the emergency list."""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from linli.kernel.tables import Row, Table


class CommunityRow(Row):
    """pk = COMMUNITIES, sk = <community_id>; its settings, if the city has set any."""

    table = Table.CATALOGUE
    has_stores = NumberAttribute(null=True)
    body = UnicodeAttribute(null=True)
    etag = UnicodeAttribute(null=True)


class StoreRow(Row):
    """
    The same body under three keys: pk = COMMUNITY#<community_id>, sk = STORE#<store_id>;
    pk = STORE#<store_id>, sk = STORE; pk = CELL#<H3 cell>, sk = STORE#<store_id>.
    """

    table = Table.CATALOGUE
    body = UnicodeAttribute()
    etag = UnicodeAttribute()


class ProductRow(Row):
    """pk = PRODUCTS, sk = <sku>"""

    table = Table.CATALOGUE
    body = UnicodeAttribute()
    etag = UnicodeAttribute()


class ListedRow(Row):
    """pk = EMERGENCY_LIST, sk = <sku>: the product is on the emergency list."""

    table = Table.CATALOGUE


COMMUNITIES, PRODUCTS, EMERGENCY_LIST = "COMMUNITIES", "PRODUCTS", "EMERGENCY_LIST"


def community_key(community_id: str) -> str:
    """The partition of a community's stores."""
    return f"COMMUNITY#{community_id}"


def store_key(store_id: str) -> str:
    """A store's own key, both as sort key and as partition."""
    return f"STORE#{store_id}"


def cell_key(cell: str) -> str:
    """The partition of a cell's stores."""
    return f"CELL#{cell}"
