"""What a store tells of its stock: each command has a client-made id and happens once."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

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


class WriteOff(_Command):
    """Goods that are lost to sale; of one lot, if it is known."""

    sku: Sku
    units: Units
    reason: Literal["spoilt", "damaged", "expired", "stolen", "counted_short"]
    lot_id: LotId | None = None


class SupplierReturn(_Command):
    """Goods of a lot that go back to their supplier (次日可退)."""

    sku: Sku
    units: Units
    lot_id: LotId
    reason: Annotated[str, Field(min_length=1, max_length=200)]
