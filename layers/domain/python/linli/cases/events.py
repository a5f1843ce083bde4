"""What the cases table's stream tells the world: decisions, as CloudEvents without people."""

from collections.abc import Mapping
from typing import Any

from linli.cases.rows import CASE
from linli.kernel.events import cloud_event
from linli.kernel.time import parse_instant


def event_of(record: Mapping[str, Any]) -> dict[str, Any] | None:
    """
    The event of a stream record, or None: it is no case, or was not decided by it. The reason is
    left out: it is told to whom the case concerns.
    """
    change = record["dynamodb"]
    new, old = change.get("NewImage", {}), change.get("OldImage", {})
    pk = change["Keys"]["pk"]["S"]
    if change["Keys"]["sk"]["S"] != CASE or not pk.startswith("CASE#"):
        return None
    if "decision" not in new or "decision" in old:
        return None
    case_id = pk.removeprefix("CASE#")
    names = ("kind", "community_id", "decision")
    data = {"case_id": case_id, **{name: new[name]["S"] for name in names}}
    at = parse_instant(new["decided_at"]["S"])
    return cloud_event("CaseDecided", record["eventID"], case_id, at, data)
