"""What stores tell of their stock over HTTP: receipts, losses, returns to suppliers."""

from typing import Any, Self

from aws_lambda_powertools.event_handler import Response
from pydantic import BaseModel

from linli import stock
from linli.kernel import door
from linli.kernel.identity import Role
from linli.stock import Level, Receipt, SupplierReturn, WriteOff

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


@app.post(
    "/v1/stock/receipts",
    summary="Book goods in",
    description="A lot with its last day; goods that have expired or are too warm stay out.",
    tags=["stock"],
    status_code=201,
    responses=door.ok(Counters, 404, 409, status=201),
)
def receive(receipt: Receipt) -> Response[Counters]:
    who = door.caller(app)
    who.require(receipt.store_id, Role.STORE)
    level = stock.receive(receipt, by=who.subject, now=door.now(app))
    return door.answer(Counters.of(level), 201)


@app.post(
    "/v1/stock/write-offs",
    summary="Book lost goods out",
    tags=["stock"],
    status_code=201,
    responses=door.ok(Counters, 404, 409, status=201),
)
def write_off(command: WriteOff) -> Response[Counters]:
    who = door.caller(app)
    who.require(command.store_id, Role.STORE)
    level = stock.write_off(command, by=who.subject, now=door.now(app))
    return door.answer(Counters.of(level), 201)


@app.post(
    "/v1/stock/supplier-returns",
    summary="Send goods back to their supplier, until the day after they came",
    tags=["stock"],
    status_code=201,
    responses=door.ok(Counters, 404, 409, status=201),
)
def return_to_supplier(command: SupplierReturn) -> Response[Counters]:
    who = door.caller(app)
    who.require(command.store_id, Role.STORE)
    level = stock.return_to_supplier(command, by=who.subject, now=door.now(app))
    return door.answer(Counters.of(level), 201)


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one API Gateway event (payload format 2.0)."""
    return door.serve(app, event, context)
