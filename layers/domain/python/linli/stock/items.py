"""
Writing the items of a shelf, one or several, as it was read.

If it is split otherwise by then, or has not what it had, the write is refused with `ShelfMoved`,
and whoever reads it anew may begin anew (`once.settled`).
"""

from collections.abc import Sequence

from pynamodb.attributes import NumberAttribute
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from linli.kernel.errors import Refused
from linli.kernel.transact import Transaction
from linli.stock import shards
from linli.stock.model import Level, Shard, ShelfMoved
from linli.stock.rows import LevelRow, shard_row
from linli.stock.shards import Take


def on_new_terms(
    tx: Transaction,
    seen: Level,
    actions: Sequence[Action],
    takes: Sequence[Take] = (),
    *,
    condition: Condition | None = None,
    as_seen: bool = False,
) -> None:
    """
    Change what promises rest on, with `actions` on the level itself, if that meets `condition`:
    all items of a split shelf are on the new terms at once. `takes` says what the items give or
    get; `as_seen`: only if each has what it was seen to have.
    """
    given = {take.shard: take for take in takes}
    for n in range(len(seen.split)):
        take = given.get(n, Take(n, 0, 0))
        mine: list[Action] = [LevelRow.terms.add(1), LevelRow.atp_units.add(-take.units)]
        there = same_items(seen) if n == 0 else LevelRow.terms == seen.terms
        for each in (
            enough(take) if take.least_units > 0 else None,
            same(seen, n) if as_seen else None,
            condition if n == 0 else None,
        ):
            there = there if each is None else there & each
        row = shard_row(seen.store_id, seen.sku, n)
        tx.update(row, mine + list(actions) * (n == 0), condition=there, refusal=ShelfMoved())


def check_same(tx: Transaction, seen: Level) -> None:
    """Let `tx` fail with `ShelfMoved` if the shelf has other units than it was seen to have."""
    for n in range(len(seen.split)):
        there = same(seen, n) & same_items(seen) if n == 0 else same(seen, n)
        row = shard_row(seen.store_id, seen.sku, n)
        tx.check(row, condition=there, refusal=ShelfMoved())


def same(seen: Level, n: int) -> Condition:
    """Item `n` has the units that it was seen to have."""
    shard = seen.shards[n] if seen.shards else Shard(seen.atp_units, seen.held_units)
    condition: Condition = (LevelRow.atp_units == shard.atp_units) & (
        LevelRow.held_units == shard.held_units
    )
    return condition if seen.received_units else condition | LevelRow.atp_units.does_not_exist()


def same_items(seen: Level) -> Condition:
    """The shelf is split into as many items as it was."""
    condition: Condition = (
        LevelRow.shards == len(seen.shards) if seen.shards else LevelRow.shards.does_not_exist()
    )
    return condition


def enough(take: Take) -> Condition:
    """The item has what the take needs."""
    condition: Condition = LevelRow.atp_units >= take.least_units
    return condition


def free_takes(seen: Level, units: int, refusal: Refused) -> list[Take]:
    """
    From where to take units that nobody was promised, whatever they are kept for.

    Raises:
        Refused: `refusal`; there are not so many.
    """
    if seen.atp_units < units:
        raise refusal
    fullest = max(range(len(seen.split)), key=lambda n: seen.split[n])
    found = shards.takes(seen.split, units, 0, fullest)
    assert found is not None, "the sum is enough"
    return found


def take_free(
    tx: Transaction,
    seen: Level,
    units: int,
    refusal: Refused,
    into: NumberAttribute,
    *,
    at: int | None = None,
) -> None:
    """
    Move units from the ATP to another counter (of item `at`, or of one that gives), without new
    terms.

    Raises, here or when `tx` commits:
        Refused: `refusal`; there are not so many.
        ShelfMoved: There are not, any more.
    """
    found = free_takes(seen, units, refusal)
    at = found[0].shard if at is None else at
    if at not in {take.shard for take in found}:
        found.append(Take(at, 0, 0))
    for take in found:
        counted = [into.add(units)] if take.shard == at else []
        there = enough(take) if seen.shards else enough(take) & same_items(seen)
        tx.update(
            shard_row(seen.store_id, seen.sku, take.shard),
            [LevelRow.atp_units.add(-take.units), *counted],
            condition=there,
            refusal=ShelfMoved(),
        )


def zeros(*but: NumberAttribute) -> list[Action]:
    """
    A level has all its counters from the first booking on, so that conditions can compare; `but`
    those that the same write counts.
    """
    counters = (
        LevelRow.held_units,
        LevelRow.sold_units,
        LevelRow.written_off_units,
        LevelRow.protected_units,
        LevelRow.reserve_units,
    )
    return [each.add(0) for each in counters if all(each is not other for other in but)]
