"""Goods that were sold before they came: on their way, then held for their orders at once."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from linli.kernel.transact import Transaction
from linli.stock.booking import Why, book_in, note, put_in_lot
from linli.stock.fefo import Lot
from linli.stock.items import on_new_terms
from linli.stock.levels import level
from linli.stock.rows import LevelRow, dated


def expect(tx: Transaction, store_id: str, sku: str, units: int) -> None:
    """So many more units (fewer, if negative) are on their way to a store."""
    tx.update(LevelRow(store_id, sku), [LevelRow.inbound_units.add(units)])


def arrive_held(tx: Transaction, store_id: str, sku: str, lots: Sequence[Lot], why: Why) -> None:
    """
    Book in units that were on their way, held for an order, in the transaction that makes it.

    They are never available to promise, not for a moment. Writes 1 + 2 per lot.

    Raises, when `tx` commits:
        ShelfMoved: Fewer are on their way, or the shelf is split otherwise by now.
    """
    merged = _merged(lots)
    units = sum(lot.units for lot in merged)
    by_date: Counter[date] = Counter()
    for lot in merged:
        by_date[lot.expires_on] += lot.units
    seen = level(store_id, sku)
    here = [
        LevelRow.received_units.add(units),
        LevelRow.held_units.add(units),
        LevelRow.inbound_units.add(-units),
        *(c.add(0) for c in (LevelRow.sold_units, LevelRow.written_off_units)),
        *(c.add(0) for c in (LevelRow.protected_units, LevelRow.reserve_units)),
        *(dated(day).add(more) for day, more in by_date.items()),
    ]
    on_new_terms(tx, seen, here, condition=LevelRow.inbound_units >= units)
    for n, lot in enumerate(merged):
        note(tx, store_id, sku, lot.units, why, lot, n)
        put_in_lot(tx, seen, lot)


def arrive_free(tx: Transaction, store_id: str, sku: str, lot: Lot, why: Why) -> None:
    """Book in units that were on their way and are nobody's: they are available at once."""
    book_in(tx, level(store_id, sku), [lot], why, inbound_units=lot.units)


def _merged(lots: Sequence[Lot]) -> list[Lot]:
    """Each lot once: a transaction writes an item once."""
    found: dict[tuple[object, str], Lot] = {}
    for lot in lots:
        key = lot.expires_on, lot.lot_id
        before = found[key].units if key in found else 0
        found[key] = replace(lot, units=lot.units + before)
    return list(found.values())
