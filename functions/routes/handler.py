"""Routes over HTTP: what is offered to me, my word on it, manifests; a dispatcher's hand."""

from functools import cache
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from linli import dispatch, waves
from linli.dispatch import (
    AnswerOffer,
    AskCall,
    AskConnection,
    AskPicture,
    Assign,
    CallPool,
    CallReady,
    Connection,
    PictureAsked,
    ProofList,
    PutCallPool,
    RouteOffer,
    RouteOffers,
    RunView,
    Withdraw,
)
from linli.kernel import door
from linli.kernel.ids import CommunityId, SlotId
from linli.kernel.machines import StepFunctions, StepFunctionsTokens
from linli.kernel.pictures import BucketOfPictures
from linli.waves.model import ManifestView, RouteId

app = door.api("routes")
door.settings()
Id = Annotated[RouteId, Path(description="The route's id")]
OneRoute = Annotated[RouteId | None, Query(description="Only the offers of this route")]
Community = Annotated[CommunityId, Path(description="The community that rents the numbers")]
WaveId = Annotated[SlotId, Path(description="The id of the wave, which is its slot's")]


@cache
def machine() -> StepFunctions:
    """The state machine that offers routes."""
    return StepFunctions(door.settings().offer_machine_arn)


@cache
def tokens() -> StepFunctionsTokens:
    """The client that answers tokens."""
    return StepFunctionsTokens()


@cache
def pictures() -> BucketOfPictures:
    """Where the pictures of proofs lie."""
    return BucketOfPictures(door.settings().proof_bucket)


@app.get(
    "/v1/routes",
    summary="Routes that are offered to me, and my own",
    description="Offers tell the area, never an address; and until when, and what it pays.",
    tags=["routes"],
    responses=door.ok(RouteOffers, 503),
)
def list_routes() -> Response[RouteOffers]:
    return door.answer(dispatch.my_routes(door.caller(app)))


@app.post(
    "/v1/routes/<route_id>/accept",
    summary="Take a route that is offered to me; exactly one courier has it",
    description="The same courier again gets the same answer.",
    tags=["routes"],
    responses=door.ok(RouteOffer, 404, 409, 503),
)
def accept_route(route_id: Id, command: AnswerOffer) -> Response[RouteOffer]:
    caller = door.caller(app)
    dispatch.accept(route_id, caller, tokens(), door.now(app))
    return door.answer(dispatch.route_view(waves.route_on_desk(route_id), caller.subject))


@app.post(
    "/v1/routes/<route_id>/decline",
    summary="Say no to an offer; it goes to another courier",
    tags=["routes"],
    responses=door.ok(RouteOffers, 404, 409, 503),
)
def decline_route(route_id: Id, command: AnswerOffer) -> Response[RouteOffers]:
    caller = door.caller(app)
    dispatch.decline(route_id, caller, tokens(), door.now(app))
    return door.answer(dispatch.my_routes(caller))


@app.get(
    "/v1/routes/<route_id>",
    summary="The manifest of a route that I hold, or dispatch",
    description=(
        "A phone is the line that I asked for (`POST /v1/calls`), never the resident's own; an "
        "address is gone once its order or route has ended."
    ),
    tags=["routes"],
    responses=door.ok(ManifestView, 404, 503),
)
def read_route(route_id: Id) -> Response[ManifestView]:
    return door.answer(dispatch.manifest(route_id, door.caller(app), door.now(app)))


@app.post(
    "/v1/routes/<route_id>/proofs",
    summary="Ask where to put a picture that proves a delivery of mine",
    description=(
        "PUT the picture to `url` with `headers`; it is taken once, in this size and type. The "
        "delivery then names `key`. The same body again gives the same key, and time anew."
    ),
    tags=["routes"],
    status_code=201,
    responses=door.ok(PictureAsked, 404, 409, 503, status=201),
)
def ask_picture(route_id: Id, command: AskPicture) -> Response[PictureAsked]:
    route = waves.route_on_desk(route_id)
    caller, now = door.caller(app), door.now(app)
    return door.answer(dispatch.ask_picture(route, command, caller, pictures(), now), 201)


@app.get(
    "/v1/routes/<route_id>/proofs",
    summary="How a route's stops ended: pictures to look at for some minutes, names, reasons",
    description="For 30 days; then the pictures and what was kept of them are gone.",
    tags=["routes"],
    responses=door.ok(ProofList, 404, 503),
)
def read_proofs(route_id: Id) -> Response[ProofList]:
    found = dispatch.proofs(route_id, door.caller(app), pictures(), door.now(app))
    return door.answer(found)


@app.post(
    "/v1/routes/<route_id>/withdraw",
    summary="Take a route back, from offers or from its courier; it is offered to others",
    tags=["routes"],
    responses=door.ok(RouteOffer, 404, 409, 503),
)
def withdraw_route(route_id: Id, command: Withdraw) -> Response[RouteOffer]:
    caller = door.caller(app)
    route = dispatch.withdraw(route_id, command, caller, machine(), tokens(), door.now(app))
    return door.answer(dispatch.route_view(route, caller.subject))


@app.post(
    "/v1/routes/<route_id>/assign",
    summary="Give an open route to a courier, as agreed by other means",
    tags=["routes"],
    responses=door.ok(RouteOffer, 404, 409, 503),
)
def assign_route(route_id: Id, command: Assign) -> Response[RouteOffer]:
    caller = door.caller(app)
    route = dispatch.assign(route_id, command, caller, door.now(app))
    return door.answer(dispatch.route_view(route, caller.subject))


@app.put(
    "/v1/call-pools/<community_id>",
    summary="The numbers that masked calls go through",
    tags=["routes"],
    responses=door.ok(CallPool, 404, 503),
)
def put_call_pool(community_id: Community, pool: PutCallPool) -> Response[CallPool]:
    return door.answer(dispatch.put_pool(community_id, pool, door.caller(app)))


@app.post(
    "/v1/calls",
    summary="A number to call the resident of an order that I ride; theirs is never told",
    description="The same order again gives the same number. It leads nowhere after the close.",
    tags=["routes"],
    status_code=201,
    responses=door.ok(CallReady, 404, 409, 503, status=201),
)
def ask_call(command: AskCall) -> Response[CallReady]:
    return door.answer(dispatch.lease(command, door.caller(app), door.now(app)), 201)


@app.post(
    "/v1/calls/connect",
    summary="Somebody dials a line: whom the switchboard connects",
    tags=["routes"],
    responses=door.ok(Connection, 404, 503),
)
def connect_call(asked: AskConnection) -> Response[Connection]:
    return door.answer(dispatch.connection(asked, door.caller(app), door.now(app)))


@app.get(
    "/v1/waves/<wave_id>/offers",
    summary="How far a wave's offers are: every offer, whom it went to and how it ended",
    tags=["waves"],
    responses=door.ok(RunView, 404, 503),
)
def read_offers(wave_id: WaveId, route_id: OneRoute = None) -> Response[RunView]:
    return door.answer(dispatch.run_view(wave_id, door.caller(app), route_id))


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """AnswerOffer one API Gateway event (payload format 2.0)."""
    return door.serve(app, event, context)
