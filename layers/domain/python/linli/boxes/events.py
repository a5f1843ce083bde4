"""What the boxes table's stream tells the world: CloudEvents without personal data."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from linli.boxes.empties_rows import EMPTIES
from linli.boxes.rows import BOX, MOVE
from linli.kernel.events import cloud_event

_KINDS = {
    ("store", "resident"): "BoxHandedOver",
    ("order", "resident"): "BoxHandedOver",
    ("courier", "resident"): "BoxHandedOver",
    ("resident", "store"): "BoxReturned",
    ("resident", "station"): "BoxReturned",
    ("resident", "courier"): "BoxReturned",
    ("resident", "lost"): "DepositConverted",
}
_REMINDERS = {"reminded_at": "BoxOverdue", "warned_at": "ConversionAhead"}


def event_of(record: Mapping[str, Any]) -> dict[str, Any] | None:
    """
    The event that a stream record tells of, or None: a box went out, came back, was reminded of,
    or had its deposit converted; a pick-up was moved or has expired. People are left out; who is to
    be told is asked for.
    """
    change = record["dynamodb"]
    new, old, sk = change.get("NewImage"), change.get("OldImage"), change["Keys"]["sk"]["S"]
    box_id = change["Keys"]["pk"]["S"].partition("#")[2]
    if not new:
        return None
    if sk == EMPTIES:
        return _of_empties(record["eventID"], box_id, new, old or {}, change)
    kind = None
    if sk == BOX:
        told = [name for name in _REMINDERS if name in new and name not in (old or {})]
        kind = _REMINDERS[told[0]] if told else None
    elif sk.startswith(MOVE) and not old:
        came = new.get("came_from", {}).get("S", "")
        kind = _KINDS.get((came, new["went_to"]["S"]))
    if kind is None:
        return None
    at = datetime.fromtimestamp(change["ApproximateCreationDateTime"], UTC)
    data = {
        "box_id": box_id,
        "community_id": new.get("community_id", {}).get("S"),
        "cycle": int(new["cycle"]["N"]),
    }
    return cloud_event(kind, record["eventID"], box_id, at, data)


def _of_empties(
    event_id: str,
    request_id: str,
    new: Mapping[str, Any],
    old: Mapping[str, Any],
    change: Mapping[str, Any],
) -> dict[str, Any] | None:
    """A pick-up that nobody came for: it waits for a later slot, or has expired."""
    kind = None
    if old and new["slot_id"] != old["slot_id"]:
        kind = "EmptiesMoved"
    elif old and new["state"]["S"] == "expired" != old["state"]["S"]:
        kind = "EmptiesExpired"
    if kind is None:
        return None
    at = datetime.fromtimestamp(change["ApproximateCreationDateTime"], UTC)
    data = {
        "request_id": request_id,
        "community_id": new["community_id"]["S"],
        "slot_id": new["slot_id"]["S"],
    }
    return cloud_event(kind, event_id, request_id, at, data)
