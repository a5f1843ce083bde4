"""Stores that do their part of an order: pick all that was promised, and hand it to the courier."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from linli import orders
from linli.kernel.identity import Caller, Role
from linli.kernel.ids import uuid7
from linli.orders import Order, Pick
from linli.orders.parts import FoundLine


def keeper(store_id: str) -> Caller:
    """Who keeps a store."""
    return Caller(f"k-{store_id[-3:]}", frozenset({(Role.STORE, store_id)}))


def report(
    order: Order,
    store_id: str,
    changes: Mapping[str, Mapping[str, object]] | None = None,
    command_id: UUID | None = None,
) -> Pick:
    """A store's report that all was there, but for `changes` of its lines by SKU."""
    changes = changes or {}
    lines = []
    for line in order.lines:
        for source in line.sources:
            if source.store_id == store_id:
                grams = source.units * line.grams if line.by_weight else None
                found = {"sku": line.sku, "units": source.units, "grams": grams}
                lines.append(FoundLine.model_validate(found | dict(changes.get(line.sku, {}))))
    return Pick(
        id=command_id or uuid7(),
        order_id=UUID(order.order_id),
        store_id=store_id,
        lines=tuple(lines),
    )


def pick(
    order: Order,
    store_id: str,
    now: datetime,
    changes: Mapping[str, Mapping[str, object]] | None = None,
) -> Order:
    """One store picks its part."""
    return orders.pick(report(order, store_id, changes), caller=keeper(store_id), now=now)


def pack(
    order: Order, now: datetime, changes: Mapping[str, Mapping[str, object]] | None = None
) -> Order:
    """Every store of an order picks its part; answers the order as it is then."""
    for store_id in order.store_ids:
        if orders.read(order.order_id).progress.part(store_id) is None:
            pick(order, store_id, now, changes)
    return orders.read(order.order_id)


def send_off(order: Order, now: datetime) -> Order:
    """Every store of an order picks its part and hands it to the courier."""
    pack(order, now)
    for store_id in order.store_ids:
        orders.hand_over(order.order_id, store_id, by="k", now=now)
    return orders.read(order.order_id)
