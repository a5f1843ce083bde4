"""Other recyclables over HTTP: announced by residents, weighed in by keepers."""

from typing import Any

from aws_lambda_powertools.event_handler import Response

from linli import boxes
from linli.boxes import HandedIn, HandIn
from linli.kernel import door

app = door.api("recyclables")
door.settings()


@app.post(
    "/v1/recyclables",
    summary="Hand in recyclables for points by weight",
    description="A resident announces (202) what a return machine, or a keeper (201), weighs.",
    tags=["boxes"],
    status_code=201,
    responses=door.ok(HandedIn, 404, 409, 503, status=201) | door.ok(HandedIn, status=202),
)
def hand_in(thing: HandIn) -> Response[HandedIn]:
    told = boxes.hand_in(thing, caller=door.caller(app), now=door.now(app))
    return door.answer(told, 202 if told.state == "pending" else 201)


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one API Gateway event (payload format 2.0)."""
    return door.serve(app, event, context)
