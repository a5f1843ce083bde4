"""Which lot goes to which order of a wave: first expired, first out, decided at the freeze."""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, datetime

from linli.kernel import reads
from linli.kernel.errors import AlreadyDone, Contended, Refused
from linli.kernel.time import local_date, rfc3339
from linli.kernel.transact import transaction
from linli.stock import fefo
from linli.stock.fefo import Share
from linli.stock.levels import level
from linli.stock.model import Shelf, Source
from linli.stock.rows import (
    AllocationRow,
    LevelRow,
    allocated_key,
    lots_of,
)

_ATTEMPTS = 5
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
    for shelf, orders in sorted(shelves.items()):
        _allocate(shelf, wave_id, sorted(orders), ends_at, now)


def _allocate(
    shelf: Shelf, wave_id: str, orders: list[tuple[str, int]], ends_at: datetime, now: datetime
) -> None:
    for _ in range(_ATTEMPTS):
        if reads.get(AllocationRow, allocated_key(*shelf), wave_id):
            return
        rows = reads.query(AllocationRow, allocated_key(*shelf), most=_RECENT, newest_first=True)
        earlier = sum(
            share.units for row in rows if row.ends_at > rfc3339(now) for share in _shares(row)
        )
        seen = reads.get(LevelRow, *shelf)
        there = level(*shelf)
        left = fefo.remaining(lots_of(there), there.on_hand_units)
        shares = fefo.allocate(fefo.drop(left, earlier), orders, local_date(ends_at))
        try:
            _write(shelf, wave_id, shares, ends_at, int(seen.allocations) if seen else 0)
        except (_Moved, AlreadyDone):
            continue
        return
    raise Contended("other waves take from this shelf")


def _write(
    shelf: Shelf, wave_id: str, shares: list[Share], ends_at: datetime, allocations: int
) -> None:
    same = LevelRow.allocations == allocations
    if not allocations:
        same = same | LevelRow.allocations.does_not_exist()
    body = json.dumps([asdict(share) for share in shares], default=date.isoformat)
    with transaction() as tx:
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
