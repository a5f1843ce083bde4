"""Cycles, presale orders, procurement, arrivals, and their refusals."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from linli.kernel.errors import Conflict, Refused
from linli.kernel.ids import CommandId, CommunityId, Sku, SlotId, StoreId
from linli.orders.address import AddressIn
from linli.orders.model import LineIn, Payment, SourceOf

MOST_SKUS = 40
"""Closing a cycle is one write of all its SKUs, their procurement and what is on its way."""
MOST_LINES = 10
COLLECTS = timedelta(days=3)
"""How long a cycle collects, unless it says otherwise."""
CycleId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,39}$")]
CycleState = Literal["open", "closing", "ordered", "failed", "done"]
OrderState = Literal["promised", "cancelled", "voided", "ordered"]
Units = Annotated[int, Field(strict=True, gt=0, le=100_000)]


class CycleNotOpen(Refused):
    """The cycle does not collect now: it has not begun, or has closed."""

    code = "cycle_not_open"
    title_en = "This presale is not open"
    title_zh = "该预售未开放或已截止"


class UnknownCycle(Refused):
    """There is no such cycle."""

    code = "unknown_cycle"
    status = 422
    title_en = "No such presale"
    title_zh = "没有该预售"


class NotInCycle(Refused):
    """The cycle does not sell these SKUs; `skus` says which."""

    code = "not_in_cycle"
    status = 422
    title_en = "This presale does not have that product"
    title_zh = "该预售不含此商品"


class SoldOut(Refused):
    """The cycle's maximum of a SKU would be exceeded."""

    code = "presale_sold_out"
    title_en = "The presale's maximum is reached"
    title_zh = "预售数量已达上限"


class CycleStarted(Conflict):
    """People may have ordered on the cycle's terms already."""

    code = "cycle_started"
    title_en = "The presale has begun; its terms stay"
    title_zh = "预售已开始，条款不可更改"


class MoreThanOrdered(Conflict):
    """More goods came than the cycle bought; `open_units` are still expected."""

    code = "more_than_ordered"
    title_en = "More goods than this presale ordered"
    title_zh = "到货超过预售采购量"


class Goods(BaseModel):
    """A SKU of a cycle: what it costs, how it is bought, and how much of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sku: Sku
    price_fen: int = Field(strict=True, gt=0, le=10_000_000, description="Presale price of a unit")
    case_units: int = Field(default=1, strict=True, gt=0, le=10_000)
    minimum_units: int = Field(
        default=0, strict=True, ge=0, le=100_000, description="Below it the SKU is not bought"
    )
    maximum_units: Units

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.minimum_units > self.maximum_units:
            raise ValueError("minimum_units <= maximum_units")
        return self


class PutCycle(BaseModel):
    """A cycle as announced by the city, a dispatcher or a leader."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    community_id: CommunityId
    store_id: StoreId = Field(description="Where the goods come in")
    slot_id: SlotId = Field(description="In which they are delivered")
    goods: Annotated[tuple[Goods, ...], Field(min_length=1, max_length=MOST_SKUS)]
    opens_at: AwareDatetime
    closes_at: AwareDatetime | None = Field(
        default=None, description="Three days after it opens, unless said otherwise"
    )
    minimum_fen: int = Field(
        default=0, strict=True, ge=0, le=10_000_000_00, description="Below it everyone is refunded"
    )

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        if not self.opens_at < self.cut_off_at:
            raise ValueError("opens_at < closes_at")
        if len({goods.sku for goods in self.goods}) < len(self.goods):
            raise ValueError("each SKU once")
        if not self.slot_id.startswith(f"{self.community_id}."):
            raise ValueError("the slot belongs to another community")
        return self

    @property
    def cut_off_at(self) -> datetime:
        """When it stops collecting."""
        return self.closes_at or self.opens_at + COLLECTS


class Cycle(PutCycle):
    """A cycle; `dropped` are the SKUs that too few wanted."""

    cycle_id: str
    state: CycleState = "open"
    dropped: tuple[str, ...] = ()


class PlacePresale(BaseModel):
    """A presale order as a resident asks for it; the device makes `id`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: CommandId
    cycle_id: CycleId
    deliver_to: AddressIn
    lines: Annotated[tuple[LineIn, ...], Field(min_length=1, max_length=MOST_LINES)]
    pay: Literal["cash", "online"] = "cash"
    expected_total_fen: int | None = Field(default=None, strict=True)

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len({line.sku for line in self.lines}) < len(self.lines):
            raise ValueError("each SKU may appear on one line only")
        return self


class PresaleLine(BaseModel):
    """A line as promised."""

    model_config = ConfigDict(frozen=True)

    sku: str
    units: int
    price_fen: int
    grams: int

    @property
    def sources(self) -> tuple[SourceOf, ...]:
        """Who supplies it: nobody, before there is an order."""
        return ()


class PresaleOrder(BaseModel):
    """A presale order as kept; when it is `ordered`, an order has its id."""

    model_config = ConfigDict(frozen=True)

    order_id: str
    cycle_id: str
    community_id: str
    resident_id: str
    slot_id: str
    state: OrderState
    why: str | None = None
    pay: Literal["cash", "online"]
    paid_fen: int = 0
    refunded_fen: int = 0
    placed_at: str
    lines: tuple[PresaleLine, ...]
    deliver_to: AddressIn
    goods_fen: int
    slot_fen: int
    total_fen: int

    @property
    def wanted(self) -> dict[str, int]:
        """Units by SKU."""
        return {line.sku: line.units for line in self.lines}

    @property
    def payment(self) -> Payment:
        """Whether it is paid, will be at the door, or is to be paid until its cycle closes."""
        if self.pay == "cash":
            return "cash"
        return "paid" if self.paid_fen else "due"

    @property
    def charged_deposit_fen(self) -> int:
        """None: boxes are an order's, once there are goods."""
        return 0

    @property
    def people(self) -> frozenset[str]:
        """Whose order it is."""
        return frozenset({self.resident_id})


class Procurement(BaseModel):
    """What a cycle buys of one SKU: the demand in whole cases."""

    model_config = ConfigDict(frozen=True)

    cycle_id: str
    community_id: str
    store_id: str
    sku: str
    demand_units: int
    case_units: int
    ordered_units: int
    arrived_units: int = 0
    state: Literal["expected", "done"] = "expected"


class Arrival(BaseModel):
    """Goods of a cycle that came in, as the store tells it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: CommandId
    store_id: StoreId
    cycle_id: CycleId
    sku: Sku
    units: Units
    lot_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,20}$")]
    expires_on: date
    received_celsius: float | None = Field(default=None, ge=-60, le=60)


@dataclass(frozen=True, slots=True)
class Stack:
    """An arrival and what is left of it: not allotted to orders, not released to everybody."""

    arrival: Arrival
    allotted_units: int
    released_units: int
    by: str

    @property
    def left_units(self) -> int:
        """Units that may still be allotted."""
        return self.arrival.units - self.allotted_units - self.released_units
