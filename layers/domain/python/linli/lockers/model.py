"""Lockers as registered, an order's place in one, and the refusals."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from linli.kernel.errors import Invalid, Refused
from linli.kernel.geography import Point, point
from linli.kernel.ids import CommunityId

Size = Literal["S", "M", "L"]
SIZES: tuple[Size, ...] = ("S", "M", "L")
LockerId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,39}$")]
Name = Annotated[str, Field(min_length=1, max_length=80)]


class LockerFull(Refused):
    """No compartment that is large enough is free on that day."""

    code = "locker_full"
    title_en = "No compartment is free on that day"
    title_zh = "当日柜格已满"


class TooBigForLocker(Invalid):
    """The order is too heavy for every compartment there is."""

    code = "too_big_for_locker"
    title_en = "The order fits no compartment"
    title_zh = "订单过大，柜格放不下"


class UnknownLocker(Invalid):
    """There is no such locker in this community."""

    code = "unknown_locker"
    title_en = "No such locker"
    title_zh = "没有该智能柜"


class Compartments(BaseModel):
    """How many compartments of a size there are, and what mass of goods they hold."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: Size
    count: int = Field(strict=True, ge=1, le=500)
    most_grams: int = Field(strict=True, gt=0, le=100_000)


class PutLocker(BaseModel):
    """A bank of compartments as the city registers it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    community_id: CommunityId
    name_zh: Name
    name_en: Name
    lon: float
    lat: float
    compartments: Annotated[tuple[Compartments, ...], Field(min_length=1, max_length=3)]

    @property
    def point(self) -> Point:
        """Where it stands. Raises ValueError outside the world."""
        return point(self.lon, self.lat, "WGS84")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        _ = self.point
        sizes = [SIZES.index(each.size) for each in self.compartments]
        grams = [each.most_grams for each in self.compartments]
        if sizes != sorted(set(sizes)) or grams != sorted(set(grams)):
            raise ValueError("each size once, the small ones first, larger ones hold more")
        return self


class Locker(PutLocker):
    """A locker by its id."""

    locker_id: str


class LockerPlace(BaseModel):
    """A compartment of a size that an order has on a day; which of them, the courier finds."""

    model_config = ConfigDict(frozen=True)

    locker_id: str
    size: Size
    on: str
