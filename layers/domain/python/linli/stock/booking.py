"""
Booking goods in and out of a store: the level, its moves and its lots in one transaction.

Every change of what is on hand goes through here, or through `change.sell` and its like; each
leaves moves that say why, so that on hand is always their sum.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from linli.kernel.errors import Refused
from linli.kernel.time import rfc3339
from linli.kernel.transact import Transaction
from linli.stock import shards
from linli.stock.fefo import Lot
from linli.stock.items import free_takes, on_new_terms, take_free, zeros
from linli.stock.model import Level, ShelfMoved
from linli.stock.rows import LevelRow, LotRow, MoveRow, dated, lot_row, moves_key
from linli.stock.shards import Take


@dataclass(frozen=True, slots=True)
class Why:
    """What a move was for, and who says so; `move_id` is unique on its shelf."""

    move_id: str
    kind: str
    by: str
    now: datetime
    reason: str | None = None
    reference: str | None = None
    happened_at: datetime | None = None


def note(
    tx: Transaction,
    store_id: str,
    sku: str,
    units: int,
    why: Why,
    lot: Lot | None = None,
    n: int = 0,
) -> None:
    """Write a move of `units` (signed); `n` tells apart the moves of one `why`."""
    move_id = f"{why.move_id}.{n}" if n else why.move_id
    at = rfc3339(why.now)
    tx.put(
        MoveRow(
            moves_key(store_id, sku),
            f"{at}#{move_id}",
            kind=why.kind,
            units=units,
            by=why.by,
            at=at,
            lot_id=lot.lot_id if lot else None,
            expires_on=lot.expires_on.isoformat() if lot else None,
            reason=why.reason,
            reference=why.reference,
            happened_at=rfc3339(why.happened_at) if why.happened_at else None,
        ),
        condition=MoveRow.pk.does_not_exist(),
    )


def book_in(
    tx: Transaction, seen: Level, lots: Sequence[Lot], why: Why, *, inbound_units: int = 0
) -> None:
    """Put units of `lots` on the shelf; `inbound_units` of them were on their way before."""
    by_date: list[Action] = [dated(lot.expires_on).add(lot.units) for lot in _by_date(lots)]
    on_way = [LevelRow.inbound_units.add(-inbound_units)]
    units = sum(lot.units for lot in lots)
    come = [Take(n, -more, 0) for n, more in enumerate(shards.fill(seen.split, units))]
    received = [LevelRow.received_units.add(units), *zeros(), *on_way, *by_date]
    on_new_terms(tx, seen, received, come)
    for n, lot in enumerate(lots):
        note(tx, seen.store_id, seen.sku, lot.units, why, lot, n)
        put_in_lot(tx, seen, lot)


def _by_date(lots: Iterable[Lot]) -> list[Lot]:
    """One lot for each date, with the units of all: an update names an attribute once."""
    units: dict[object, Lot] = {}
    for lot in lots:
        before = units.get(lot.expires_on)
        more = before.units if before else 0
        units[lot.expires_on] = Lot(lot.lot_id, lot.expires_on, lot.units + more, lot.received_on)
    return list(units.values())


def put_in_lot(tx: Transaction, seen: Level, lot: Lot) -> None:
    """Units come to a lot; what is known of it is what was told first."""
    facts: list[Action] = [
        LotRow.units.add(lot.units),
        LotRow.received_on.set(LotRow.received_on | lot.received_on.isoformat()),
    ]
    if lot.supplier_id is not None:
        facts.append(LotRow.supplier_id.set(LotRow.supplier_id | lot.supplier_id))
    if lot.supplier_lot is not None:
        facts.append(LotRow.supplier_lot.set(LotRow.supplier_lot | lot.supplier_lot))
    if lot.received_celsius is not None:
        facts.append(LotRow.received_celsius.set(LotRow.received_celsius | lot.received_celsius))
    if lot.cost_fen is not None:
        facts.append(LotRow.cost_fen.set(LotRow.cost_fen | lot.cost_fen))
    tx.update(lot_row(seen.store_id, seen.sku, lot.lot_id, lot.expires_on), facts)


def book_out(
    tx: Transaction,
    seen: Level,
    units: int,
    why: Why,
    refusal: Refused,
    lots: Sequence[Lot] = (),
) -> None:
    """
    Take `units` of the ATP off the shelf unsold, of `lots` if they are known.

    Raises, here or when `tx` commits:
        Refused: `refusal`; the ATP is less.
        ShelfMoved: It is less by now, or the lots are gone.
    """
    if lots:
        counted: list[Action] = [LevelRow.written_off_units.add(units)]
        there: Condition | None = None
        for lot in _by_date(lots):
            counted.append(dated(lot.expires_on).add(-lot.units))
            has = dated(lot.expires_on) >= lot.units
            there = has if there is None else there & has
        out = free_takes(seen, units, refusal)
        on_new_terms(tx, seen, counted, out, condition=there)
    else:
        take_free(tx, seen, units, refusal, LevelRow.written_off_units)
    for n, lot in enumerate(lots):
        note(tx, seen.store_id, seen.sku, -lot.units, why, lot, n)
        tx.update(
            lot_row(seen.store_id, seen.sku, lot.lot_id, lot.expires_on),
            [LotRow.units.add(-lot.units)],
            condition=(LotRow.units >= lot.units) & LotRow.swept_units.does_not_exist(),
            refusal=ShelfMoved(),
        )
    if not lots:
        note(tx, seen.store_id, seen.sku, -units, why)


def book_counted(
    tx: Transaction,
    seen: Level,
    variance_units: int,
    sold_units: int,
    why: Why,
    refusal: Refused,
    *,
    as_seen: bool = False,
) -> None:
    """
    Book what a count says: so many units more, or fewer, are on hand than the books have. Of
    `sold_units` it was known that they had left: they were there, then, and were sold.

    What was found has no lot. It counts as the first to expire: what the lots account for is
    promised, and nothing beyond.

    Raises, here or when `tx` commits:
        Refused: `refusal`; what is missing is not in the ATP.
        ShelfMoved: It is not any more, or (`as_seen`) the shelf has other units.
    """
    found = variance_units + sold_units
    sold, lost = LevelRow.sold_units, LevelRow.written_off_units
    counted = [sold.add(sold_units), lost.add(max(0, -found)), *zeros(sold, lost)]
    counted.append(LevelRow.received_units.add(max(0, found)))
    if variance_units < 0:
        moved = free_takes(seen, -variance_units, refusal)
    else:
        more = shards.fill(seen.split, variance_units)
        moved = [Take(n, -units, 0) for n, units in enumerate(more)]
    on_new_terms(tx, seen, counted, moved, as_seen=as_seen)
    if found:
        note(tx, seen.store_id, seen.sku, found, why)
