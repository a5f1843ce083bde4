"""Communities, stores and products as the rest of the system sees them."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from linli.catalogue.cells import MOST_METRES
from linli.catalogue.packaging import Packaging
from linli.kernel.geography import Crs, Point, point
from linli.kernel.ids import CommunityId, PersonId

Name = Annotated[str, Field(min_length=1, max_length=80)]
Zone = Literal["ambient", "chilled", "frozen"]
Hour = Annotated[int, Field(strict=True, ge=0, le=23)]


class PutCommunity(BaseModel):
    """How a community is served, as the city sets it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pool_metres: int = Field(
        default=3_000, strict=True, gt=0, le=MOST_METRES, description="Reach of the pool"
    )
    aid_metres: int = Field(
        default=5_000, strict=True, gt=0, le=MOST_METRES, description="Reach of mutual aid"
    )
    emergency: bool = Field(
        default=False, description="Emergency mode: aid with everything, reserves are open"
    )
    protection_quantile: float = Field(
        default=0.5, ge=0.5, le=0.999, description="Share of past weeks that protection covers"
    )
    replenish_hours: Annotated[tuple[Hour, ...], Field(min_length=1, max_length=24)] = Field(
        default=(6,), description="Local hours at which stores are replenished"
    )
    pay_minutes: int = Field(default=15, strict=True, gt=0, le=24 * 60)
    proxy_fee_fen: int = Field(default=300, strict=True, ge=0, le=100_000)
    packaging: Packaging = Field(default_factory=Packaging, description="Returnable boxes")

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        if self.aid_metres < self.pool_metres:
            raise ValueError("mutual aid reaches at least as far as the pool")
        if list(self.replenish_hours) != sorted(set(self.replenish_hours)):
            raise ValueError("hours of the day, each once, in order")
        return self


class Community(PutCommunity):
    """A community's settings."""

    community_id: str


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


class StoreSpan(BaseModel):
    """The stores of a community from the first id to the last, for work that is cut into pages."""

    model_config = ConfigDict(frozen=True)

    community_id: str
    first: str
    last: str


class PutProduct(BaseModel):
    """A product as registered by the city."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name_zh: Name
    name_en: Name
    price_fen: int = Field(strict=True, gt=0, le=10_000_000, description="Price of a unit in fen")
    grams: int = Field(strict=True, gt=0, le=1_000_000, description="Mass of a unit in grams")
    millilitres: int | None = Field(
        default=None, strict=True, gt=0, le=2_000_000, description="Volume of a unit, if known"
    )
    zone: Zone = "ambient"
    shelf: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9.-]{0,19}$")] | None = Field(
        default=None, description="Where it stands in a store; picks are ordered by it"
    )
    by_weight: bool = Field(
        default=False, description="Weighed when picked: the price is that of `grams` grams"
    )
    emergency: bool = Field(
        default=False, description="On the emergency list: has a reserve, comes from mutual aid"
    )


class Product(PutProduct):
    """A product of the network, by its GTIN-13."""

    sku: str
