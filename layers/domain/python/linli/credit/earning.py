"""Points for good deeds: what a deed earns is data, who earned it has an authority's word."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from linli.credit import programme, window
from linli.credit.hold import grant
from linli.credit.keys import deed_key, earned, person
from linli.credit.model import (
    BackdatedDeed,
    Done,
    EarningCap,
    EvidenceMissing,
    OwnDeed,
    Points,
    TooManyPoints,
    UnknownDeed,
)
from linli.credit.programme import DeedRule
from linli.credit.rows import DayRow, DeedRow
from linli.kernel import reads
from linli.kernel.errors import AlreadyDone, Contended, IdReused, Invalid, Refused
from linli.kernel.identity import Caller, Role
from linli.kernel.ids import CommandId, CommunityId, PersonId, ThingId, fingerprint
from linli.kernel.refusals import recorded, refusal_text
from linli.kernel.time import local_date, rfc3339
from linli.kernel.transact import Transaction, transaction

_AHEAD = timedelta(minutes=5)
"""How far a phone's clock may be ahead of ours."""
_TRIES = 5


class AwardDeed(BaseModel):
    """An authority of a community vouches for a resident's deed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: CommandId
    resident_id: PersonId
    deed: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,39}$")]
    points: int | None = Field(
        default=None, strict=True, ge=1, le=1000, description="Left out: what the rule says"
    )
    community_id: CommunityId | None = Field(
        default=None, description="Needed by those who hold a role in several communities"
    )
    happened_at: AwareDatetime | None = Field(default=None, description="Left out: just now")
    counterpart_id: PersonId | None = Field(default=None, description="Whom it was done for")
    device_id: ThingId | None = Field(default=None, description="By whose device it was claimed")
    note: Annotated[str, StringConstraints(min_length=1, max_length=500)] | None = None


class AwardedDeed(BaseModel):
    """What a deed earned."""

    id: CommandId
    resident_id: str
    deed: str
    points: int
    awarded_at: str


@dataclass(frozen=True, slots=True)
class _Award:
    """A deed as decided: what to write, under which caps."""

    row: DeedRow
    most_a_day: int
    done: Done
    seen: list[int]
    kept: list[int]


class _Moved(Refused):
    """The same deed was awarded meanwhile; decide anew."""


def points_for(deeds: Mapping[str, DeedRule], deed: str, asked: int | None) -> Points:
    """
    What `deed` earns by the rules of a programme. Pure.

    Raises:
        UnknownDeed: There is no rule for it.
        TooManyPoints: More is asked than the rule allows.
    """
    rule = deeds.get(deed)
    if rule is None:
        raise UnknownDeed
    if asked is not None and asked > rule.most_points:
        raise TooManyPoints(most_points=rule.most_points)
    return Points(rule.points if asked is None else asked)


def check_evidence(rule: DeedRule, command: AwardDeed, now: datetime) -> None:
    """
    Whether a deed comes with what its rule needs, and in time. Pure.

    Raises:
        BackdatedDeed: It was too long ago, or is yet to come.
        EvidenceMissing: `evidence` says what is missing.
        OwnDeed: It was done for who did it.
    """
    at = command.happened_at or now
    if not now - timedelta(days=rule.late_days) <= at <= now + _AHEAD:
        raise BackdatedDeed(late_days=rule.late_days)
    there = {"note": command.note, "counterpart": command.counterpart_id}
    missing = [what for what in rule.evidence if not there[what]]
    if missing:
        raise EvidenceMissing(evidence=missing)
    if command.counterpart_id == command.resident_id:
        raise OwnDeed


def award(command: AwardDeed, *, caller: Caller, now: datetime) -> AwardedDeed:
    """
    Give a resident the points of a deed; sending it again answers the same, refusals included:
    they are recorded under the deed's id.

    Raises:
        NotFound, Invalid: The caller has no authority in the community, or must name it.
        OwnDeed: The caller is the resident.
        UnknownDeed, TooManyPoints, BackdatedDeed, EvidenceMissing: See above.
        EarningCap: The resident has earned enough, that day or by that deed.
        IdReused: The id was used for another award.
        Contended: The same deed was awarded to the resident each time; nothing was written.
    """
    community_id = _community(command, caller)
    digest = fingerprint(command, by=caller.subject)
    pk, sk = deed_key(command.id)
    times = window.key(command.resident_id, command.deed)
    for _ in range(_TRIES):
        found = reads.batch([(DeedRow, pk, sk), programme.key(community_id), times])
        if row := found.get(DeedRow, pk, sk):
            return _replay(row, digest)
        try:
            decided = _decide(command, found, community_id, caller, digest, now)
            with transaction() as tx:
                _write(tx, decided, now)
        except _Moved:
            continue
        except AlreadyDone:
            return _written(command, digest)
        except Contended:
            raise
        except Refused as refusal:
            return _refuse(command, community_id, caller, digest, refusal, now)
        return _told(decided.row)
    raise Contended("this deed is being awarded to the resident by others")


def _told(row: DeedRow) -> AwardedDeed:
    return AwardedDeed.model_validate(
        {
            "id": row.pk.partition("#")[2],
            "resident_id": row.resident_id,
            "deed": row.deed,
            "points": int(row.points),
            "awarded_at": row.at,
        }
    )


def _replay(row: DeedRow, digest: str) -> AwardedDeed:
    if row.fingerprint != digest:
        raise IdReused
    if row.refusal is not None:
        raise recorded(row.refusal)
    return _told(row)


def _written(command: AwardDeed, digest: str) -> AwardedDeed:
    row = reads.get(DeedRow, *deed_key(command.id))
    if row is None:
        raise IdReused("the id is of another entry")
    return _replay(row, digest)


def _refuse(
    command: AwardDeed,
    community_id: str,
    caller: Caller,
    digest: str,
    refusal: Refused,
    now: datetime,
) -> AwardedDeed:
    """Record `refusal` under the deed's id and raise it, unless a resend was faster."""
    row = _row(command, community_id, caller, digest, 0, now)
    row.refusal = refusal_text(refusal)
    try:
        with transaction() as tx:
            tx.put(row, condition=DeedRow.pk.does_not_exist(), refusal=AlreadyDone())
    except AlreadyDone:
        return _written(command, digest)
    raise refusal


def _decide(
    command: AwardDeed,
    found: reads.Found,
    community_id: str,
    caller: Caller,
    digest: str,
    now: datetime,
) -> _Award:
    rules = programme.programme_in(found, community_id)
    if command.resident_id == caller.subject:
        raise OwnDeed
    points = points_for(rules.deeds, command.deed, command.points)
    rule = rules.deeds[command.deed]
    check_evidence(rule, command, now)
    seen = window.times_in(found, command.resident_id, command.deed)
    kept = window.slide(seen, rule, now)
    row = _row(command, community_id, caller, digest, points, now)
    often = f"{rule.a_window}/{rule.window_days}"
    done = Done(community_id, command.counterpart_id, command.device_id, often)
    return _Award(row, rules.earned_points_a_day, done, seen, kept)


def _row(
    command: AwardDeed, community_id: str, caller: Caller, digest: str, points: int, now: datetime
) -> DeedRow:
    evidence = {"happened_at", "counterpart_id", "device_id", "note"}
    told = command.model_dump_json(include=evidence, exclude_none=True)
    return DeedRow(
        *deed_key(command.id),
        resident_id=command.resident_id,
        deed=command.deed,
        points=points,
        community_id=community_id,
        by=caller.subject,
        at=rfc3339(now),
        fingerprint=digest,
        evidence=told if told != "{}" else None,
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


def _write(tx: Transaction, decided: _Award, now: datetime) -> None:
    row = decided.row
    points, on, pk = Points(int(row.points)), local_date(now), person(row.resident_id)
    tx.put(row, condition=DeedRow.pk.does_not_exist(), refusal=AlreadyDone())
    grant(
        tx,
        transfer_id=row.pk.partition("#")[2],
        resident_id=row.resident_id,
        points=points,
        deed=row.deed,
        now=now,
        by=row.by,
        capped_on=on,
        done=decided.done,
    )
    over = EarningCap(cap_points=decided.most_a_day)
    if points > decided.most_a_day:
        raise over
    tx.update(
        DayRow(pk, earned(on)),
        [DayRow.points.add(points), DayRow.cap.set(decided.most_a_day)],
        condition=DayRow.points.does_not_exist() | (DayRow.points <= decided.most_a_day - points),
        refusal=over,
    )
    window.put(tx, row.resident_id, row.deed, decided.seen, decided.kept, _Moved())
