"""Levels of stock, where an order's units come from, and the moves that change them."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from linli.kernel.errors import Refused
from linli.kernel.ids import CommandId, Sku, StoreId

Units = Annotated[int, Field(strict=True, gt=0, le=100_000)]


class OutOfStock(Refused):
    """The pool cannot promise what was asked for; `short` names each SKU and the units missing."""

    code = "out_of_stock"
    title_en = "Not enough stock near you"
    title_zh = "附近门店库存不足"


class NotEnoughOnHand(Refused):
    """More units are to leave than are free in the store."""

    code = "not_enough_on_hand"
    title_en = "The store does not have that many free units"
    title_zh = "门店可用库存不足"


@dataclass(frozen=True, slots=True)
class Level:
    """
    The stock of one SKU in one store, in units.

    Invariant (I1): atp + held + sold = received - written_off, and atp >= 0. On hand is
    atp + held. `protected_units` of the ATP are kept for the store's own walk-ins.
    """

    store_id: str
    sku: str
    received_units: int = 0
    written_off_units: int = 0
    sold_units: int = 0
    held_units: int = 0
    atp_units: int = 0
    protected_units: int = 0

    @property
    def free_units(self) -> int:
        """What the pool may promise."""
        return max(0, self.atp_units - self.protected_units)


@dataclass(frozen=True, slots=True)
class Source:
    """Units of a line that one store supplies; `owner_id` says whose stock it was."""

    store_id: str
    owner_id: str
    sku: str
    units: int
    protected_units: int = 0


class Receipt(BaseModel):
    """Goods that came in."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: CommandId
    store_id: StoreId
    sku: Sku
    units: Units
    lot_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,20}$")]
    expires_on: date


class WriteOff(BaseModel):
    """Goods that are lost to sale."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: CommandId
    store_id: StoreId
    sku: Sku
    units: Units
    reason: Literal["spoilt", "damaged", "expired", "stolen", "counted_short"]
