"""What a store tells of its stock: each command has a client-made id and happens once."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from linli.kernel.ids import CommandId, PersonId, Sku, StoreId

Units = Annotated[int, Field(strict=True, gt=0, le=100_000)]
LotId = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,20}$")]
Celsius = Annotated[float, Field(ge=-60, le=60)]


class _Command(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    id: CommandId
    store_id: StoreId


class Receipt(_Command):
    """Goods that came in; `expires_on` is the last day on which they may be handed over."""

    sku: Sku
    units: Units
    lot_id: LotId
    expires_on: date
    supplier_id: PersonId | None = None
    supplier_lot: LotId | None = None
    received_celsius: Celsius | None = Field(
        default=None, description="Temperature of the goods at receipt; needed of cold goods' lots"
    )
    cost_fen: int | None = Field(
        default=None, strict=True, ge=0, le=10_000_000, description="What a unit has cost the store"
    )


class WriteOff(_Command):
    """Goods that are lost to sale; of one lot, if it is known."""

    sku: Sku
    units: Units
    reason: Literal["spoilt", "damaged", "expired", "stolen", "counted_short"]
    lot_id: LotId | None = None


class Count(BaseModel):
    """How many units of a SKU somebody counted in the store, those set aside included."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sku: Sku
    counted_units: int = Field(strict=True, ge=0, le=1_000_000)


class Stocktake(_Command):
    """What was counted in a store."""

    counts: Annotated[tuple[Count, ...], Field(min_length=1, max_length=20)]

    @model_validator(mode="after")
    def _once_each(self) -> Self:
        if len({each.sku for each in self.counts}) < len(self.counts):
            raise ValueError("each SKU is counted once")
        return self


class DecideStocktake(BaseModel):
    """What another person says of a stocktake whose variance is large."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    store_id: StoreId
    approve: bool


class RequestTransfer(BaseModel):
    """Units that one store asks of another (调剂)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: CommandId
    from_store_id: StoreId
    to_store_id: StoreId
    sku: Sku
    units: Units

    @model_validator(mode="after")
    def _elsewhere(self) -> Self:
        if self.from_store_id == self.to_store_id:
            raise ValueError("a transfer goes to another store")
        return self


class ShipTransfer(BaseModel):
    """What leaves for the other store."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: CommandId
    units: Units


class ReceiveTransfer(BaseModel):
    """What arrived of it; the difference has a reason."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: CommandId
    units: int = Field(strict=True, ge=0, le=100_000)
    reason: Annotated[str, Field(min_length=1, max_length=200)] | None = None


class SupplierReturn(_Command):
    """Goods of a lot that go back to their supplier (次日可退)."""

    sku: Sku
    units: Units
    lot_id: LotId
    reason: Annotated[str, Field(min_length=1, max_length=200)]
