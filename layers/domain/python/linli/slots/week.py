"""
A community's rules: the packages of its week, with their places, cut-offs and prices.

Pure. `nextday-1000` and `nextday-1600` are the off-peak packages of the source; a chosen time
costs a premium, 20 yuan in the source.
"""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from linli.kernel.time import ZONE, local_date
from linli.slots.model import MOST_ORDERS, PackageName, PutSlot, slot_id_of
from linli.slots.pricing import PriceRule

MOST_DAYS = 14
LocalTime = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", examples=["10:00"])]
Weekday = Annotated[int, Field(strict=True, ge=0, le=6)]
Name = Annotated[str, Field(min_length=1, max_length=40)]


class Package(PriceRule):
    """Slots that are offered week after week on the same terms."""

    package: PackageName
    name_zh: Name
    name_en: Name
    channel: Annotated[str, Field(pattern=r"^[a-z]{2,20}$")] = "courier"
    weekdays: Annotated[tuple[Weekday, ...], Field(min_length=1)] = Field(
        default=(0, 1, 2, 3, 4, 5, 6), description="0 is Monday"
    )
    starts: Annotated[tuple[LocalTime, ...], Field(min_length=1, max_length=24)]
    lasts_minutes: int = Field(strict=True, ge=15, le=720)
    cutoff_minutes: int = Field(
        strict=True, ge=0, le=2 * 24 * 60, description="How long before its start a slot closes"
    )
    capacity_orders: int = Field(strict=True, gt=0, le=MOST_ORDERS)


class PutSlotRules(BaseModel):
    """The template of a community's week, as the city sets it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    packages: Annotated[tuple[Package, ...], Field(min_length=1, max_length=20)]
    days_ahead: int = Field(
        default=3, strict=True, ge=1, le=MOST_DAYS, description="Slots open so many days ahead"
    )

    @model_validator(mode="after")
    def _each_start_once(self) -> Self:
        starts = [
            (package.channel, day, start)
            for package in self.packages
            for day in package.weekdays
            for start in package.starts
        ]
        if len(set(starts)) < len(starts):
            raise ValueError("two slots of one channel would start at the same time")
        return self


class SlotRules(PutSlotRules):
    """A community's rules."""

    community_id: str


def slots_ahead(rules: SlotRules, now: datetime) -> Iterator[tuple[str, PutSlot]]:
    """The slots, with their ids, that should be open at `now`: none whose cut-off has passed."""
    today = local_date(now)
    for days in range(rules.days_ahead + 1):
        day = today + timedelta(days=days)
        for package in rules.packages:
            if day.weekday() not in package.weekdays:
                continue
            for start in package.starts:
                starts_at = datetime.combine(day, time.fromisoformat(start), ZONE)
                slot = _slot(package, starts_at)
                if now < slot.cutoff_at:
                    yield slot_id_of(rules.community_id, package.channel, starts_at), slot


def _slot(package: Package, starts_at: datetime) -> PutSlot:
    return PutSlot(
        price_fen=package.price_fen,
        steps=package.steps,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=package.lasts_minutes),
        cutoff_at=starts_at - timedelta(minutes=package.cutoff_minutes),
        capacity_orders=package.capacity_orders,
        package=package.package,
    )
