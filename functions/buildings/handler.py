"""Buildings over HTTP: broken lifts, and where quiet deliveries may go."""

from functools import cache
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from linli import buildings, dispatch
from linli.buildings import (
    Counts,
    LiftList,
    LiftReported,
    QuietAnswer,
    QuietComplaint,
    QuietIndex,
    ReportLift,
)
from linli.kernel import door
from linli.kernel.identity import Role
from linli.kernel.ids import CommunityId
from linli.kernel.machines import StepFunctions

app = door.api("buildings")
door.settings()
Community = Annotated[CommunityId, Query(description="The community")]


@cache
def machine() -> StepFunctions:
    """The state machine that plans routes anew."""
    return StepFunctions(door.settings().replan_machine_arn)


@app.post(
    "/v1/lift-reports",
    summary="Report a lift that is broken, or works again; couriers confirm by reporting, too",
    description="A word expires unless repeated; one that changes something re-times open routes.",
    tags=["buildings"],
    responses=door.ok(LiftReported, 404, 409, 503),
)
def report_lift(report: ReportLift) -> Response[LiftReported]:
    return door.answer(dispatch.report_lift(report, door.caller(app), machine(), door.now(app)))


@app.get(
    "/v1/lifts",
    summary="The lifts of a community that count as broken now",
    tags=["buildings"],
    responses=door.ok(LiftList, 404, 503),
)
def list_lifts(community_id: Community) -> Response[LiftList]:
    every = (Role.RESIDENT, Role.COURIER, Role.LEADER, Role.DISPATCHER, Role.CITY)
    door.caller(app).require(community_id, *every)
    return door.answer(LiftList(lifts=buildings.broken_lifts(community_id, door.now(app))))


@app.post(
    "/v1/quiet/answers",
    summary="Say whether I would accept quiet deliveries at night in my building",
    description="The latest answer of each resident counts.",
    tags=["buildings"],
    responses=door.ok(Counts, 404, 503),
)
def answer_quiet(answer: QuietAnswer) -> Response[Counts]:
    return door.answer(buildings.answer(answer, door.caller(app)))


@app.post(
    "/v1/quiet/complaints",
    summary="A quiet delivery disturbed somebody in my building",
    tags=["buildings"],
    responses=door.ok(Counts, 404, 409, 503),
)
def complain(complaint: QuietComplaint) -> Response[Counts]:
    return door.answer(buildings.complain(complaint, door.caller(app), door.now(app)))


@app.get(
    "/v1/quiet",
    summary="The quiet index of a community's buildings, and its stage of roll-out",
    tags=["buildings"],
    responses=door.ok(QuietIndex, 404, 503),
)
def read_quiet(community_id: Community) -> Response[QuietIndex]:
    every = (Role.RESIDENT, Role.LEADER, Role.DISPATCHER, Role.CITY)
    door.caller(app).require(community_id, *every)
    return door.answer(buildings.quiet_index(community_id))


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one API Gateway event (payload format 2.0)."""
    return door.serve(app, event, context)
