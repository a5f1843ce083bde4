"""Splitting a hot shelf into several items, and joining it again when it is not hot any more."""

from pynamodb.expressions.condition import Condition

from linli.kernel.transact import Transaction
from linli.stock.items import same_items
from linli.stock.levels import level
from linli.stock.model import Level, NothingToSplit, Shard, ShelfMoved
from linli.stock.once import settled
from linli.stock.rows import LevelRow, shard_row
from linli.stock.shards import fair


def split(store_id: str, sku: str, shards: int) -> Level:
    """
    Let promises begin at `shards` items; doing it again changes nothing. With fewer than before,
    an item that still counts held units stays until their orders have ended (`tidy`).

    Raises:
        NothingToSplit: Nothing was ever booked in.
        Contended: It was changed at every attempt.
    """

    def act(tx: Transaction) -> None:
        seen = level(store_id, sku)
        if not seen.received_units:
            raise NothingToSplit
        if (seen.open_shards, len(seen.split)) != (shards, kept_items(seen, shards)):
            _split(tx, seen, shards)

    settled(act)
    return level(store_id, sku)


def tidy(seen: Level) -> None:
    """
    Join what is split into more items than it should be, as far as no units are held there.

    Raises:
        Contended: It was changed at every attempt.
    """
    if len(seen.split) > seen.open_shards:
        split(seen.store_id, seen.sku, seen.open_shards)


def kept_items(seen: Level, shards: int) -> int:
    """How many items there must be: those behind the last one wanted or holding units may go."""
    holding = [n + 1 for n, shard in enumerate(seen.shards) if shard.held_units]
    return max([shards, *holding])


def _split(tx: Transaction, seen: Level, shards: int) -> None:
    """Share the ATP out over `shards` items, on new terms; none are held elsewhere than before."""
    before = seen.shards or (Shard(seen.atp_units, seen.held_units),)
    kept = kept_items(seen, shards)
    after = fair(seen.atp_units, shards) + [0] * (kept - shards)
    gone = before[kept:]
    _write_level(tx, seen, after[0] - before[0].atp_units, gone, (shards, kept))
    for n in range(1, max(kept, len(before))):
        row = shard_row(seen.store_id, seen.sku, n)
        if n >= len(before):
            row.atp_units, row.terms = after[n], seen.terms + 1
            tx.put(row, condition=LevelRow.pk.does_not_exist(), refusal=ShelfMoved())
            continue
        same = (LevelRow.terms == seen.terms) & (LevelRow.atp_units >= before[n].atp_units)
        if n < kept:
            moved = [LevelRow.atp_units.add(after[n] - before[n].atp_units), LevelRow.terms.add(1)]
            tx.update(row, moved, condition=same, refusal=ShelfMoved())
        else:
            tx.delete(row, condition=same & _is(before[n]), refusal=ShelfMoved())


def _write_level(
    tx: Transaction, seen: Level, more: int, gone: tuple[Shard, ...], items: tuple[int, int]
) -> None:
    """The level itself: what the items that go have counted, and how many there are now."""
    shards, kept = items
    numbers = (LevelRow.open_shards.set(shards), LevelRow.shards.set(kept))
    if kept == 1:
        numbers = (LevelRow.open_shards.remove(), LevelRow.shards.remove())
    tx.update(
        LevelRow(seen.store_id, seen.sku),
        [
            *numbers,
            LevelRow.terms.add(1),
            LevelRow.atp_units.add(more),
            LevelRow.sold_units.add(sum(shard.sold_units for shard in gone)),
            LevelRow.written_off_units.add(sum(shard.written_off_units for shard in gone)),
        ],
        condition=same_items(seen)
        & (LevelRow.terms == seen.terms)
        & (LevelRow.atp_units >= seen.split[0]),
        refusal=ShelfMoved(),
    )


def _is(shard: Shard) -> Condition:
    """An item that nothing is held at, with what it was seen to count: all of that is kept."""
    same: Condition = (
        (LevelRow.held_units == 0)
        & (LevelRow.atp_units == shard.atp_units)
        & (LevelRow.sold_units == shard.sold_units)
        & (LevelRow.written_off_units == shard.written_off_units)
    )
    return same
