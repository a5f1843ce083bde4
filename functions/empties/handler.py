"""Empties over HTTP: a resident asks for boxes to be fetched at the door."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path

from linli import boxes
from linli.boxes import EmptiesView, RequestEmpties
from linli.kernel import door
from linli.kernel.ids import CommandId

app = door.api("empties")
door.settings()
RequestPath = Annotated[CommandId, Path(description="The request's id")]


@app.post(
    "/v1/empties",
    summary="Ask for boxes to be fetched at the door",
    description="It becomes a stop of the slot's wave, before its cut-off.",
    tags=["boxes"],
    status_code=201,
    responses=door.ok(EmptiesView, 404, 409, status=201),
)
def request_empties(request: RequestEmpties) -> Response[EmptiesView]:
    told = boxes.request_empties(request, caller=door.caller(app), now=door.now(app))
    return door.answer(told, 201)


@app.get(
    "/v1/empties/<request_id>",
    summary="How a pick-up of empties stands",
    tags=["boxes"],
    responses=door.ok(EmptiesView, 404),
)
def read_empties(request_id: RequestPath) -> Response[EmptiesView]:
    return door.answer(boxes.read_empties(str(request_id), caller=door.caller(app)))


@app.post(
    "/v1/empties/<request_id>/cancel",
    summary="Withdraw a pick-up of empties that is on no route yet",
    tags=["boxes"],
    responses=door.ok(EmptiesView, 404, 409),
)
def cancel_empties(request_id: RequestPath) -> Response[EmptiesView]:
    return door.answer(boxes.cancel_empties(str(request_id), caller=door.caller(app)))


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one API Gateway event (payload format 2.0)."""
    return door.serve(app, event, context)
