"""What the ledger's stream tells a resident alone: that they changed tier, and why."""

from collections.abc import Mapping
from typing import Any

from linli.credit.rows import TierChangeRow
from linli.credit.standing import explained

_TIER = "TIER#"


def tier_change_of(record: Mapping[str, Any]) -> tuple[str, dict[str, str]] | None:
    """
    Who changed tier by a stream record, with the words that explain it and the change's instant
    (`at`, `community_id`, `tier`, `why_en`, `why_zh`); None if it tells of none.
    """
    change = record["dynamodb"]
    pk, image = change["Keys"]["pk"]["S"], change.get("NewImage")
    if record["eventName"] != "INSERT" or not image or not pk.startswith(_TIER):
        return None
    community_id, _, resident_id = pk.removeprefix(_TIER).partition("#")
    told = explained(TierChangeRow.from_raw_data(image))
    return resident_id, {"community_id": community_id, **told.model_dump()}
