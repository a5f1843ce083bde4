"""Couriers as they register themselves."""

from datetime import time
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from linli.kernel.geography import Crs, Point, point
from linli.kernel.ids import CommunityId, PersonId

Vehicle = Literal["walk", "ebike", "van"]


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


class Courier(PutCourier):
    """A registered courier of a community."""

    courier_id: PersonId
