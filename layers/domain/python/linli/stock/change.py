"""What orders do to a level, each as part of the order's own write; and its terms."""

from dataclasses import dataclass
from datetime import datetime

from linli import catalogue
from linli.kernel.errors import Refused
from linli.kernel.transact import Transaction, transaction
from linli.stock import hours
from linli.stock.booking import Why, level, note
from linli.stock.model import Level, NotForEmergencies, Source
from linli.stock.rows import LevelRow


@dataclass(frozen=True, slots=True)
class Sale:
    """The order by which held units are sold, who says so, and when."""

    order_id: str
    by: str
    now: datetime


def hold(tx: Transaction, source: Source, refusal: Refused) -> None:
    """
    Promise units to an order, in its transaction; `refusal` when they are gone (I1), or when the
    level's reserve or lots are not those that the promise was made on.
    """
    same_terms = LevelRow.terms == source.terms
    if not source.terms:
        same_terms = same_terms | LevelRow.terms.does_not_exist()
    tx.update(
        LevelRow(source.store_id, source.sku),
        [LevelRow.atp_units.add(-source.units), LevelRow.held_units.add(source.units)],
        condition=(LevelRow.atp_units >= source.units + source.kept_units) & same_terms,
        refusal=refusal,
    )


def release(tx: Transaction, source: Source) -> None:
    """Give held units back to the pool, in the transaction that ends their order."""
    tx.update(
        LevelRow(source.store_id, source.sku),
        [LevelRow.atp_units.add(source.units), LevelRow.held_units.add(-source.units)],
        condition=LevelRow.held_units >= source.units,
    )


def sell(tx: Transaction, source: Source, sale: Sale) -> None:
    """
    Turn held units into sold ones, in the transaction that ends their order; 2 writes.

    That transaction makes it happen once: an order ends once, and so the move's id is the order's.
    """
    tx.update(
        LevelRow(source.store_id, source.sku),
        [LevelRow.sold_units.add(source.units), LevelRow.held_units.add(-source.units)],
        condition=LevelRow.held_units >= source.units,
    )
    why = Why(sale.order_id, "sold", sale.by, sale.now, reference=sale.order_id)
    note(tx, source.store_id, source.sku, -source.units, why)


def lose(tx: Transaction, source: Source, sale: Sale) -> None:
    """
    Write off held units that the picker of an order did not find, in the pick's own transaction;
    2 writes. A store tells its part of an order once, and so the move's id is the order's.
    """
    tx.update(
        LevelRow(source.store_id, source.sku),
        [LevelRow.written_off_units.add(source.units), LevelRow.held_units.add(-source.units)],
        condition=LevelRow.held_units >= source.units,
    )
    move_id, by, now = f"{sale.order_id}/short", sale.by, sale.now
    why = Why(move_id, "written_off", by, now, reason="counted_short", reference=sale.order_id)
    note(tx, source.store_id, source.sku, -source.units, why)


def hold_from_shelf(tx: Transaction, source: Source, refusal: Refused) -> None:
    """Hold units that a picker has in hand, what is protected or reserved included."""
    tx.update(
        LevelRow(source.store_id, source.sku),
        [LevelRow.atp_units.add(-source.units), LevelRow.held_units.add(source.units)],
        condition=LevelRow.atp_units >= source.units,
        refusal=refusal,
    )


def sell_at_till(
    tx: Transaction, store_id: str, sku: str, units: int, why: Why, refusal: Refused
) -> None:
    """Sell from the ATP at once, what is protected included, what is held never; 2 writes."""
    tx.update(
        LevelRow(store_id, sku),
        [LevelRow.sold_units.add(units), LevelRow.atp_units.add(-units)],
        condition=LevelRow.atp_units >= units,
        refusal=refusal,
    )
    note(tx, store_id, sku, -units, why)


def put_protection(store_id: str, sku: str, units: int) -> Level:
    """Keep at least `units` of a SKU for the store's own walk-ins, at every hour."""
    with transaction() as tx:
        tx.update(LevelRow(store_id, sku), [LevelRow.protected_units.set(units)])
    return level(store_id, sku)


def protection(store_id: str, sku: str) -> tuple[int, list[int]]:
    """Units kept for walk-ins: at least so many, and by hour of the local week."""
    found = level(store_id, sku)
    return found.protected_units, hours.unpack(found.protection)


def put_reserve(store_id: str, sku: str, units: int) -> Level:
    """
    Keep `units` of a SKU for emergencies; orders planned on the old reserve plan anew.

    Raises:
        NotForEmergencies: The product is not on the emergency list.
    """
    found = catalogue.products_by_id([sku]).get(sku)
    if found is None or not found.emergency:
        raise NotForEmergencies
    with transaction() as tx:
        tx.update(
            LevelRow(store_id, sku), [LevelRow.reserve_units.set(units), LevelRow.terms.add(1)]
        )
    return level(store_id, sku)


def put_hours(seen: Level, units_by_hour: list[int]) -> bool:
    """
    Keep units for walk-ins by hour of the local week (168 numbers); False: they are kept already.
    """
    packed = hours.pack(units_by_hour)
    if seen.protection == packed:
        return False
    with transaction() as tx:
        tx.update(LevelRow(seen.store_id, seen.sku), [LevelRow.protection.set(packed)])
    return True
