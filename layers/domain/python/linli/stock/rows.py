"""Stock table: levels, moves, lots, and the commands that were done."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from linli.kernel import reads
from linli.kernel.tables import Row, Table
from linli.stock.fefo import Lot
from linli.stock.model import Level, Shard

_DATED = "dated_"


class Dated(Row):
    """A row with a number for each date that it was given, each an attribute `dated_<YYYYMMDD>`."""

    table = Table.STOCK
    dated: Mapping[date, int]

    @classmethod
    def from_raw_data(cls, data: dict[str, Any]) -> "Dated":
        """The row of an item, with its dates."""
        row: Dated = super().from_raw_data(data)
        row.dated = {
            date.fromisoformat(name.removeprefix(_DATED)): int(value["N"])
            for name, value in data.items()
            if name.startswith(_DATED)
        }
        return row


def dated(on: date) -> NumberAttribute:
    """The attribute of a level for the units that expire on `on`."""
    return NumberAttribute(attr_name=f"{_DATED}{on:%Y%m%d}")


class LevelRow(Dated):
    """
    pk = <store_id>, sk = <sku>; the hot item. Of a split shelf (`shards` items, of which promises
    begin at `open_shards`) the others are sk = <sku>#<n>, with their part of the counters of ATP,
    held, sold and written off, and the same `terms`.
    """

    received_units = NumberAttribute(default=0)
    written_off_units = NumberAttribute(default=0)
    sold_units = NumberAttribute(default=0)
    held_units = NumberAttribute(default=0)
    atp_units = NumberAttribute(default=0)
    inbound_units = NumberAttribute(default=0)
    protected_units = NumberAttribute(default=0)
    reserve_units = NumberAttribute(default=0)
    terms = NumberAttribute(default=0)
    protection = UnicodeAttribute(null=True)
    allocations = NumberAttribute(default=0)
    shards = NumberAttribute(null=True)
    open_shards = NumberAttribute(null=True)


class DoneRow(Row):
    """
    pk = <store_id> or TRANSFER#<id>, sk = DONE#<command id>: the command was done, or refused (then
    the problem stands in `refusal`).
    """

    table = Table.STOCK
    fingerprint = UnicodeAttribute()
    at = UnicodeAttribute()
    refusal = UnicodeAttribute(null=True)


class MoveRow(Row):
    """
    pk = MOVES#<store_id>#<sku>, sk = <booked at>#<move id>; never changed once written.

    `units` are signed: on hand is their sum. `reference` is the order, transfer or stocktake;
    `happened_at` is a device's time, if that told of the move.
    """

    table = Table.STOCK
    kind = UnicodeAttribute()
    units = NumberAttribute()
    by = UnicodeAttribute()
    at = UnicodeAttribute()
    lot_id = UnicodeAttribute(null=True)
    expires_on = UnicodeAttribute(null=True)
    reason = UnicodeAttribute(null=True)
    reference = UnicodeAttribute(null=True)
    happened_at = UnicodeAttribute(null=True)


class LotRow(Row):
    """pk = LOTS#<store_id>#<sku>, sk = <expires on>#<lot id>; see `fefo.Lot`. `swept_units` are
    those that no level counts any more, because their last day is over and they are gone."""

    table = Table.STOCK
    units = NumberAttribute(default=0)
    swept_units = NumberAttribute(null=True)
    received_on = UnicodeAttribute()
    supplier_id = UnicodeAttribute(null=True)
    supplier_lot = UnicodeAttribute(null=True)
    received_celsius = NumberAttribute(null=True)
    cost_fen = NumberAttribute(null=True)


class StockItem(Dated):
    """Any item of the table, for audits: attributes that an item lacks are None."""

    received_units = NumberAttribute(null=True)
    written_off_units = NumberAttribute(null=True)
    sold_units = NumberAttribute(null=True)
    held_units = NumberAttribute(null=True)
    atp_units = NumberAttribute(null=True)
    inbound_units = NumberAttribute(null=True)
    protected_units = NumberAttribute(null=True)
    reserve_units = NumberAttribute(null=True)
    terms = NumberAttribute(null=True)
    protection = UnicodeAttribute(null=True)
    kind = UnicodeAttribute(null=True)
    units = NumberAttribute(null=True)
    lot_id = UnicodeAttribute(null=True)
    expires_on = UnicodeAttribute(null=True)
    reference = UnicodeAttribute(null=True)
    state = UnicodeAttribute(null=True)
    from_store_id = UnicodeAttribute(null=True)
    to_store_id = UnicodeAttribute(null=True)
    sku = UnicodeAttribute(null=True)
    shipped_units = NumberAttribute(null=True)
    lost_units = NumberAttribute(null=True)
    swept_units = NumberAttribute(null=True)
    shards = NumberAttribute(null=True)
    open_shards = NumberAttribute(null=True)


class StocktakeRow(Row):
    """pk = <store_id>, sk = STOCKTAKE#<id>; `body` has the lines with their variances."""

    table = Table.STOCK
    state = UnicodeAttribute()
    body = UnicodeAttribute()
    by = UnicodeAttribute()
    at = UnicodeAttribute()
    decided_by = UnicodeAttribute(null=True)
    decided_at = UnicodeAttribute(null=True)


class AllocationRow(Row):
    """pk = ALLOCATED#<store_id>#<sku>, sk = <wave id>: which order of the wave gets which lot."""

    table = Table.STOCK
    ends_at = UnicodeAttribute()
    body = UnicodeAttribute()


def allocated_key(store_id: str, sku: str) -> str:
    """The partition of a shelf's allocations."""
    return f"ALLOCATED#{store_id}#{sku}"


def stocktake_key(stocktake_id: object) -> str:
    """The sort key of a stocktake."""
    return f"STOCKTAKE#{stocktake_id}"


def done_key(command_id: object) -> str:
    """The sort key of a command that was done."""
    return f"DONE#{command_id}"


def moves_key(store_id: str, sku: str) -> str:
    """The partition of a shelf's moves."""
    return f"MOVES#{store_id}#{sku}"


def lots_key(store_id: str, sku: str) -> str:
    """The partition of a shelf's lots."""
    return f"LOTS#{store_id}#{sku}"


def lot_row(store_id: str, sku: str, lot_id: str, expires_on: date) -> LotRow:
    """The key of a lot, as a row."""
    return LotRow(lots_key(store_id, sku), f"{expires_on.isoformat()}#{lot_id}")


def lots_of(level: Level) -> list[Lot]:
    """The lots that a level counts, the first to expire first."""
    if not level.dated:
        return []
    later = LotRow.sk >= min(level.dated).isoformat()
    rows = reads.query(LotRow, lots_key(level.store_id, level.sku), later)
    return [lot_of(row) for row in rows]


def lot_of(row: LotRow) -> Lot:
    """The lot that a row stores."""
    expires_on, _, lot_id = str(row.sk).partition("#")
    celsius = row.received_celsius
    return Lot(
        lot_id=lot_id,
        expires_on=date.fromisoformat(expires_on),
        units=int(row.units) - int(row.swept_units or 0),
        received_on=date.fromisoformat(row.received_on),
        supplier_id=row.supplier_id,
        supplier_lot=row.supplier_lot,
        received_celsius=None if celsius is None else float(celsius),
        cost_fen=None if row.cost_fen is None else int(row.cost_fen),
    )


def level_of(
    store_id: str,
    sku: str,
    row: LevelRow | StockItem | None,
    others: Sequence[LevelRow | StockItem] = (),
) -> Level:
    """
    The level that a row stores, with the `others` of a split shelf in the order of their numbers;
    no row is an empty shelf.
    """
    if row is None:
        return Level(store_id, sku)
    shards = [_shard_of(each) for each in (row, *others)]
    return Level(
        store_id,
        sku,
        received_units=int(row.received_units or 0),
        written_off_units=sum(shard.written_off_units for shard in shards),
        sold_units=sum(shard.sold_units for shard in shards),
        held_units=sum(shard.held_units for shard in shards),
        atp_units=sum(shard.atp_units for shard in shards),
        inbound_units=int(row.inbound_units or 0),
        protected_units=int(row.protected_units or 0),
        reserve_units=int(row.reserve_units or 0),
        terms=int(row.terms or 0),
        protection=row.protection or "",
        dated=row.dated,
        shards=tuple(shards) if others else (),
        open_shards=int(row.open_shards or 1),
    )


def _shard_of(row: LevelRow | StockItem) -> Shard:
    names = ("atp_units", "held_units", "sold_units", "written_off_units")
    return Shard(**{name: int(getattr(row, name) or 0) for name in names})


def shard_key(sku: str, shard: int) -> str:
    """The sort key of a shelf's item: the level itself is number 0."""
    return f"{sku}#{shard}" if shard else sku


def shard_row(store_id: str, sku: str, shard: int) -> LevelRow:
    """The key of a shelf's item, as a row."""
    return LevelRow(store_id, shard_key(sku, shard))
