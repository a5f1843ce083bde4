"""Couriers as they register themselves: vehicle, hours, skills, area."""

from datetime import date, time
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from linli.kernel.geography import Crs, Point, point
from linli.kernel.ids import CommunityId, PersonId

Vehicle = Literal["walk", "ebike", "van"]
Skill = Literal["cold_chain", "heavy_goods", "elder_care", "sign_language", "night_quiet", "robot"]
"""What a route may ask of a courier beside the vehicle."""


class Shift(BaseModel):
    """When a courier rides, every day, in the community's local time; not over midnight."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    opens: time = Field(examples=["08:00"])
    closes: time = Field(examples=["20:00"])

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.opens.tzinfo or self.closes.tzinfo:
            raise ValueError("local times have no offset")
        if self.opens >= self.closes:
            raise ValueError("a shift opens before it closes, on one day")
        return self


class Start(BaseModel):
    """Where a courier's day begins."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    lon: float
    lat: float
    crs: Crs = "WGS84"

    @model_validator(mode="after")
    def _on_earth(self) -> Self:
        _ = self.point
        return self

    @property
    def point(self) -> Point:
        """The place in WGS-84."""
        return point(self.lon, self.lat, self.crs)


class PutCourier(BaseModel):
    """A courier's own registration in a community; without a capacity, the vehicle's usual one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    community_id: CommunityId
    trade: Annotated[str, Field(min_length=1, max_length=40, examples=["rider", "student"])]
    vehicle: Vehicle
    capacity_grams: int | None = Field(default=None, gt=0, le=2_000_000)
    capacity_boxes: int | None = Field(default=None, ge=0, le=500)
    start: Start
    shift: Shift
    skills: tuple[Skill, ...] = Field(default=(), max_length=6)
    cold_box: bool = Field(default=False, description="Carries an insulated box of their own")
    reach_metres: int = Field(
        default=6_000, gt=0, le=50_000, description="How far from the start a route may begin"
    )

    @model_validator(mode="after")
    def _skills_once(self) -> Self:
        if len(set(self.skills)) < len(self.skills):
            raise ValueError("each skill once")
        return self


class Courier(PutCourier):
    """A registered courier of a community."""

    courier_id: PersonId


class CourierList(BaseModel):
    """Registered couriers, by id."""

    couriers: list[Courier]


class DeclareShift(BaseModel):
    """A courier's hours on one day, instead of the usual ones; both null: not at all that day."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    community_id: CommunityId
    opens: time | None = Field(examples=["17:00"])
    closes: time | None = Field(examples=["21:00"])

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if (self.opens is None) != (self.closes is None):
            raise ValueError("both hours, or neither")
        if self.opens is not None and self.closes is not None:
            Shift(opens=self.opens, closes=self.closes)
        return self


class EndShift(BaseModel):
    """A courier's word that they ride no more today."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    community_id: CommunityId


class DeclaredShift(BaseModel):
    """A courier's hours on one day; `ended` once they said that they ride no more."""

    model_config = ConfigDict(frozen=True)

    courier_id: PersonId
    community_id: CommunityId
    on: date
    opens: time | None
    closes: time | None
    ended: bool = False
