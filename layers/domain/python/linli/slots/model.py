"""Slots and the pure rule of who may still take one."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, Field, model_validator

from linli.kernel.errors import Conflict, Invalid, Refused
from linli.kernel.time import ZONE
from linli.slots import pricing
from linli.slots.pricing import PriceRule

MOST_ORDERS = 10_000
PackageName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,39}$")]


class SlotFull(Refused):
    """All places of the slot are taken."""

    code = "slot_full"
    title_en = "The slot is full"
    title_zh = "该时段已约满"


class SlotClosed(Refused):
    """The slot's cut-off has passed."""

    code = "slot_closed"
    title_en = "The slot's cut-off has passed"
    title_zh = "该时段已截单"


class UnknownSlot(Refused):
    """There is no such slot in this community."""

    code = "unknown_slot"
    status = 422
    title_en = "No such slot"
    title_zh = "没有该时段"


class SlotStillOpen(Refused):
    """The slot's cut-off is still to come."""

    code = "slot_still_open"
    title_en = "The slot is still open"
    title_zh = "该时段尚未截单"


class SlotInThePast(Invalid):
    """A slot was to be offered whose cut-off has passed already."""

    code = "slot_in_the_past"
    title_en = "The slot's cut-off is in the past"
    title_zh = "该时段的截单时间已过"


class SlotIdMismatch(Invalid):
    """The slot's id names another start than its terms."""

    code = "slot_id_mismatch"
    title_en = "The slot's id says another start, in local time"
    title_zh = "时段编号与开始时间（当地时间）不符"


class CapacityBelowTaken(Conflict):
    """Fewer places were to be offered than are taken; `taken_orders` says how many are."""

    code = "capacity_below_taken"
    title_en = "More places are taken than the slot would have"
    title_zh = "已约数量超过新的容量"


class PutSlot(PriceRule):
    """A slot as offered by a dispatcher, or opened from the community's rules."""

    starts_at: AwareDatetime
    ends_at: AwareDatetime
    cutoff_at: AwareDatetime
    capacity_orders: int = Field(gt=0, le=MOST_ORDERS)
    package: PackageName | None = Field(
        default=None, description="The package of the community's rules that it belongs to"
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.cutoff_at <= self.starts_at < self.ends_at:
            raise ValueError("cutoff_at <= starts_at < ends_at")
        if self.ends_at - self.starts_at > timedelta(days=1):
            raise ValueError("a slot lasts at most a day")
        return self


@dataclass(frozen=True, slots=True)
class Slot:
    """
    A slot with what is taken of it.

    `capacity_orders` is what orders may take; beside it `reserved_orders` places are kept for
    presale orders whose goods are still to come. Both together were offered.
    """

    slot_id: str
    community_id: str
    channel: str
    starts_at: datetime
    ends_at: datetime
    cutoff_at: datetime
    capacity_orders: int
    taken_orders: int
    rule: PriceRule
    state: Literal["open", "closed"]
    reserved_orders: int = 0
    package: str | None = None

    @property
    def offered_orders(self) -> int:
        """All places of the slot."""
        return self.capacity_orders + self.reserved_orders

    @property
    def promised_orders(self) -> int:
        """The places that somebody has, of an order or of a presale."""
        return self.taken_orders + self.reserved_orders

    @property
    def price_fen(self) -> int:
        """What the next order pays for its place: moves with the load."""
        return pricing.price(self.rule, self.promised_orders, self.offered_orders)

    @property
    def terms(self) -> PutSlot:
        """The slot as it was offered; its validator is that of these terms."""
        return PutSlot(
            price_fen=self.rule.price_fen,
            steps=self.rule.steps,
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            cutoff_at=self.cutoff_at,
            capacity_orders=self.offered_orders,
            package=self.package,
        )

    def check_open(self, now: datetime) -> None:
        """
        Refuse unless an order may still take a place at `now`.

        Raises:
            SlotClosed, SlotFull
        """
        if self.state != "open" or now >= self.cutoff_at:
            raise SlotClosed
        if self.taken_orders >= self.capacity_orders:
            raise SlotFull


def slot_id_of(community_id: str, channel: str, starts_at: datetime) -> str:
    """The id of the slot of a channel that starts then: it names the local start."""
    return f"{community_id}.{channel}.{starts_at.astimezone(ZONE):%Y%m%dT%H%M}"
