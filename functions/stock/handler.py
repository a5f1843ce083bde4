"""Stock over HTTP: what the pool can promise, what came in, what was lost."""

from typing import Annotated, Any, Self

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from linli import catalogue, stock
from linli.kernel import door, geography
from linli.kernel.errors import Invalid, NotFound
from linli.kernel.identity import Role
from linli.kernel.ids import CommunityId, Sku, StoreId
from linli.stock import Level, Receipt, WriteOff

app = door.api("stock")
door.settings()
_SKUS: TypeAdapter[list[str]] = TypeAdapter(
    Annotated[list[Sku], Field(min_length=1, max_length=10)]
)


class LevelView(BaseModel):
    """The stock of one SKU in one store, in units."""

    store_id: str
    sku: str
    received_units: int
    written_off_units: int
    sold_units: int
    held_units: int
    atp_units: int
    protected_units: int

    @classmethod
    def of(cls, level: Level) -> Self:
        """The view of `level`."""
        return cls(**{name: getattr(level, name) for name in cls.model_fields})


class Stocktable(BaseModel):
    """The levels of a store."""

    levels: list[LevelView]


class Promise(BaseModel):
    """What the pool around a point can promise of a SKU, and by store where the caller may see."""

    sku: str
    free_units: int
    stores: dict[str, int]


class Availability(BaseModel):
    """What the pool around a point can promise."""

    promises: list[Promise]


class Protection(BaseModel):
    """Units that a store keeps for its own walk-ins."""

    units: int = Field(strict=True, ge=0, le=100_000)


@app.get(
    "/v1/availability",
    summary="What the stores near a point can promise",
    tags=["stock"],
    responses=door.ok(Availability),
)
def availability(
    community_id: Annotated[CommunityId, Query()],
    lon: Annotated[float, Query()],
    lat: Annotated[float, Query()],
    sku: Annotated[str, Query(description="SKUs, separated by commas, at most 10")],
    crs: Annotated[geography.Crs, Query()] = "WGS84",
) -> Response[Availability]:
    try:
        skus = _SKUS.validate_python(sku.split(","))
        place = geography.point(lon, lat, crs)
    except (ValueError, ValidationError):
        raise Invalid("a place on Earth and 1 to 10 SKUs are needed") from None
    community = catalogue.community(community_id, door.settings().pool_metres)
    levels = stock.availability(stock.pool_for(place, skus, community), skus)
    return door.answer(Availability(promises=[_promise(s, levels[s]) for s in skus]))


def _promise(sku: str, levels: dict[str, Level]) -> Promise:
    caller = door.caller(app)
    wide = bool(caller.roles & {Role.DISPATCHER, Role.CITY})
    return Promise(
        sku=sku,
        free_units=sum(level.free_units for level in levels.values()),
        stores={
            store_id: level.free_units
            for store_id, level in levels.items()
            if wide or caller.holds(Role.STORE, store_id)
        },
    )


@app.post(
    "/v1/stock/receipts",
    summary="Book goods in",
    tags=["stock"],
    status_code=201,
    responses=door.ok(LevelView, 404, 409, status=201),
)
def receive(receipt: Receipt) -> Response[LevelView]:
    who = door.caller(app)
    who.require(receipt.store_id, Role.STORE)
    level = stock.receive(receipt, by=who.subject, now=door.now(app))
    return door.answer(LevelView.of(level), 201)


@app.post(
    "/v1/stock/write-offs",
    summary="Book lost goods out",
    tags=["stock"],
    status_code=201,
    responses=door.ok(LevelView, 404, 409, status=201),
)
def write_off(command: WriteOff) -> Response[LevelView]:
    who = door.caller(app)
    who.require(command.store_id, Role.STORE)
    level = stock.write_off(command, by=who.subject, now=door.now(app))
    return door.answer(LevelView.of(level), 201)


@app.put(
    "/v1/stock/<store_id>/<sku>/protection",
    summary="Keep units for walk-ins",
    tags=["stock"],
    responses=door.ok(LevelView, 404),
)
def protect(
    store_id: Annotated[StoreId, Path()], sku: Annotated[Sku, Path()], protection: Protection
) -> Response[LevelView]:
    door.caller(app).require(store_id, Role.STORE)
    return door.answer(LevelView.of(stock.put_protection(store_id, sku, protection.units)))


@app.get(
    "/v1/stock/<store_id>",
    summary="The levels of a store",
    tags=["stock"],
    responses=door.ok(Stocktable, 404),
)
def of_store(store_id: Annotated[StoreId, Path()]) -> Response[Stocktable]:
    store = catalogue.store(store_id)
    who = door.caller(app)
    if not who.holds(Role.STORE, store_id):
        if store is None:
            raise NotFound
        who.require(store.community_id, Role.DISPATCHER, Role.CITY)
    found = stock.of_store(store_id)
    return door.answer(Stocktable(levels=[LevelView.of(level) for level in found]))


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one API Gateway event (payload format 2.0)."""
    return door.serve(app, event, context)
