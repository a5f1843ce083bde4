"""What orders do to a level, each as part of the order's own write; and its terms."""

from dataclasses import dataclass
from datetime import datetime

from linli import catalogue
from linli.kernel.errors import Refused
from linli.kernel.transact import Transaction, transaction
from linli.stock import hours
from linli.stock.booking import Why, note
from linli.stock.items import on_new_terms, take_free
from linli.stock.levels import level
from linli.stock.model import Level, NotForEmergencies, Source
from linli.stock.once import settled
from linli.stock.rows import LevelRow, shard_row
from linli.stock.shards import Take, takes


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

    Of a split shelf one item gives them, or all of them together do and share out anew what they
    have left; they are counted as held at the source's shard.
    """
    same_terms = LevelRow.terms == source.terms
    if not source.terms:
        same_terms = same_terms | LevelRow.terms.does_not_exist()
    for take in _takes(source, refusal):
        held = source.units if take.shard == source.shard else 0
        tx.update(
            shard_row(source.store_id, source.sku, take.shard),
            [LevelRow.atp_units.add(-take.units), LevelRow.held_units.add(held)],
            condition=(LevelRow.atp_units >= take.least_units) & same_terms,
            refusal=refusal,
        )


def _takes(source: Source, refusal: Refused) -> list[Take]:
    """From which items to take, and that at which the units are counted as held."""
    if len(source.split) < 2:
        return [Take(0, source.units, source.units + source.kept_units)]
    found = takes(source.split, source.units, source.kept_units, source.shard)
    if found is None:
        raise refusal
    if source.shard in {take.shard for take in found}:
        return found
    return [*found, Take(source.shard, 0, 0)]


def _at(source: Source) -> LevelRow:
    """The item at which the source's units are held."""
    return shard_row(source.store_id, source.sku, source.shard)


def release(tx: Transaction, source: Source) -> None:
    """Give held units back to the pool, in the transaction that ends their order."""
    tx.update(
        _at(source),
        [LevelRow.atp_units.add(source.units), LevelRow.held_units.add(-source.units)],
        condition=LevelRow.held_units >= source.units,
    )


def sell(tx: Transaction, source: Source, sale: Sale) -> None:
    """
    Turn held units into sold ones, in the transaction that ends their order; 2 writes.

    That transaction makes it happen once: an order ends once, and so the move's id is the order's.
    """
    tx.update(
        _at(source),
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
        _at(source),
        [LevelRow.written_off_units.add(source.units), LevelRow.held_units.add(-source.units)],
        condition=LevelRow.held_units >= source.units,
    )
    move_id, by, now = f"{sale.order_id}/short", sale.by, sale.now
    why = Why(move_id, "written_off", by, now, reason="counted_short", reference=sale.order_id)
    note(tx, source.store_id, source.sku, -source.units, why)


def hold_from_shelf(tx: Transaction, source: Source, refusal: Refused) -> None:
    """
    Hold units that a picker has in hand, what is protected or reserved included.

    Raises, here or when `tx` commits:
        Refused: `refusal`; there are not so many.
        ShelfMoved: Somebody else has taken them at this moment.
    """
    seen = level(source.store_id, source.sku)
    take_free(tx, seen, source.units, refusal, LevelRow.held_units, at=source.shard)


def sell_at_till(tx: Transaction, seen: Level, units: int, why: Why, refusal: Refused) -> None:
    """
    Sell from the ATP at once, what is protected included, what is held never; 2 writes.

    Raises as `hold_from_shelf`.
    """
    take_free(tx, seen, units, refusal, LevelRow.sold_units)
    note(tx, seen.store_id, seen.sku, -units, why)


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
    kept = [LevelRow.reserve_units.set(units)]
    settled(lambda tx: on_new_terms(tx, level(store_id, sku), kept))
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
