"""Where an order goes, as a resident tells it."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from linli.kernel.geography import Crs, Point, point


class AddressIn(BaseModel):
    """Where to deliver to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    lon: float
    lat: float
    crs: Crs = "WGS84"
    building: Annotated[str, Field(min_length=1, max_length=40)]
    unit: Annotated[str, Field(max_length=20)] = ""
    floor: int = Field(default=1, ge=-3, le=120)
    has_lift: bool = False
    contact_phone: Annotated[str, Field(pattern=r"^\+[1-9]\d{6,14}$")] | None = None

    @property
    def point(self) -> Point:
        """The place in WGS-84. Raises ValueError outside the world."""
        return point(self.lon, self.lat, self.crs)

    @model_validator(mode="after")
    def _on_earth(self) -> Self:
        _ = self.point
        return self
