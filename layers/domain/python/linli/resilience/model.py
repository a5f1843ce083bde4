"""Warnings, emergencies, reserve vehicles, offline packs and paper entries, as people send them."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from linli.kernel.ids import BoxId, CommandId, CommunityId, PersonId
from linli.orders import Address

Level = Literal["blue", "yellow", "orange", "red"]
"""The four levels of China's weather warnings (QX/T 116), lowest first."""
Network = Literal["up", "degraded", "down"]
EmergencyState = Literal["watched", "declared", "active", "ended"]
VehicleId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
Outcome = Literal["delivered", "failed"]

MOST_ENTRIES = 50


class ObservedNow(BaseModel):
    """What the duty desk sees at the moment of the warning; what is absent was not observed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    late_orders_permille: int | None = Field(default=None, strict=True, ge=0, le=1000)
    stranded_riders: int | None = Field(default=None, strict=True, ge=0, le=1000)
    network: Network | None = None


class Warn(BaseModel):
    """A weather or outage warning for a community."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: CommandId
    community_id: CommunityId
    kind: Literal["storm", "heat", "flood", "outage"]
    level: Level
    issued_at: AwareDatetime
    observed: ObservedNow = ObservedNow()


class Part(BaseModel):
    """One part of the index: `points` = `weight` x `severity` / 100, as far as it is known."""

    model_config = ConfigDict(frozen=True)

    name: Literal["weather", "late_orders", "stranded_riders", "network"]
    observed: str | None
    severity: int = Field(description="0 (calm) to 100; 0 if not observed")
    weight: int
    points: int


class Assessment(BaseModel):
    """The Emergency Response Index, and whether and why it activates the reserve."""

    model_config = ConfigDict(frozen=True)

    index: int = Field(ge=0, le=100)
    activates: bool
    because: Literal["warning_level", "index", "calm"]
    parts: tuple[Part, ...]


class WarningView(BaseModel):
    """What became of a warning; the same for every resend."""

    id: str
    emergency_id: str
    assessment: Assessment


class PutReserveVehicle(BaseModel):
    """A vehicle that stands by for emergencies."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    community_id: CommunityId
    kind: Literal["ebike", "van", "truck", "robot"]
    capacity_grams: int = Field(strict=True, gt=0, le=20_000_000)
    driver_id: PersonId | None = Field(
        default=None, description="Who rides it when a route is left that no courier took"
    )


class ReserveVehicle(PutReserveVehicle):
    """A reserve vehicle and the emergency it serves, if any."""

    vehicle_id: VehicleId
    active_in: str | None = None


class Activation(BaseModel):
    """A reserve vehicle called up for an emergency."""

    model_config = ConfigDict(frozen=True)

    vehicle_id: str
    kind: str
    capacity_grams: int
    activated_at: AwareDatetime
    seconds_since_warning: int
    minutes_since_warning: float


class PackLine(BaseModel):
    """Units of one product to hand over."""

    model_config = ConfigDict(frozen=True)

    sku: str
    units: int


class PackStop(BaseModel):
    """One order of a printed manifest; `qr` is the text of its code."""

    model_config = ConfigDict(frozen=True)

    order_id: str
    address: Address
    boxes: int
    lines: tuple[PackLine, ...]
    qr: str


class Pack(BaseModel):
    """A route's manifest for paper, printed while there still is a network."""

    model_config = ConfigDict(frozen=True)

    route_id: str
    courier_id: str | None
    packed_at: AwareDatetime
    stops: tuple[PackStop, ...]


class PackList(BaseModel):
    """The packs of an emergency."""

    packs: list[Pack]


class EndEmergency(BaseModel):
    """The city's decision that it is over."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: CommandId


class PaperEntry(BaseModel):
    """One line of a paper manifest as brought back."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    order_id: CommandId
    outcome: Outcome
    delivered_at: AwareDatetime
    by: PersonId
    boxes: tuple[BoxId, ...] = Field(default=(), max_length=5)


class Reconcile(BaseModel):
    """Paper lines to be entered together."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: CommandId
    emergency_id: CommandId
    entries: tuple[PaperEntry, ...] = Field(min_length=1, max_length=MOST_ENTRIES)


class PaperLine(BaseModel):
    """How a paper line ended: applied once, or an open conflict with an owner."""

    model_config = ConfigDict(frozen=True)

    entry: PaperEntry
    state: Literal["applied", "conflict"]
    reason: str | None = None
    owner: str | None = Field(default=None, description="Who is to settle the conflict")
    recorded_at: AwareDatetime


class ReconciliationView(BaseModel):
    """Every line of a reconciliation in the order sent."""

    id: str
    emergency_id: str
    lines: list[PaperLine]


class Tally(BaseModel):
    """Paper lines of an emergency: printed, entered and outstanding."""

    model_config = ConfigDict(frozen=True)

    packs: int
    orders: int
    applied: int
    conflicts: int
    outstanding: int


class EmergencyView(BaseModel):
    """An emergency: why it was declared, what was done, how it ended."""

    id: str
    community_id: str
    kind: str
    level: Level
    state: EmergencyState
    issued_at: AwareDatetime
    declared_at: AwareDatetime
    assessment: Assessment
    activations: list[Activation]
    minutes_to_activation: float | None
    faults: list[str]
    tally: Tally
    conflicts: list[PaperLine]
    end_requested_by: str | None
    ended_at: AwareDatetime | None
    ended_how: Literal["city", "timeout", "fault"] | None
