"""Lists that a wave leaves behind: what to pick, what no route brings, and what becomes of that."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from linli.catalogue.model import Zone
from linli.kernel.ids import CommandId, SlotId


class UnservedView(BaseModel):
    """An order that no route of its wave brings; see the list of stranded orders."""

    order_id: str
    reason: str


UnservedList = TypeAdapter(list[UnservedView])


class PickView(BaseModel):
    """Units of a product that a store sets aside for the wave, and for which orders."""

    store_id: str
    sku: str
    units: int
    zone: Zone = "ambient"
    shelf: str = ""
    orders: dict[str, int] = {}


PickList = TypeAdapter(list[PickView])


class PickListView(BaseModel):
    """What a store sets aside for a wave, in the order in which it is picked."""

    wave_id: str
    store_id: str
    picks: list[PickView]


class StrandedView(BaseModel):
    """An order that no route of its wave brings, on the dispatcher's list."""

    order_id: str
    wave_id: str
    reason: str
    since: str
    resolved: bool = False


class StrandedList(BaseModel):
    """The orders of a community that no route brings."""

    orders: list[StrandedView]


class ResolveStranded(BaseModel):
    """What becomes of an order that no route brings: another slot, or it is given up (null)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: CommandId
    slot_id: SlotId | None = None
    reason: Annotated[str, Field(max_length=200)] = ""
