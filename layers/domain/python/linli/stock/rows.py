"""Stock table: the levels of a store, and its moves."""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from linli.kernel.tables import Row, Table
from linli.stock.model import Level


class LevelRow(Row):
    """pk = <store_id>, sk = <sku>"""

    table = Table.STOCK
    received_units = NumberAttribute(default=0)
    written_off_units = NumberAttribute(default=0)
    sold_units = NumberAttribute(default=0)
    held_units = NumberAttribute(default=0)
    atp_units = NumberAttribute(default=0)
    protected_units = NumberAttribute(default=0)


class MoveRow(Row):
    """pk = <store_id>, sk = MOVE#<move id>; never changed once written."""

    table = Table.STOCK
    sku = UnicodeAttribute()
    kind = UnicodeAttribute()
    units = NumberAttribute()
    body = UnicodeAttribute()
    by = UnicodeAttribute()
    at = UnicodeAttribute()
    fingerprint = UnicodeAttribute()


class StockItem(Row):
    """Any item of the table, for audits: attributes that an item lacks are None."""

    table = Table.STOCK
    received_units = NumberAttribute(null=True)
    written_off_units = NumberAttribute(null=True)
    sold_units = NumberAttribute(null=True)
    held_units = NumberAttribute(null=True)
    atp_units = NumberAttribute(null=True)
    protected_units = NumberAttribute(null=True)
    sku = UnicodeAttribute(null=True)
    kind = UnicodeAttribute(null=True)
    units = NumberAttribute(null=True)


def move_key(move_id: object) -> str:
    """The sort key of a move."""
    return f"MOVE#{move_id}"


def level_of(store_id: str, sku: str, row: LevelRow | StockItem | None) -> Level:
    """The level that a row stores; no row is an empty shelf."""
    if row is None:
        return Level(store_id, sku)
    return Level(
        store_id,
        sku,
        received_units=int(row.received_units or 0),
        written_off_units=int(row.written_off_units or 0),
        sold_units=int(row.sold_units or 0),
        held_units=int(row.held_units or 0),
        atp_units=int(row.atp_units or 0),
        protected_units=int(row.protected_units or 0),
    )
