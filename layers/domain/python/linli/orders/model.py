"""An order as asked for and as kept, and its refusals."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from linli.credit import MOST_COUPONS, CouponId
from linli.kernel.errors import Refused
from linli.kernel.geography import Point
from linli.kernel.ids import CommandId, CommunityId, PersonId, Sku, SlotId, StoreId
from linli.leaders.model import Attribution
from linli.lockers import LockerPlace
from linli.lockers.model import LockerId
from linli.orders.address import AddressIn
from linli.orders.progress import Progress
from linli.orders.states import State

MOST_LINES = 20
"""Up to 10 lines are read in one batch of 100 keys, more in two; see decision 0004."""
MOST_BOXES = 5

Pay = Literal["cash", "online"]
"""At the door or the counter, or before the order's time to pay has run out."""
Payment = Literal["cash", "due", "paid"]
"""`due`: to be paid online and not paid yet."""
Substitution = Literal["no", "same_price", "ask"]
"""What a store may do that cannot find a line: nothing, give another for no more money, or ask."""


class OutsideEveryPool(Refused):
    """No store is near enough to the delivery point."""

    code = "outside_every_pool"
    status = 422
    title_en = "No store is near enough to this address"
    title_zh = "该地址附近没有门店"


class UnknownSku(Refused):
    """A line names a product that nobody sells; `skus` says which."""

    code = "unknown_sku"
    status = 422
    title_en = "Unknown product"
    title_zh = "未知商品"


class PointsExceedTotal(Refused):
    """More points are to be spent than the goods and the slot cost."""

    code = "points_exceed_total"
    status = 422
    title_en = "More points than the order costs"
    title_zh = "积分抵扣超过应付金额"


class PriceChanged(Refused):
    """The total is not the one that the resident was shown."""

    code = "price_changed"
    title_en = "The price has changed"
    title_zh = "价格已变动"


class NoEmergency(Refused):
    """Reserves are for emergencies: the community is in none, and no dispatcher asks."""

    code = "no_emergency"
    title_en = "Reserves are kept for emergencies"
    title_zh = "应急储备仅供应急使用"


class LineIn(BaseModel):
    """Units of one product."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sku: Sku
    units: int = Field(strict=True, gt=0, le=999)
    substitute: Substitution = Field(
        default="no", description="What a store may give that cannot find it; never for more money"
    )


class ForResident(BaseModel):
    """Whom an order is for, if not for who places it, and that person's recorded consent."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    resident_id: PersonId
    consent_id: CommandId


class PlaceOrder(BaseModel):
    """An order as a resident asks for it; the device makes `id`, so a resend is the same order."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: CommandId
    community_id: CommunityId
    deliver_to: AddressIn
    lines: Annotated[tuple[LineIn, ...], Field(min_length=1, max_length=MOST_LINES)]
    slot_id: SlotId
    boxes: int = Field(default=0, strict=True, ge=0, le=MOST_BOXES)
    spend_points: int = Field(default=0, strict=True, ge=0, le=100_000)
    coupons: Annotated[tuple[CouponId, ...], Field(max_length=MOST_COUPONS)] = Field(
        default=(), description="The caller's, of different kinds; held until the order ends"
    )
    emergency: bool = Field(
        default=False,
        description="Takes the reserve; in emergency mode, or by a dispatcher for a resident",
    )
    quiet: bool = Field(
        default=False, description="Left without knock or call, where the building bears it"
    )
    pay: Pay = "cash"
    store_id: StoreId | None = Field(
        default=None, description="Where to pick it up (pickup slots only); none: the nearest"
    )
    locker_id: LockerId | None = Field(
        default=None, description="Which locker (locker slots only); none: the nearest with room"
    )
    for_resident: ForResident | None = Field(
        default=None, description="Placed for somebody else, for a fee; the points are the caller's"
    )
    expected_total_fen: int | None = Field(
        default=None, strict=True, description="Refuse the order if it would cost anything else"
    )

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        if len(set(self.coupons)) < len(self.coupons):
            raise ValueError("a coupon is used once")
        if len({line.sku for line in self.lines}) < len(self.lines):
            raise ValueError("each SKU may appear on one line only")
        if not self.slot_id.startswith(f"{self.community_id}."):
            raise ValueError("the slot belongs to another community")
        if self.store_id is not None and self.channel != "pickup":
            raise ValueError("only an order that is picked up chooses its store")
        if self.locker_id is not None and self.channel != "locker":
            raise ValueError("only a locker's order chooses its locker")
        return self

    @property
    def channel(self) -> str:
        """How the order reaches its resident."""
        return self.slot_id.split(".")[1]

    @property
    def wanted(self) -> dict[str, int]:
        """Units by SKU."""
        return {line.sku: line.units for line in self.lines}


class Address(BaseModel):
    """Where an order goes; personal data."""

    model_config = ConfigDict(frozen=True)

    lon: float
    lat: float
    building: str
    unit: str
    floor: int
    has_lift: bool
    contact_phone: str | None = None

    @property
    def point(self) -> Point:
        """The place in WGS-84."""
        return Point(self.lon, self.lat)


class SourceOf(BaseModel):
    """
    Units that one store supplies; `owner_id` says whose stock it was, `shard` which item of a split
    shelf counts them.
    """

    model_config = ConfigDict(frozen=True)

    store_id: str
    owner_id: str
    units: int
    shard: int = 0


class Line(BaseModel):
    """A line as promised."""

    model_config = ConfigDict(frozen=True)

    sku: str
    units: int
    price_fen: int
    grams: int
    sources: tuple[SourceOf, ...]
    substitute: Substitution = "no"
    by_weight: bool = False


class CouponUse(BaseModel):
    """A coupon that an order holds: what it takes off in all, and off the goods alone."""

    model_config = ConfigDict(frozen=True)

    coupon_id: str
    kind: str
    fen: int
    goods_fen: int


class Order(BaseModel):
    """
    An order as kept.

    `total_fen` = `goods_fen` + `slot_fen` + `proxy_fen` - `discount_fen` - `coupon_fen` +
    `deposit_fen`, always. `discount_fen` is what points take off.
    `resident_id` placed it and pays for it; `for_resident` says for whom, if not for themselves.
    """

    model_config = ConfigDict(frozen=True)

    order_id: str
    resident_id: str
    community_id: str
    state: State
    version: int = 0
    slot_id: str
    wave_id: str | None = None
    route_id: str | None = None
    placed_at: str
    lines: tuple[Line, ...]
    deliver_to: Address
    boxes: int
    points: int
    goods_fen: int
    slot_fen: int
    discount_fen: int
    deposit_fen: int
    box_fen: int
    total_fen: int
    cycle_id: str | None = None
    proxy_fen: int = 0
    pay: Pay = "cash"
    payment: Payment = "cash"
    for_resident: ForResident | None = None
    emergency: bool = False
    quiet: bool = False
    locker: LockerPlace | None = None
    coupons: tuple[CouponUse, ...] = ()
    coupon_fen: int = 0
    priority: bool = False
    attribution: Attribution | None = None
    progress: Progress = Progress()

    @property
    def channel(self) -> str:
        """How the order reaches its resident."""
        return self.slot_id.split(".")[1]

    @property
    def people(self) -> frozenset[str]:
        """Whose order it is: who placed it, and for whom."""
        other = {self.for_resident.resident_id} if self.for_resident else set()
        return frozenset({self.resident_id} | other)

    @property
    def final_fen(self) -> int:
        """What it costs as things stand."""
        final = self.progress.final_fen
        return self.total_fen if final is None else final

    @property
    def charged_deposit_fen(self) -> int:
        """
        The deposit in what it costs as things stand: of all its boxes, of those that were handed
        over once it was served, of none when it ended without.
        """
        bill = self.progress.bill
        promised_fen = bill.final_fen if bill else self.total_fen
        return max(0, self.deposit_fen - (promised_fen - self.final_fen))

    @property
    def grams(self) -> int:
        """Mass of the goods in grams."""
        return sum(line.units * line.grams for line in self.lines)

    @property
    def store_ids(self) -> list[str]:
        """The stores that supply it, sorted."""
        return sorted({source.store_id for line in self.lines for source in line.sources})
