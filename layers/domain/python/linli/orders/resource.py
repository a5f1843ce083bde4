"""Frozen orders that are supplied from elsewhere than was held when they were placed."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from linli import stock
from linli.kernel.transact import Transaction, transaction
from linli.orders.model import Line, Order, SourceOf
from linli.orders.plan import Moved
from linli.orders.rows import OrderRow, body_of
from linli.orders.turn import WAVES, turn
from linli.stock import Source


def may_move(order: Order) -> bool:
    """
    Whether a wave may choose other sources: nothing of it is picked, no reserve was taken for it,
    it waits for no particular goods, and none of its shelves is split.
    """
    sources = [source for line in order.lines for source in line.sources]
    return (
        order.state == "frozen"
        and not order.progress.parts
        and not order.emergency
        and order.cycle_id is None
        and not any(source.shard for source in sources)
    )


def move_sources(
    orders: Mapping[str, tuple[Order, Sequence[Source]]],
    more: Sequence[Source],
    less: Sequence[Source],
    now: datetime,
) -> None:
    """
    Let orders (by id, as they were read) have other sources, all in one write: at the shelves of
    `more` units are held in addition, at those of `less` they are given back.

    Raises:
        Moved: Somebody else has the units by now; nothing was changed.
        MovedOn, OutOfOrder: An order is not as it was read; nothing was changed.
    """
    with transaction() as tx:
        for order, sources in orders.values():
            _turn(tx, order, sources, now)
        for source in more:
            stock.hold(tx, source, Moved())
        for source in less:
            stock.release(tx, source)


def _turn(tx: Transaction, order: Order, sources: Sequence[Source], now: datetime) -> None:
    lines = tuple(_line(line, sources) for line in order.lines)
    body = [OrderRow.body.set(body_of(order.model_copy(update={"lines": lines})))]
    turn(tx, order, "allocate", actor=WAVES, now=now, actions=body)


def _line(line: Line, sources: Sequence[Source]) -> Line:
    mine = tuple(
        SourceOf(store_id=each.store_id, owner_id=each.owner_id, units=each.units)
        for each in sources
        if each.sku == line.sku
    )
    assert sum(each.units for each in mine) == line.units, "a line keeps its units"
    return line.model_copy(update={"sources": mine})
