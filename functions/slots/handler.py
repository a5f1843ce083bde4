"""Delivery slots over HTTP."""

from typing import Annotated, Any, Self

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from pydantic import AwareDatetime, BaseModel

from linli import slots
from linli.kernel import door
from linli.kernel.identity import Role
from linli.kernel.ids import CommunityId, SlotId
from linli.slots import PutSlot, Slot

app = door.api("slots")
door.settings()


class SlotView(BaseModel):
    """A slot with what is left of it."""

    slot_id: str
    channel: str
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    cutoff_at: AwareDatetime
    price_fen: int
    capacity_orders: int
    taken_orders: int
    state: str

    @classmethod
    def of(cls, slot: Slot) -> Self:
        """The view of `slot`."""
        return cls(**{name: getattr(slot, name) for name in cls.model_fields})


class SlotList(BaseModel):
    """The slots of a community, the earliest first."""

    slots: list[SlotView]


@app.put(
    "/v1/slots/<slot_id>",
    summary="Offer a slot",
    tags=["slots"],
    responses=door.ok(SlotView, 404, 409),
)
def put_slot(slot_id: Annotated[SlotId, Path()], slot: PutSlot) -> Response[SlotView]:
    door.caller(app).require(slot_id.split(".")[0], Role.DISPATCHER, Role.CITY)
    return door.answer(SlotView.of(slots.put_slot(slot_id, slot)))


@app.get(
    "/v1/slots",
    summary="The slots of a community",
    tags=["slots"],
    responses=door.ok(SlotList),
)
def list_slots(community_id: Annotated[CommunityId, Query()]) -> Response[SlotList]:
    found = slots.slots_of(community_id)
    return door.answer(SlotList(slots=[SlotView.of(slot) for slot in found]))


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one API Gateway event (payload format 2.0)."""
    return door.serve(app, event, context)
