"""Slots and the pure rule of who may still take one."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from linli.kernel.errors import Refused


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


class PutSlot(BaseModel):
    """A slot as offered by a dispatcher."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    starts_at: AwareDatetime
    ends_at: AwareDatetime
    cutoff_at: AwareDatetime
    capacity_orders: int = Field(gt=0, le=10_000)
    price_fen: int = Field(ge=0, le=100_000)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.cutoff_at <= self.starts_at < self.ends_at:
            raise ValueError("cutoff_at <= starts_at < ends_at")
        return self


@dataclass(frozen=True, slots=True)
class Slot:
    """A slot with what is taken of it."""

    slot_id: str
    community_id: str
    channel: str
    starts_at: datetime
    ends_at: datetime
    cutoff_at: datetime
    capacity_orders: int
    taken_orders: int
    price_fen: int
    state: Literal["open", "closed"]

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
