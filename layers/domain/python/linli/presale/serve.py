"""Presale orders become orders as their goods come in; what is over goes to everybody."""

from collections import defaultdict
from dataclasses import replace
from datetime import datetime

from linli import catalogue, orders, slots, stock
from linli.kernel.errors import AlreadyDone, Conflict, Refused
from linli.kernel.time import local_date, rfc3339
from linli.kernel.transact import Transaction, transaction
from linli.orders import Address, Line, Order
from linli.orders.model import SourceOf
from linli.orders.progress import Progress
from linli.presale.model import Cycle, PresaleOrder, Stack
from linli.presale.rows import ORDER, ArrivalRow, OrderRow, cycle_key, order_key, stacks_of
from linli.presale.rules import Piece, allot
from linli.slots import Slot
from linli.stock import Lot, Why


class _NoPlace(Refused):
    """The slot has closed: its wave is on its way."""


def serve(
    cycle: Cycle, slot: Slot, wanted: list[PresaleOrder], now: datetime
) -> list[PresaleOrder]:
    """
    Make orders of those that can be served whole from what has arrived, the earliest first.

    Returns:
        Those that still wait.
    """
    stacks, waiting = stacks_of(cycle.cycle_id), []
    good_on, queue = local_date(slot.ends_at), sorted(wanted, key=_earliest)
    for n, order in enumerate(queue):
        pieces = allot(order, stacks, good_on)
        if pieces is None:
            waiting.append(order)
            continue
        try:
            with transaction() as tx:
                _turn(tx, cycle, order, pieces, now)
        except _NoPlace:
            return waiting + queue[n:]
        except (
            Conflict,
            AlreadyDone,
        ):  # Another run was faster; the next one sees whether this one waits.
            stacks = stacks_of(cycle.cycle_id)
            continue
        stacks = _without(stacks, pieces)
    return waiting


def _earliest(order: PresaleOrder) -> tuple[str, str]:
    return order.placed_at, order.order_id


def _without(stacks: list[Stack], pieces: list[Piece]) -> list[Stack]:
    used = {stack.arrival.id: units for stack, units in pieces}
    return [replace(s, allotted_units=s.allotted_units + used.get(s.arrival.id, 0)) for s in stacks]


def _turn(
    tx: Transaction, cycle: Cycle, order: PresaleOrder, pieces: list[Piece], now: datetime
) -> None:
    """The order, its units as they are booked in, and its place, in one write."""
    tx.update(
        OrderRow(order_key(order.order_id), ORDER),
        [OrderRow.state.set("ordered"), OrderRow.changed_at.set(rfc3339(now))],
        condition=OrderRow.state == "promised",
        refusal=Conflict("the presale order has moved on"),
    )
    orders.adopt(tx, _real(cycle, order), f"presale/{order.cycle_id}", now)
    slots.take_reserved(tx, order.slot_id, _NoPlace())
    by_sku: dict[str, list[Lot]] = defaultdict(list)
    for stack, units in pieces:
        by_sku[stack.arrival.sku].append(_lot(stack, units, now))
        left = stack.arrival.units - stack.released_units - units
        tx.update(
            ArrivalRow(cycle_key(cycle.cycle_id), f"ARRIVAL#{stack.arrival.id}"),
            [ArrivalRow.allotted_units.add(units)],
            condition=(ArrivalRow.allotted_units <= left)
            & (ArrivalRow.released_units == stack.released_units),
            refusal=Conflict("the goods were allotted to others"),
        )
    for sku, lots in by_sku.items():
        why = Why(order.order_id, "presale", pieces[0][0].by, now, reference=cycle.cycle_id)
        stock.arrive_held(tx, cycle.store_id, sku, lots, why)


def _lot(stack: Stack, units: int, now: datetime) -> Lot:
    told = stack.arrival
    return Lot(
        lot_id=told.lot_id,
        expires_on=told.expires_on,
        units=units,
        received_on=local_date(now),
        received_celsius=told.received_celsius,
    )


def _real(cycle: Cycle, order: PresaleOrder) -> Order:
    """The order that the presale becomes, at the price that was promised, and paid if it was."""
    assert order.payment != "due", "what was not paid was not bought"
    store = catalogue.store(cycle.store_id)
    assert store is not None, "stores stay"
    at = order.deliver_to.point
    place = order.deliver_to.model_dump(exclude={"lon", "lat", "crs"})
    lines = tuple(
        Line(
            **line.model_dump(),
            sources=(SourceOf(store_id=store.store_id, owner_id=store.owner_id, units=line.units),),
        )
        for line in order.lines
    )
    return Order(
        order_id=order.order_id,
        resident_id=order.resident_id,
        community_id=order.community_id,
        state="placed",
        slot_id=order.slot_id,
        placed_at=order.placed_at,
        lines=lines,
        deliver_to=Address(lon=at.lon, lat=at.lat, **place),
        boxes=0,
        points=0,
        goods_fen=order.goods_fen,
        slot_fen=order.slot_fen,
        discount_fen=0,
        deposit_fen=0,
        box_fen=0,
        total_fen=order.total_fen,
        cycle_id=cycle.cycle_id,
        pay=order.pay,
        payment=order.payment,
        progress=Progress(paid_fen=order.paid_fen),
    )


def release(cycle: Cycle, now: datetime) -> None:
    """Book in, for everybody, what no order of the cycle waits for any more."""
    for stack in stacks_of(cycle.cycle_id):
        if not stack.left_units:
            continue
        lot = _lot(stack, stack.left_units, now)
        why = Why(str(stack.arrival.id), "received", stack.by, now, reference=cycle.cycle_id)
        try:
            with transaction() as tx:
                tx.update(
                    ArrivalRow(cycle_key(cycle.cycle_id), f"ARRIVAL#{stack.arrival.id}"),
                    [ArrivalRow.released_units.add(stack.left_units)],
                    condition=(ArrivalRow.released_units == stack.released_units)
                    & (ArrivalRow.allotted_units == stack.allotted_units),
                    refusal=Conflict("released in the meantime"),
                )
                stock.arrive_free(tx, cycle.store_id, stack.arrival.sku, lot, why)
        except Conflict:
            continue
