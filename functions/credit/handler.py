"""Neighbour credit over HTTP: a resident's own, and awards for deeds."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from linli import credit
from linli.credit import AwardDeed, AwardedDeed, Statement
from linli.kernel import door

app = door.api("credit")
door.settings()
Cursor = Annotated[str | None, Query(max_length=300, description="From the page before")]


@app.get(
    "/v1/me/credit",
    summary="My points and deposits",
    description="Balances, and the transfers behind them, the newest first.",
    tags=["credit"],
    responses=door.ok(Statement),
)
def my_credit(cursor: Cursor = None) -> Response[Statement]:
    who = door.caller(app).subject
    return door.answer(credit.statement(who, now=door.now(app), cursor=cursor))


@app.post(
    "/v1/deeds",
    summary="Award the points of a deed",
    description="Sending the same body again changes nothing.",
    tags=["credit"],
    status_code=201,
    responses=door.ok(AwardedDeed, 404, 409, 503, status=201),
)
def award_deed(deed: AwardDeed) -> Response[AwardedDeed]:
    return door.answer(credit.award(deed, caller=door.caller(app), now=door.now(app)), 201)


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one API Gateway event (payload format 2.0)."""
    return door.serve(app, event, context)
