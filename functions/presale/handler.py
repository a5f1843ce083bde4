"""Presale over HTTP: cycles, what residents order of them, what is bought, what came in."""

from typing import Annotated, Any, Self

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Header, Path, Query
from pydantic import BaseModel

from linli import presale
from linli.kernel import door
from linli.kernel.errors import NotFound
from linli.kernel.identity import Role
from linli.kernel.ids import CommandId, CommunityId
from linli.presale import Arrival, Cycle, PlacePresale, PresaleOrder, Procurement, PutCycle
from linli.presale.model import CycleId, PresaleLine, UnknownCycle

app = door.api("presale")
door.settings()
OrderId = Annotated[CommandId, Path(description="The id that it was placed under")]
IfMatch = Annotated[str | None, Header(alias="If-Match", description="The ETag that you saw")]


class CycleView(Cycle):
    """A cycle with the units that are promised of each SKU."""

    promised_units: dict[str, int]


class CycleList(BaseModel):
    """The cycles of a community."""

    cycles: list[Cycle]


class ProcurementList(BaseModel):
    """What a cycle buys."""

    procurements: list[Procurement]


class PresaleView(BaseModel):
    """A presale order as its resident sees it; `ordered`: it is an order of the same id."""

    id: str
    cycle_id: str
    slot_id: str
    state: str
    why: str | None
    pay: str
    paid_fen: int
    refunded_fen: int
    placed_at: str
    lines: tuple[PresaleLine, ...]
    goods_fen: int
    slot_fen: int
    total_fen: int

    @classmethod
    def of(cls, order: PresaleOrder) -> Self:
        """The view of `order`."""
        return cls.model_validate(order.model_dump() | {"id": order.order_id})


class ArrivalView(BaseModel):
    """Goods that came in for a cycle, and how many of them still wait for its orders."""

    id: str
    cycle_id: str
    sku: str
    units: int
    waiting_units: int


@app.put(
    "/v1/presale-cycles/<cycle_id>",
    summary="Announce a presale, or change one that has not begun",
    tags=["presale"],
    responses=door.ok(Cycle, 404, 409, 412, 428),
)
def put_cycle(
    cycle_id: Annotated[CycleId, Path()], cycle: PutCycle, if_match: IfMatch = None
) -> Response[Cycle]:
    who = door.caller(app)
    who.require(cycle.community_id, Role.LEADER, Role.DISPATCHER, Role.CITY)
    _own(cycle_id, cycle.community_id)
    written, etag = presale.put_cycle(cycle_id, cycle, now=door.now(app), if_match=if_match)
    return door.answer(written, ETag=etag)


def _own(cycle_id: str, community_id: str) -> None:
    """Another community's cycle is not to be seen, let alone changed."""
    try:
        known, _, _ = presale.read_cycle(cycle_id)
    except UnknownCycle:
        return
    if known.community_id != community_id:
        raise NotFound


@app.get(
    "/v1/presale-cycles",
    summary="The presales of a community",
    tags=["presale"],
    responses=door.ok(CycleList),
)
def list_cycles(community_id: Annotated[CommunityId, Query()]) -> Response[CycleList]:
    return door.answer(CycleList(cycles=presale.cycles_of(community_id)))


@app.get(
    "/v1/presale-cycles/<cycle_id>",
    summary="A presale and how much of it is promised",
    tags=["presale"],
    responses=door.ok(CycleView, 404),
)
def read_cycle(cycle_id: Annotated[CycleId, Path()]) -> Response[CycleView]:
    try:
        cycle, etag, promised = presale.read_cycle(cycle_id)
    except UnknownCycle:
        raise NotFound from None
    return door.answer(CycleView(**cycle.model_dump(), promised_units=promised), ETag=etag)


@app.get(
    "/v1/procurements",
    summary="What a presale buys: its demand in whole cases",
    tags=["presale"],
    responses=door.ok(ProcurementList, 404),
)
def list_procurements(cycle_id: Annotated[CycleId, Query()]) -> Response[ProcurementList]:
    try:
        cycle, _, _ = presale.read_cycle(cycle_id)
    except UnknownCycle:
        raise NotFound from None
    who = door.caller(app)
    if not who.holds(Role.STORE, cycle.store_id):
        who.require(cycle.community_id, Role.LEADER, Role.DISPATCHER, Role.CITY)
    return door.answer(ProcurementList(procurements=presale.procurements(cycle_id)))


@app.post(
    "/v1/presale-orders",
    summary="Order of a presale",
    description="Promised against the presale's maximum and a place of its slot. Online orders "
    "that are not paid when it closes are void.",
    tags=["presale"],
    status_code=201,
    responses=door.ok(PresaleView, 404, 409, 413, 503, status=201),
)
def place(order: PlacePresale) -> Response[PresaleView]:
    who, now = door.caller(app), door.now(app)
    placed = presale.place(order, caller=who, now=now, settings=door.settings())
    return door.answer(PresaleView.of(placed), 201)


@app.get(
    "/v1/presale-orders/<order_id>",
    summary="Read a presale order",
    tags=["presale"],
    responses=door.ok(PresaleView, 404),
)
def read_order(order_id: OrderId) -> Response[PresaleView]:
    return door.answer(PresaleView.of(presale.read_order(str(order_id), door.caller(app).subject)))


@app.post(
    "/v1/presale-orders/<order_id>/cancel",
    summary="Cancel a presale order before its presale closes",
    tags=["presale"],
    responses=door.ok(PresaleView, 404, 409),
)
def cancel(order_id: OrderId) -> Response[PresaleView]:
    who = door.caller(app).subject
    order = presale.cancel(str(order_id), resident_id=who, now=door.now(app))
    return door.answer(PresaleView.of(order))


@app.post(
    "/v1/presale-arrivals",
    summary="Goods of a presale came in",
    description="They are held for its orders, which are made of them within a minute.",
    tags=["presale"],
    status_code=201,
    responses=door.ok(ArrivalView, 404, 409, status=201),
)
def arrive(arrival: Arrival) -> Response[ArrivalView]:
    stack = presale.arrive(arrival, caller=door.caller(app), now=door.now(app))
    told = stack.arrival
    view = ArrivalView(
        id=str(told.id),
        cycle_id=told.cycle_id,
        sku=told.sku,
        units=told.units,
        waiting_units=stack.left_units,
    )
    return door.answer(view, 201)


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one API Gateway event (payload format 2.0)."""
    return door.serve(app, event, context)
