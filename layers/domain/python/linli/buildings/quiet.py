"""What a community's buildings say of quiet deliveries, each voice once; and where they may go."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from linli.buildings.quiet_rules import (
    BuildingIndex,
    Counts,
    QuietIndex,
    allowed,
    index_of,
    stage_of,
)
from linli.buildings.rows import (
    NOT_A_BUILDING,
    OnceRow,
    QuietRow,
    counted_key,
    quiet_key,
    voice_key,
)
from linli.kernel import reads
from linli.kernel.errors import AlreadyDone, Contended, IdReused, Refused
from linli.kernel.identity import Caller, Role
from linli.kernel.ids import CommandId, CommunityId
from linli.kernel.time import rfc3339
from linli.kernel.transact import Transaction, transaction

Building = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[^#~][^#]*$")]
_ATTEMPTS = 4


class NotQuietHere(Refused):
    """The building has not shown that it bears deliveries in the quiet of the night."""

    code = "not_quiet_here"
    title_en = "Quiet delivery is not offered in this building yet"
    title_zh = "该楼栋暂未开通静默配送"


class QuietAnswer(BaseModel):
    """Whether a resident would accept quiet deliveries at night in their building."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: CommandId
    community_id: CommunityId
    building: Building
    accepts: bool


class QuietComplaint(BaseModel):
    """Somebody was disturbed by a quiet delivery in their building."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: CommandId
    community_id: CommunityId
    building: Building


def answer(command: QuietAnswer, caller: Caller) -> Counts:
    """
    Count a resident's answer; the latest of each counts, and only that.

    Raises:
        NotFound: The caller is no resident of the community.
        Contended: The same person kept answering at once.
    """
    caller.require(command.community_id, Role.RESIDENT)
    pk, sk = quiet_key(command.community_id), voice_key(command.building, caller.subject)
    word = "yes" if command.accepts else "no"
    for _ in range(_ATTEMPTS):
        kept = reads.get(OnceRow, pk, sk)
        if kept is not None and kept.fingerprint == word:
            break
        try:
            with transaction() as tx:
                _count_voice(tx, pk, sk, kept, word, command.building)
            break
        except AlreadyDone:  # The same person, at this very moment.
            continue
    else:
        raise Contended
    return counts_of(command.community_id).get(command.building, Counts())


def _count_voice(
    tx: Transaction, pk: str, sk: str, kept: OnceRow | None, word: str, building: str
) -> None:
    seen = OnceRow.pk.does_not_exist() if kept is None else OnceRow.fingerprint == kept.fingerprint
    tx.put(OnceRow(pk, sk, fingerprint=word), condition=seen, refusal=AlreadyDone())
    gained, lost = (QuietRow.yes, QuietRow.no) if word == "yes" else (QuietRow.no, QuietRow.yes)
    actions = [gained.add(1)] if kept is None else [gained.add(1), lost.add(-1)]
    tx.update(QuietRow(pk, building), actions)


def complain(command: QuietComplaint, caller: Caller, now: datetime) -> Counts:
    """
    Count a complaint; the same one again changes nothing.

    Raises:
        NotFound: The caller is no resident of the community.
        IdReused: The id came with another complaint.
    """
    caller.require(command.community_id, Role.RESIDENT, Role.LEADER, Role.DISPATCHER)
    pk, sk = quiet_key(command.community_id), counted_key("COMPLAINT", str(command.id))
    said = f"{command.building}/{caller.subject}"
    _count_once(pk, sk, said, command.building, "complaints", now)
    kept = reads.get(OnceRow, pk, sk)
    if kept is None or kept.fingerprint != said:
        raise IdReused
    return counts_of(command.community_id).get(command.building, Counts())


def count_quiet_delivery(community_id: str, building: str, order_id: str, now: datetime) -> None:
    """Count a quiet order that was left at its door; again changes nothing."""
    pk = quiet_key(community_id)
    _count_once(pk, counted_key("ORDER", order_id), building, building, "deliveries", now)


def _count_once(pk: str, sk: str, said: str, building: str, what: str, now: datetime) -> None:
    counter = QuietRow.complaints if what == "complaints" else QuietRow.deliveries
    try:
        with transaction() as tx:
            row = OnceRow(pk, sk, fingerprint=said, body=rfc3339(now))
            tx.put(row, condition=OnceRow.pk.does_not_exist(), refusal=AlreadyDone())
            tx.update(QuietRow(pk, building), [counter.add(1)])
    except AlreadyDone:
        return  # Counted before.


def counts_of(community_id: str) -> dict[str, Counts]:
    """What the buildings have said, by building."""
    own = QuietRow.sk < NOT_A_BUILDING
    rows = reads.query(QuietRow, quiet_key(community_id), own)
    return {
        row.sk: Counts(
            yes=int(row.yes),
            no=int(row.no),
            deliveries=int(row.deliveries),
            complaints=int(row.complaints),
        )
        for row in rows
    }


def quiet_allowed(community_id: str, building: str) -> bool:
    """Whether quiet orders may go to the building now."""
    return allowed(counts_of(community_id), building)


def quiet_index(community_id: str) -> QuietIndex:
    """The community's stage and buildings, by building."""
    known = counts_of(community_id)
    stage, pilots, share, prior_mean = stage_of(known)
    return QuietIndex(
        community_id=community_id,
        stage=stage,
        pilots=pilots,
        complaint_share=round(share, 4),
        buildings=[
            BuildingIndex(
                building=building,
                index=round(index_of(counts, prior_mean), 4),
                allowed=allowed(known, building),
                counts=counts,
            )
            for building, counts in sorted(known.items())
        ],
    )
