"""Leaders of buildings over HTTP: residents join and leave, leaders see totals."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import BaseModel

from linli import leaders
from linli.kernel import door
from linli.kernel.ids import CommunityId
from linli.leaders import (
    Building,
    JoinLeader,
    LeaderView,
    LeaveLeader,
    Membership,
    PutLeader,
)

app = door.api("leaders")
door.settings()


class BuildingList(BaseModel):
    """Buildings that somebody leads."""

    buildings: list[Building]


@app.put(
    "/v1/leaders/me",
    summary="Lead a building",
    description="One leader each. The commission is the programme's when it is taken on.",
    tags=["leaders"],
    responses=door.ok(Building, 404, 409),
)
def put_leader(command: PutLeader) -> Response[Building]:
    return door.answer(leaders.put_leader(command, caller=door.caller(app)))


@app.get(
    "/v1/leaders/me",
    summary="My buildings and settled months",
    description="Totals of many residents alone: no order, no resident, no open month.",
    tags=["leaders"],
    responses=door.ok(LeaderView),
)
def my_building() -> Response[LeaderView]:
    return door.answer(leaders.view(door.caller(app).subject))


@app.get(
    "/v1/leaders",
    summary="The buildings of a community that have a leader",
    tags=["leaders"],
    responses=door.ok(BuildingList),
)
def list_buildings(community_id: Annotated[CommunityId, Query()]) -> Response[BuildingList]:
    return door.answer(BuildingList(buildings=leaders.buildings(community_id)))


@app.get(
    "/v1/me/leader",
    summary="Whom I have joined",
    tags=["leaders"],
    responses=door.ok(Membership),
)
def my_leader() -> Response[Membership]:
    return door.answer(leaders.membership(door.caller(app).subject))


@app.post(
    "/v1/me/leader",
    summary="Join the leader of my building",
    description="My orders then count for them, in totals, until I leave.",
    tags=["leaders"],
    responses=door.ok(Membership, 404, 409, 503),
)
def join_leader(command: JoinLeader) -> Response[Membership]:
    return door.answer(leaders.join(command, caller=door.caller(app), now=door.now(app)))


@app.post(
    "/v1/me/leader/leave",
    summary="Leave my building's leader",
    tags=["leaders"],
    responses=door.ok(Membership, 404, 409, 503),
)
def leave_leader(command: LeaveLeader) -> Response[Membership]:
    return door.answer(leaders.leave(command, caller=door.caller(app), now=door.now(app)))


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one API Gateway event (payload format 2.0)."""
    return door.serve(app, event, context)
