"""Expired goods leave the books of their shelf; nobody was promised them beyond their last day."""

from collections import Counter
from dataclasses import replace
from datetime import date, datetime

from pynamodb.expressions.update import Action

from linli.kernel.errors import Refused
from linli.kernel.time import local_date
from linli.kernel.transact import Transaction, transaction
from linli.stock.booking import Why, note
from linli.stock.fefo import Lot
from linli.stock.model import Level
from linli.stock.pool import of_store
from linli.stock.rows import LevelRow, LotRow, dated, lot_row, lots_of

SWEEPER = "sweep_stock"
MOST_LOTS = 50
"""Of so many lots of a shelf, the first to expire, one sweep forgets; the next ones follow."""


class _Moved(Refused):
    """The level moved on between the reading and the write: the next sweep sees to it."""


def sweep_store(store_id: str, now: datetime) -> int:
    """
    Write off what has expired in a store, and forget dates that are over; answers the units.

    Units that are still held for an order stay until the order has ended: a later sweep follows.
    """
    today = local_date(now)
    return sum(
        _sweep(level, today, now)
        for level in of_store(store_id)
        if any(last < today for last in level.dated)
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
    except _Moved:
        return 0
    return units


def _id(level: Level, today: date) -> str:
    """Of one terms there is one sweep a day: writing off is a change of terms."""
    return f"expired-{today:%Y%m%d}-{level.terms}"


def _write_off(tx: Transaction, level: Level, units: int, gone: list[Lot], why: Why) -> None:
    """Write off `units`, and forget the dates of lots of which nothing is left."""
    as_seen = (
        (LevelRow.atp_units == level.atp_units)
        & (LevelRow.held_units == level.held_units)
        & (LevelRow.terms == level.terms)
    )
    actions: list[Action] = [
        LevelRow.terms.add(1),
        LevelRow.written_off_units.add(units),
        LevelRow.atp_units.add(-units),
    ]
    left = Counter(dict(level.dated))
    left.subtract({last: sum(lot.units for lot in gone if lot.expires_on == last) for last in left})
    for last in sorted({lot.expires_on for lot in gone} & level.dated.keys()):
        rest = left[last]
        actions.append(dated(last).set(rest) if rest else dated(last).remove())
    row = LevelRow(level.store_id, level.sku)
    tx.update(row, actions, condition=as_seen, refusal=_Moved())
    for lot in gone:
        swept = LotRow.swept_units.set((LotRow.swept_units | 0) + lot.units)
        tx.update(lot_row(level.store_id, level.sku, lot.lot_id, lot.expires_on), [swept])
    if units:
        note(tx, level.store_id, level.sku, -units, replace(why, reason="expired"))
