"""Who leads a building: one leader each, on the terms of the community's programme."""

from pydantic import BaseModel, ConfigDict

from linli import credit
from linli.kernel import reads
from linli.kernel.identity import Caller, Role
from linli.kernel.ids import CommunityId
from linli.kernel.transact import transaction
from linli.leaders.model import Building, BuildingName, BuildingTaken
from linli.leaders.rows import (
    BUILDING,
    LEADERS,
    BuildingRow,
    ListedRow,
    building_key,
    led_key,
)


class PutLeader(BaseModel):
    """A leader takes a building on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    community_id: CommunityId
    building: BuildingName


def put_leader(command: PutLeader, *, caller: Caller) -> Building:
    """
    Lead a building; again: nothing changes, the terms included.

    Raises:
        NotFound: The caller is no leader in the community.
        BuildingTaken: Somebody else leads it.
    """
    caller.require(command.community_id, Role.LEADER)
    pk, sk = building_key(command.community_id, command.building)
    row = reads.get(BuildingRow, pk, sk)
    if row is None:
        row = BuildingRow(
            pk,
            sk,
            community_id=command.community_id,
            building=command.building,
            leader_id=caller.subject,
            permille=credit.programme.read(command.community_id).commission_permille,
        )
        mine = led_key(caller.subject, command.community_id, command.building)
        copy = BuildingRow(*mine, **{n: getattr(row, n) for n in _TERMS})
        with transaction() as tx:
            tx.put(row, condition=BuildingRow.pk.does_not_exist(), refusal=BuildingTaken())
            tx.put(copy)
            listed = ListedRow(LEADERS, caller.subject, community_id=command.community_id)
            tx.put(listed)
    if row.leader_id != caller.subject:
        raise BuildingTaken
    return building_of(row)


_TERMS = ("community_id", "building", "leader_id", "permille")


def buildings(community_id: str) -> list[Building]:
    """The buildings of a community that somebody leads."""
    pk, sk = building_key(community_id, "")
    assert sk == BUILDING
    return [building_of(row) for row in reads.query(BuildingRow, pk, BuildingRow.sk.startswith(sk))]


def building_of(row: BuildingRow) -> Building:
    """The building that a row stores."""
    return Building(
        community_id=row.community_id,
        building=row.building,
        leader_id=row.leader_id,
        commission_permille=int(row.permille),
    )
