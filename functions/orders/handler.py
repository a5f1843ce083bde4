"""Residents' orders over HTTP: place, read, cancel."""

from typing import Annotated, Any, Self

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path
from pydantic import BaseModel

from linli import orders
from linli.kernel import door
from linli.kernel.ids import CommandId
from linli.orders import Order, PlaceOrder

app = door.api("orders")
door.settings()
OrderId = Annotated[CommandId, Path(description="The id that the order was placed under")]


class OrderView(BaseModel):
    """An order as its resident sees it."""

    id: str
    state: str
    slot_id: str
    wave_id: str | None
    route_id: str | None
    placed_at: str
    lines: tuple[orders.Line, ...]
    boxes: int
    points: int
    goods_fen: int
    slot_fen: int
    discount_fen: int
    deposit_fen: int
    total_fen: int

    @classmethod
    def of(cls, order: Order) -> Self:
        """The view of `order`."""
        return cls.model_validate(order.model_dump() | {"id": order.order_id})


class OrderList(BaseModel):
    """The newest orders of the caller, the newest first."""

    orders: list[OrderView]


@app.post(
    "/v1/orders",
    summary="Place an order",
    description="Sending the same body again answers the same, refusals included.",
    tags=["orders"],
    status_code=201,
    responses=door.ok(OrderView, 404, 409, 413, 503, status=201),
)
def place_order(order: PlaceOrder) -> Response[OrderView]:
    placed = orders.place(
        order, caller=door.caller(app), now=door.now(app), settings=door.settings()
    )
    return door.answer(OrderView.of(placed), 201)


@app.get("/v1/orders", summary="My newest orders", tags=["orders"], responses=door.ok(OrderList))
def list_orders() -> Response[OrderList]:
    found = orders.of_resident(door.caller(app).subject)
    return door.answer(OrderList(orders=[OrderView.of(order) for order in found]))


@app.get(
    "/v1/orders/<order_id>",
    summary="Read an order",
    tags=["orders"],
    responses=door.ok(OrderView, 404, 409),
)
def read_order(order_id: OrderId) -> Response[OrderView]:
    return door.answer(OrderView.of(orders.read(str(order_id), door.caller(app).subject)))


@app.post(
    "/v1/orders/<order_id>/cancel",
    summary="Cancel an order before its wave is frozen",
    tags=["orders"],
    responses=door.ok(OrderView, 404, 409),
)
def cancel_order(order_id: OrderId) -> Response[OrderView]:
    who = door.caller(app).subject
    order = orders.cancel(str(order_id), resident_id=who, now=door.now(app))
    return door.answer(OrderView.of(order))


class History(BaseModel):
    """Every turn of an order, from its placing on."""

    turns: list[orders.TurnView]


@app.get(
    "/v1/orders/<order_id>/history",
    summary="An order's turns: who took them and why, before and after",
    tags=["orders"],
    responses=door.ok(History, 404, 409),
)
def read_history(order_id: OrderId) -> Response[History]:
    return door.answer(History(turns=orders.history(str(order_id), door.caller(app))))


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one API Gateway event (payload format 2.0)."""
    return door.serve(app, event, context)
