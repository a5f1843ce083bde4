"""Incidents over HTTP: what is open, and closing it."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Path

from linli.incidents import CloseIncident, Incident, IncidentList, close, incidents_of
from linli.incidents.model import IncidentId
from linli.kernel.door import answer, api, caller, now, problems, serve

app = api("incidents")


@app.get("/v1/incidents", responses=problems(), tags=["incidents"], summary="List incidents")
def list_incidents() -> Response[IncidentList]:
    """The incidents of the caller's communities and stores, open ones first."""
    return answer(IncidentList(incidents=incidents_of(caller(app))))


@app.post(
    "/v1/incidents/<incident_id>/close",
    responses=problems(404, 409),
    tags=["incidents"],
    summary="Close an incident with a reason",
)
def close_incident(
    incident_id: Annotated[IncidentId, Path()], command: Annotated[CloseIncident, Body()]
) -> Response[Incident]:
    """Record who closed it, when and why; once."""
    return answer(close(incident_id, command, caller(app), now(app)))


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one request."""
    return serve(app, event, context)
