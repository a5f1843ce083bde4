"""Stocktake (盘点): counting, and a second person's eyes on a large variance."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from linli.kernel import reads
from linli.kernel.errors import AlreadyDone, Conflict, NotFound, Refused
from linli.kernel.ids import fingerprint
from linli.kernel.time import rfc3339
from linli.kernel.transact import Transaction
from linli.stock.booking import Why, book_counted
from linli.stock.commands import DecideStocktake, Stocktake
from linli.stock.conflicts import MOST_SETTLED, conflicts, settle
from linli.stock.items import check_same
from linli.stock.levels import levels
from linli.stock.model import Level, NotEnoughOnHand, Shelf
from linli.stock.once import once, settled
from linli.stock.rows import StocktakeRow, stocktake_key

TOLERATED_UNITS = 2
TOLERATED_SHARE = 0.05
"""A variance beyond both needs another person's approval."""


class FourEyes(Refused):
    """Who counted cannot approve what they counted."""

    code = "four_eyes"
    title_en = "Another person has to decide on this stocktake"
    title_zh = "盘点差异须由他人审批"


@dataclass(frozen=True, slots=True)
class Counted:
    """A line of a stocktake: what was counted, what the books said, and the difference."""

    sku: str
    counted_units: int
    book_units: int

    @property
    def variance_units(self) -> int:
        """More (positive) or fewer units than the books say."""
        return self.counted_units - self.book_units

    @property
    def is_large(self) -> bool:
        """Whether another person has to look."""
        return abs(self.variance_units) > max(TOLERATED_UNITS, TOLERATED_SHARE * self.book_units)


@dataclass(frozen=True, slots=True)
class Told:
    """A stocktake as kept: `applied`, `waiting` for another person, or `rejected`."""

    stocktake_id: str
    store_id: str
    state: str
    by: str
    at: str
    decided_by: str | None
    lines: tuple[Counted, ...]


def take_stock(command: Stocktake, *, by: str, now: datetime) -> Told:
    """
    Compare what was counted with the books, at this moment; small variances are booked at once,
    and sales that tills told of beyond the books are settled.

    Raises:
        NotEnoughOnHand: What is missing is promised to orders.
        IdReused: The id was used for another command of this store.
        Contended: Goods moved at every attempt.
    """
    digest = fingerprint(command, kind="stocktaken")
    once(command.store_id, command.id, digest, now, lambda tx: _count(tx, command, by, now))
    return stocktake(command.store_id, str(command.id))


def _count(tx: Transaction, command: Stocktake, by: str, now: datetime) -> None:
    found = levels((command.store_id, each.sku) for each in command.counts)
    lines = [
        Counted(each.sku, each.counted_units, found[command.store_id, each.sku].on_hand_units)
        for each in command.counts
    ]
    state = "waiting" if any(line.is_large for line in lines) else "applied"
    row = StocktakeRow(
        command.store_id,
        stocktake_key(command.id),
        state=state,
        body=json.dumps([[line.sku, line.counted_units, line.book_units] for line in lines]),
        by=by,
        at=rfc3339(now),
    )
    tx.put(row, condition=StocktakeRow.pk.does_not_exist())
    if state == "applied":
        _book(tx, _told(row), found, by, now, as_seen=True)
    else:  # What was compared must still be so.
        for line in lines:
            check_same(tx, found[command.store_id, line.sku])


def _book(
    tx: Transaction,
    told: Told,
    found: Mapping[Shelf, Level],
    by: str,
    now: datetime,
    *,
    as_seen: bool = False,
) -> None:
    """
    Book the variances, and settle what tills have sold beyond the books. Variances are differences
    from the books of the moment of counting, so that they hold whatever was sold since.
    """
    why = Why(told.stocktake_id, "stocktaken", by, now, reference=told.stocktake_id)
    late = conflicts(told.store_id, (line.sku for line in told.lines))[:MOST_SETTLED]
    for conflict in late:
        settle(tx, conflict, why)
    for line in told.lines:
        seen = found[told.store_id, line.sku]
        sold_units = sum(each.units for each in late if each.sku == line.sku)
        if line.variance_units or sold_units:
            booked = line.variance_units, sold_units, why, NotEnoughOnHand()
            book_counted(tx, seen, *booked, as_seen=as_seen)
        elif as_seen:
            check_same(tx, seen)


def decide(stocktake_id: str, command: DecideStocktake, *, by: str, now: datetime) -> Told:
    """
    Approve or reject a waiting stocktake; deciding the same again changes nothing.

    Raises:
        NotFound: The store has no such stocktake.
        FourEyes: Who decides is who counted.
        Conflict: It was decided otherwise, or needed no decision.
        NotEnoughOnHand: What is missing is promised to orders by now.
    """
    told = stocktake(command.store_id, stocktake_id)
    state = "applied" if command.approve else "rejected"
    if told.state == "waiting" and told.by == by:
        raise FourEyes
    try:
        if told.state == "waiting":
            settled(lambda tx: _decide(tx, told, state, by, now))
    except (AlreadyDone, NotEnoughOnHand):  # Has somebody decided meanwhile?
        if stocktake(command.store_id, stocktake_id).state == "waiting":
            raise
    after = stocktake(command.store_id, stocktake_id)
    if after.state != state or after.decided_by is None:
        raise Conflict(f"the stocktake is {after.state}")
    return after


def _decide(tx: Transaction, told: Told, state: str, by: str, now: datetime) -> None:
    tx.update(
        StocktakeRow(told.store_id, stocktake_key(told.stocktake_id)),
        [
            StocktakeRow.state.set(state),
            StocktakeRow.decided_by.set(by),
            StocktakeRow.decided_at.set(rfc3339(now)),
        ],
        condition=StocktakeRow.state == "waiting",
        refusal=AlreadyDone(),
    )
    if state == "applied":
        found = levels((told.store_id, line.sku) for line in told.lines)
        _book(tx, told, found, by, now)


def stocktake(store_id: str, stocktake_id: str) -> Told:
    """
    A stocktake of a store.

    Raises:
        NotFound
    """
    row = reads.get(StocktakeRow, store_id, stocktake_key(stocktake_id))
    if row is None:
        raise NotFound
    return _told(row)


def stocktakes(store_id: str) -> list[Told]:
    """The newest stocktakes of a store, at most 50."""
    rows = reads.query(
        StocktakeRow,
        store_id,
        StocktakeRow.sk.startswith("STOCKTAKE#"),
        most=50,
        newest_first=True,
    )
    return [_told(row) for row in rows]


def _told(row: StocktakeRow) -> Told:
    return Told(
        stocktake_id=str(row.sk).removeprefix("STOCKTAKE#"),
        store_id=row.pk,
        state=row.state,
        by=row.by,
        at=row.at,
        decided_by=row.decided_by,
        lines=tuple(Counted(*line) for line in json.loads(row.body)),
    )
