"""
Booking goods in and out of a store: the level, its moves and its lots in one transaction.

Every change of what is on hand goes through here, or through `promise.sell`; each leaves moves
that say why, so that on hand is always their sum.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from linli.kernel import reads
from linli.kernel.errors import AlreadyDone, IdReused, Refused
from linli.kernel.time import rfc3339
from linli.kernel.transact import Transaction, transaction
from linli.stock.fefo import Lot
from linli.stock.model import Level, UnknownLot
from linli.stock.rows import (
    DoneRow,
    LevelRow,
    LotRow,
    MoveRow,
    dated,
    done_key,
    level_of,
    lot_row,
    moves_key,
)


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
    tx: Transaction,
    store_id: str,
    sku: str,
    lots: Sequence[Lot],
    why: Why,
    *,
    inbound_units: int = 0,
) -> None:
    """Put units of `lots` on the shelf; `inbound_units` of them were on their way before."""
    units = sum(lot.units for lot in lots)
    by_date: list[Action] = [dated(lot.expires_on).add(lot.units) for lot in _by_date(lots)]
    counters = [LevelRow.received_units.add(units), LevelRow.atp_units.add(units)]
    tx.update(
        LevelRow(store_id, sku),
        [
            *counters,
            *_zeros(),
            LevelRow.inbound_units.add(-inbound_units),
            LevelRow.terms.add(1),
            *by_date,
        ],
    )
    for n, lot in enumerate(lots):
        note(tx, store_id, sku, lot.units, why, lot, n)
        tx.update(lot_row(store_id, sku, lot.lot_id, lot.expires_on), _lot_in(lot))


def _by_date(lots: Iterable[Lot]) -> list[Lot]:
    """One lot for each date, with the units of all: an update names an attribute once."""
    units: dict[object, Lot] = {}
    for lot in lots:
        before = units.get(lot.expires_on)
        more = before.units if before else 0
        units[lot.expires_on] = Lot(lot.lot_id, lot.expires_on, lot.units + more, lot.received_on)
    return list(units.values())


def _zeros() -> list[Action]:
    """A level has all its counters from the first booking on, so that conditions can compare."""
    return [
        LevelRow.held_units.add(0),
        LevelRow.sold_units.add(0),
        LevelRow.written_off_units.add(0),
        LevelRow.protected_units.add(0),
        LevelRow.reserve_units.add(0),
    ]


def _lot_in(lot: Lot) -> list[Action]:
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
    return facts


def book_out(
    tx: Transaction,
    store_id: str,
    sku: str,
    units: int,
    why: Why,
    refusal: Refused,
    lots: Sequence[Lot] = (),
    *,
    condition: Condition | None = None,
) -> None:
    """
    Take `units` of the ATP off the shelf unsold, of `lots` if they are known; `refusal` when the
    ATP is less, the lots are gone, or the level does not meet `condition`.
    """
    enough = LevelRow.atp_units >= units
    by_date: list[Action] = []
    for lot in _by_date(lots):
        enough = enough & (dated(lot.expires_on) >= lot.units)
        by_date.append(dated(lot.expires_on).add(-lot.units))
    terms = [LevelRow.terms.add(1)] if lots else []
    tx.update(
        LevelRow(store_id, sku),
        [LevelRow.written_off_units.add(units), LevelRow.atp_units.add(-units), *terms, *by_date],
        condition=enough if condition is None else enough & condition,
        refusal=refusal,
    )
    for n, lot in enumerate(lots):
        note(tx, store_id, sku, -lot.units, why, lot, n)
        tx.update(
            lot_row(store_id, sku, lot.lot_id, lot.expires_on),
            [LotRow.units.add(-lot.units)],
            condition=(LotRow.units >= lot.units) & LotRow.swept_units.does_not_exist(),
            refusal=UnknownLot(),
        )
    if not lots:
        note(tx, store_id, sku, -units, why)


def book_found(
    tx: Transaction,
    store_id: str,
    sku: str,
    units: int,
    why: Why,
    *,
    condition: Condition | None = None,
    refusal: Refused | None = None,
) -> None:
    """
    Put units on the shelf of which nobody knows the lot. They count as the first to expire: what
    the lots account for is promised, and nothing beyond.
    """
    counters = [LevelRow.received_units.add(units), LevelRow.atp_units.add(units)]
    actions = [*counters, *_zeros(), LevelRow.terms.add(1)]
    tx.update(LevelRow(store_id, sku), actions, condition=condition, refusal=refusal)
    note(tx, store_id, sku, units, why)


def once(
    store_id: str,
    command_id: object,
    digest: str,
    now: datetime,
    write: Callable[[Transaction], None],
) -> bool:
    """
    Write, if the store's command was not done before; False: it was.

    Raises:
        IdReused: The id was used for another command of this store.
        Refused: What `write` refuses.
    """
    row = DoneRow(store_id, done_key(command_id), fingerprint=digest, at=rfc3339(now))
    try:
        with transaction() as tx:
            tx.put(row, condition=DoneRow.pk.does_not_exist(), refusal=AlreadyDone())
            write(tx)
    except AlreadyDone:
        check_same(reads.get(DoneRow, store_id, done_key(command_id)), digest)
        return False
    except Refused:  # Of what a resend that was faster has changed?
        if done_before(store_id, command_id, digest):
            return False
        raise
    return True


def done_before(store_id: str, command_id: object, digest: str) -> bool:
    """
    Whether the store's command was done.

    Raises:
        IdReused: Under this id, another was.
    """
    row = reads.get(DoneRow, store_id, done_key(command_id))
    if row is not None:
        check_same(row, digest)
    return row is not None


def check_same(row: DoneRow | None, digest: str) -> None:
    """
    Refuse unless the command that was done is the one with this digest.

    Raises:
        IdReused
    """
    if row is None or row.fingerprint != digest:
        raise IdReused


def level(store_id: str, sku: str) -> Level:
    """A level as it is now."""
    return level_of(store_id, sku, reads.get(LevelRow, store_id, sku))
