"""
Lateral transfers (调剂): requested, shipped, received; what is shipped is in transit alone.

The giving store books the units out, the transfer holds them, the taking store books in what
arrived; the difference stays on the transfer as lost, with its reason.
"""

import json
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from linli import catalogue
from linli.kernel import reads
from linli.kernel.errors import AlreadyDone, Conflict, Invalid, NotFound
from linli.kernel.ids import fingerprint
from linli.kernel.time import local_date, rfc3339
from linli.kernel.transact import Transaction, transaction
from linli.stock import fefo
from linli.stock.booking import Why, book_in, book_out
from linli.stock.commands import ReceiveTransfer, RequestTransfer, ShipTransfer
from linli.stock.debts import owe
from linli.stock.fefo import Lot
from linli.stock.levels import level
from linli.stock.model import Level, NotEnoughOnHand, ShelfMoved, UnknownGoods
from linli.stock.once import once
from linli.stock.rows import LevelRow, lots_of
from linli.stock.rows_between import TRANSFER, PointerRow, TransferRow, transfer_key, transfers_key

MOST_LOTS = 20
MOST_LISTED = 50


@dataclass(frozen=True, slots=True)
class Transfer:
    """A transfer as kept: `requested`, `shipped`, `received` or `cancelled`."""

    transfer_id: str
    state: str
    from_store_id: str
    to_store_id: str
    sku: str
    wanted_units: int
    shipped_units: int
    received_units: int
    lost_units: int
    reason: str | None
    requested_at: str
    shipped_at: str | None
    received_at: str | None


def request(command: RequestTransfer, *, by: str, now: datetime) -> Transfer:
    """
    Ask a store for units; asking again changes nothing. The caller speaks for one of the stores.

    Raises:
        NotFound: There is no such store.
        UnknownGoods: Nobody sells this product.
        IdReused: The id was used for another transfer.
    """
    key = transfer_key(command.id)
    digest = fingerprint(command, kind="requested")
    once(key, command.id, digest, now, lambda tx: _request(tx, command, by, now))
    return transfer(str(command.id))


def _request(tx: Transaction, command: RequestTransfer, by: str, now: datetime) -> None:
    ends = (command.from_store_id, command.to_store_id)
    if len(catalogue.stores_by_id(ends)) < len(ends):
        raise NotFound
    if not catalogue.products_by_id([command.sku]):
        raise UnknownGoods(skus=[command.sku])
    row = TransferRow(
        transfer_key(command.id),
        TRANSFER,
        state="requested",
        from_store_id=command.from_store_id,
        to_store_id=command.to_store_id,
        sku=command.sku,
        wanted_units=command.units,
        requested_by=by,
        requested_at=rfc3339(now),
    )
    tx.put(row, condition=TransferRow.pk.does_not_exist())
    for store_id in ends:
        tx.put(PointerRow(transfers_key(store_id), str(command.id)))


def ship(transfer_id: str, command: ShipTransfer, *, by: str, now: datetime) -> Transfer:
    """
    Send units of a requested transfer on their way, the first to expire first.

    Raises:
        NotFound: There is no such transfer.
        NotEnoughOnHand: The store has fewer free units of lots that are still good.
        Conflict: It is not requested any more.
        IdReused: The id was used for another command of this transfer.
    """
    _row(transfer_id)
    key, digest = transfer_key(transfer_id), fingerprint(command, kind="shipped")
    once(key, command.id, digest, now, lambda tx: _ship(tx, transfer_id, command, by, now))
    return transfer(transfer_id)


def _ship(tx: Transaction, transfer_id: str, command: ShipTransfer, by: str, now: datetime) -> None:
    row = _row(transfer_id, "requested")
    seen = level(row.from_store_id, row.sku)
    lots = _going(seen, command.units, now)
    tx.update(
        TransferRow(transfer_key(transfer_id), TRANSFER),
        [
            TransferRow.state.set("shipped"),
            TransferRow.shipped_units.set(command.units),
            TransferRow.lots.set(json.dumps([_kept(lot) for lot in lots])),
            TransferRow.shipped_by.set(by),
            TransferRow.shipped_at.set(rfc3339(now)),
        ],
        condition=TransferRow.state == "requested",
        refusal=ShelfMoved(),
    )
    why = Why(transfer_id, "transfer_out", by, now, reference=transfer_id)
    book_out(tx, seen, command.units, why, NotEnoughOnHand(), lots)
    tx.update(LevelRow(row.to_store_id, row.sku), [LevelRow.inbound_units.add(command.units)])


def _going(giving: Level, units: int, now: datetime) -> list[Lot]:
    left = fefo.remaining(lots_of(giving), giving.on_hand_units)
    good = [lot for lot in left if lot.expires_on >= local_date(now)]
    lots = fefo.take(good, units)[:MOST_LOTS]
    if sum(lot.units for lot in lots) < units:
        raise NotEnoughOnHand
    return lots


def receive_transfer(
    transfer_id: str, command: ReceiveTransfer, *, by: str, now: datetime
) -> Transfer:
    """
    Book in what arrived of a shipped transfer.

    Raises:
        NotFound: There is no such transfer.
        Invalid: More arrived than was shipped, or a difference has no reason.
        Conflict: It is not on its way.
        IdReused: The id was used for another command of this transfer.
    """
    _row(transfer_id)
    key, digest = transfer_key(transfer_id), fingerprint(command, kind="arrived")
    once(key, command.id, digest, now, lambda tx: _receive(tx, transfer_id, command, by, now))
    return transfer(transfer_id)


def _receive(
    tx: Transaction, transfer_id: str, command: ReceiveTransfer, by: str, now: datetime
) -> None:
    row = _row(transfer_id, "shipped")
    shipped = int(row.shipped_units)
    if command.units > shipped or (command.units < shipped and command.reason is None):
        raise Invalid("at most what was shipped, and a reason for what is missing")
    lots = fefo.take([_lot(kept) for kept in json.loads(row.lots or "[]")], command.units)
    why = Why(transfer_id, "transfer_in", by, now, reason=command.reason, reference=transfer_id)
    tx.update(
        TransferRow(transfer_key(transfer_id), TRANSFER),
        _arrived(command, shipped, by, now),
        condition=TransferRow.state == "shipped",
        refusal=ShelfMoved(),
    )
    book_in(tx, level(row.to_store_id, row.sku), lots, why, inbound_units=shipped)
    owe(tx, (row.from_store_id, row.to_store_id), row.sku, lots, why)


def _arrived(command: ReceiveTransfer, shipped: int, by: str, now: datetime) -> list[Any]:
    told = [
        TransferRow.state.set("received"),
        TransferRow.received_units.set(command.units),
        TransferRow.lost_units.set(shipped - command.units),
        TransferRow.received_by.set(by),
        TransferRow.received_at.set(rfc3339(now)),
    ]
    return told + ([TransferRow.reason.set(command.reason)] if command.reason else [])


def cancel_transfer(transfer_id: str) -> Transfer:
    """
    Drop a transfer that has not been shipped; dropping it again changes nothing.

    Raises:
        NotFound: There is no such transfer.
        Conflict: It has been shipped.
    """
    try:
        with transaction() as tx:
            tx.update(
                TransferRow(transfer_key(transfer_id), TRANSFER),
                [TransferRow.state.set("cancelled")],
                condition=TransferRow.state.is_in("requested", "cancelled"),
                refusal=AlreadyDone(),
            )
    except AlreadyDone:
        found = transfer(transfer_id)
        raise Conflict(f"the transfer is {found.state}") from None
    return transfer(transfer_id)


def transfer(transfer_id: str) -> Transfer:
    """
    A transfer as it is now.

    Raises:
        NotFound
    """
    return _transfer(_row(transfer_id))


def transfers(store_id: str) -> list[Transfer]:
    """The newest transfers that a store gives or takes, at most `MOST_LISTED`."""
    ids = reads.query(PointerRow, transfers_key(store_id), most=MOST_LISTED, newest_first=True)
    found = reads.batch((TransferRow, transfer_key(each.sk), TRANSFER) for each in ids)
    rows = [found.get(TransferRow, transfer_key(each.sk), TRANSFER) for each in ids]
    return [_transfer(row) for row in rows if row is not None]


def _row(transfer_id: str, state: str | None = None) -> TransferRow:
    """
    The transfer, if it is in this state.

    Raises:
        NotFound, Conflict
    """
    row = reads.get(TransferRow, transfer_key(transfer_id), TRANSFER)
    if row is None:
        raise NotFound
    if state not in (None, row.state):
        raise Conflict(f"the transfer is {row.state}")
    return row


def _transfer(row: TransferRow) -> Transfer:
    return Transfer(
        transfer_id=str(row.pk).removeprefix("TRANSFER#"),
        state=row.state,
        from_store_id=row.from_store_id,
        to_store_id=row.to_store_id,
        sku=row.sku,
        wanted_units=int(row.wanted_units),
        shipped_units=int(row.shipped_units),
        received_units=int(row.received_units),
        lost_units=int(row.lost_units),
        reason=row.reason,
        requested_at=row.requested_at,
        shipped_at=row.shipped_at,
        received_at=row.received_at,
    )


def _kept(lot: Lot) -> dict[str, Any]:
    plain = asdict(lot)
    days = {name: plain[name].isoformat() for name in ("expires_on", "received_on")}
    return plain | days


def _lot(kept: dict[str, Any]) -> Lot:
    days = {name: date.fromisoformat(kept[name]) for name in ("expires_on", "received_on")}
    return Lot(**(kept | days))
