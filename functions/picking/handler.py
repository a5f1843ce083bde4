"""Stores over HTTP: what to pick, what was found of it, and who took it away."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query
from pydantic import BaseModel

from linli import orders, waves
from linli.kernel import door
from linli.kernel.identity import Role
from linli.kernel.ids import CommandId, SlotId, StoreId
from linli.orders import Collect, Order, Pick
from linli.orders.progress import OrderPart
from linli.waves import HandOver, HandOverView

app = door.api("picking")
door.settings()


class CollectedView(BaseModel):
    """A collected order, and what it comes to."""

    order_id: str
    state: str
    final_fen: int


class ToPick(BaseModel):
    """A line of a store's part of an order."""

    sku: str
    units: int
    substitute: str
    agreed_sku: str | None = None
    by_weight: bool


class PartToPick(BaseModel):
    """A store's part of an order that is still to be picked."""

    order_id: str
    state: str
    route_id: str | None
    lines: list[ToPick]


class PickList(BaseModel):
    """What a store has to pick for a slot."""

    orders: list[PartToPick]


class PickedView(BaseModel):
    """What was kept of a report, and how the order stands."""

    id: str
    order_id: str
    state: str
    part: OrderPart | None


@app.get(
    "/v1/picks",
    summary="What a store has still to pick for a slot",
    tags=["picking"],
    responses=door.ok(PickList, 404),
)
def list_picks(
    store_id: Annotated[StoreId, Query()], slot_id: Annotated[SlotId, Query()]
) -> Response[PickList]:
    door.caller(app).require(store_id, Role.STORE)
    found = orders.to_pick(slot_id, store_id)
    return door.answer(PickList(orders=[_part(order, store_id) for order in found]))


def _part(order: Order, store_id: str) -> PartToPick:
    lines = [
        ToPick(
            sku=line.sku,
            units=source.units,
            substitute=line.substitute,
            agreed_sku=order.progress.agreed.get(line.sku),
            by_weight=line.by_weight,
        )
        for line in order.lines
        for source in line.sources
        if source.store_id == store_id
    ]
    return PartToPick(
        order_id=order.order_id, state=order.state, route_id=order.route_id, lines=lines
    )


@app.post(
    "/v1/picks",
    summary="Tell what was found of a store's part of an order",
    description="Each line once, also what is missing; the last store's report packs the order.",
    tags=["picking"],
    status_code=201,
    responses=door.ok(PickedView, 404, 409, 503, status=201),
)
def report_pick(report: Pick) -> Response[PickedView]:
    order = orders.pick(report, caller=door.caller(app), now=door.now(app))
    view = PickedView(
        id=str(report.id),
        order_id=order.order_id,
        state=order.state,
        part=order.progress.part(report.store_id),
    )
    return door.answer(view, 201)


@app.post(
    "/v1/hand-overs",
    summary="Hand what is packed for a route, or one order, to its courier",
    description="Repeating it hands over what has been packed meanwhile.",
    tags=["picking"],
    status_code=201,
    responses=door.ok(HandOverView, 404, 409, 503, status=201),
)
def report_hand_over(command: HandOver) -> Response[HandOverView]:
    return door.answer(waves.hand_over(command, door.caller(app), door.now(app)), 201)


@app.post(
    "/v1/orders/<order_id>/collect",
    summary="Hand an order to who has its code",
    description="At a counter the store says so, at a locker the resident does.",
    tags=["picking"],
    responses=door.ok(CollectedView, 404, 409, 503),
)
def collect_order(
    order_id: Annotated[CommandId, Path()], command: Annotated[Collect, Body()]
) -> Response[CollectedView]:
    order = orders.collect(str(order_id), command, caller=door.caller(app), now=door.now(app))
    view = CollectedView(order_id=order.order_id, state=order.state, final_fen=order.final_fen)
    return door.answer(view)


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one API Gateway event (payload format 2.0)."""
    return door.serve(app, event, context)
