"""Cases over HTTP: residents follow theirs, city and dispatchers take and decide them."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query
from pydantic import BaseModel

from linli import boxes, cases, credit
from linli.cases import AssignCase, Case, CaseView, DecideCase
from linli.cases.decide import Effect
from linli.cases.model import CaseId
from linli.cases.read import ANSWERS
from linli.kernel import door
from linli.kernel.errors import NotFound
from linli.kernel.ids import CommunityId

app = door.api("cases")
door.settings()
Id = Annotated[CaseId, Path()]

EFFECTS: dict[str, Effect] = {
    boxes.DISPUTE: boxes.settle_dispute,
    credit.REVIEW: credit.decide_review,
    credit.APPEAL: credit.decide_appeal,
}
"""What a decision means, by the kind of case; kinds without an entry are words alone."""


class CaseList(BaseModel):
    """Cases, the newest first."""

    cases: list[Case]


@app.get(
    "/v1/cases",
    summary="The cases of a community that wait for an answer, or have one",
    tags=["cases"],
    responses=door.ok(CaseList, 404),
)
def list_cases(
    community_id: Annotated[CommunityId, Query()],
    decided: Annotated[bool, Query()] = False,
) -> Response[CaseList]:
    who = door.caller(app)
    if not any(who.holds(role, community_id) for role in ANSWERS):
        raise NotFound
    found = cases.of_community(community_id, waiting=not decided)
    return door.answer(CaseList(cases=found))


@app.get(
    "/v1/me/cases",
    summary="The cases that concern me",
    description="Appeals and disputes that I opened, and reviews of what I did.",
    tags=["cases"],
    responses=door.ok(CaseList),
)
def my_cases() -> Response[CaseList]:
    return door.answer(CaseList(cases=cases.of_party(door.caller(app).subject)))


@app.get(
    "/v1/cases/<case_id>",
    summary="A case with its steps",
    tags=["cases"],
    responses=door.ok(CaseView, 404),
)
def read_case(case_id: Id) -> Response[CaseView]:
    return door.answer(cases.read(case_id, door.caller(app)))


@app.post(
    "/v1/cases/<case_id>/assign",
    summary="Take a case, or give it to a colleague",
    tags=["cases"],
    responses=door.ok(CaseView, 404, 409, 503),
)
def assign_case(case_id: Id, command: Annotated[AssignCase, Body()]) -> Response[CaseView]:
    who, now = door.caller(app), door.now(app)
    return door.answer(cases.assign(case_id, command, caller=who, now=now))


@app.post(
    "/v1/cases/<case_id>/decide",
    summary="Decide a case, with a reason",
    description="What the decision means is done in the same write.",
    tags=["cases"],
    responses=door.ok(CaseView, 404, 409, 503),
)
def decide_case(case_id: Id, command: Annotated[DecideCase, Body()]) -> Response[CaseView]:
    who, now = door.caller(app), door.now(app)
    return door.answer(cases.decide(case_id, command, caller=who, now=now, effects=EFFECTS))


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one API Gateway event (payload format 2.0)."""
    return door.serve(app, event, context)
