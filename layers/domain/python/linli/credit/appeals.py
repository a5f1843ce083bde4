"""
Appeals against a tier: a case that a person decides, and what an upheld one does.

Upheld, the resident is in the top tier at once and keeps a place there until the next review, by
the decision's own write. The nightly solution gives such places first and the others by rank, so
that the share stays in its band: who is held takes somebody's place, and is none on top.
"""

from datetime import datetime, timedelta
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from linli import cases
from linli.cases import Case, Decision
from linli.credit import score
from linli.credit.keys import score_key, tier_changes_of, tier_holds_of
from linli.credit.model import TierFull
from linli.credit.rows import ScoreRow, TierChangeRow, TierHoldRow
from linli.credit.standing import STANDARD, TOP, latest
from linli.kernel import reads
from linli.kernel.errors import AlreadyDone, Contended, IdReused, NotFound
from linli.kernel.identity import Caller, Role
from linli.kernel.ids import CommandId, CommunityId
from linli.kernel.time import local_date, rfc3339
from linli.kernel.transact import Transaction, transaction

APPEAL = "tier_appeal"
HELD_DAYS: Final = 90
"""An upheld appeal is reviewed by rank again after so many days: a half-life of the score."""


class Appeal(BaseModel):
    """A resident does not agree with their tier."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: CommandId
    community_id: CommunityId
    reason: str = Field(min_length=1, max_length=500)


class Appealed(BaseModel):
    """The case that answers an appeal; see `/v1/cases`."""

    case_id: str


def appeal(command: Appeal, *, caller: Caller, now: datetime) -> Appealed:
    """
    Open a case about the caller's tier; sending it again changes nothing.

    Raises:
        NotFound: The caller is no resident there, or has no score yet.
        IdReused: The id is of another case.
    """
    caller.require(command.community_id, Role.RESIDENT)
    row = reads.get(ScoreRow, *score_key(command.community_id, caller.subject))
    if row is None:
        raise NotFound
    case_id = str(command.id)
    about = {
        "tier": row.tier or STANDARD,
        "score_points": str(score.score_points(int(row.weight), local_date(now))),
        "words": command.reason,
    }
    try:
        with transaction() as tx:
            cases.open_case(tx, case_id, APPEAL, about, caller.subject, command.community_id, now)
    except AlreadyDone:
        kept = cases.read(case_id, caller)
        if kept.kind != APPEAL or kept.about["words"] != command.reason:
            raise IdReused from None
    return Appealed(case_id=case_id)


def decide_appeal(tx: Transaction, case: Case, decision: Decision, now: datetime) -> None:
    """
    What the decision on an appeal means: upheld, a place in the top tier until the next review;
    dismissed, nothing.

    Raises, here or when `tx` commits:
        TierFull: All places that the last cut-off had are held already; the case stays open.
        Contended: The tier was being solved at the same moment.
    """
    if decision != "upheld":
        return
    community_id, who = case.community_id, case.party
    row = reads.get(ScoreRow, *score_key(community_id, who))
    if row is None:
        raise NotFound
    _check_room(community_id, who, now)
    until = (local_date(now) + timedelta(days=HELD_DAYS)).isoformat()
    words = case.reason or ""
    tx.put(
        TierHoldRow(
            tier_holds_of(community_id), who, until_on=until, case_id=case.case_id, words=words
        )
    )
    same = ScoreRow.tier == row.tier if row.tier else ScoreRow.tier.does_not_exist()
    moving = Contended("the tier is being solved")
    if row.tier == TOP:
        tx.check(ScoreRow(row.pk, row.sk), condition=same, refusal=moving)
    else:
        raised = [
            ScoreRow.tier.set(TOP),
            ScoreRow.tier_since.set(rfc3339(now)),
            ScoreRow.raised_by.set(case.case_id),
        ]
        tx.update(ScoreRow(row.pk, row.sk), raised, condition=same, refusal=moving)
    tx.put(_change(community_id, row, until, words, now))


def _check_room(community_id: str, who: str, now: datetime) -> None:
    cut, held = latest(community_id), held_in(community_id, now)
    if cut is None or len(held - {who}) >= int(cut.most):
        raise TierFull


def held_in(community_id: str, now: datetime) -> frozenset[str]:
    """Who has a place in the top tier of a community by an upheld appeal."""
    today = local_date(now).isoformat()
    rows = reads.query(TierHoldRow, tier_holds_of(community_id))
    return frozenset(row.sk for row in rows if row.until_on >= today)


def _change(
    community_id: str, row: ScoreRow, until: str, words: str, now: datetime
) -> TierChangeRow:
    points = score.score_points(int(row.weight), local_date(now))
    key = tier_changes_of(community_id, row.sk), rfc3339(now)
    return TierChangeRow(
        *key, tier=TOP, why="upheld", score=points, entry=0, exit=0, until_on=until, words=words
    )
