"""Which lot goes to which order of a wave: first expired, first out, decided at the freeze."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import date, datetime

from linli.kernel import reads
from linli.kernel.errors import AlreadyDone, Contended, Refused
from linli.kernel.time import local_date, rfc3339
from linli.kernel.transact import MOST_WRITES, Transaction, transaction
from linli.stock import fefo
from linli.stock.fefo import Share
from linli.stock.levels import levels
from linli.stock.model import Shelf, Source
from linli.stock.rows import (
    AllocationRow,
    LevelRow,
    allocated_key,
    lots_of,
)

_ATTEMPTS = 5
_AT_ONCE = MOST_WRITES // 2
_RECENT = 50
"""Of how many waves, by id, the lots that are set aside are looked at."""


class _Moved(Refused):
    """Another wave allocated from the same shelf at this moment."""


def allocate_lots(
    wave_id: str, wanted: Iterable[tuple[str, Source]], ends_at: datetime, now: datetime
) -> None:
    """
    Give the held units of a wave's orders, (order_id, source), their lots; doing it again changes
    nothing. `ends_at` is the slot's end: what expires before that day goes to nobody.

    Raises:
        Contended: Other waves allocated from a shelf at every attempt.
    """
    shelves: dict[Shelf, list[tuple[str, int]]] = defaultdict(list)
    for order_id, source in wanted:
        shelves[source.store_id, source.sku].append((order_id, source.units))
    left = [(shelf, sorted(orders)) for shelf, orders in sorted(shelves.items())]
    for start in range(0, len(left), _AT_ONCE):
        some = dict(left[start : start + _AT_ONCE])
        try:
            _allocate(wave_id, some, ends_at, now)
        except (_Moved, AlreadyDone):
            for shelf, orders in some.items():
                _allocate_one(shelf, wave_id, orders, ends_at, now)


def _allocate_one(
    shelf: Shelf, wave_id: str, orders: list[tuple[str, int]], ends_at: datetime, now: datetime
) -> None:
    for _ in range(_ATTEMPTS):
        try:
            _allocate(wave_id, {shelf: orders}, ends_at, now)
        except (_Moved, AlreadyDone):
            continue
        return
    raise Contended("other waves take from this shelf")


def _allocate(
    wave_id: str,
    wanted: Mapping[Shelf, list[tuple[str, int]]],
    ends_at: datetime,
    now: datetime,
) -> None:
    """Give out the lots of these shelves in one write, but for those that the wave has already."""
    done = reads.batch((AllocationRow, allocated_key(*shelf), wave_id) for shelf in wanted)
    open_ = [s for s in wanted if not done.get(AllocationRow, allocated_key(*s), wave_id)]
    bases = reads.batch((LevelRow, *shelf) for shelf in open_)
    there = levels(open_)
    with transaction() as tx:
        for shelf in open_:
            base = bases.get(LevelRow, *shelf)
            allocations = int(base.allocations) if base and base.allocations else 0
            earlier = _set_aside(shelf, now) if allocations else 0
            level = there[shelf]
            left = fefo.remaining(lots_of(level), level.on_hand_units)
            free = fefo.drop(left, earlier)
            shares = fefo.allocate(free, wanted[shelf], local_date(ends_at))
            _write(tx, shelf, wave_id, shares, ends_at, allocations)


def _set_aside(shelf: Shelf, now: datetime) -> int:
    """Units of the shelf that other waves under way have been given."""
    rows = reads.query(AllocationRow, allocated_key(*shelf), most=_RECENT, newest_first=True)
    under_way = [row for row in rows if row.ends_at > rfc3339(now)]
    return sum(share.units for row in under_way for share in _shares(row))


def _write(
    tx: Transaction,
    shelf: Shelf,
    wave_id: str,
    shares: list[Share],
    ends_at: datetime,
    allocations: int,
) -> None:
    same = LevelRow.allocations == allocations
    if not allocations:
        same = same | LevelRow.allocations.does_not_exist()
    body = json.dumps([asdict(share) for share in shares], default=date.isoformat)
    tx.put(
        AllocationRow(allocated_key(*shelf), wave_id, ends_at=rfc3339(ends_at), body=body),
        condition=AllocationRow.pk.does_not_exist(),
        refusal=AlreadyDone(),
    )
    tx.update(
        LevelRow(*shelf),
        [LevelRow.allocations.set(allocations + 1)],
        condition=same,
        refusal=_Moved(),
    )


def allocated(wave_id: str, store_id: str, sku: str) -> list[Share]:
    """Which lots the wave's orders get from a shelf; none before the wave was allocated."""
    row = reads.get(AllocationRow, allocated_key(store_id, sku), wave_id)
    return [] if row is None else _shares(row)


def _shares(row: AllocationRow) -> list[Share]:
    return [
        Share(
            order_id=kept["order_id"],
            units=kept["units"],
            lot_id=kept["lot_id"],
            expires_on=date.fromisoformat(kept["expires_on"]) if kept["expires_on"] else None,
        )
        for kept in json.loads(row.body)
    ]
