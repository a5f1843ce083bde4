"""Orders table: orders and refusals with their turns, deliveries and commands by id, consents."""

import json
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from linli.kernel import reads
from linli.kernel.errors import NotFound
from linli.kernel.refusals import recorded
from linli.kernel.tables import Row, Table
from linli.kernel.time import rfc3339
from linli.orders.model import Order
from linli.orders.progress import Progress

ORDER, DELIVERY, COMMAND, CODE, CONSENT = "ORDER", "DELIVERY", "COMMAND", "CODE", "CONSENT"
TURN = "TURN#"
BY_SLOT, BY_RESIDENT, BY_DUE = "by_slot", "by_resident", "by_due"


_LATER = {"state", "version", "payment", "wave_id", "route_id", "progress"}
"""What of an order stands beside its promise."""
PRESOLD = "presold"
"""The state of a row that only reserves its id, for the order that a presale will become."""


class OrderRow(Row):
    """
    pk = <order id>, sk = ORDER.

    `body` is the order as promised (JSON, with the address); what has become of it stands in
    `progress` (JSON). `version` counts its turns (absent: none): whoever changes the order says
    which version it has read. A refusal has state `refused`, its problem in `refusal`, and no
    slot; a row of state `presold` is no order yet. `due_mark` and `due_at` say what the sweeper
    will do and when. The sparse indexes
    `by_slot`, `by_resident` and `by_due` are late by nature.
    """

    table = Table.ORDERS
    state = UnicodeAttribute()
    fingerprint = UnicodeAttribute()
    resident_id = UnicodeAttribute()
    community_id = UnicodeAttribute()
    changed_at = UnicodeAttribute()
    slot_id = UnicodeAttribute(null=True)
    wave_id = UnicodeAttribute(null=True)
    route_id = UnicodeAttribute(null=True)
    body = UnicodeAttribute(null=True)
    refusal = UnicodeAttribute(null=True)
    version = NumberAttribute(null=True)
    payment = UnicodeAttribute(null=True)
    progress = UnicodeAttribute(null=True)
    due_mark = UnicodeAttribute(null=True)
    due_at = UnicodeAttribute(null=True)


class DueRow(Row):
    """An item of the index `by_due`, which holds keys alone."""

    table = Table.ORDERS
    due_mark = UnicodeAttribute()
    due_at = UnicodeAttribute()


class TurnRow(Row):
    """pk = <order id>, sk = TURN#<version, 4 digits>: who turned the order, and why."""

    table = Table.ORDERS
    turn = UnicodeAttribute()
    before = UnicodeAttribute()
    after = UnicodeAttribute()
    actor = UnicodeAttribute()
    reason = UnicodeAttribute()
    at = UnicodeAttribute()


class CommandRow(Row):
    """pk = COMMAND#<command id>, sk = COMMAND: it was carried out on an order, once."""

    table = Table.ORDERS
    order_id = UnicodeAttribute()
    fingerprint = UnicodeAttribute()
    at = UnicodeAttribute()


class CodeRow(Row):
    """
    pk = <order id>, sk = CODE: the present code for collecting, as a digest alone; `tries` counts
    the wrong ones.
    """

    table = Table.ORDERS
    digest = UnicodeAttribute()
    salt = UnicodeAttribute()
    until = UnicodeAttribute()
    tries = NumberAttribute()


class ConsentRow(Row):
    """
    pk = CONSENT#<consent id>, sk = CONSENT: `proxy_id` may order for `resident_id` until then,
    unless it was revoked; `by` recorded it.
    """

    table = Table.ORDERS
    community_id = UnicodeAttribute()
    resident_id = UnicodeAttribute()
    proxy_id = UnicodeAttribute()
    until = UnicodeAttribute()
    by = UnicodeAttribute()
    at = UnicodeAttribute()
    fingerprint = UnicodeAttribute()
    revoked_at = UnicodeAttribute(null=True)
    revoked_by = UnicodeAttribute(null=True)


class DeliveryRow(Row):
    """pk = DELIVERY#<delivery id>, sk = DELIVERY; how an order's stop ended, told once."""

    table = Table.ORDERS
    order_id = UnicodeAttribute()
    outcome = UnicodeAttribute()
    body = UnicodeAttribute()
    fingerprint = UnicodeAttribute()
    at = UnicodeAttribute()
    told_at = UnicodeAttribute()


class OrdersItem(Row):
    """Any item of the table, for audits: attributes that an item lacks are None."""

    table = Table.ORDERS
    state = UnicodeAttribute(null=True)
    resident_id = UnicodeAttribute(null=True)
    changed_at = UnicodeAttribute(null=True)
    slot_id = UnicodeAttribute(null=True)
    wave_id = UnicodeAttribute(null=True)
    route_id = UnicodeAttribute(null=True)
    body = UnicodeAttribute(null=True)
    refusal = UnicodeAttribute(null=True)
    order_id = UnicodeAttribute(null=True)
    outcome = UnicodeAttribute(null=True)
    version = NumberAttribute(null=True)
    payment = UnicodeAttribute(null=True)
    progress = UnicodeAttribute(null=True)
    due_mark = UnicodeAttribute(null=True)
    turn = UnicodeAttribute(null=True)
    before = UnicodeAttribute(null=True)
    after = UnicodeAttribute(null=True)


def order_key(order_id: str) -> reads.Key:
    """The key with which a batch reads an order."""
    return OrderRow, order_id, ORDER


def order_row(found: reads.Found, order_id: str) -> OrderRow | None:
    """The row of an order in a batch."""
    return found.get(OrderRow, order_id, ORDER)


def order_of(row: OrderRow) -> Order:
    """
    The order that a row stores.

    Raises:
        RecordedRefusal: The row is a refusal.
        NotFound: The row only reserves its id.
    """
    if row.state == PRESOLD:
        raise NotFound
    if row.state == "refused":
        raise recorded(row.refusal)
    kept = json.loads(row.body or "{}")
    later = {
        "state": row.state,
        "version": int(row.version or 0),
        "payment": row.payment or "cash",
        "wave_id": row.wave_id,
        "route_id": row.route_id,
        "progress": json.loads(row.progress or "{}"),
    }
    return Order.model_validate(kept | later)


def row_of(order: Order, digest: str, now: Any) -> OrderRow:
    """The row of a newly placed order."""
    due = due_of(order.state, order.payment, order.progress, rush_from(order))
    return OrderRow(
        order.order_id,
        ORDER,
        state=order.state,
        fingerprint=digest,
        resident_id=order.resident_id,
        community_id=order.community_id,
        slot_id=order.slot_id,
        changed_at=rfc3339(now),
        body=body_of(order),
        payment=order.payment,
        progress=order.progress.model_dump_json(exclude_defaults=True),
        due_mark=due_mark(due[0], order.order_id[-1]) if due else None,
        due_at=due[1] if due else None,
    )


def body_of(order: Order) -> str:
    """The promise of an order as stored: what is as usual is left out, for each KB costs."""
    return order.model_dump_json(exclude=_LATER, exclude_defaults=True)


def rush_from(order: Order) -> str | None:
    """From when on somebody must bring it before all others; None: it is no emergency."""
    return order.placed_at if order.emergency else None


def due_of(
    state: str, payment: str, progress: Progress, rush_from: str | None = None
) -> tuple[str, str] | None:
    """What the sweeper, or the waves for an emergency, have to do for an order, and when."""
    if state == "placed" and payment == "due":
        return "pay", progress.pay_by or ""
    if state in ("placed", "frozen") and rush_from is not None:
        return "rush", rush_from
    if state in ("packed", "stored") and progress.collect_by:
        return "collect", progress.collect_by
    if state in ("delivered", "collected", "failed"):
        return "close", progress.close_at or ""
    return None


DUE_SHARDS = "0123456789abcdef"
"""The last digit of an order's id spreads the index of due orders over so many partitions."""


def due_mark(mark: str, shard: str) -> str:
    """The partition of `by_due` for what has to be done, by a digit of the order's id."""
    return f"{mark}#{shard}"


def delivery_key(delivery_id: object) -> str:
    """The partition of a delivery."""
    return f"DELIVERY#{delivery_id}"


def command_key(command_id: object) -> str:
    """The partition of a command."""
    return f"COMMAND#{command_id}"


def consent_key(consent_id: object) -> str:
    """The partition of a consent."""
    return f"CONSENT#{consent_id}"


def turn_key(version: int) -> str:
    """The sort key of an order's turn."""
    return f"{TURN}{version:04d}"
