"""Taking events in: each is told once to whom it concerns, however often it comes."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from linli.credit.events import tier_change_of
from linli.kernel.errors import AlreadyDone
from linli.kernel.ids import derived
from linli.kernel.time import parse_instant
from linli.kernel.transact import transaction
from linli.notices.kinds import KINDS, key_of
from linli.notices.rows import NOTICE, NoticeRow, inbox
from linli.notices.whom import WHOM, Told

KEPT = timedelta(days=183)
Fate = Literal["told", "again", "nobody"]


def take_event(event: Mapping[str, Any], *, now: datetime) -> Fate:
    """
    Tell whom a CloudEvent concerns: `again` if they were told before, `nobody` if residents are
    not told of it, or nobody is concerned any more.

    Raises:
        KeyError, ValueError: It is no event of ours.
    """
    key = key_of(event["type"], event["data"])
    if key is None:
        return "nobody"
    told = WHOM[KINDS[key].subject](event["data"])
    if told is None:
        return "nobody"
    return _put(key, event["id"], event["time"], told, now)


def take_tier_change(record: Mapping[str, Any], *, now: datetime) -> Fate:
    """Tell a resident of the change of tier in a record of the ledger's stream."""
    told = tier_change_of(record)
    if told is None:
        return "nobody"
    return _put("linli.TierChanged", f"tier/{told[1]['community_id']}", told[1]["at"], told, now)


def _put(key: str, event_id: str, at: str, told: Told, now: datetime) -> Fate:
    resident_id, figures = told
    moment = UUID(int=int(parse_instant(at).timestamp() * 1000) << 80)
    notice_id = derived(moment, f"{key}/{event_id}")
    row = NoticeRow(
        inbox(resident_id),
        f"{NOTICE}{notice_id}",
        kind=key,
        figures=json.dumps(figures, ensure_ascii=False),
        at=at,
        forget_at=int((now + KEPT).timestamp()),
    )
    try:
        with transaction() as tx:
            tx.put(row, condition=NoticeRow.pk.does_not_exist(), refusal=AlreadyDone())
    except AlreadyDone:
        return "again"
    return "told"
