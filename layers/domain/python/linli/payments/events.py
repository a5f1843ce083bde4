"""What the payments table's stream tells the world: messages as CloudEvents, nothing personal."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from linli.kernel.events import cloud_event
from linli.kernel.time import parse_instant


def event_of(record: Mapping[str, Any]) -> dict[str, Any] | None:
    """
    The event of a stream record, or None if it is not a new message.

    `record` has DynamoDB's stream shape with new images. The event's id is the outcome's, so
    that a repeated delivery is told by the same id.
    """
    change = record["dynamodb"]
    new, sk = change.get("NewImage"), change["Keys"]["sk"]["S"]
    if record["eventName"] != "INSERT" or not new or not sk.startswith("MESSAGE#"):
        return None
    order_id = change["Keys"]["pk"]["S"].removeprefix("ORDER#")
    data: dict[str, Any] = {"order_id": order_id, "fen": int(new["fen"]["N"])}
    if "S" in new.get("reason", {}):
        data["reason"] = new["reason"]["S"]
    at: datetime = parse_instant(new["at"]["S"])
    return cloud_event(new["kind"]["S"], sk.removeprefix("MESSAGE#"), order_id, at, data)
