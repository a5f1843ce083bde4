"""Solving each community's cut-off anew, each night; who moves is told why."""

from datetime import datetime, timedelta

from linli import catalogue
from linli.credit import programme, score
from linli.credit.appeals import held_in
from linli.credit.keys import (
    SCORE_SHARDS,
    cutoffs_of,
    score_key,
    scores_of,
    tier_changes_of,
    tier_holds_of,
)
from linli.credit.rows import CutoffRow, ScoreRow, TierChangeRow, TierHoldRow
from linli.credit.standing import STANDARD, TOP
from linli.credit.tiers import Cut, solve
from linli.kernel import reads
from linli.kernel.errors import Contended
from linli.kernel.time import local_date, rfc3339
from linli.kernel.transact import transaction


def resolve_all(now: datetime) -> dict[str, int]:
    """
    Solve the cut-off of every community; answers how many residents moved in each.

    Raises:
        ExceptionGroup: What went wrong in some, after the others have been seen to.
    """
    moved: dict[str, int] = {}
    faults: list[Exception] = []
    for community_id in catalogue.communities():
        try:
            moved[community_id] = resolve(community_id, now)
        except Exception as fault:  # One community's trouble must not keep the others waiting.
            faults.append(fault)
    if faults:
        raise ExceptionGroup("some communities could not be solved", faults)
    return moved


def resolve(community_id: str, now: datetime) -> int:
    """
    Solve a community's cut-off and move who has to move; answers how many did. Broken off and
    begun again, it goes on from where it stood.

    Raises:
        Contended: Another run is moving the same residents.
    """
    rules = programme.read(community_id)
    rows = {
        row.sk: row
        for shard in range(SCORE_SHARDS)
        for row in reads.query(ScoreRow, scores_of(community_id, shard))
    }
    held = held_in(community_id, now) & rows.keys()
    since = (local_date(now) - timedelta(days=rules.active_days)).isoformat()
    active = {
        who: int(row.weight)
        for who, row in rows.items()
        if (row.active_on or "") >= since or who in held
    }
    members = {who for who, row in rows.items() if row.tier == TOP}
    cut = solve(active, members, rules.low_permille, rules.high_permille, held)
    for who in sorted(members - cut.top):
        why = "left" if who in active else "inactive"
        _move(community_id, rows[who], why, cut, now, unheld=who not in held)
    for who in sorted(cut.top - members):
        _move(community_id, rows[who], "entered", cut, now)
    for who in sorted(members & cut.top):
        _confirm(community_id, rows[who])
    _note(community_id, cut, now)
    return len(members ^ cut.top)


def _move(
    community_id: str,
    row: ScoreRow,
    why: str,
    cut: Cut,
    now: datetime,
    *,
    unheld: bool = False,
) -> None:
    """Move a resident; `unheld`: unless an appeal of theirs was upheld since holds were read."""
    tier, on = TOP if why == "entered" else STANDARD, local_date(now)
    at = rfc3339(now)
    change = TierChangeRow(tier_changes_of(community_id, row.sk), at, tier=tier, why=why)
    change.score = score.score_points(int(row.weight), on)
    change.entry = score.score_points(cut.entry_weight or 0, on)
    change.exit = score.score_points(cut.exit_weight or 0, on)
    same = ScoreRow.tier == row.tier if row.tier else ScoreRow.tier.does_not_exist()
    with transaction() as tx:
        tx.update(
            ScoreRow(*score_key(community_id, row.sk)),
            [ScoreRow.tier.set(tier), ScoreRow.tier_since.set(at), ScoreRow.raised_by.remove()],
            condition=same,
            refusal=Contended("another run is solving this cut-off"),
        )
        tx.put(change)
        if unheld:
            none = TierHoldRow.pk.does_not_exist() | (TierHoldRow.until_on < on.isoformat())
            key = tier_holds_of(community_id), row.sk
            tx.check(TierHoldRow(*key), condition=none, refusal=Contended("an appeal was upheld"))


def _confirm(community_id: str, row: ScoreRow) -> None:
    """Who was raised by an appeal is in by the cut-off from now on."""
    if row.raised_by is None:
        return
    with transaction() as tx:
        tx.update(
            ScoreRow(*score_key(community_id, row.sk)),
            [ScoreRow.raised_by.remove()],
            condition=ScoreRow.raised_by == row.raised_by,
            refusal=Contended("another run is solving this cut-off"),
        )


def _note(community_id: str, cut: Cut, now: datetime) -> None:
    row = CutoffRow(cutoffs_of(community_id), rfc3339(now), at=rfc3339(now), active=cut.active)
    row.least, row.most, row.top = cut.least, cut.most, len(cut.top)
    row.entry_weight, row.exit_weight = cut.entry_weight, cut.exit_weight
    with transaction() as tx:
        tx.put(row)
