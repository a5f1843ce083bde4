"""Expired goods leave the books of their shelf; nobody was promised them beyond their last day."""

from datetime import date, datetime

from pynamodb.expressions.update import Action

from linli.kernel.errors import Refused
from linli.kernel.time import local_date
from linli.kernel.transact import transaction
from linli.stock.booking import Why, note
from linli.stock.model import Level
from linli.stock.pool import of_store
from linli.stock.rows import LevelRow, dated

SWEEPER = "sweep_stock"


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
    expired = level.short_units(today)
    units = min(expired, level.atp_units)
    gone = [last for last in level.dated if last < today] if units == expired else []
    if not units and not gone:
        return 0
    actions: list[Action] = [dated(last).remove() for last in gone]
    if units:
        actions += [LevelRow.written_off_units.add(units), LevelRow.atp_units.add(-units)]
    as_seen = (
        (LevelRow.atp_units == level.atp_units)
        & (LevelRow.held_units == level.held_units)
        & (LevelRow.terms == level.terms)
    )
    try:
        with transaction() as tx:
            row = LevelRow(level.store_id, level.sku)
            tx.update(row, [*actions, LevelRow.terms.add(1)], condition=as_seen, refusal=_Moved())
            if units:
                move_id = f"expired-{today:%Y%m%d}-{level.terms}"
                why = Why(move_id, "written_off", SWEEPER, now, reason="expired")
                note(tx, level.store_id, level.sku, -units, why)
    except _Moved:
        return 0
    return units
