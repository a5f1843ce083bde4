"""Goods that were sold before they came: on their way, then held for their orders at once."""

from collections.abc import Sequence
from dataclasses import replace

from linli.kernel.transact import Transaction
from linli.stock.booking import Why, book_in, note
from linli.stock.fefo import Lot
from linli.stock.rows import LevelRow, LotRow, dated, lot_row


def expect(tx: Transaction, store_id: str, sku: str, units: int) -> None:
    """So many more units (fewer, if negative) are on their way to a store."""
    tx.update(LevelRow(store_id, sku), [LevelRow.inbound_units.add(units)])


def arrive_held(tx: Transaction, store_id: str, sku: str, lots: Sequence[Lot], why: Why) -> None:
    """
    Book in units that were on their way, held for an order, in the transaction that makes it.

    They are never available to promise, not for a moment. Writes 1 + 2 per lot.
    """
    merged = _merged(lots)
    units = sum(lot.units for lot in merged)
    by_date: dict[object, int] = {}
    for lot in merged:
        by_date[lot.expires_on] = by_date.get(lot.expires_on, 0) + lot.units
    firsts = {lot.expires_on: lot for lot in merged}
    tx.update(
        LevelRow(store_id, sku),
        [
            LevelRow.received_units.add(units),
            LevelRow.held_units.add(units),
            LevelRow.inbound_units.add(-units),
            *(c.add(0) for c in (LevelRow.atp_units, LevelRow.sold_units)),
            *(c.add(0) for c in (LevelRow.written_off_units, LevelRow.protected_units)),
            LevelRow.reserve_units.add(0),
            LevelRow.terms.add(1),
            *(dated(day).add(by_date[day]) for day in firsts),
        ],
        condition=LevelRow.inbound_units >= units,
    )
    for n, lot in enumerate(merged):
        note(tx, store_id, sku, lot.units, why, lot, n)
        tx.update(
            lot_row(store_id, sku, lot.lot_id, lot.expires_on),
            [
                LotRow.units.add(lot.units),
                LotRow.received_on.set(LotRow.received_on | lot.received_on.isoformat()),
            ],
        )


def arrive_free(tx: Transaction, store_id: str, sku: str, lot: Lot, why: Why) -> None:
    """Book in units that were on their way and are nobody's: they are available at once."""
    book_in(tx, store_id, sku, [lot], why, inbound_units=lot.units)


def _merged(lots: Sequence[Lot]) -> list[Lot]:
    """Each lot once: a transaction writes an item once."""
    found: dict[tuple[object, str], Lot] = {}
    for lot in lots:
        key = lot.expires_on, lot.lot_id
        before = found[key].units if key in found else 0
        found[key] = replace(lot, units=lot.units + before)
    return list(found.values())
