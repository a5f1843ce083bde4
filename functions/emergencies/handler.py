"""Emergencies over HTTP: warnings, the reserve, packs, the end, and paper lines."""

from functools import cache
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Path
from pydantic import UUID7

from linli import orders, resilience, waves
from linli.kernel.door import answer, api, caller, now, problems, serve, settings
from linli.kernel.identity import Role
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
from linli.resilience.tokens import StepFunctionsTokens
from linli.waves.machine import StepFunctions

app = api("emergencies")
EmergencyId = Annotated[UUID7, Path()]


@cache
def machine() -> StepFunctions:
    """The fallback's state machine."""
    return StepFunctions(settings().fallback_machine_arn)


@cache
def tokens() -> StepFunctionsTokens:
    """The tokens with which it waits."""
    return StepFunctionsTokens()


@app.put(
    "/v1/reserve-vehicles/<vehicle_id>",
    responses=problems(404, 409),
    tags=["resilience"],
    summary="Register a reserve vehicle",
)
def put_reserve_vehicle(
    vehicle_id: Annotated[VehicleId, Path()], command: Annotated[PutReserveVehicle, Body()]
) -> Response[ReserveVehicle]:
    """A vehicle that stands by in a community, to be called up once an emergency is declared."""
    return answer(resilience.put_vehicle(vehicle_id, command, caller(app)))


@app.post(
    "/v1/warnings",
    responses=problems(404, 409),
    tags=["resilience"],
    summary="Send a warning; from yellow on the fallback starts by itself",
)
def send_warning(command: Annotated[Warn, Body()]) -> Response[WarningView]:
    """The Emergency Response Index with its parts, and the emergency that it belongs to."""
    return answer(resilience.warn(command, caller(app), machine(), now(app)))


@app.get(
    "/v1/emergencies/<emergency_id>",
    responses=problems(404),
    tags=["resilience"],
    summary="Read an emergency",
)
def read_emergency(emergency_id: EmergencyId) -> Response[EmergencyView]:
    """Why it was declared, what was done and how fast, and what is outstanding."""
    row = find_for(str(emergency_id), caller(app), Role.CITY, Role.DISPATCHER)
    return answer(resilience.emergency(row))


@app.get(
    "/v1/emergencies/<emergency_id>/packs",
    responses=problems(404),
    tags=["resilience"],
    summary="Manifests to print before the network goes",
)
def read_packs(emergency_id: EmergencyId) -> Response[PackList]:
    """Every open route's stops with addresses and the text of each order's QR code."""
    find_for(str(emergency_id), caller(app), Role.DISPATCHER, Role.CITY)
    return answer(PackList(packs=resilience.packs_of(str(emergency_id))))


@app.post(
    "/v1/emergencies/<emergency_id>/end",
    responses=problems(404, 409),
    tags=["resilience"],
    summary="Decide that the emergency is over",
)
def end_emergency(
    emergency_id: EmergencyId, command: Annotated[EndEmergency, Body()]
) -> Response[EmergencyView]:
    """The machine goes on to close it; the answer is the emergency as it stands now."""
    who = caller(app)
    resilience.request_end(str(emergency_id), command, who, machine(), tokens(), now(app))
    return answer(resilience.emergency(find(str(emergency_id))))


@app.post(
    "/v1/reconciliations",
    responses=problems(404, 409),
    tags=["resilience"],
    summary="Enter deliveries recorded on paper",
)
def enter_paper(command: Annotated[Reconcile, Body()]) -> Response[ReconciliationView]:
    """Each line ends applied once, or as an open conflict that the sender owns."""
    view = resilience.reconcile(
        command, caller(app), orders.deliver, waves.finish_if_done, now(app)
    )
    return answer(view)


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one request."""
    return serve(app, event, context)
