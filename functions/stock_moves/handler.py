"""What stores tell of their stock over HTTP: receipts, losses, returns, till sales, stocktakes."""

from typing import Annotated, Any, Self

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from pydantic import BaseModel

from linli import catalogue, protection, stock
from linli.kernel import door
from linli.kernel.errors import NotFound
from linli.kernel.identity import Role
from linli.kernel.ids import CommandId, StoreId
from linli.protection import TillSale
from linli.stock import DecideStocktake, Level, Receipt, Stocktake, SupplierReturn, WriteOff

app = door.api("stock_moves")
door.settings()


class Counters(BaseModel):
    """What a shelf has after a move, in units."""

    store_id: str
    sku: str
    received_units: int
    written_off_units: int
    sold_units: int
    held_units: int
    atp_units: int
    inbound_units: int

    @classmethod
    def of(cls, level: Level) -> Self:
        """The counters of `level`."""
        return cls(**{name: getattr(level, name) for name in cls.model_fields})


class Sold(BaseModel):
    """A sale at the till that is on the books."""

    id: str
    store_id: str


class TillConflictView(BaseModel):
    """Units that a till, offline then, has sold beyond what the books had."""

    sale_id: str
    sku: str
    units: int
    sold_at: str
    told_at: str
    by: str


class TillConflictList(BaseModel):
    """What the store has to settle: a stocktake of the product does."""

    conflicts: list[TillConflictView]


class CountedLine(BaseModel):
    """What was counted, what the books said, and the difference."""

    sku: str
    counted_units: int
    book_units: int
    variance_units: int


class StocktakeView(BaseModel):
    """A stocktake: `applied`, `waiting` for another person's decision, or `rejected`."""

    stocktake_id: str
    store_id: str
    state: str
    by: str
    at: str
    decided_by: str | None
    lines: list[CountedLine]

    @classmethod
    def of(cls, told: object) -> Self:
        """The view of a stocktake as kept."""
        return cls.model_validate(told, from_attributes=True)


class StocktakeList(BaseModel):
    """The newest stocktakes of a store."""

    stocktakes: list[StocktakeView]


@app.post(
    "/v1/stock/receipts",
    summary="Book goods in",
    description="A lot with its last day; goods that have expired or are too warm stay out.",
    tags=["stock"],
    status_code=201,
    responses=door.ok(Counters, 404, 409, status=201),
)
def receive(receipt: Receipt) -> Response[Counters]:
    level = stock.receive(receipt, by=_keeper(receipt.store_id), now=door.now(app))
    return door.answer(Counters.of(level), 201)


@app.post(
    "/v1/stock/write-offs",
    summary="Book lost goods out",
    tags=["stock"],
    status_code=201,
    responses=door.ok(Counters, 404, 409, status=201),
)
def write_off(command: WriteOff) -> Response[Counters]:
    level = stock.write_off(command, by=_keeper(command.store_id), now=door.now(app))
    return door.answer(Counters.of(level), 201)


@app.post(
    "/v1/stock/supplier-returns",
    summary="Send goods back to their supplier, until the day after they came",
    tags=["stock"],
    status_code=201,
    responses=door.ok(Counters, 404, 409, status=201),
)
def return_to_supplier(command: SupplierReturn) -> Response[Counters]:
    level = stock.return_to_supplier(command, by=_keeper(command.store_id), now=door.now(app))
    return door.answer(Counters.of(level), 201)


@app.post(
    "/v1/till-sales",
    summary="Sell to a walk-in",
    description="At once, protected units included, held ones never; a till that was offline "
    "tells it up to a week later.",
    tags=["stock"],
    status_code=201,
    responses=door.ok(Sold, 404, 409, status=201),
)
def sell_at_till(sale: TillSale) -> Response[Sold]:
    protection.sell_at_till(sale, by=_keeper(sale.store_id), now=door.now(app))
    return door.answer(Sold(id=str(sale.id), store_id=sale.store_id), 201)


@app.get(
    "/v1/till-conflicts",
    summary="Sales beyond what the books have, for the store to settle by a stocktake",
    tags=["stock"],
    responses=door.ok(TillConflictList, 404),
)
def list_conflicts(store_id: Annotated[StoreId, Query()]) -> Response[TillConflictList]:
    _keeper_or_city(store_id)
    views = [
        TillConflictView.model_validate(each, from_attributes=True)
        for each in stock.conflicts(store_id)
    ]
    return door.answer(TillConflictList(conflicts=views))


@app.post(
    "/v1/stocktakes",
    summary="Tell what was counted",
    description="A small variance is booked at once, a large one waits for another person.",
    tags=["stock"],
    status_code=201,
    responses=door.ok(StocktakeView, 404, 409, 503, status=201),
)
def take_stock(command: Stocktake) -> Response[StocktakeView]:
    told = stock.take_stock(command, by=_keeper(command.store_id), now=door.now(app))
    return door.answer(StocktakeView.of(told), 201)


@app.get(
    "/v1/stocktakes",
    summary="The newest stocktakes of a store",
    tags=["stock"],
    responses=door.ok(StocktakeList, 404),
)
def list_stocktakes(store_id: Annotated[StoreId, Query()]) -> Response[StocktakeList]:
    _keeper_or_city(store_id)
    found = stock.stocktakes(store_id)
    return door.answer(StocktakeList(stocktakes=[StocktakeView.of(told) for told in found]))


@app.post(
    "/v1/stocktakes/<stocktake_id>/decide",
    summary="Approve or reject a large variance, as another person",
    tags=["stock"],
    responses=door.ok(StocktakeView, 404, 409),
)
def decide(
    stocktake_id: Annotated[CommandId, Path()], command: DecideStocktake
) -> Response[StocktakeView]:
    who = _keeper_or_city(command.store_id)
    told = stock.decide(str(stocktake_id), command, by=who, now=door.now(app))
    return door.answer(StocktakeView.of(told))


def _keeper(store_id: str) -> str:
    """Who is calling, if they keep the store."""
    who = door.caller(app)
    who.require(store_id, Role.STORE)
    return who.subject


def _keeper_or_city(store_id: str) -> str:
    """Who is calling, if they keep the store or lead its community."""
    who = door.caller(app)
    if not who.holds(Role.STORE, store_id):
        store = catalogue.store(store_id)
        if store is None:
            raise NotFound
        who.require(store.community_id, Role.CITY)
    return who.subject


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one API Gateway event (payload format 2.0)."""
    return door.serve(app, event, context)
