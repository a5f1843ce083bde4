"""Reading levels: one item of each shelf, and the others of those that are split."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from linli.kernel import reads
from linli.stock.model import Level, Shelf, ShelfMoved
from linli.stock.rows import LevelRow, level_of, shard_key

_ATTEMPTS = 5
Bases = Mapping[Shelf, LevelRow | None]


def level(store_id: str, sku: str) -> Level:
    """
    A level as it is now.

    Raises:
        ShelfMoved: The shelf was split and joined at every attempt.
    """
    return levels([(store_id, sku)])[store_id, sku]


def levels(shelves: Iterable[Shelf]) -> dict[Shelf, Level]:
    """Levels as they are now, by (store_id, sku); raises as `level`."""
    wanted = list(shelves)
    found = reads.batch((LevelRow, *shelf) for shelf in wanted)
    return complete({shelf: found.get(LevelRow, *shelf) for shelf in wanted})


def complete(bases: Bases) -> dict[Shelf, Level]:
    """
    The levels of the `bases` that were read; where there are split shelves among them, their
    other items are read too, until all of a shelf are on the same terms: whatever moves units
    between them changes those.

    Raises:
        ShelfMoved: They were not, at every attempt.
    """
    wanted, whole = list(bases), dict[Shelf, Level]()
    for _ in range(_ATTEMPTS):
        whole |= _agreeing(bases)
        broken = [shelf for shelf in wanted if shelf not in whole]
        if not broken:
            return {shelf: whole[shelf] for shelf in wanted}
        again = reads.batch((LevelRow, *shelf) for shelf in broken)
        bases = {shelf: again.get(LevelRow, *shelf) for shelf in broken}
    raise ShelfMoved("the shelf is being split")


def _agreeing(bases: Bases) -> dict[Shelf, Level]:
    """The levels of those shelves of which all items are there, and on the same terms."""
    others = {shelf: range(1, _shards(row)) for shelf, row in bases.items()}
    keys = [(s, shard_key(sku, n)) for (s, sku), numbers in others.items() for n in numbers]
    found = reads.batch((LevelRow, *key) for key in keys)
    whole = {}
    for (store_id, sku), base in bases.items():
        rows = [found.get(LevelRow, store_id, shard_key(sku, n)) for n in others[store_id, sku]]
        there = [row for row in rows if row is not None]
        if len(there) == len(rows) and _agree(base, there):
            whole[store_id, sku] = level_of(store_id, sku, base, there)
    return whole


def _shards(row: LevelRow | None) -> int:
    return int(row.shards or 1) if row is not None else 1


def _agree(base: LevelRow | None, others: Sequence[LevelRow]) -> bool:
    return base is None or all((row.terms or 0) == (base.terms or 0) for row in others)


def of_store(store_id: str) -> list[Level]:
    """The levels of one store, by SKU."""
    rows = reads.query(LevelRow, store_id, LevelRow.sk < "A")  # Moves sort after digits.
    found, broken = dict[Shelf, Level](), list[Shelf]()
    for sku, same in groupby(rows, key=lambda row: str(row.sk).partition("#")[0]):
        base, *others = same
        if base.sk == sku and len(others) == _shards(base) - 1 and _agree(base, others):
            found[store_id, sku] = level_of(store_id, sku, base, others)
        else:
            broken.append((store_id, sku))
    found |= levels(broken) if broken else {}
    return [found[shelf] for shelf in sorted(found)]
