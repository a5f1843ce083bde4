"""
Cases table: a case, its steps, and the commands that made them.

    pk CASE#<case id>        sk CASE                 the case; the one item that changes
    pk CASE#<case id>        sk STEP#<version>       a step after its opening, never changed
    pk COMMAND#<command id>  sk COMMAND              it was carried out, once
"""

import json

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from linli.cases.model import Case
from linli.kernel.tables import Row, Table

CASE, STEP, COMMAND = "CASE", "STEP#", "COMMAND"
BY_QUEUE, BY_PARTY = "by_queue", "by_party"


class CaseRow(Row):
    """A case; `queue` (community#state) and `party` are the indexes' keys, with `opened_at`."""

    table = Table.CASES
    kind = UnicodeAttribute()
    community_id = UnicodeAttribute()
    about = UnicodeAttribute()
    opened_by = UnicodeAttribute()
    party = UnicodeAttribute()
    owner = UnicodeAttribute()
    state = UnicodeAttribute()
    queue = UnicodeAttribute()
    opened_at = UnicodeAttribute()
    decision = UnicodeAttribute(null=True)
    reason = UnicodeAttribute(null=True)
    decided_at = UnicodeAttribute(null=True)
    version = NumberAttribute(default=0)


class StepRow(Row):
    """What was done."""

    table = Table.CASES
    body = UnicodeAttribute()


class CommandRow(Row):
    """A command that was carried out on a case."""

    table = Table.CASES
    case_id = UnicodeAttribute()
    fingerprint = UnicodeAttribute()


class CasesItem(Row):
    """Any item of the table, for audits: attributes that an item lacks are None."""

    table = Table.CASES
    kind = UnicodeAttribute(null=True)
    community_id = UnicodeAttribute(null=True)
    owner = UnicodeAttribute(null=True)
    state = UnicodeAttribute(null=True)
    queue = UnicodeAttribute(null=True)
    decision = UnicodeAttribute(null=True)
    version = NumberAttribute(null=True)
    body = UnicodeAttribute(null=True)


def case_pk(case_id: str) -> str:
    """The partition of a case."""
    return f"CASE#{case_id}"


def queue_of(community_id: str, state: str) -> str:
    """The partition of `by_queue`: a community's cases that wait, or that are decided."""
    return f"{community_id}#{'decided' if state == 'decided' else 'waiting'}"


def case_of(row: CaseRow) -> Case:
    """The case that a row stores."""
    return Case(
        case_id=row.pk.removeprefix("CASE#"),
        kind=row.kind,
        community_id=row.community_id,
        about=json.loads(row.about),
        opened_by=row.opened_by,
        party=row.party,
        owner=row.owner,
        state=row.state,
        opened_at=row.opened_at,
        decision=row.decision,
        reason=row.reason,
        decided_at=row.decided_at,
        version=int(row.version),
    )
