"""
Sales that a till told of when it was online again, of goods that the books do not have: they are
gone, so they are neither refused nor forgotten. They stay open, the store's to settle, until
somebody counts the shelf: then they were there, and were sold.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from linli.kernel import reads
from linli.kernel.time import parse_instant, rfc3339
from linli.kernel.transact import Transaction
from linli.stock.booking import Why, note
from linli.stock.model import Level, ShelfMoved
from linli.stock.rows_between import ConflictRow, conflicts_key

MOST_LISTED = 200
MOST_SETTLED = 20
"""One count settles so many at most; the next one settles more."""


@dataclass(frozen=True, slots=True)
class TillConflict:
    """Units that were sold beyond what the books had; open until a count has settled it."""

    sale_id: str
    store_id: str
    sku: str
    units: int
    sold_at: str
    by: str
    told_at: str


def note_conflict(tx: Transaction, seen: Level, units: int, why: Why) -> None:
    """Remember units of a sale that the books do not have, in the transaction of the sale."""
    assert why.happened_at is not None, "a till tells when it sold"
    row = ConflictRow(
        conflicts_key(seen.store_id),
        f"{seen.sku}#{why.move_id}",
        units=units,
        sold_at=rfc3339(why.happened_at),
        by=why.by,
        at=rfc3339(why.now),
    )
    tx.put(row, condition=ConflictRow.pk.does_not_exist())


def conflicts(store_id: str, skus: Iterable[str] | None = None) -> list[TillConflict]:
    """The open conflicts of a store, of all SKUs or some, at most `MOST_LISTED`."""
    rows = reads.query(ConflictRow, conflicts_key(store_id), most=MOST_LISTED)
    found = [_conflict(store_id, row) for row in rows]
    wanted = {each.sku for each in found} if skus is None else set(skus)
    return [each for each in found if each.sku in wanted]


def settle(tx: Transaction, conflict: TillConflict, why: Why) -> None:
    """
    Close it, and write the sale's move; whoever has counted books the level.

    Raises, when `tx` commits:
        ShelfMoved: Another count has settled it.
    """
    row = ConflictRow(conflicts_key(conflict.store_id), f"{conflict.sku}#{conflict.sale_id}")
    tx.delete(row, condition=ConflictRow.pk.exists(), refusal=ShelfMoved())
    sold = Why(
        f"{conflict.sale_id}/late",
        "till_sold",
        conflict.by,
        why.now,
        reference=why.reference,
        happened_at=parse_instant(conflict.sold_at),
    )
    note(tx, conflict.store_id, conflict.sku, -conflict.units, sold)


def _conflict(store_id: str, row: ConflictRow) -> TillConflict:
    sku, _, sale_id = str(row.sk).partition("#")
    return TillConflict(
        sale_id=sale_id,
        store_id=store_id,
        sku=sku,
        units=int(row.units),
        sold_at=row.sold_at,
        by=row.by,
        told_at=row.at,
    )
