"""Opening a case inside the write that calls for it."""

import json
from collections.abc import Mapping
from datetime import datetime

from linli.cases.model import office
from linli.cases.rows import CASE, CaseRow, case_pk, queue_of
from linli.kernel import reads
from linli.kernel.errors import AlreadyDone
from linli.kernel.time import rfc3339
from linli.kernel.transact import Transaction


def open_case(
    tx: Transaction,
    case_id: str,
    kind: str,
    about: Mapping[str, str],
    opened_by: str,
    community_id: str,
    now: datetime,
    party: str | None = None,
) -> None:
    """
    Add to `tx` that a case opens, owned by the community's city office until somebody takes it.

    `about` says what it is about by ids; `party` is the resident who may follow it, if that is
    not who opened it.

    Raises, when `tx` commits:
        AlreadyDone: There is a case with this id.
    """
    row = CaseRow(
        case_pk(case_id),
        CASE,
        kind=kind,
        community_id=community_id,
        about=json.dumps(dict(about), ensure_ascii=False, sort_keys=True),
        opened_by=opened_by,
        party=party or opened_by,
        owner=office(community_id),
        state="open",
        queue=queue_of(community_id, "open"),
        opened_at=rfc3339(now),
    )
    tx.put(row, condition=CaseRow.pk.does_not_exist(), refusal=AlreadyDone())


def case_key(case_id: str) -> reads.Key:
    """The key with which a batch reads whether a case exists."""
    return CaseRow, case_pk(case_id), CASE
