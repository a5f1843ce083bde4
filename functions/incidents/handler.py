"""Incidents over HTTP: what is open, and closing it."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Path

from linli.incidents import CloseIncident, Incident, IncidentList, close, incidents_of
from linli.incidents.model import IncidentId
from linli.kernel import door

app = door.api("incidents")
door.settings()


@app.get(
    "/v1/incidents",
    summary="List incidents",
    description="Those of the caller's communities and stores, open ones first.",
    tags=["incidents"],
    responses=door.ok(IncidentList),
)
def list_incidents() -> Response[IncidentList]:
    return door.answer(IncidentList(incidents=incidents_of(door.caller(app))))


@app.post(
    "/v1/incidents/<incident_id>/close",
    summary="Close an incident with a reason",
    description="Records who closed it, when and why, once.",
    tags=["incidents"],
    responses=door.ok(Incident, 404, 409),
)
def close_incident(
    incident_id: Annotated[IncidentId, Path()], command: Annotated[CloseIncident, Body()]
) -> Response[Incident]:
    return door.answer(close(incident_id, command, door.caller(app), door.now(app)))


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one request."""
    return door.serve(app, event, context)
