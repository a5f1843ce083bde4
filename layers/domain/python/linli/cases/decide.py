"""Taking a case and deciding it: once, by somebody whom it does not concern, with a reason."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field
from pynamodb.expressions.update import Action

from linli.cases.model import Case, CaseView, Decision, Step
from linli.cases.read import answers, view
from linli.cases.rows import (
    CASE,
    COMMAND,
    STEP,
    CaseRow,
    CommandRow,
    StepRow,
    case_of,
    case_pk,
    queue_of,
)
from linli.kernel import reads
from linli.kernel.errors import AlreadyDone, Conflict, Contended, Forbidden, IdReused, NotFound
from linli.kernel.identity import Caller
from linli.kernel.ids import CommandId, PersonId, fingerprint
from linli.kernel.time import rfc3339
from linli.kernel.transact import Transaction, transaction

Effect = Callable[[Transaction, Case, Decision, datetime], None]
"""What a decision, with its reason, means for a case's subject; added to the write of it."""


class AssignCase(BaseModel):
    """Take a case, or give it to a colleague."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: CommandId
    owner: PersonId | None = Field(default=None, description="Left out: the caller")


class DecideCase(BaseModel):
    """The answer to a case."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: CommandId
    decision: Decision
    reason: str = Field(min_length=1, max_length=500, description="Told to the resident")


class AlreadyDecided(Conflict):
    """The case has an answer."""

    code = "already_decided"
    title_en = "This case is decided already"
    title_zh = "该案件已作出决定"


class NotYours(Forbidden):
    """The case has another owner, or it concerns the caller."""

    code = "not_your_case"
    title_en = "This case is not yours to decide"
    title_zh = "该案件不由您处理"


def assign(case_id: str, command: AssignCase, *, caller: Caller, now: datetime) -> CaseView:
    """
    Give a case to somebody; sending it again changes nothing.

    Raises:
        NotFound: There is none, or none that the caller answers.
        NotYours: It concerns whom it would be given to.
        AlreadyDecided, IdReused, Contended
    """
    owner = command.owner or caller.subject

    def act(tx: Transaction, case: Case) -> None:
        if owner in (case.party, case.opened_by):
            raise NotYours
        step = Step(step="assigned", by=caller.subject, at=rfc3339(now), owner=owner)
        _turn(tx, case, step, [CaseRow.state.set("assigned"), CaseRow.owner.set(owner)])

    return _once(case_id, command, command.id, caller, act)


def decide(
    case_id: str,
    command: DecideCase,
    *,
    caller: Caller,
    now: datetime,
    effects: Mapping[str, Effect] | None = None,
) -> CaseView:
    """
    Answer a case. What the answer means is written with it: `effects` by the kind of case.

    Raises:
        NotFound: There is none, or none that the caller answers.
        NotYours: Somebody else has taken it, or it concerns the caller.
        AlreadyDecided, IdReused, Contended
        Refused: What the effect refuses; the case stays open.
    """

    def act(tx: Transaction, case: Case) -> None:
        taken = case.state == "assigned" and case.owner != caller.subject
        if taken or caller.subject in (case.party, case.opened_by):
            raise NotYours
        _end(tx, case, command, caller.subject, now)
        effect = (effects or {}).get(case.kind)
        if effect is not None:
            told = case.model_copy(update={"reason": command.reason})
            effect(tx, told, command.decision, now)

    return _once(case_id, command, command.id, caller, act)


def _end(tx: Transaction, case: Case, command: DecideCase, by: str, now: datetime) -> None:
    at, decision, reason = rfc3339(now), command.decision, command.reason
    changes = [
        CaseRow.state.set("decided"),
        CaseRow.queue.set(queue_of(case.community_id, "decided")),
        CaseRow.owner.set(by),
        CaseRow.decision.set(decision),
        CaseRow.reason.set(reason),
        CaseRow.decided_at.set(at),
    ]
    _turn(tx, case, Step(step=decision, by=by, at=at, owner=by, reason=reason), changes)


def _turn(tx: Transaction, case: Case, step: Step, changes: Sequence[Action]) -> None:
    if case.state == "decided":
        raise AlreadyDecided
    version = case.version + 1
    tx.update(
        CaseRow(case_pk(case.case_id), CASE),
        [*changes, CaseRow.version.set(version)],
        condition=CaseRow.version == case.version,
        refusal=Contended("somebody else works on this case"),
    )
    row = StepRow(case_pk(case.case_id), f"{STEP}{version:04d}", body=step.model_dump_json())
    tx.put(row, condition=StepRow.pk.does_not_exist())


def _once(
    case_id: str,
    command: BaseModel,
    command_id: object,
    caller: Caller,
    act: Callable[[Transaction, Case], None],
) -> CaseView:
    """Carry a command out once; whoever sends it again gets the case as it is."""
    digest = fingerprint(command, case_id=case_id, by=caller.subject)
    key = f"COMMAND#{command_id}"
    if _told_before(key, digest):
        return view(_find(case_id, caller))
    case = _find(case_id, caller)
    try:
        with transaction() as tx:
            row = CommandRow(key, COMMAND, case_id=case_id, fingerprint=digest)
            tx.put(row, condition=CommandRow.pk.does_not_exist(), refusal=AlreadyDone())
            act(tx, case)
    except AlreadyDone:
        _told_before(key, digest)
    return view(_find(case_id, caller))


def _told_before(key: str, digest: str) -> bool:
    kept = reads.get(CommandRow, key, COMMAND)
    if kept is not None and kept.fingerprint != digest:
        raise IdReused
    return kept is not None


def _find(case_id: str, caller: Caller) -> Case:
    row = reads.get(CaseRow, case_pk(case_id), CASE)
    if row is None:
        raise NotFound
    case = case_of(row)
    if not answers(caller, case):
        raise NotFound
    return case
