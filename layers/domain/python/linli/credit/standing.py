"""Where a resident stands: the tier that the last cut-off gave, why, and how it came about."""

from datetime import date, datetime

from pydantic import BaseModel, Field

from linli.credit import score
from linli.credit.keys import cutoffs_of, score_key, tier_changes_of, tier_holds_of
from linli.credit.rows import CutoffRow, ScoreRow, TierChangeRow, TierHoldRow
from linli.kernel import reads
from linli.kernel.identity import Caller, Role
from linli.kernel.time import local_date

TOP, STANDARD = "top", "standard"
MOST_CHANGES = 20
_WHY = {
    "entered": (
        "Your score of {score} reached the {entry} that let you into the top tier.",
        "您的信用分 {score} 达到进入高级档所需的 {entry}。",
    ),
    "left": (
        "Your score of {score} fell below the {exit} that is needed to stay in the top tier.",
        "您的信用分 {score} 低于保留高级档所需的 {exit}。",
    ),
    "upheld": (
        "Your appeal was upheld, you are in the top tier until {until} at least: {words}",
        "您的申诉成立，您至少在 {until} 前保留高级档：{words}",
    ),
    "inactive": (
        "You have done no deeds for a while; the top tier is for active residents.",
        "您已有一段时间没有善行记录，高级档仅面向活跃居民。",
    ),
}


class TierChange(BaseModel):
    """A change of tier, explained."""

    at: str
    tier: str
    why_en: str
    why_zh: str


class Standing(BaseModel):
    """A resident's score and tier in a community, and what would change them."""

    community_id: str
    tier: str
    since: str | None
    score_points: int = Field(description="Deeds, each counting half after every 90 days")
    half_life_days: int = score.HALF_LIFE_DAYS
    entry_points: int | None = Field(description="The score that lets in, by today's weights")
    exit_points: int | None = Field(description="The score that is needed to stay")
    active_residents: int
    top_residents: int
    solved_at: str | None
    held_until: str | None = Field(
        default=None, description="An upheld appeal keeps a place in the top tier to this day"
    )
    held_why: str | None = Field(default=None, description="The words of that decision")
    changes: list[TierChange] = Field(description="The newest first")


def standing(caller: Caller, community_id: str, now: datetime) -> Standing:
    """
    Where the caller stands in a community.

    Raises:
        NotFound: The caller is no resident there.
    """
    caller.require(community_id, Role.RESIDENT)
    on, who = local_date(now), caller.subject
    row = reads.get(ScoreRow, *score_key(community_id, who))
    cut = latest(community_id)
    points, hold = score.score_points, _hold(community_id, who, on)
    changes = reads.query(
        TierChangeRow, tier_changes_of(community_id, who), most=MOST_CHANGES, newest_first=True
    )
    return Standing(
        community_id=community_id,
        tier=(row.tier if row else None) or STANDARD,
        since=row.tier_since if row else None,
        score_points=points(int(row.weight), on) if row else 0,
        entry_points=_points(cut.entry_weight, on) if cut else None,
        exit_points=_points(cut.exit_weight, on) if cut else None,
        active_residents=int(cut.active) if cut else 0,
        top_residents=int(cut.top) if cut else 0,
        solved_at=cut.at if cut else None,
        held_until=hold.until_on if hold else None,
        held_why=hold.words if hold else None,
        changes=[explained(each) for each in changes[:MOST_CHANGES]],
    )


def _points(weight: float | None, on: date) -> int | None:
    return None if weight is None else score.score_points(int(weight), on)


def _hold(community_id: str, who: str, on: date) -> TierHoldRow | None:
    row = reads.get(TierHoldRow, tier_holds_of(community_id), who)
    return row if row and row.until_on >= on.isoformat() else None


def latest(community_id: str) -> CutoffRow | None:
    """The last cut-off of a community."""
    rows = reads.query(CutoffRow, cutoffs_of(community_id), most=1, newest_first=True)
    return rows[0] if rows else None


def explained(row: TierChangeRow) -> TierChange:
    """A change of tier in words."""
    figures = {"score": row.score, "entry": row.entry, "exit": row.exit}
    en, zh = (text.format(**figures, until=row.until_on, words=row.words) for text in _WHY[row.why])
    return TierChange(at=row.sk, tier=row.tier, why_en=en, why_zh=zh)
