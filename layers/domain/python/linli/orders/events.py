"""What the orders table's stream tells the world: CloudEvents without personal data."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from linli.kernel.events import cloud_event
from linli.orders.rows import ORDER

_KINDS = {
    "placed": "OrderPlaced",
    "refused": "OrderRefused",
    "frozen": "OrderFrozen",
    "routed": "OrderRouted",
    "picking": "PickingStarted",
    "packed": "OrderPacked",
    "handed_over": "OrderHandedOver",
    "stored": "OrderStored",
    "delivered": "OrderDelivered",
    "collected": "OrderCollected",
    "failed": "DeliveryFailed",
    "closed": "OrderClosed",
    "cancelled": "OrderCancelled",
    "expired": "OrderExpired",
}


def event_of(record: Mapping[str, Any]) -> dict[str, Any] | None:
    """
    The event that a stream record tells of, or None: it is no order, or it stands as it stood.

    Who pays late gets one message: that the order is paid. That it was promised anew for that is
    not told by itself.

    `record` has DynamoDB's stream shape with new and old images. The event's id is the
    record's, so that a repeated delivery is told by the same id.
    """
    change = record["dynamodb"]
    new, old = change.get("NewImage", {}), change.get("OldImage", {})
    if change["Keys"]["sk"]["S"] != ORDER or not new:
        return None
    before, after = _text(old, "state"), _text(new, "state")
    kind = _KINDS.get(after or "") if after != before else None
    if before == "expired" or (after == before and _paid(new) and not _paid(old)):
        kind = "OrderPaid" if _paid(new) else None
    if kind is None:
        return None
    order_id = change["Keys"]["pk"]["S"]
    data = {
        "order_id": order_id,
        "community_id": _text(new, "community_id"),
        "slot_id": _text(new, "slot_id"),
        "wave_id": _text(new, "wave_id"),
        "route_id": _text(new, "route_id"),
        "from": before,
        "to": after,
    }
    at = datetime.fromtimestamp(change["ApproximateCreationDateTime"], UTC)
    return cloud_event(kind, record["eventID"], order_id, at, data)


def _paid(image: Mapping[str, Any]) -> bool:
    return _text(image, "payment") == "paid"


def _text(image: Mapping[str, Any], name: str) -> str | None:
    value = image.get(name, {}).get("S")
    return None if value is None else str(value)
