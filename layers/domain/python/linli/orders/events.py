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
    "delivered": "OrderDelivered",
    "failed": "DeliveryFailed",
    "cancelled": "OrderCancelled",
}


def event_of(record: Mapping[str, Any]) -> dict[str, Any] | None:
    """
    The event that a stream record tells of, or None: it is no order, or its state is as it was.

    `record` has DynamoDB's stream shape with new and old images. The event's id is the
    record's, so that a repeated delivery is told by the same id.
    """
    change = record["dynamodb"]
    new, old = change.get("NewImage", {}), change.get("OldImage", {})
    if change["Keys"]["sk"]["S"] != ORDER or not new:
        return None
    before, after = _text(old, "state"), _text(new, "state")
    if after is None or after == before:
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
    return cloud_event(_KINDS[after], record["eventID"], order_id, at, data)


def _text(image: Mapping[str, Any], name: str) -> str | None:
    value = image.get(name, {}).get("S")
    return None if value is None else str(value)
