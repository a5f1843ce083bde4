"""Points for good deeds: what a deed earns is data, who earned it has an authority's word."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from linli.credit.hold import grant
from linli.credit.model import EarningCap, Points
from linli.credit.rows import DayRow, DeedRow, deed_key, earned, person
from linli.kernel import reads
from linli.kernel.errors import AlreadyDone, Forbidden, IdReused, Invalid
from linli.kernel.identity import Caller, Role
from linli.kernel.ids import CommandId, CommunityId, PersonId, fingerprint
from linli.kernel.time import local_date, rfc3339
from linli.kernel.transact import transaction


@dataclass(frozen=True, slots=True)
class DeedRule:
    """What a deed earns: `points` as a rule, up to `most_points` if an award says so."""

    points: int
    most_points: int


DEEDS: Final[Mapping[str, DeedRule]] = {
    "helped_elder": DeedRule(points=3, most_points=3),
    "sorted_recycling": DeedRule(points=2, most_points=6),
    "shared_tools": DeedRule(points=2, most_points=2),
    "volunteered": DeedRule(points=5, most_points=10),
    "reported_hazard": DeedRule(points=3, most_points=3),
}
"""The earning rules by deed; returning a box is rewarded by `linli.boxes`, not awarded."""

MOST_EARNED_POINTS_A_DAY: Final = Points(20)
"""What a resident may earn by deeds in a calendar day of the community."""


class UnknownDeed(Invalid):
    """No rule says what this deed earns."""

    code = "unknown_deed"
    title_en = "No points are given for this"
    title_zh = "没有对应的积分规则"


class TooManyPoints(Invalid):
    """More points than the deed may earn."""

    code = "too_many_points"
    title_en = "This deed does not earn that many points"
    title_zh = "超出该行为可得积分"


class OwnDeed(Forbidden):
    """Nobody awards points to themselves."""

    code = "own_deed"
    title_en = "You cannot award points to yourself"
    title_zh = "不能给自己发放积分"


class AwardDeed(BaseModel):
    """An authority of a community vouches for a resident's deed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: CommandId
    resident_id: PersonId
    deed: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{1,39}$")]
    points: int | None = Field(
        default=None, strict=True, ge=1, le=1000, description="Left out: what the rule says"
    )
    community_id: CommunityId | None = Field(
        default=None, description="Needed by those who hold a role in several communities"
    )


class AwardedDeed(BaseModel):
    """What a deed earned."""

    id: CommandId
    resident_id: str
    deed: str
    points: int
    awarded_at: str


def points_for(deed: str, asked: int | None) -> Points:
    """
    What `deed` earns.

    Raises:
        UnknownDeed: There is no rule for it.
        TooManyPoints: More is asked than the rule allows.
    """
    rule = DEEDS.get(deed)
    if rule is None:
        raise UnknownDeed
    if asked is not None and asked > rule.most_points:
        raise TooManyPoints(most_points=rule.most_points)
    return Points(rule.points if asked is None else asked)


def award(command: AwardDeed, *, caller: Caller, now: datetime) -> AwardedDeed:
    """
    Give a resident the points of a deed; sending it again changes nothing. A refusal is not
    recorded, for it changed nothing.

    Raises:
        NotFound, Invalid: The caller has no authority in the community, or must name it.
        OwnDeed: The caller is the resident.
        UnknownDeed, TooManyPoints: See `points_for`.
        EarningCap: The resident has earned enough today.
        IdReused: The id was used for another award.
    """
    row = _decide(command, caller, now)
    try:
        _write(row, str(command.id), now)
    except AlreadyDone:
        written = reads.get(DeedRow, row.pk, row.sk)
        if written is None or written.fingerprint != row.fingerprint:
            raise IdReused from None
        row = written
    return AwardedDeed(
        id=command.id,
        resident_id=row.resident_id,
        deed=row.deed,
        points=int(row.points),
        awarded_at=row.at,
    )


def _decide(command: AwardDeed, caller: Caller, now: datetime) -> DeedRow:
    community_id = _community(command, caller)
    if command.resident_id == caller.subject:
        raise OwnDeed
    return DeedRow(
        *deed_key(command.id),
        resident_id=command.resident_id,
        deed=command.deed,
        points=points_for(command.deed, command.points),
        community_id=community_id,
        by=caller.subject,
        at=rfc3339(now),
        fingerprint=fingerprint(command, by=caller.subject),
    )


def _community(command: AwardDeed, caller: Caller) -> str:
    """The community in whose name the caller speaks."""
    held = {*caller.places(Role.DISPATCHER), *caller.places(Role.CITY)}
    if command.community_id is not None:
        caller.require(command.community_id, Role.DISPATCHER, Role.CITY)
        return command.community_id
    if len(held) != 1:
        raise Invalid("name the community")
    return held.pop()


def _write(row: DeedRow, deed_id: str, now: datetime) -> None:
    points, on = Points(int(row.points)), local_date(now)
    with transaction() as tx:
        tx.put(row, condition=DeedRow.pk.does_not_exist(), refusal=AlreadyDone())
        grant(
            tx,
            transfer_id=deed_id,
            resident_id=row.resident_id,
            points=points,
            deed=row.deed,
            now=now,
            by=row.by,
            capped_on=on,
        )
        tx.update(
            DayRow(person(row.resident_id), earned(on)),
            [DayRow.points.add(points)],
            condition=DayRow.points.does_not_exist()
            | (DayRow.points <= MOST_EARNED_POINTS_A_DAY - points),
            refusal=EarningCap(cap_points=MOST_EARNED_POINTS_A_DAY),
        )
