"""Routes over HTTP: what is on offer, taking one, and its manifest."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path

from linli import waves
from linli.kernel import door
from linli.waves.model import AcceptRoute, ManifestView, OfferList, OfferView, RouteId

app = door.api("routes")
door.settings()
Id = Annotated[RouteId, Path(description="The route's id")]


@app.get(
    "/v1/routes",
    summary="Routes on offer in my communities, and my own",
    description="Offers tell the area, never an address.",
    tags=["routes"],
    responses=door.ok(OfferList, 503),
)
def list_routes() -> Response[OfferList]:
    return door.answer(OfferList(routes=waves.offers(door.caller(app))))


@app.post(
    "/v1/routes/<route_id>/accept",
    summary="Take an offered route; the first courier has it",
    description="The same courier again gets the same answer.",
    tags=["routes"],
    responses=door.ok(OfferView, 404, 409, 503),
)
def accept_route(route_id: Id, command: AcceptRoute) -> Response[OfferView]:
    caller = door.caller(app)
    waves.accept(route_id, caller, door.now(app))
    return door.answer(waves.offer(route_id, caller))


@app.get(
    "/v1/routes/<route_id>",
    summary="The manifest of a route that I hold, or dispatch",
    description="Phones are masked; an address is gone once its order has ended.",
    tags=["routes"],
    responses=door.ok(ManifestView, 404, 503),
)
def read_route(route_id: Id) -> Response[ManifestView]:
    return door.answer(waves.manifest_view(route_id, door.caller(app)))


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one API Gateway event (payload format 2.0)."""
    return door.serve(app, event, context)
