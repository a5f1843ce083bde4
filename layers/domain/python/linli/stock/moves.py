"""Receipts, write-offs and returns to suppliers; and where all the units went."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from linli import catalogue
from linli.catalogue import Product
from linli.kernel import reads
from linli.kernel.errors import Conflict, NotFound
from linli.kernel.ids import fingerprint
from linli.kernel.time import local_date, rfc3339
from linli.kernel.transact import Transaction
from linli.stock import fefo
from linli.stock.booking import Why, book_in, book_out
from linli.stock.commands import Receipt, SupplierReturn, WriteOff
from linli.stock.fefo import Lot
from linli.stock.levels import level
from linli.stock.model import (
    ExpiredGoods,
    Level,
    NotEnoughOnHand,
    TooWarm,
    UnknownGoods,
    UnknownLot,
)
from linli.stock.once import once
from linli.stock.rows import MoveRow, lots_of, moves_key

WARMEST_CELSIUS = {"chilled": 8.0, "frozen": -12.0}
"""How warm goods of a cold zone may arrive (GB 31605-2020, with 6 C of play for frozen)."""
RETURN_DAYS = 1
"""Goods go back to their supplier on the day they came or the day after (次日可退)."""
MOST_MOVES = 200


class TooLateToReturn(Conflict):
    """The supplier takes goods back until the day after they came."""

    code = "too_late_to_return"
    title_en = "Suppliers take goods back until the next day only"
    title_zh = "仅限次日内退货"


@dataclass(frozen=True, slots=True)
class Move:
    """A change of what was on hand: signed units, why, by whom and when it was booked."""

    move_id: str
    kind: str
    units: int
    by: str
    at: str
    lot_id: str | None
    expires_on: str | None
    reason: str | None
    reference: str | None
    happened_at: str | None


def receive(receipt: Receipt, *, by: str, now: datetime) -> Level:
    """
    Book goods in; sending it again changes nothing.

    Raises:
        UnknownGoods: Nobody sells this product.
        ExpiredGoods: The lot's last day is over.
        TooWarm: Cold goods came in too warm.
        IdReused: The id was used for another command of this store.
    """

    def write(tx: Transaction) -> None:
        products = catalogue.products_by_id([receipt.sku])
        check_receipt(receipt, products.get(receipt.sku), now)
        why = Why(str(receipt.id), "received", by, now)
        book_in(tx, level(receipt.store_id, receipt.sku), [lot_in(receipt, now)], why)

    once(receipt.store_id, receipt.id, fingerprint(receipt, kind="received"), now, write)
    return level(receipt.store_id, receipt.sku)


def check_receipt(receipt: Receipt, product: Product | None, now: datetime) -> None:
    """
    Refuse what must not come in.

    Raises:
        UnknownGoods, ExpiredGoods, TooWarm
    """
    if product is None:
        raise UnknownGoods(skus=[receipt.sku])
    if receipt.expires_on < local_date(now):
        raise ExpiredGoods
    warmest = WARMEST_CELSIUS.get(product.zone)
    celsius = receipt.received_celsius
    if warmest is not None and celsius is not None and celsius > warmest:
        raise TooWarm(most_celsius=warmest)


def lot_in(receipt: Receipt, now: datetime) -> Lot:
    """The lot that a receipt brings."""
    return Lot(
        lot_id=receipt.lot_id,
        expires_on=receipt.expires_on,
        units=receipt.units,
        received_on=local_date(now),
        supplier_id=receipt.supplier_id,
        supplier_lot=receipt.supplier_lot,
        received_celsius=receipt.received_celsius,
        cost_fen=receipt.cost_fen,
    )


def write_off(command: WriteOff, *, by: str, now: datetime) -> Level:
    """
    Book lost goods out; sending it again changes nothing.

    Raises:
        NotEnoughOnHand: Fewer units are free than are to be written off.
        UnknownLot: There are not so many of the lot that was named.
        IdReused: The id was used for another command of this store.
    """

    def write(tx: Transaction) -> None:
        why = Why(str(command.id), "written_off", by, now, reason=command.reason)
        there = level(command.store_id, command.sku)
        lots = named(command, lots_of(there)) if command.lot_id else []
        book_out(tx, there, command.units, why, NotEnoughOnHand(), lots)

    once(command.store_id, command.id, fingerprint(command, kind="written_off"), now, write)
    return level(command.store_id, command.sku)


def named(command: WriteOff | SupplierReturn, lots: Iterable[Lot]) -> list[Lot]:
    """
    The lot that a command names, with the command's units.

    Raises:
        UnknownLot: The store has not so many of it.
    """
    alike = [lot for lot in fefo.in_order(lots) if lot.lot_id == command.lot_id]
    if not alike or alike[0].units < command.units:
        raise UnknownLot
    return fefo.take(alike[:1], command.units)


def return_to_supplier(command: SupplierReturn, *, by: str, now: datetime) -> Level:
    """
    Send goods back to their supplier, on the day they came or the day after.

    Raises:
        UnknownLot: The store has not so many of the lot.
        TooLateToReturn: The lot came before yesterday.
        NotEnoughOnHand: Fewer units are free.
        IdReused: The id was used for another command of this store.
    """

    def write(tx: Transaction) -> None:
        there = level(command.store_id, command.sku)
        lots = fefo.remaining(lots_of(there), there.on_hand_units)
        going = named(command, lots)
        if going[0].received_on < local_date(now) - timedelta(days=RETURN_DAYS):
            raise TooLateToReturn
        supplier = going[0].supplier_id
        why = Why(str(command.id), "returned", by, now, reason=command.reason, reference=supplier)
        book_out(tx, there, command.units, why, NotEnoughOnHand(), going)

    once(command.store_id, command.id, fingerprint(command, kind="returned"), now, write)
    return level(command.store_id, command.sku)


def lots_on_hand(store_id: str, sku: str) -> list[Lot]:
    """What is left of each lot, the first to expire first."""
    there = level(store_id, sku)
    return fefo.remaining(lots_of(there), there.on_hand_units)


def moves_of(
    store_id: str, sku: str, since: datetime, before: datetime, after: str | None = None
) -> tuple[list[Move], str | None]:
    """
    A page of the shelf's moves booked in [`since`, `before`), the oldest first, and what to give
    as `after` for the next page (None: there is none).
    """
    low = after + "\x01" if after else rfc3339(since)  # Just behind the last move of that page.
    if after and not after >= rfc3339(since):
        raise NotFound
    span = MoveRow.sk.between(low, rfc3339(before))
    rows = reads.query(MoveRow, moves_key(store_id, sku), span, most=MOST_MOVES + 1)
    more = str(rows[MOST_MOVES - 1].sk) if len(rows) > MOST_MOVES else None
    return [_move_of(row) for row in rows[:MOST_MOVES]], more


def _move_of(row: MoveRow) -> Move:
    names = ("kind", "by", "at", "lot_id", "expires_on", "reason", "reference", "happened_at")
    kept = {name: getattr(row, name) for name in names}
    return Move(move_id=str(row.sk).partition("#")[2], units=int(row.units), **kept)
