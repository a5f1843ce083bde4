"""What a leader sees: totals of many, of settled months; never a line."""

import json

from linli import credit
from linli.kernel import reads
from linli.leaders.model import LeaderView, Month
from linli.leaders.register import building_of
from linli.leaders.rows import BUILDING, MONTH, BuildingRow, MonthRow, building_key, leader_pk


def view(leader_id: str) -> LeaderView:
    """
    A leader's buildings and settled months. Orders of this month are in no number: watching a
    total grow would tell each of them. A payment for too few residents shows its sum alone.
    """
    pk = leader_pk(leader_id)
    led = reads.query(BuildingRow, pk, BuildingRow.sk.startswith(BUILDING))
    rows = reads.query(MonthRow, pk, MonthRow.sk.startswith(MONTH))
    months = [Month.model_validate(json.loads(row.told)) for row in rows if row.told]
    return LeaderView(
        leader_id=leader_id,
        buildings=[building_of(row) for row in led],
        members=_members(led),
        months=months,
        paid_fen=sum(month.commission_fen for month in months),
    )


def _members(led: list[BuildingRow]) -> int | None:
    """How many residents have joined, in tens: so that nobody's joining or leaving shows."""
    keys = [(BuildingRow, *building_key(row.community_id, row.building)) for row in led]
    found = reads.batch(keys)
    rows = [found.get(BuildingRow, pk, sk) for _, pk, sk in keys]
    members = sum(int(row.members) for row in rows if row is not None)
    least = max((credit.programme.read(row.community_id).least_buyers for row in led), default=0)
    return members // 10 * 10 if members >= max(least, 10) else None
