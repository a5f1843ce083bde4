"""Lifts that residents and couriers report; couriers confirm, and what nobody repeats expires."""

from datetime import datetime, timedelta
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from linli.buildings.lift_rules import Lift, after, is_broken
from linli.buildings.rows import REPORT, LiftRow, OnceRow, lift_key, lifts_key
from linli.kernel import reads
from linli.kernel.errors import AlreadyDone, Contended, IdReused, Invalid
from linli.kernel.identity import Caller, Role
from linli.kernel.ids import CommandId, CommunityId, fingerprint
from linli.kernel.time import parse_instant, rfc3339
from linli.kernel.transact import transaction

_ATTEMPTS = 5
_AHEAD = timedelta(minutes=5)


class ReportLift(BaseModel):
    """A lift as somebody sees it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: CommandId
    community_id: CommunityId
    building: Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[^#~][^#]*$")]
    unit: Annotated[str, Field(max_length=20, pattern=r"^[^#]*$")] = ""
    works: bool
    at: AwareDatetime


class LiftReported(BaseModel):
    """What a report led to; `changed`: whether stops behind the lift take another time now."""

    id: str
    lift: Lift
    broken: bool
    changed: bool


class LiftList(BaseModel):
    """The lifts of a community that are reported broken, by building."""

    lifts: list[Lift]


def report_lift(command: ReportLift, caller: Caller, now: datetime) -> LiftReported:
    """
    Take in what somebody sees; the same report again changes nothing and answers the same.

    Raises:
        NotFound: The caller is neither a resident nor a courier of the community.
        Invalid: The time is in the future.
        IdReused: The id came with another report.
        Contended: Others kept reporting the same lift.
    """
    caller.require(command.community_id, Role.RESIDENT, Role.COURIER, Role.DISPATCHER)
    if command.at > now + _AHEAD:
        raise Invalid("the time is in the future")
    digest = fingerprint(command, by=caller.subject)
    once = OnceRow(f"REPORT#{command.id}", REPORT, fingerprint=digest)
    for _ in range(_ATTEMPTS):
        kept = reads.get(OnceRow, once.pk, REPORT)
        if kept is not None:
            if kept.fingerprint != digest:
                raise IdReused
            return LiftReported.model_validate_json(kept.body or "")
        try:
            return _write(command, caller, once, now)
        except AlreadyDone:  # Another word on the same lift, or this one, at this very moment.
            continue
    raise Contended


def _write(command: ReportLift, caller: Caller, once: OnceRow, now: datetime) -> LiftReported:
    key = lifts_key(command.community_id), lift_key(command.building, command.unit)
    row = reads.get(LiftRow, *key)
    before = None if row is None else _lift(row)
    lift = after(
        before,
        command.building,
        command.unit,
        works=command.works,
        by=caller.subject,
        courier=caller.holds(Role.COURIER, command.community_id),
        at=min(command.at, now),
        now=now,
    )
    broken = is_broken(lift, now)
    told = LiftReported(
        id=str(command.id), lift=lift, broken=broken, changed=broken != is_broken(before, now)
    )
    once.body = told.model_dump_json()
    seen = LiftRow.pk.does_not_exist() if row is None else LiftRow.version == row.version
    with transaction() as tx:
        tx.put(once, condition=OnceRow.pk.does_not_exist(), refusal=AlreadyDone())
        tx.put(_row(key, lift, 1 if row is None else int(row.version) + 1), condition=seen,
               refusal=AlreadyDone())  # fmt: skip
    return told


def broken_lifts(community_id: str, now: datetime) -> list[Lift]:
    """The lifts that count as broken now."""
    rows = reads.query(LiftRow, lifts_key(community_id))
    return [lift for row in rows if is_broken(lift := _lift(row), now)]


def lift_works(broken: list[Lift], building: str, unit: str) -> bool:
    """Whether none of the `broken` lifts is the one to a door; a report may name no unit."""
    of_building = [lift for lift in broken if lift.building == building]
    return not any(unit == "" or lift.unit in ("", unit) for lift in of_building)


def _row(key: tuple[str, str], lift: Lift, version: int) -> LiftRow:
    return LiftRow(
        *key,
        state=lift.state,
        since=rfc3339(lift.since),
        seen_at=rfc3339(lift.seen_at),
        expires_at=rfc3339(lift.expires_at),
        by=lift.by,
        confirmed_by=lift.confirmed_by,
        version=version,
    )


def _lift(row: LiftRow) -> Lift:
    building, unit = row.sk.split("#", 1)
    return Lift(
        building=building,
        unit=unit,
        state=row.state,
        since=parse_instant(row.since),
        seen_at=parse_instant(row.seen_at),
        expires_at=parse_instant(row.expires_at),
        by=row.by,
        confirmed_by=row.confirmed_by,
    )
