"""Waves over HTTP: start one after its cut-off, and see how far it is."""

from functools import cache
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from linli import waves
from linli.kernel import door
from linli.kernel.ids import CommandId, CommunityId, SlotId, StoreId
from linli.kernel.machines import StepFunctions
from linli.waves.changes import EmergencyStop, EmergencyStopView, Replan, ReplanView
from linli.waves.lists import PickListView, ResolveStranded, StrandedList, StrandedView
from linli.waves.model import StartWave, WaveView
from linli.waves.taking_over import TakenOver, TakeOver
from linli.waves.unload import UnloadingComplaint, UnloadingView

app = door.api("waves")
door.settings()
WaveId = Annotated[SlotId, Path(description="The id of the wave, which is its slot's")]
OfStore = Annotated[StoreId, Path(description="The store's GLN")]
OrderId = Annotated[CommandId, Path(description="The order's id")]
InCommunity = Annotated[CommunityId, Query(description="The community")]
ReplanId = Annotated[CommandId, Path(description="The id of the change")]


@cache
def machine() -> StepFunctions:
    """The state machine that runs waves."""
    return StepFunctions(door.settings().wave_machine_arn)


@cache
def replanner() -> StepFunctions:
    """The state machine that plans published waves anew."""
    return StepFunctions(door.settings().replan_machine_arn)


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


@app.get(
    "/v1/waves/<wave_id>/pick-lists/<store_id>",
    summary="What a store sets aside for a wave, in the order in which it is picked",
    tags=["waves"],
    responses=door.ok(PickListView, 404, 503),
)
def read_pick_list(wave_id: WaveId, store_id: OfStore) -> Response[PickListView]:
    picks = waves.picks_view(wave_id, store_id, door.caller(app))
    return door.answer(PickListView(wave_id=wave_id, store_id=store_id, picks=picks))


@app.post(
    "/v1/waves/<wave_id>/replans",
    summary="Plan a published wave's affected routes anew, because something has changed",
    description="Only the routes that the change concerns may change; what is delivered, aboard "
    "or next stays. The same body again changes nothing. Ask for the outcome by its id.",
    tags=["waves"],
    status_code=202,
    responses=door.ok(ReplanView, 404, 409, 503, status=202),
)
def replan_wave(wave_id: WaveId, change: Replan) -> Response[ReplanView]:
    told = waves.replan_for(wave_id, change, door.caller(app), replanner(), door.now(app))
    return door.answer(told, 202)


@app.get(
    "/v1/waves/<wave_id>/replans/<replan_id>",
    summary="What came of planning anew",
    tags=["waves"],
    responses=door.ok(ReplanView, 404, 503),
)
def read_replan(wave_id: WaveId, replan_id: ReplanId) -> Response[ReplanView]:
    return door.answer(waves.replan_view(wave_id, str(replan_id), door.caller(app)))


@app.post(
    "/v1/take-overs",
    summary="A courier has taken over the goods of one who stopped",
    description="From then on the goods are theirs in whatever is planned anew. The same again "
    "changes nothing.",
    tags=["routes"],
    responses=door.ok(TakenOver, 404, 409, 503),
)
def take_over(command: TakeOver) -> Response[TakenOver]:
    return door.answer(waves.take_over(command, door.caller(app), door.now(app)))


@app.post(
    "/v1/emergency-stops",
    summary="Bring an emergency order now, before all others",
    description="The schedule does so within a minute by itself. The order joins the route that "
    "is nearest, or one of its own. The same again changes nothing.",
    tags=["waves"],
    status_code=202,
    responses=door.ok(EmergencyStopView, 404, 409, 503, status=202),
)
def rush_order(command: EmergencyStop) -> Response[EmergencyStopView]:
    caller, order_id = door.caller(app), str(command.order_id)
    replan = waves.rush_for(order_id, caller, replanner(), door.now(app))
    return door.answer(EmergencyStopView(order_id=order_id, replan=replan), 202)


@app.get(
    "/v1/stranded-orders",
    summary="Orders that no route of their wave brings, and why",
    description="Those that only lack room or time go to the next slot by themselves.",
    tags=["waves"],
    responses=door.ok(StrandedList, 404, 503),
)
def list_stranded(community_id: InCommunity) -> Response[StrandedList]:
    found = waves.stranded(door.caller(app), community_id)
    return door.answer(StrandedList(orders=found))


@app.post(
    "/v1/stranded-orders/<order_id>/resolve",
    summary="Move a stranded order to another slot, or give it up with everything it holds",
    tags=["waves"],
    responses=door.ok(StrandedView, 404, 409, 503),
)
def resolve_stranded(order_id: OrderId, command: ResolveStranded) -> Response[StrandedView]:
    caller = door.caller(app)
    return door.answer(waves.resolve(str(order_id), command, caller, door.now(app)))


@app.post(
    "/v1/unloadings/complaints",
    summary="Complain of how an order was unloaded together with its neighbours'",
    description="Counted once an order. What is complained of, and how long unloadings take, "
    "teaches from which mass an item is better handed over apart.",
    tags=["waves"],
    responses=door.ok(UnloadingView, 404, 503),
)
def complain_of_unloading(command: UnloadingComplaint) -> Response[UnloadingView]:
    return door.answer(waves.complain(command, door.caller(app), door.now(app)))


@app.get(
    "/v1/unloadings",
    summary="From which mass an item is a drop of its own, and what that was learnt from",
    tags=["waves"],
    responses=door.ok(UnloadingView, 404, 503),
)
def read_unloadings(community_id: InCommunity) -> Response[UnloadingView]:
    return door.answer(waves.unloading_view(community_id, door.caller(app)))


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one API Gateway event (payload format 2.0)."""
    return door.serve(app, event, context)
