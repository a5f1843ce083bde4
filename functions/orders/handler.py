"""Residents' orders over HTTP: place, read, cancel."""

from typing import Annotated, Any, Self

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Path
from pydantic import BaseModel

from linli import orders
from linli.kernel import door
from linli.kernel.ids import CommandId
from linli.orders import (
    Agree,
    ChangeLines,
    CodeView,
    ConsentView,
    GiveConsent,
    Order,
    PlaceOrder,
    Quote,
    consent,
)
from linli.orders.progress import Bill, OrderPart

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
    coupon_fen: int
    coupons: tuple[orders.CouponUse, ...]
    deposit_fen: int
    proxy_fen: int
    total_fen: int
    pay: str
    payment: str
    pay_by: str | None
    collect_by: str | None
    final_fen: int
    refund_fen: int
    for_resident: orders.ForResident | None
    agreed: dict[str, str]
    parts: tuple[OrderPart, ...]
    bill: Bill | None

    @classmethod
    def of(cls, order: Order) -> Self:
        """The view of `order`."""
        more = {"id": order.order_id, "final_fen": order.final_fen}
        return cls.model_validate(order.progress.model_dump() | order.model_dump() | more)


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


@app.post(
    "/v1/orders/<order_id>/change",
    summary="Change an order's lines before its cut-off",
    description="What it has keeps its price. A paid order may become cheaper, not dearer.",
    tags=["orders"],
    responses=door.ok(OrderView, 404, 409, 503),
)
def change_order(order_id: OrderId, command: Annotated[ChangeLines, Body()]) -> Response[OrderView]:
    who, now = door.caller(app).subject, door.now(app)
    changed = orders.change(
        str(order_id), command, resident_id=who, now=now, settings=door.settings()
    )
    return door.answer(OrderView.of(changed))


@app.post(
    "/v1/orders/<order_id>/substitutes",
    summary="Agree to a substitute for a line that asks",
    tags=["orders"],
    responses=door.ok(OrderView, 404, 409, 503),
)
def agree_to_substitute(
    order_id: OrderId, command: Annotated[Agree, Body()]
) -> Response[OrderView]:
    who = door.caller(app).subject
    order = orders.agree(str(order_id), command, resident_id=who, now=door.now(app))
    return door.answer(OrderView.of(order))


@app.post(
    "/v1/orders/<order_id>/code",
    summary="A new code for collecting an order; the one before it is void",
    description="It is shown this once. It opens once, for half an hour.",
    tags=["orders"],
    responses=door.ok(CodeView, 404, 409),
)
def new_code(order_id: OrderId) -> Response[CodeView]:
    who = door.caller(app).subject
    return door.answer(orders.issue_code(str(order_id), resident_id=who, now=door.now(app)))


@app.post(
    "/v1/quotes",
    summary="What an order would cost; nothing is held",
    description="The body is an order's; its id is of no account.",
    tags=["orders"],
    responses=door.ok(Quote, 404, 409, 413),
)
def quote_order(order: PlaceOrder) -> Response[Quote]:
    quoted = orders.quote(
        order, caller=door.caller(app), now=door.now(app), settings=door.settings()
    )
    return door.answer(quoted)


@app.post(
    "/v1/consents",
    summary="Record that somebody may order for a resident",
    description="By the resident, or before a leader or dispatcher who is not the proxy.",
    tags=["orders"],
    status_code=201,
    responses=door.ok(ConsentView, 404, 409, status=201),
)
def give_consent(command: GiveConsent) -> Response[ConsentView]:
    given = consent.give(command, caller=door.caller(app), now=door.now(app))
    return door.answer(given, 201)


@app.post(
    "/v1/consents/<consent_id>/revoke",
    summary="Revoke a consent; orders that were placed stay",
    tags=["orders"],
    responses=door.ok(ConsentView, 404),
)
def revoke_consent(consent_id: Annotated[CommandId, Path()]) -> Response[ConsentView]:
    revoked = consent.revoke(str(consent_id), caller=door.caller(app), now=door.now(app))
    return door.answer(revoked)


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
