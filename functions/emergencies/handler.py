"""Emergencies over HTTP: warnings, the reserve, packs, the end, and paper lines."""

from functools import cache
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Path
from pydantic import UUID7

from linli import orders, resilience, waves
from linli.kernel import door
from linli.kernel.identity import Role
from linli.kernel.machines import StepFunctions, StepFunctionsTokens
from linli.resilience import (
    EmergencyView,
    EndEmergency,
    PackList,
    PutReserveVehicle,
    Reconcile,
    ReconciliationView,
    ReserveVehicle,
    Warn,
    WarningView,
)
from linli.resilience.find import find, find_for
from linli.resilience.model import VehicleId

app = door.api("emergencies")
door.settings()
EmergencyId = Annotated[UUID7, Path()]


@cache
def machine() -> StepFunctions:
    """The fallback's state machine."""
    return StepFunctions(door.settings().fallback_machine_arn)


@cache
def tokens() -> StepFunctionsTokens:
    """The tokens with which it waits."""
    return StepFunctionsTokens()


@app.put(
    "/v1/reserve-vehicles/<vehicle_id>",
    responses=door.ok(ReserveVehicle, 404, 409),
    tags=["resilience"],
    summary="Register a reserve vehicle",
    description="It stands by in its community until an emergency calls it up.",
)
def put_reserve_vehicle(
    vehicle_id: Annotated[VehicleId, Path()], command: Annotated[PutReserveVehicle, Body()]
) -> Response[ReserveVehicle]:
    return door.answer(resilience.put_vehicle(vehicle_id, command, door.caller(app)))


@app.post(
    "/v1/warnings",
    responses=door.ok(WarningView, 404, 409),
    tags=["resilience"],
    summary="Send a warning; from yellow on the fallback starts by itself",
    description="Answers the Emergency Response Index with its parts, and the emergency.",
)
def send_warning(command: Annotated[Warn, Body()]) -> Response[WarningView]:
    return door.answer(resilience.warn(command, door.caller(app), machine(), door.now(app)))


@app.get(
    "/v1/emergencies/<emergency_id>",
    responses=door.ok(EmergencyView, 404),
    tags=["resilience"],
    summary="Read an emergency",
    description="Why it was declared, what was done and how fast, and what is outstanding.",
)
def read_emergency(emergency_id: EmergencyId) -> Response[EmergencyView]:
    row = find_for(str(emergency_id), door.caller(app), Role.CITY, Role.DISPATCHER)
    return door.answer(resilience.emergency(row))


@app.get(
    "/v1/emergencies/<emergency_id>/packs",
    responses=door.ok(PackList, 404),
    tags=["resilience"],
    summary="Manifests to print before the network goes",
    description="Every open route's stops with addresses and the text of each order's QR code.",
)
def read_packs(emergency_id: EmergencyId) -> Response[PackList]:
    find_for(str(emergency_id), door.caller(app), Role.DISPATCHER, Role.CITY)
    return door.answer(PackList(packs=resilience.packs_of(str(emergency_id))))


@app.post(
    "/v1/emergencies/<emergency_id>/end",
    responses=door.ok(EmergencyView, 404, 409),
    tags=["resilience"],
    summary="Decide that the emergency is over",
    description="The machine goes on to close it; the answer is the emergency as it stands now.",
)
def end_emergency(
    emergency_id: EmergencyId, command: Annotated[EndEmergency, Body()]
) -> Response[EmergencyView]:
    who = door.caller(app)
    resilience.request_end(str(emergency_id), command, who, machine(), tokens(), door.now(app))
    return door.answer(resilience.emergency(find(str(emergency_id))))


@app.post(
    "/v1/reconciliations",
    responses=door.ok(ReconciliationView, 404, 409),
    tags=["resilience"],
    summary="Enter deliveries recorded on paper",
    description="Each line ends applied once, or as an open conflict that the sender owns.",
)
def enter_paper(command: Annotated[Reconcile, Body()]) -> Response[ReconciliationView]:
    view = resilience.reconcile(
        command, door.caller(app), orders.deliver_on_paper, waves.finish_if_done, door.now(app)
    )
    return door.answer(view)


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one request."""
    return door.serve(app, event, context)
