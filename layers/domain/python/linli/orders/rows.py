"""Orders table: orders and refusals by id, deliveries by id."""

import json
from typing import Any

from pynamodb.attributes import UnicodeAttribute

from linli.kernel import errors, reads
from linli.kernel.tables import Row, Table
from linli.kernel.time import rfc3339
from linli.orders.model import Order

ORDER, DELIVERY = "ORDER", "DELIVERY"
BY_SLOT, BY_RESIDENT = "by_slot", "by_resident"


class OrderRow(Row):
    """
    pk = <order id>, sk = ORDER.

    `body` is the order as promised (JSON, with the address); what changes later stands beside
    it. A refusal has state `refused`, its problem in `refusal`, and no slot. The sparse indexes
    `by_slot` and `by_resident` are late by nature.
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


class RecordedRefusal(errors.Refused):
    """A refusal told again, word for word."""

    def __init__(self, kept: dict[str, Any]) -> None:
        super().__init__(kept["detail"], **kept["fields"])
        # The class attributes are those of the refusal that was recorded.
        self.__dict__.update({key: kept[key] for key in ("code", "status", "title_en", "title_zh")})


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
    """
    if row.state == "refused":
        raise RecordedRefusal(json.loads(row.refusal or "{}"))
    kept = json.loads(row.body or "{}")
    later = {"state": row.state, "wave_id": row.wave_id, "route_id": row.route_id}
    return Order.model_validate(kept | later)


def refusal_text(refusal: errors.Refused) -> str:
    """A refusal as recorded."""
    return json.dumps(
        {
            "code": refusal.code,
            "status": refusal.status,
            "title_en": refusal.title_en,
            "title_zh": refusal.title_zh,
            "detail": refusal.detail,
            "fields": refusal.fields,
        },
        ensure_ascii=False,
    )


def row_of(order: Order, digest: str, now: Any) -> OrderRow:
    """The row of a newly placed order."""
    return OrderRow(
        order.order_id,
        ORDER,
        state=order.state,
        fingerprint=digest,
        resident_id=order.resident_id,
        community_id=order.community_id,
        slot_id=order.slot_id,
        changed_at=rfc3339(now),
        body=order.model_dump_json(exclude={"state", "wave_id", "route_id"}),
    )
