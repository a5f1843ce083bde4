"""Sensors over HTTP: what each watches, and its limits."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path

from linli import sensing
from linli.kernel import door
from linli.kernel.ids import ThingId
from linli.sensing import PutSensor, Sensor

app = door.api("sensors")
door.settings()


@app.put(
    "/v1/sensors/<thing>",
    summary="Register a sensor",
    description="Its store, the produce that it watches, and limits of its own.",
    tags=["sensing"],
    responses=door.ok(Sensor, 404, 409),
)
def put_sensor(thing: Annotated[ThingId, Path()], command: PutSensor) -> Response[Sensor]:
    return door.answer(sensing.put_sensor(thing, command, door.caller(app)))


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one request."""
    return door.serve(app, event, context)
