"""Orders in every state of their life, in the village."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from linli import orders
from linli.kernel.ids import uuid7
from linli.kernel.transact import transaction
from linli.orders import Order
from tests.support import village as v
from tests.support.money import capture
from tests.support.picking import pack, pick, send_off

PICKUP_SLOT = f"{v.COMMUNITY}.pickup.20260601T1600"
LOCKER_SLOT = f"{v.COMMUNITY}.locker.20260601T1600"
LASTMILE_SLOT = f"{v.COMMUNITY}.lastmile.20260601T1600"
END = v.LATER + timedelta(hours=1)


def furnish(**more: Any) -> None:
    """The village with nine of everything everywhere, slots of every channel, points and boxes."""
    v.furnish({(store_id, sku): 9 for store_id in v.STORES for sku in v.SKUS}, **more)
    for slot_id in (PICKUP_SLOT, LOCKER_SLOT, LASTMILE_SLOT):
        v.offer(slot_id, capacity=9)
    v.give_points("r-an", 20)
    v.put_boxes(range(4))


def place(lines: dict[str, int] | None = None, who: str = "r-an", **more: Any) -> Order:
    """An order of An's, at noon."""
    order_id = more.pop("order_id", None)
    command = v.wish(order_id, lines, **more)
    return orders.place(command, caller=v.resident(who), now=v.NOON, settings=v.SETTINGS)


def wide(**more: Any) -> Order:
    """An order that two stores supply."""
    return place({v.SKUS[0]: 12}, **more)


def paid(order: Order) -> Order:
    """The order's payment is noted."""
    with transaction() as tx:
        capture(tx, order.order_id, v.NOON)
    return orders.read(order.order_id)


def frozen(order: Order) -> Order:
    """A wave has taken it."""
    return orders.freeze(order.order_id, order.slot_id, v.LATER)


def end(order: Order, outcome: str = "delivered", box_ids: tuple[str, ...] = ()) -> Order:
    """A courier tells how the stop ended."""
    return orders.deliver(
        str(uuid7()),
        order.order_id,
        courier_id="c-1",
        outcome=outcome,  # type: ignore[arg-type]
        box_ids=box_ids,
        at=END,
        now=END,
    )


def _routed() -> Order:
    order = frozen(wide())
    return orders.mark_routed(order.order_id, f"{v.SLOT}.1", v.LATER)


def _picking() -> Order:
    order = _routed()
    return pick(order, order.store_ids[0], v.LATER)


def _cancelled() -> Order:
    return orders.cancel(wide().order_id, resident_id="r-an", now=v.NOON)


def _expired() -> Order:
    order = wide(pay="online")
    return orders.expire(order.order_id, v.NOON + timedelta(hours=1))


def _stored() -> Order:
    return end(send_off(frozen(wide(slot_id=LOCKER_SLOT)), v.LATER), "stored")


def _collected() -> Order:
    order = pack(place(slot_id=PICKUP_SLOT), v.LATER)
    code = orders.issue_code(order.order_id, resident_id="r-an", now=v.LATER).code
    command = orders.Collect(id=uuid7(), code=code)
    keeper = v.keeper(order.store_ids[0])
    return orders.collect(order.order_id, command, caller=keeper, now=v.LATER)


def _closed() -> Order:
    order = end(send_off(frozen(wide()), v.LATER))
    orders.sweep(END + timedelta(days=2))
    return orders.read(order.order_id)


STATES: dict[str, Callable[[], Order]] = {
    "placed": wide,
    "frozen": lambda: frozen(wide()),
    "routed": _routed,
    "picking": _picking,
    "packed": lambda: pack(_routed(), v.LATER),
    "handed_over": lambda: send_off(_routed(), v.LATER),
    "stored": _stored,
    "delivered": lambda: end(send_off(_routed(), v.LATER)),
    "collected": _collected,
    "failed": lambda: end(send_off(_routed(), v.LATER), "failed"),
    "closed": _closed,
    "cancelled": _cancelled,
    "expired": _expired,
}
"""How an order comes into each state."""


def new_id() -> UUID:
    """A client-made id."""
    return uuid7()
