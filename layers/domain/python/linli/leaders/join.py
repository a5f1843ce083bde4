"""A resident joins a leader's building, and leaves it: by their own word alone."""

from collections.abc import Callable
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from linli.kernel import reads
from linli.kernel.errors import AlreadyDone, Contended, IdReused
from linli.kernel.identity import Caller, Role
from linli.kernel.ids import CommandId, CommunityId, fingerprint
from linli.kernel.time import rfc3339
from linli.kernel.transact import Transaction, transaction
from linli.leaders.model import Attribution, BuildingName, HasLeader, NoLeader
from linli.leaders.rows import (
    BuildingRow,
    CommandRow,
    MembershipRow,
    building_key,
    member_key,
)


class JoinLeader(BaseModel):
    """A resident's consent that their orders count for a leader, who sees totals alone."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: CommandId
    community_id: CommunityId
    building: BuildingName
    consent: Literal[True] = Field(description="That my orders count for this leader")


class LeaveLeader(BaseModel):
    """A resident takes the consent back; orders that were placed stay attributed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: CommandId


class Membership(BaseModel):
    """Whom a resident has joined, if anybody."""

    leader_id: str | None = None
    community_id: str | None = None
    building: str | None = None
    joined_at: str | None = None


def join(command: JoinLeader, *, caller: Caller, now: datetime) -> Membership:
    """
    Join the leader of a building; sending it again changes nothing.

    Raises:
        NotFound: The caller is no resident there, or nobody leads the building.
        HasLeader: The caller has joined somebody already.
        IdReused
    """
    caller.require(command.community_id, Role.RESIDENT)
    pk, sk = building_key(command.community_id, command.building)
    row = reads.get(BuildingRow, pk, sk)
    if row is None or row.leader_id == caller.subject:
        raise NoLeader

    def act(tx: Transaction) -> None:
        member = MembershipRow(
            *member_key(caller.subject),
            leader_id=row.leader_id,
            community_id=row.community_id,
            building=row.building,
            permille=row.permille,
            joined_at=rfc3339(now),
        )
        absent = MembershipRow.pk.does_not_exist()
        tx.put(member, condition=absent, refusal=HasLeader())
        tx.update(BuildingRow(pk, sk), [BuildingRow.members.add(1)])

    return _once(command, command.id, caller, now, act)


def leave(command: LeaveLeader, *, caller: Caller, now: datetime) -> Membership:
    """
    Leave the leader; sending it again changes nothing.

    Raises:
        NoLeader: The caller has joined nobody.
        IdReused
    """

    def act(tx: Transaction) -> None:
        row = reads.get(MembershipRow, *member_key(caller.subject))
        if row is None:
            raise NoLeader
        same = (MembershipRow.leader_id == row.leader_id) & (
            MembershipRow.joined_at == row.joined_at
        )
        gone = Contended("joined or left at the same moment")
        tx.delete(MembershipRow(row.pk, row.sk), condition=same, refusal=gone)
        key = building_key(row.community_id, row.building)
        tx.update(BuildingRow(*key), [BuildingRow.members.add(-1)])

    return _once(command, command.id, caller, now, act)


def membership(resident_id: str) -> Membership:
    """Whom a resident has joined."""
    row = reads.get(MembershipRow, *member_key(resident_id))
    if row is None:
        return Membership()
    names = ("leader_id", "community_id", "building", "joined_at")
    return Membership(**{name: getattr(row, name) for name in names})


def membership_key(resident_id: str) -> reads.Key:
    """The key with which a batch reads whom a resident has joined."""
    return MembershipRow, *member_key(resident_id)


def leader_in(found: reads.Found, resident_id: str, community_id: str) -> Attribution | None:
    """To whom an order of a resident in a community counts, from a batch that read the key."""
    row = found.get(MembershipRow, *member_key(resident_id))
    if row is None or row.community_id != community_id:
        return None
    return Attribution(leader_id=row.leader_id, commission_permille=int(row.permille))


def _once(
    command: BaseModel,
    command_id: object,
    caller: Caller,
    now: datetime,
    act: Callable[[Transaction], None],
) -> Membership:
    digest = fingerprint(command, by=caller.subject)
    row = CommandRow(f"COMMAND#{command_id}", "COMMAND", fingerprint=digest, at=rfc3339(now))
    kept = reads.get(CommandRow, row.pk, row.sk)
    if kept is None:
        try:
            with transaction() as tx:
                tx.put(row, condition=CommandRow.pk.does_not_exist(), refusal=AlreadyDone())
                act(tx)
        except AlreadyDone:
            kept = reads.get(CommandRow, row.pk, row.sk)
    if kept is not None and kept.fingerprint != digest:
        raise IdReused
    return membership(caller.subject)
