"""The second task: who supplies what, chosen over all orders of the wave, and which lots."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from linli import catalogue, orders, slots, stock
from linli.kernel.errors import Refused
from linli.kernel.settings import Settings
from linli.kernel.time import local_date
from linli.orders import Order
from linli.orders.rules import LASTMILE_METRES, sources_of
from linli.slots import Slot
from linli.sourcing import Choice, Demand, Group, Sourcing, groups, held, kept_sound, outlay
from linli.stock import Level, Shelf, Source
from linli.waves.model import Step
from linli.waves.rows import ORDERS, SOURCES
from linli.waves.steps import advance, keep_body, present, read_body

Allocator = Callable[[Sourcing, float], Mapping[str, Choice]]
"""Problem and seconds → sources by order; may raise anything, since it is another's machinery."""
SEARCH_SECONDS = 4.0


def allocate(
    step: Step, now: datetime, settings: Settings, allocator: Allocator | None = None
) -> dict[str, Any]:
    """
    Move the wave's orders to better sources where there are any, then give them their lots.

    Sources move once for a wave: a later run keeps what an earlier one has moved. Without an
    allocator, or if it fails, orders keep the sources that they were promised.

    Raises:
        Superseded, NotFound: See `steps.present`.
        Contended: See `stock.allocate_lots`.
    """
    wave = present(step)
    order_ids: list[str] = read_body(step.wave_id, ORDERS)
    slot = slots.close(step.wave_id, now)
    wanted = orders.read_all(order_ids)
    if wave.state == "frozen" and read_body(step.wave_id, SOURCES) is None:
        told = _move(wanted, slot, now, settings, allocator)
        keep_body(step.wave_id, SOURCES, told)
        wanted = orders.read_all(order_ids)
    waiting = [order for order in wanted.values() if order.state not in orders.ENDED]
    kept = [(order.order_id, source) for order in waiting for source in sources_of(order)]
    stock.allocate_lots(step.wave_id, kept, slot.ends_at, now)
    if wave.state == "frozen":
        advance(step, "allocated", now)
    return {**step.model_dump(), "orders": len(order_ids)}


def _move(
    wanted: Mapping[str, Order],
    slot: Slot,
    now: datetime,
    settings: Settings,
    allocator: Allocator | None,
) -> dict[str, Any]:
    """Look for better sources and move to them; answers what it came to."""
    pools = _pools(wanted, settings)
    problem, levels = _problem(wanted, pools, slot, now)
    choices, why = _chosen(problem, allocator)
    found = groups(problem, choices)
    moved = [g for g in found if _carry_out(g, wanted, pools, levels, slot, now)]
    before = outlay(problem, held(problem))
    return {
        "orders": len(problem.demands),
        "moved": sum(len(group.choices) for group in moved),
        "failed": len(found) - len(moved),
        "metres_before": before.metres,
        "splits_before": before.splits,
        "saved": sum(group.saved for group in moved),
        "fallback_from": why,
    }


def _chosen(problem: Sourcing, allocator: Allocator | None) -> tuple[dict[str, Choice], str]:
    """Sources that hold and cost less, or those that are held, and why there are no others."""
    if not problem.demands:
        return {}, ""
    if allocator is None:
        return held(problem), "allocator_absent"
    try:
        given = allocator(problem, SEARCH_SECONDS)
    except Exception as failure:  # Whatever breaks in a solver, what was promised stays.
        return held(problem), f"allocator_failed:{type(failure).__name__}"
    return kept_sound(problem, given), ""


Pools = Mapping[str, Mapping[str, tuple[str, int]]]
"""By order: the owner of each store of its pool, and the metres from there to the door."""


def _pools(wanted: Mapping[str, Order], settings: Settings) -> Pools:
    found = {}
    for order_id, order in wanted.items():
        community = catalogue.community(order.community_id, settings.pool_metres)
        pool = stock.pool_for(order.deliver_to.point, [line.sku for line in order.lines], community)
        reach = LASTMILE_METRES if order.channel == "lastmile" else pool.near_metres
        found[order_id] = {
            store.store_id: (store.owner_id, metres)
            for store, metres in pool.stores
            if metres <= reach
        }
    return found


def _problem(
    wanted: Mapping[str, Order], pools: Pools, slot: Slot, now: datetime
) -> tuple[Sourcing, dict[Shelf, Level]]:
    """The orders that might do better, and those that compete with them for the same goods."""
    demands = [
        _demand(order, pools[order_id])
        for order_id, order in wanted.items()
        if orders.may_move(order) and set(order.store_ids) <= set(pools[order_id])
    ]
    hopeful = {sku for demand in demands if not _at_best(demand) for sku in demand.wanted}
    mine = tuple(demand for demand in demands if hopeful & set(demand.wanted))
    shelves = sorted({shelf for demand in mine for shelf in {*demand.allowed, *demand.held}})
    levels = stock.levels(shelves)
    until = local_date(slot.ends_at)
    free = {
        shelf: level.free_units(now, until)
        for shelf, level in levels.items()
        if len(level.split) < 2  # A shelf is split because it is in demand: leave it alone.
    }
    return Sourcing(mine, free), levels


def _demand(order: Order, pool: Mapping[str, tuple[str, int]]) -> Demand:
    skus = {line.sku: line.units for line in order.lines}
    return Demand(
        order_id=order.order_id,
        wanted=skus,
        held={(s.store_id, s.sku): s.units for s in sources_of(order)},
        metres={store_id: metres for store_id, (_, metres) in pool.items()},
        allowed=frozenset((store_id, sku) for store_id in pool for sku in skus),
    )


def _at_best(demand: Demand) -> bool:
    stores = {store_id for store_id, _ in demand.held}
    nearest = min(demand.metres.values())
    return len(stores) == 1 and demand.metres[next(iter(stores))] == nearest


def _carry_out(
    group: Group,
    wanted: Mapping[str, Order],
    pools: Pools,
    levels: Mapping[Shelf, Level],
    slot: Slot,
    now: datetime,
) -> bool:
    """Write a group; False if the stock or an order is not as it was read: they stay as held."""
    owners = {store_id: owner for pool in pools.values() for store_id, (owner, _) in pool.items()}
    until = local_date(slot.ends_at)

    def source(shelf: Shelf, units: int) -> Source:
        level = levels[shelf]
        kept = level.kept_units(now, until)
        return Source(shelf[0], owners[shelf[0]], shelf[1], units, kept, level.terms)

    chosen = {
        order_id: (wanted[order_id], [source(*each) for each in sorted(choice.items())])
        for order_id, choice in group.choices.items()
    }
    more = [source(shelf, units) for shelf, units in group.change.items() if units > 0]
    less = [source(shelf, -units) for shelf, units in group.change.items() if units < 0]
    try:
        orders.move_sources(chosen, more, less, now)
    except Refused:
        return False
    return True
