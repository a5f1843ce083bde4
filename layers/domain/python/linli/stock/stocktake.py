"""Stocktake (盘点): counting, and a second person's eyes on a large variance."""

import json
from dataclasses import dataclass
from datetime import datetime

from linli.kernel import reads
from linli.kernel.errors import AlreadyDone, Conflict, Contended, IdReused, NotFound, Refused
from linli.kernel.ids import fingerprint
from linli.kernel.time import rfc3339
from linli.kernel.transact import Transaction, transaction
from linli.stock.booking import Why, book_found, book_out
from linli.stock.commands import DecideStocktake, Stocktake
from linli.stock.model import Level, NotEnoughOnHand
from linli.stock.rows import LevelRow, StocktakeRow, level_of, stocktake_key

TOLERATED_UNITS = 2
TOLERATED_SHARE = 0.05
"""A variance beyond both needs another person's approval."""
_ATTEMPTS = 5


class FourEyes(Refused):
    """Who counted cannot approve what they counted."""

    code = "four_eyes"
    title_en = "Another person has to decide on this stocktake"
    title_zh = "盘点差异须由他人审批"


class _Moved(Refused):
    """Goods moved between the reading and the booking."""


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
    Compare what was counted with the books, at this moment; small variances are booked at once.

    Raises:
        NotEnoughOnHand: What is missing is promised to orders.
        IdReused: The id was used for another stocktake of this store.
        Contended: Goods moved at every attempt.
    """
    key = command.store_id, stocktake_key(command.id)
    for _ in range(_ATTEMPTS):
        if row := reads.get(StocktakeRow, *key):
            if row.fingerprint != fingerprint(command):
                raise IdReused
            return _told(row)
        try:
            return _count(command, by, now)
        except (_Moved, AlreadyDone):
            continue
        except NotEnoughOnHand:
            if reads.get(StocktakeRow, *key) is None:
                raise
    raise Contended("goods keep moving in this store")


def _count(command: Stocktake, by: str, now: datetime) -> Told:
    found = reads.batch((LevelRow, command.store_id, each.sku) for each in command.counts)
    levels = {
        each.sku: level_of(
            command.store_id, each.sku, found.get(LevelRow, command.store_id, each.sku)
        )
        for each in command.counts
    }
    lines = [
        Counted(each.sku, each.counted_units, levels[each.sku].on_hand_units)
        for each in command.counts
    ]
    state = "waiting" if any(line.is_large for line in lines) else "applied"
    row = StocktakeRow(
        command.store_id,
        stocktake_key(command.id),
        fingerprint=fingerprint(command),
        state=state,
        body=json.dumps([[line.sku, line.counted_units, line.book_units] for line in lines]),
        by=by,
        at=rfc3339(now),
    )
    told = _told(row)
    why = _why(told, by, now)
    with transaction() as tx:
        tx.put(row, condition=StocktakeRow.pk.does_not_exist(), refusal=AlreadyDone())
        for line in lines:  # What was compared must still be so, also when nothing is booked yet.
            units = line.variance_units if state == "applied" else 0
            _book_as_seen(tx, levels[line.sku], units, why)
    return told


def _why(told: Told, by: str, now: datetime) -> Why:
    return Why(told.stocktake_id, "stocktaken", by, now, reference=told.stocktake_id)


def _book_as_seen(tx: Transaction, seen: Level, units: int, why: Why) -> None:
    """Book a variance on the very level that was compared."""
    if seen.atp_units < -units:
        raise NotEnoughOnHand
    row = LevelRow(seen.store_id, seen.sku)
    same = (LevelRow.atp_units == seen.atp_units) & (LevelRow.held_units == seen.held_units)
    if seen.received_units == 0:
        same = same | LevelRow.atp_units.does_not_exist()
    if units == 0:
        tx.check(row, condition=same, refusal=_Moved())
    elif units > 0:
        book_found(tx, seen.store_id, seen.sku, units, why, condition=same, refusal=_Moved())
    else:
        book_out(tx, seen.store_id, seen.sku, -units, why, _Moved(), condition=same)


def _book(tx: Transaction, told: Told, why: Why) -> None:
    """
    Book the variances that were approved: they are differences from the books of the moment of
    counting, so they hold whatever was sold since.
    """
    for line in told.lines:
        units = line.variance_units
        if units > 0:
            book_found(tx, told.store_id, line.sku, units, why)
        elif units < 0:
            book_out(tx, told.store_id, line.sku, -units, why, NotEnoughOnHand())


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
            with transaction() as tx:
                tx.update(
                    StocktakeRow(command.store_id, stocktake_key(stocktake_id)),
                    [
                        StocktakeRow.state.set(state),
                        StocktakeRow.decided_by.set(by),
                        StocktakeRow.decided_at.set(rfc3339(now)),
                    ],
                    condition=StocktakeRow.state == "waiting",
                    refusal=AlreadyDone(),
                )
                if command.approve:
                    _book(tx, told, _why(told, by, now))
    except AlreadyDone:  # Somebody decided meanwhile: the next lines see how.
        told = stocktake(command.store_id, stocktake_id)
    after = stocktake(command.store_id, stocktake_id)
    if after.state != state or after.decided_by is None:
        raise Conflict(f"the stocktake is {after.state}")
    return after


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
