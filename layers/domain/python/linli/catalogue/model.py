"""Stores and products as the rest of the system sees them."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from linli.kernel.geography import Crs, Point, point
from linli.kernel.ids import CommunityId, PersonId

Name = Annotated[str, Field(min_length=1, max_length=80)]
Zone = Literal["ambient", "chilled", "frozen"]


class PutStore(BaseModel):
    """A store as registered by the city."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    community_id: CommunityId
    owner_id: PersonId
    name_zh: Name
    name_en: Name
    lon: float
    lat: float
    crs: Crs = "WGS84"

    @property
    def point(self) -> Point:
        """Where the store is, in WGS-84. Raises ValueError outside the world."""
        return point(self.lon, self.lat, self.crs)


class Store(PutStore):
    """A store of the network: a GLN, an owner, a community, a place."""

    store_id: str


class PutProduct(BaseModel):
    """A product as registered by the city."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name_zh: Name
    name_en: Name
    price_fen: int = Field(gt=0, le=10_000_000, description="Price of a unit in fen")
    grams: int = Field(gt=0, le=1_000_000, description="Mass of a unit in grams")
    zone: Zone = "ambient"


class Product(PutProduct):
    """A product of the network, by its GTIN-13."""

    sku: str
