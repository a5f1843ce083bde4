"""Waves, routes and manifests as the rest of the system sees them, and their refusals."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from linli.kernel.errors import Refused
from linli.kernel.ids import BoxId, CommandId, SlotId
from linli.orders import WAVELESS, Address, Line
from linli.waves.lists import PickView, UnservedView

RouteId = Annotated[
    str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,39}\.[a-z]+\.\d{8}T\d{4}\.\d{1,4}$")
]
"""A route: its wave and a number."""
WaveState = Literal["started", "frozen", "allocated", "published", "failed"]
RouteState = Literal["draft", "offered", "taken", "done"]


class NotYetVisible(Refused):
    """The index does not show every order of the slot yet; asking again in a moment helps."""

    code = "not_yet_visible"
    title_en = "Not every order of the slot is visible yet"
    title_zh = "该时段的订单尚未全部可见"


class Superseded(Refused):
    """A later run of the wave has taken over; this one must not write any more."""

    code = "superseded"
    title_en = "A later run of this wave has taken over"
    title_zh = "该波次已由后一次运行接管"


class WaveTooLarge(Refused):
    """The wave does not fit into one routing problem."""

    code = "wave_too_large"
    title_en = "The wave is too large for one routing problem"
    title_zh = "该波次过大，无法一次规划"


class RouteTaken(Refused):
    """Another courier was first."""

    code = "route_taken"
    title_en = "Another courier has taken this route"
    title_zh = "该路线已被其他配送员接走"


class StartWave(BaseModel):
    """A dispatcher's wish to start a slot's wave, or to run a failed one again."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: CommandId
    slot_id: SlotId

    @model_validator(mode="after")
    def _has_a_wave(self) -> Self:
        if self.slot_id.split(".")[1] in WAVELESS:
            raise ValueError("nobody brings the orders of this slot anywhere")
        return self


class ReportDelivery(BaseModel):
    """How an order's stop ended; `at` is the courier's device time."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: CommandId
    order_id: CommandId
    outcome: Literal["delivered", "failed", "stored"] = Field(
        description="`stored`: put into a locker, to be collected with a code"
    )
    box_ids: tuple[BoxId, ...] = Field(default=(), max_length=5)
    at: AwareDatetime


class Step(BaseModel):
    """What each task of the routing batch is told: the wave, and which run of it this is."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    wave_id: SlotId
    attempt: int = Field(strict=True, gt=0)


class ClusterStep(Step):
    """What the tasks of one cluster are told; no plan if the solver failed altogether."""

    cluster: int = Field(strict=True, ge=0)
    plan: dict[str, Any] | None = None
    error: str = ""


class Release(Step):
    """Why a run of a wave ended before its manifests were out."""

    error: str = "unknown"
    cause: str = ""


class RouteLine(BaseModel):
    """A route in a wave's list."""

    route_id: str
    state: RouteState
    courier_id: str | None
    stops: int
    metres: int
    seconds: int


class WaveView(BaseModel):
    """A wave: how far it is, and what it came to beside routes made by hand."""

    wave_id: str
    slot_id: str
    community_id: str
    state: WaveState
    attempt: int
    reason: str | None = None
    orders: int | None = None
    routed_orders: int | None = None
    unserved: list[UnservedView] = []
    picks: list[PickView] = []
    routes: list[RouteLine] = []
    metres: int | None = Field(default=None, description="Of all routes, as planned")
    baseline_metres: int | None = Field(
        default=None, description="Of the same orders by first come, nearest next"
    )
    baseline_unserved: int | None = None
    solver: str | None = None
    fallback_from: str | None = None
    started_at: str
    changed_at: str


class Area(BaseModel):
    """Roughly where a route goes: a centre rounded to about a kilometre."""

    lon: float
    lat: float
    radius_metres: int


class OfferView(BaseModel):
    """A route as every courier of the community may see it: no address, no name."""

    route_id: str
    state: RouteState
    mine: bool
    area: Area
    stops: int
    metres: int
    seconds: int
    depart_at: str
    finish_at: str
    version: int = Field(default=1, description="Counts how often the route was planned")


class AddressView(BaseModel):
    """Where to go; the phone, if any, is a line of the switchboard, never the resident's own."""

    lon: float
    lat: float
    building: str
    unit: str
    floor: int
    has_lift: bool
    contact_phone: str | None


class ItemView(BaseModel):
    """Units of a product, to be collected at a store."""

    order_id: str
    sku: str
    units: int


class Meeting(BaseModel):
    """Where a courier who stopped waits with the goods."""

    lon: float
    lat: float


class StopView(BaseModel):
    """
    A visit of the route: collecting at a store, or from a courier who stopped, handing an order
    over at a door, fetching empties there, handing them in, or a rest. Of an order in two drops
    the light items are a `drop`, and the large ones, which end it, the `deliver` after it.
    """

    kind: Literal["collect", "deliver", "drop", "take_over", "empties", "return", "rest"]
    place_id: str = Field(
        description="The store's id, the order's, the request's for empties, or the route that "
        "goods are taken over from"
    )
    order_ids: list[str]
    arrive_at: str
    start_at: str
    leave_at: str
    state: str | None = Field(default=None, description="The order's state, at a door")
    address: AddressView | None = None
    items: list[ItemView] = []
    boxes: int = 0
    quiet: bool = Field(default=False, description="No knock, no call: left at the door")
    meet: Meeting | None = Field(default=None, description="Where goods are taken over")


class ManifestView(OfferView):
    """The whole of a route, for who rides it and for the dispatcher."""

    wave_id: str
    courier_id: str | None
    visits: list[StopView]


class DeliveryView(BaseModel):
    """What was recorded of a delivery."""

    id: str
    order_id: str
    order_state: str
    route_id: str
    route_state: RouteState


@dataclass(frozen=True, slots=True)
class ManifestStop:
    """A stop of a manifest, with what paper needs: no masking, since paper has no screen."""

    order_id: str
    address: Address
    boxes: int
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Manifest:
    """The stops of a route that are still to be made, in their order."""

    route_id: str
    wave_id: str
    courier_id: str | None
    stops: tuple[ManifestStop, ...]
