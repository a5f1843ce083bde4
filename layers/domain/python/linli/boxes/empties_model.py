"""A pick-up of empties: as asked for, as its resident sees it, as a wave needs it."""

from dataclasses import dataclass
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from linli.kernel.geography import Crs, Point, point
from linli.kernel.ids import CommandId, CommunityId, SlotId

MOST_EMPTIES = 10
"""How many boxes a courier takes at a door."""
State = Literal["asked", "attached", "taken", "failed", "cancelled", "expired"]
"""`expired`: nobody came in its slot, nor in those after it."""


class Door(BaseModel):
    """At whose door the boxes are."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    lon: float
    lat: float
    crs: Crs = "WGS84"
    building: Annotated[str, Field(min_length=1, max_length=40)]
    unit: Annotated[str, Field(max_length=20)] = ""
    floor: int = Field(default=1, ge=-3, le=120)
    has_lift: bool = False

    @property
    def point(self) -> Point:
        """The place in WGS-84. Raises ValueError outside the world."""
        return point(self.lon, self.lat, self.crs)

    @model_validator(mode="after")
    def _on_earth(self) -> Self:
        _ = self.point
        return self


class RequestEmpties(BaseModel):
    """A resident asks that boxes be fetched with the wave of a slot."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: CommandId
    community_id: CommunityId
    slot_id: SlotId
    door: Door
    box_count: int = Field(strict=True, ge=1, le=MOST_EMPTIES)


class EmptiesView(BaseModel):
    """A request as its resident sees it."""

    id: CommandId
    state: State
    slot_id: str
    box_count: int
    wave_id: str | None = None
    taken_boxes: list[str] = Field(default_factory=list)
    refund_fen: int = 0
    reward_points: int = 0
    coupons: int = 0


@dataclass(frozen=True, slots=True)
class EmptiesRequest:
    """A request as a wave needs it."""

    request_id: str
    resident_id: str
    point: Point
    building: str
    unit: str
    floor: int
    has_lift: bool
    box_count: int


@dataclass(frozen=True, slots=True)
class Taken:
    """What a courier's report of empties did; `boxes`: the fate of each by its id."""

    boxes: dict[str, str]
    refund_fen: int
    reward_points: int
    coupons: int
