"""Returnable boxes: who has one, where it is seen, what is asked for and answered."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from linli.kernel.ids import BoxId, CommandId, PersonId, StoreId, derived

StationId = StoreId
"""A return station's GLN-13, as a store's."""


def id_of_moment(at: datetime, what: str) -> UUID:
    """The UUIDv7 of what happened at a moment: the same words, the same id; it sorts by time."""
    return derived(UUID(int=int(at.timestamp() * 1000) << 80), what)


class Custodian(StrEnum):
    """What kind of keeper has a box; it has exactly one."""

    STORE = "store"
    ORDER = "order"
    COURIER = "courier"
    RESIDENT = "resident"
    STATION = "station"
    WASHING = "washing"
    LOST = "lost"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a box is seen: with which keeper."""

    kind: Custodian
    id: str


class Box(BaseModel):
    """
    A box as it stands.

    A cycle begins when the box reaches a resident; `holder_id` is whose deposit of `deposit_fen`
    it carries until it is returned. One that stays out too long is lost, its deposit converted:
    `converted_fen`, which goes back to the holder when the box does. `version` counts its moves;
    `seen_at` is the latest that it was seen, by the clocks of who saw it.
    """

    model_config = ConfigDict(frozen=True)

    box_id: str
    custodian: Custodian
    custodian_id: str
    cycle: int
    version: int
    registered_at_store: str
    community_id: str = ""
    holder_id: str | None = None
    deposit_transfer_id: str | None = None
    deposit_fen: int = 0
    converted_fen: int = 0
    clean: bool = True
    washes: int = 0
    seen_at: str = ""
    out_at: str | None = None
    reminded_at: str | None = None
    warned_at: str | None = None

    @property
    def place(self) -> Place:
        """Who has it."""
        return Place(self.custodian, self.custodian_id)

    @property
    def order_id(self) -> str:
        """The order whose price has the deposit that it carries: its transfers begin with it."""
        return (self.deposit_transfer_id or "").partition("/")[0]

    @property
    def is_out(self) -> bool:
        """Whether somebody's cycle with it has not ended: they have it, or lost it."""
        return self.holder_id is not None


class RegisterBox(BaseModel):
    """A store takes a new box into use."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    store_id: StoreId


class ReturnBox(BaseModel):
    """
    A box comes back.

    A resident only announces it: the return counts once a store, a station's keeper, a courier or
    a machine has the box in hand. Whoever confirms may name the announcement or the person; the
    deposit goes back to whose it was in any case.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: CommandId
    box_id: BoxId
    store_id: StoreId | None = None
    station_id: StationId | None = None
    returned_by: PersonId | None = Field(default=None, description="Who earns the points")
    claim_id: CommandId | None = Field(
        default=None, description="The resident's announcement, as their phone shows it"
    )

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if self.store_id and self.station_id:
            raise ValueError("a box comes back to one place")
        return self


class Returned(BaseModel):
    """
    What a return did; `pending` has done nothing yet.

    The points and coupons are those of who returned the box.
    """

    model_config = ConfigDict(frozen=True)

    id: CommandId
    state: Literal["pending", "returned"]
    box_id: str
    cycle: int
    store_id: str | None = None
    station_id: str | None = None
    refund_fen: int = Field(default=0, description="Paid back to whose deposit it was, in fen")
    reward_points: int = Field(default=0, description="Earned by who returned it")
    coupons: int = Field(default=0, description="Earned with this return, by who returned it")
    returned_at: str | None = Field(default=None, description="None while it is pending")
    valid_until: str | None = Field(default=None, description="Of an announcement")


class PlaceIn(BaseModel):
    """
    Where a box is scanned. The id may be left out for one's own store or oneself as a courier.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["store", "order", "courier", "station", "washing", "lost", "retired"]
    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9|._-]{1,64}$")] | None = None


class Scan(BaseModel):
    """A box seen somewhere, perhaps offline and told late: `at` is the scanner's clock."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: CommandId
    box_id: BoxId
    place: PlaceIn
    at: AwareDatetime
    store_id: StoreId | None = Field(default=None, description="A keeper's: which store scans")
    returned_by: PersonId | None = None
    claim_id: CommandId | None = None


class Scans(BaseModel):
    """What a scanner has to tell, perhaps since it was last connected."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    scans: Annotated[tuple[Scan, ...], Field(min_length=1, max_length=25)]


class Scanned(BaseModel):
    """
    What became of a scan: `applied` moved the box, `same` found it where it was, `late` tells the
    past and moved nothing, `held` does not fit what is known and waits for what does.
    """

    model_config = ConfigDict(frozen=True)

    id: CommandId
    fate: Literal["applied", "same", "late", "held"]
    refund_fen: int = 0
    reward_points: int = 0
    coupons: int = 0


class ScanTold(BaseModel):
    """The answer to one of several scans: what became of it, or why it was refused."""

    id: CommandId
    scanned: Scanned | None = None
    code: str | None = Field(default=None, description="Of the refusal, which changed nothing")


class ScansTold(BaseModel):
    """The answers to several scans, in their order."""

    scans: list[ScanTold]


@dataclass(frozen=True, slots=True)
class Sighting:
    """A box seen somewhere, whoever saw it; `scan_id` is theirs and comes once."""

    scan_id: str
    box_id: str
    place: Place
    at: datetime
    by: str
    claim_id: str | None = None
    returned_by: str | None = None
