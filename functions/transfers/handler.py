"""Lateral transfers over HTTP: what to move before the peak, and moving it."""

from typing import Annotated, Any, Self

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from pydantic import BaseModel, Field

from linli import catalogue, stock
from linli.kernel import door
from linli.kernel.errors import NotFound
from linli.kernel.identity import Role
from linli.kernel.ids import CommandId, CommunityId, StoreId
from linli.stock import ReceiveTransfer, RequestTransfer, ShipTransfer, Transfer

app = door.api("transfers")
door.settings()
TransferId = Annotated[CommandId, Path(description="The id that it was requested under")]


class TransferView(BaseModel):
    """A transfer: `requested`, `shipped` (in transit), `received` or `cancelled`."""

    transfer_id: str
    state: str
    from_store_id: str
    to_store_id: str
    sku: str
    wanted_units: int
    shipped_units: int
    received_units: int
    lost_units: int
    reason: str | None
    requested_at: str
    shipped_at: str | None
    received_at: str | None

    @classmethod
    def of(cls, transfer: Transfer) -> Self:
        """The view of `transfer`."""
        return cls.model_validate(transfer, from_attributes=True)


class TransferList(BaseModel):
    """The newest transfers that a store gives or takes."""

    transfers: list[TransferView]


class SuggestionView(BaseModel):
    """Units that one store has to spare and another will lack within a day."""

    from_store_id: str
    to_store_id: str
    sku: str
    units: int
    metres: int


class SuggestionList(BaseModel):
    """What to move before the coming peak."""

    suggestions: list[SuggestionView]


class DebtView(BaseModel):
    """What one owner owes another for units that were lent, at cost price."""

    transfer_id: str
    creditor_id: str
    debtor_id: str
    from_store_id: str
    to_store_id: str
    sku: str
    units: int
    cost_fen: int
    unpriced_units: int
    arrived_at: str


class DebtList(BaseModel):
    """What an owner owes and is owed, the newest first."""

    owner_id: str
    debts: list[DebtView]
    owed_fen: dict[str, int] = Field(
        description="By other owner, of the listed debts: what they owe this one, less the reverse"
    )


@app.get(
    "/v1/owner-debts",
    summary="What a store's owner owes others, and is owed, for lent goods",
    tags=["transfers"],
    responses=door.ok(DebtList, 404),
)
def list_debts(store_id: Annotated[StoreId, Query()]) -> Response[DebtList]:
    _speaks_for(store_id)
    store = catalogue.store(store_id)
    if store is None:
        raise NotFound
    found = stock.debts(store.owner_id)
    views = [DebtView.model_validate(each, from_attributes=True) for each in found]
    owed = dict(stock.balances(found, store.owner_id))
    return door.answer(DebtList(owner_id=store.owner_id, debts=views, owed_fen=owed))


@app.get(
    "/v1/transfer-suggestions",
    summary="What to move before the coming peak",
    description="As many of the units that stores will lack as others can spare, over the least "
    "unit-metres.",
    tags=["transfers"],
    responses=door.ok(SuggestionList, 404),
)
def suggest(community_id: Annotated[CommunityId, Query()]) -> Response[SuggestionList]:
    door.caller(app).require(community_id, Role.DISPATCHER, Role.CITY)
    stores = catalogue.stores(community_id)
    levels = [level for store in stores for level in stock.of_store(store.store_id)]
    metres = stock.distances([(store.store_id, store.point) for store in stores])
    found = stock.suggest(levels, metres, door.now(app))
    views = [SuggestionView.model_validate(each, from_attributes=True) for each in found]
    return door.answer(SuggestionList(suggestions=views))


@app.post(
    "/v1/transfers",
    summary="Ask a store for units",
    tags=["transfers"],
    status_code=201,
    responses=door.ok(TransferView, 404, 409, status=201),
)
def request(command: RequestTransfer) -> Response[TransferView]:
    _speaks_for(command.from_store_id, command.to_store_id)
    made = stock.request(command, by=door.caller(app).subject, now=door.now(app))
    return door.answer(TransferView.of(made), 201)


@app.get(
    "/v1/transfers",
    summary="The newest transfers of a store",
    tags=["transfers"],
    responses=door.ok(TransferList, 404),
)
def list_transfers(store_id: Annotated[StoreId, Query()]) -> Response[TransferList]:
    _speaks_for(store_id)
    found = stock.transfers(store_id)
    return door.answer(TransferList(transfers=[TransferView.of(each) for each in found]))


@app.post(
    "/v1/transfers/<transfer_id>/ship",
    summary="Send units on their way",
    tags=["transfers"],
    responses=door.ok(TransferView, 404, 409),
)
def ship(transfer_id: TransferId, command: ShipTransfer) -> Response[TransferView]:
    who = door.caller(app)
    who.require(stock.transfer(str(transfer_id)).from_store_id, Role.STORE)
    done = stock.ship(str(transfer_id), command, by=who.subject, now=door.now(app))
    return door.answer(TransferView.of(done))


@app.post(
    "/v1/transfers/<transfer_id>/receive",
    summary="Book in what arrived",
    tags=["transfers"],
    responses=door.ok(TransferView, 404, 409),
)
def receive(transfer_id: TransferId, command: ReceiveTransfer) -> Response[TransferView]:
    who = door.caller(app)
    who.require(stock.transfer(str(transfer_id)).to_store_id, Role.STORE)
    done = stock.receive_transfer(str(transfer_id), command, by=who.subject, now=door.now(app))
    return door.answer(TransferView.of(done))


@app.post(
    "/v1/transfers/<transfer_id>/cancel",
    summary="Drop a transfer that was not shipped",
    tags=["transfers"],
    responses=door.ok(TransferView, 404, 409),
)
def cancel(transfer_id: TransferId) -> Response[TransferView]:
    found = stock.transfer(str(transfer_id))
    _speaks_for(found.from_store_id, found.to_store_id)
    return door.answer(TransferView.of(stock.cancel_transfer(str(transfer_id))))


def _speaks_for(*store_ids: str) -> None:
    """Refuse unless the caller keeps one of the stores or serves one's community."""
    who = door.caller(app)
    if any(who.holds(Role.STORE, store_id) for store_id in store_ids):
        return
    places = {store.community_id for store in catalogue.stores_by_id(store_ids).values()}
    serving = set(who.places(Role.DISPATCHER)) | set(who.places(Role.CITY))
    if not places & serving:
        raise NotFound


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one API Gateway event (payload format 2.0)."""
    return door.serve(app, event, context)
