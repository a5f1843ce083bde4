"""Expired goods leave the books of their shelf; nobody was promised them beyond their last day."""

from collections import Counter
from dataclasses import replace
from datetime import date, datetime

from pynamodb.expressions.update import Action

from linli.kernel.time import local_date
from linli.kernel.transact import Transaction, transaction
from linli.stock.booking import Why, note
from linli.stock.fefo import Lot
from linli.stock.items import free_takes, on_new_terms
from linli.stock.levels import of_store
from linli.stock.model import Level, ShelfMoved
from linli.stock.rows import LevelRow, LotRow, dated, lot_row, lots_of
from linli.stock.split import tidy

SWEEPER = "sweep_stock"
MOST_LOTS = 50
"""Of so many lots of a shelf, the first to expire, one sweep forgets; the next ones follow."""


def sweep_store(store_id: str, now: datetime) -> int:
    """
    Write off what has expired in a store, and forget dates that are over; answers the units. What
    was split and should not be any more is joined as far as it can be.

    Units that are still held for an order stay until the order has ended: a later sweep follows.
    """
    today, levels = local_date(now), of_store(store_id)
    for level in levels:
        tidy(level)
    return sum(
        _sweep(level, today, now) for level in levels if any(last < today for last in level.dated)
    )


def _sweep(level: Level, today: date, now: datetime) -> int:
    expired = level.expired_units(today)
    units = min(expired, level.atp_units)
    over = [lot for lot in lots_of(level) if lot.expires_on < today]
    gone = over[:MOST_LOTS] if units == expired else []
    if not units and not gone:
        return 0
    try:
        with transaction() as tx:
            _write_off(tx, level, units, gone, Why(_id(level, today), "written_off", SWEEPER, now))
    except ShelfMoved:  # The next sweep sees to it.
        return 0
    return units


def _id(level: Level, today: date) -> str:
    """Of one terms there is one sweep a day: writing off is a change of terms."""
    return f"expired-{today:%Y%m%d}-{level.terms}"


def _write_off(tx: Transaction, level: Level, units: int, gone: list[Lot], why: Why) -> None:
    """Write off `units`, and forget the dates of lots of which nothing is left."""
    actions: list[Action] = [LevelRow.written_off_units.add(units)]
    left = Counter(dict(level.dated))
    left.subtract({last: sum(lot.units for lot in gone if lot.expires_on == last) for last in left})
    for last in sorted({lot.expires_on for lot in gone} & level.dated.keys()):
        rest = left[last]
        actions.append(dated(last).set(rest) if rest else dated(last).remove())
    out = free_takes(level, units, ShelfMoved())
    same_terms = LevelRow.terms == level.terms
    on_new_terms(tx, level, actions, out, condition=same_terms, as_seen=True)
    for lot in gone:
        swept = LotRow.swept_units.set((LotRow.swept_units | 0) + lot.units)
        tx.update(lot_row(level.store_id, level.sku, lot.lot_id, lot.expires_on), [swept])
    if units:
        note(tx, level.store_id, level.sku, -units, replace(why, reason="expired"))
