"""Everything that changes a level; each is part of a write that an id makes happen once."""

from collections.abc import Callable
from datetime import datetime

from linli.kernel import reads
from linli.kernel.errors import AlreadyDone, IdReused, Refused
from linli.kernel.ids import fingerprint
from linli.kernel.time import rfc3339
from linli.kernel.transact import Transaction, transaction
from linli.stock.model import Level, NotEnoughOnHand, Receipt, Source, WriteOff
from linli.stock.rows import LevelRow, MoveRow, level_of, move_key


def hold(tx: Transaction, source: Source, refusal: Refused) -> None:
    """Promise units to an order, in its transaction; `refusal` when they are gone (I1)."""
    tx.update(
        LevelRow(source.store_id, source.sku),
        [LevelRow.atp_units.add(-source.units), LevelRow.held_units.add(source.units)],
        condition=LevelRow.atp_units >= source.units + source.protected_units,
        refusal=refusal,
    )


def release(tx: Transaction, source: Source) -> None:
    """Give held units back to the pool, in the transaction that ends their order."""
    tx.update(
        LevelRow(source.store_id, source.sku),
        [LevelRow.atp_units.add(source.units), LevelRow.held_units.add(-source.units)],
        condition=LevelRow.held_units >= source.units,
    )


def sell(tx: Transaction, source: Source) -> None:
    """Turn held units into sold ones, in the transaction that delivers their order."""
    tx.update(
        LevelRow(source.store_id, source.sku),
        [LevelRow.sold_units.add(source.units), LevelRow.held_units.add(-source.units)],
        condition=LevelRow.held_units >= source.units,
    )


def receive(receipt: Receipt, *, by: str, now: datetime) -> Level:
    """
    Book goods in; sending it again changes nothing.

    Raises:
        IdReused: The id was used for another move of this store.
    """
    actions = [
        LevelRow.received_units.add(receipt.units),
        LevelRow.atp_units.add(receipt.units),
    ]
    with_zeros = [
        LevelRow.held_units.add(0),
        LevelRow.sold_units.add(0),
        LevelRow.written_off_units.add(0),
        LevelRow.protected_units.add(0),
    ]

    def book(tx: Transaction) -> None:
        tx.update(LevelRow(receipt.store_id, receipt.sku), actions + with_zeros)

    return _move("received", receipt, book, by=by, now=now)


def write_off(command: WriteOff, *, by: str, now: datetime) -> Level:
    """
    Book lost goods out; sending it again changes nothing.

    Raises:
        NotEnoughOnHand: Fewer units are free than are to be written off.
        IdReused: The id was used for another move of this store.
    """

    def book(tx: Transaction) -> None:
        tx.update(
            LevelRow(command.store_id, command.sku),
            [
                LevelRow.written_off_units.add(command.units),
                LevelRow.atp_units.add(-command.units),
            ],
            condition=LevelRow.atp_units >= command.units,
            refusal=NotEnoughOnHand(),
        )

    return _move("written_off", command, book, by=by, now=now)


def put_protection(store_id: str, sku: str, units: int) -> Level:
    """Keep `units` of a SKU for the store's own walk-ins; sending it again changes nothing."""
    with transaction() as tx:
        tx.update(LevelRow(store_id, sku), [LevelRow.protected_units.set(units)])
    return level_of(store_id, sku, reads.get(LevelRow, store_id, sku))


def _move(
    kind: str,
    command: Receipt | WriteOff,
    book: Callable[[Transaction], None],
    *,
    by: str,
    now: datetime,
) -> Level:
    row = MoveRow(
        command.store_id,
        move_key(command.id),
        sku=command.sku,
        kind=kind,
        units=command.units,
        body=command.model_dump_json(),
        by=by,
        at=rfc3339(now),
        fingerprint=fingerprint(command, kind=kind),
    )
    try:
        with transaction() as tx:
            tx.put(row, condition=MoveRow.pk.does_not_exist(), refusal=AlreadyDone())
            book(tx)
    except AlreadyDone:
        written = reads.get(MoveRow, command.store_id, move_key(command.id))
        if written is None or written.fingerprint != row.fingerprint:
            raise IdReused from None
    level = reads.get(LevelRow, command.store_id, command.sku)
    return level_of(command.store_id, command.sku, level)
