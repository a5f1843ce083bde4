"""Reading cases: their party, and who answers them in their community."""

import json

from linli.cases.model import Case, CaseView, Step, office
from linli.cases.rows import (
    BY_PARTY,
    BY_QUEUE,
    CASE,
    STEP,
    CaseRow,
    StepRow,
    case_of,
    case_pk,
    queue_of,
)
from linli.kernel import reads
from linli.kernel.errors import NotFound
from linli.kernel.identity import Caller, Role

MOST_LISTED = 100
ANSWERS = (Role.CITY, Role.DISPATCHER)
"""Who may take and decide the cases of a community."""


def answers(caller: Caller, case: Case) -> bool:
    """Whether the caller may take and decide a case."""
    return any(caller.holds(role, case.community_id) for role in ANSWERS)


def read(case_id: str, caller: Caller) -> CaseView:
    """
    A case with its steps.

    Raises:
        NotFound: There is none, or it is none of the caller's business.
    """
    row = reads.get(CaseRow, case_pk(case_id), CASE)
    if row is None:
        raise NotFound
    case = case_of(row)
    if caller.subject not in (case.party, case.opened_by) and not answers(caller, case):
        raise NotFound
    return view(case)


def view(case: Case) -> CaseView:
    """A case with its steps, the oldest first."""
    first = Step(
        step="opened", by=case.opened_by, at=case.opened_at, owner=office(case.community_id)
    )
    rows = reads.query(StepRow, case_pk(case.case_id), StepRow.sk.startswith(STEP))
    steps = [first, *(Step.model_validate(json.loads(row.body)) for row in rows)]
    return CaseView(**case.model_dump(), steps=steps)


def party_of(case_id: str) -> str | None:
    """Whom a case concerns; None if there is none."""
    row = reads.get(CaseRow, case_pk(case_id), CASE)
    return None if row is None else row.party


def of_community(community_id: str, *, waiting: bool = True) -> list[Case]:
    """The newest cases of a community that wait for an answer, or have one; may lag."""
    queue = queue_of(community_id, "open" if waiting else "decided")
    return _newest(reads.index(CaseRow, BY_QUEUE, "queue", queue))


def of_party(resident_id: str) -> list[Case]:
    """The newest cases that concern a resident; may lag."""
    return _newest(reads.index(CaseRow, BY_PARTY, "party", resident_id))


def _newest(rows: list[CaseRow]) -> list[Case]:
    return [case_of(row) for row in sorted(rows, key=lambda r: r.opened_at)[-MOST_LISTED:]][::-1]
