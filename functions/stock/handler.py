"""Stock over HTTP: what the pool can promise, what a store has, and where its units went."""

from datetime import date, datetime, timedelta
from typing import Annotated, Any, Self

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query
from pydantic import AwareDatetime, BaseModel, Field, TypeAdapter, ValidationError

from linli import catalogue, stock
from linli.kernel import door, geography
from linli.kernel.errors import Invalid, NotFound
from linli.kernel.identity import Role
from linli.kernel.ids import CommunityId, Sku, StoreId
from linli.stock import Level

app = door.api("stock")
door.settings()
_SKUS: TypeAdapter[list[str]] = TypeAdapter(
    Annotated[list[Sku], Field(min_length=1, max_length=10)]
)
StoreOf = Annotated[StoreId, Path()]
SkuOf = Annotated[Sku, Path()]
ShardCount = Annotated[int, Field(strict=True, ge=1, le=stock.MOST_SHARDS)]


class LevelView(BaseModel):
    """The stock of one SKU in one store, in units; `protected_units` are those of this hour."""

    store_id: str
    sku: str
    received_units: int
    written_off_units: int
    sold_units: int
    held_units: int
    atp_units: int
    inbound_units: int
    reserve_units: int
    protected_units: int
    free_units: int
    shards: int = Field(description="In how many items the units lie; more than one: it is hot")

    @classmethod
    def of(cls, level: Level, now: datetime) -> Self:
        """The view of `level` at `now`."""
        own = {"free_units": level.free_units(now), "shards": len(level.split)}
        own |= {"protected_units": level.protected_at(now)}
        return cls(**{n: getattr(level, n) for n in cls.model_fields if n not in own}, **own)


class Stocktable(BaseModel):
    """The levels of a store."""

    levels: list[LevelView]


class StorePart(BaseModel):
    """A store's part of a promise."""

    free_units: int
    protected_units: int
    inbound_units: int


class Promise(BaseModel):
    """
    What the pool around a point can promise of a SKU, with what its stores keep for their
    walk-ins and what is on its way to them; by store where the caller may see it.
    """

    sku: str
    free_units: int
    protected_units: int
    inbound_units: int
    stores: dict[str, StorePart]


class Availability(BaseModel):
    """What the pool around a point can promise."""

    promises: list[Promise]


class UnitsKept(BaseModel):
    """Units that a store keeps."""

    units: int = Field(strict=True, ge=0, le=100_000)


class ProtectionView(BaseModel):
    """Units kept for walk-ins: at least so many, and by hour of the local week (168)."""

    least_units: int
    units_by_hour: list[int]


class LotView(BaseModel):
    """What is left of a lot: the first to expire is taken to have left first."""

    lot_id: str
    expires_on: date
    units: int
    received_on: date
    supplier_id: str | None
    supplier_lot: str | None
    received_celsius: float | None


class LotList(BaseModel):
    """The lots on hand of a shelf, the first to expire first."""

    lots: list[LotView]


class MoveView(BaseModel):
    """A change of what was on hand: signed units, why, by whom, when."""

    move_id: str
    kind: str
    units: int
    by: str
    at: str
    lot_id: str | None
    expires_on: str | None
    reason: str | None
    reference: str | None
    happened_at: str | None


class MoveList(BaseModel):
    """A page of moves in the order of booking; `next` is `after` of the next page."""

    moves: list[MoveView]
    units: int = Field(description="Sum of the page's moves")
    next: str | None


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
    on: Annotated[date | None, Query(description="Day of delivery; today by default")] = None,
) -> Response[Availability]:
    try:
        skus = list(dict.fromkeys(_SKUS.validate_python(sku.split(","))))
        place = geography.point(lon, lat, crs)
    except (ValueError, ValidationError):
        raise Invalid("a place on Earth and 1 to 10 SKUs are needed") from None
    community = catalogue.community(community_id, door.settings().pool_metres)
    levels = stock.availability(stock.pool_for(place, skus, community), skus)
    return door.answer(Availability(promises=[_promise(s, levels[s], on) for s in skus]))


def _promise(sku: str, levels: dict[str, Level], on: date | None) -> Promise:
    caller, now = door.caller(app), door.now(app)
    wide = bool(caller.roles & {Role.DISPATCHER, Role.CITY})
    parts = {
        store_id: StorePart(
            free_units=level.free_units(now, on),
            protected_units=level.protected_at(now),
            inbound_units=level.inbound_units,
        )
        for store_id, level in levels.items()
    }
    return Promise(
        sku=sku,
        free_units=sum(part.free_units for part in parts.values()),
        protected_units=sum(part.protected_units for part in parts.values()),
        inbound_units=sum(part.inbound_units for part in parts.values()),
        stores={s: part for s, part in parts.items() if wide or caller.holds(Role.STORE, s)},
    )


@app.get(
    "/v1/stock/<store_id>",
    summary="The levels of a store",
    tags=["stock"],
    responses=door.ok(Stocktable, 404),
)
def of_store(store_id: StoreOf) -> Response[Stocktable]:
    _let_see(store_id)
    levels = [LevelView.of(each, door.now(app)) for each in stock.of_store(store_id)]
    return door.answer(Stocktable(levels=levels))


def _let_see(store_id: str) -> None:
    """Refuse unless the caller keeps the store or serves its community."""
    who = door.caller(app)
    if not who.holds(Role.STORE, store_id):
        _let_serve(store_id, Role.DISPATCHER, Role.CITY)


def _let_serve(store_id: str, *roles: Role) -> None:
    """Refuse unless the caller serves the store's community in one of `roles`."""
    store = catalogue.store(store_id)
    if store is None:
        raise NotFound
    door.caller(app).require(store.community_id, *roles)


@app.get(
    "/v1/stock/<store_id>/<sku>/moves",
    summary="Where the units went",
    description="Every change of what was on hand, in the order of booking; at most 200 a page.",
    tags=["stock"],
    responses=door.ok(MoveList, 404),
)
def list_moves(
    store_id: StoreOf,
    sku: SkuOf,
    since: Annotated[AwareDatetime, Query(alias="from")],
    before: Annotated[AwareDatetime, Query(alias="to")],
    after: Annotated[str | None, Query(max_length=120, description="`next` of a page")] = None,
) -> Response[MoveList]:
    _let_see(store_id)
    if not since < before <= since + timedelta(days=366):
        raise Invalid("`from` is before `to`, by at most a year")
    found, more = stock.moves_of(store_id, sku, since, before, after)
    views = [MoveView.model_validate(move, from_attributes=True) for move in found]
    units = sum(move.units for move in found)
    return door.answer(MoveList(moves=views, units=units, next=more))


@app.get(
    "/v1/stock/<store_id>/<sku>/lots",
    summary="The lots on hand",
    tags=["stock"],
    responses=door.ok(LotList, 404),
)
def list_lots(store_id: StoreOf, sku: SkuOf) -> Response[LotList]:
    _let_see(store_id)
    found = stock.lots_on_hand(store_id, sku)
    views = [LotView.model_validate(lot, from_attributes=True) for lot in found]
    return door.answer(LotList(lots=views))


@app.get(
    "/v1/stock/<store_id>/<sku>/protection",
    summary="Units kept for walk-ins, by hour of the week",
    tags=["stock"],
    responses=door.ok(ProtectionView, 404),
)
def read_protection(store_id: StoreOf, sku: SkuOf) -> Response[ProtectionView]:
    _let_see(store_id)
    least_units, by_hour = stock.protection(store_id, sku)
    return door.answer(ProtectionView(least_units=least_units, units_by_hour=by_hour))


@app.put(
    "/v1/stock/<store_id>/<sku>/protection",
    summary="Keep at least so many units for walk-ins",
    tags=["stock"],
    responses=door.ok(LevelView, 404),
)
def protect(store_id: StoreOf, sku: SkuOf, protection: UnitsKept) -> Response[LevelView]:
    door.caller(app).require(store_id, Role.STORE)
    kept = stock.put_protection(store_id, sku, protection.units)
    return door.answer(LevelView.of(kept, door.now(app)))


@app.put(
    "/v1/stock/<store_id>/<sku>/reserve",
    summary="Keep units of emergency goods that normal orders cannot take",
    tags=["stock"],
    responses=door.ok(LevelView, 404, 409),
)
def reserve(store_id: StoreOf, sku: SkuOf, kept: UnitsKept) -> Response[LevelView]:
    _let_serve(store_id, Role.DISPATCHER, Role.CITY)
    return door.answer(LevelView.of(stock.put_reserve(store_id, sku, kept.units), door.now(app)))


@app.put(
    "/v1/stock/<store_id>/<sku>/shards",
    summary="Split a hot shelf, or join it again",
    description="Above some twenty orders a second for one product of one store: spread over "
    "items, orders do not stand in each other's way. Nothing else changes.",
    tags=["stock"],
    responses=door.ok(LevelView, 404, 409, 503),
)
def split(
    store_id: StoreOf, sku: SkuOf, shards: Annotated[ShardCount, Body(embed=True)]
) -> Response[LevelView]:
    if not door.caller(app).holds(Role.STORE, store_id):
        _let_serve(store_id, Role.DISPATCHER)
    return door.answer(LevelView.of(stock.split(store_id, sku, shards), door.now(app)))


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one API Gateway event (payload format 2.0)."""
    return door.serve(app, event, context)
