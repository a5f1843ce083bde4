"""Waves over HTTP: start one after its cut-off, and see how far it is."""

from functools import cache
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path

from linli import waves
from linli.kernel import door
from linli.kernel.ids import SlotId
from linli.kernel.machines import StepFunctions
from linli.waves.model import StartWave, WaveView

app = door.api("waves")
door.settings()
WaveId = Annotated[SlotId, Path(description="The id of the wave, which is its slot's")]


@cache
def machine() -> StepFunctions:
    """The state machine that runs waves."""
    return StepFunctions(door.settings().wave_machine_arn)


@app.post(
    "/v1/waves",
    summary="Start a slot's wave after its cut-off, or run a failed one again",
    description="The schedule does so by itself. The same body again leads to no further run.",
    tags=["waves"],
    status_code=202,
    responses=door.ok(WaveView, 404, 409, 503, status=202),
)
def start_wave(command: StartWave) -> Response[WaveView]:
    caller = door.caller(app)
    waves.start(command, caller, machine(), door.now(app))
    return door.answer(waves.wave_view(command.slot_id, caller), 202)


@app.get(
    "/v1/waves/<wave_id>",
    summary="A wave: its state, routes, kilometres and what could not be served",
    tags=["waves"],
    responses=door.ok(WaveView, 404, 503),
)
def read_wave(wave_id: WaveId) -> Response[WaveView]:
    return door.answer(waves.wave_view(wave_id, door.caller(app)))


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one API Gateway event (payload format 2.0)."""
    return door.serve(app, event, context)
