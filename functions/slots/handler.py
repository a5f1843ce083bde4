"""Delivery slots, the rules that they are opened from, and lockers, over HTTP."""

from datetime import date
from typing import Annotated, Any, Self

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Header, Path, Query
from pydantic import AwareDatetime, BaseModel

from linli import lockers, slots
from linli.kernel import door
from linli.kernel.errors import NotFound
from linli.kernel.identity import Role
from linli.kernel.ids import CommunityId, SlotId
from linli.kernel.time import local_date
from linli.lockers import Locker, PutLocker
from linli.lockers.model import LockerId
from linli.slots import PriceStep, PutSlot, PutSlotRules, Slot, SlotRules, UnknownSlot

app = door.api("slots")
door.settings()
IfMatch = Annotated[str | None, Header(alias="If-Match", description="The ETag that you saw")]


class SlotView(BaseModel):
    """
    A slot with what is left of it: `price_fen` is what the next order pays, `base_fen` and
    `steps` are why. Places that are reserved for presales count as taken.
    """

    slot_id: str
    channel: str
    package: str | None
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    cutoff_at: AwareDatetime
    price_fen: int
    base_fen: int
    steps: tuple[PriceStep, ...]
    capacity_orders: int
    taken_orders: int
    state: str

    @classmethod
    def of(cls, slot: Slot) -> Self:
        """The view of `slot`."""
        same = ("slot_id", "channel", "package", "starts_at", "ends_at", "cutoff_at", "price_fen")
        return cls(
            **{name: getattr(slot, name) for name in (*same, "state")},
            base_fen=slot.rule.price_fen,
            steps=slot.rule.steps,
            capacity_orders=slot.offered_orders,
            taken_orders=slot.promised_orders,
        )


class SlotList(BaseModel):
    """The slots of a community, the earliest first."""

    slots: list[SlotView]


@app.put(
    "/v1/slots/<slot_id>",
    summary="Offer a slot, or change how many places it has",
    tags=["slots"],
    responses=door.ok(SlotView, 404, 409, 412, 428),
)
def put_slot(
    slot_id: Annotated[SlotId, Path()], slot: PutSlot, if_match: IfMatch = None
) -> Response[SlotView]:
    door.caller(app).require(slot_id.split(".")[0], Role.DISPATCHER, Role.CITY)
    written = slots.put_slot(slot_id, slot, now=door.now(app), if_match=if_match)
    return door.answer(SlotView.of(written), ETag=slots.etag(written))


@app.get(
    "/v1/slots/<slot_id>",
    summary="Read a slot",
    tags=["slots"],
    responses=door.ok(SlotView, 404),
)
def read_slot(slot_id: Annotated[SlotId, Path()]) -> Response[SlotView]:
    try:
        found = slots.read(slot_id)
    except UnknownSlot:
        raise NotFound from None
    return door.answer(SlotView.of(found), ETag=slots.etag(found))


@app.get(
    "/v1/slots",
    summary="The slots of a community that are not over",
    tags=["slots"],
    responses=door.ok(SlotList),
)
def list_slots(community_id: Annotated[CommunityId, Query()]) -> Response[SlotList]:
    found = slots.slots_of(community_id, door.now(app))
    return door.answer(SlotList(slots=[SlotView.of(slot) for slot in found]))


@app.put(
    "/v1/slot-rules/<community_id>",
    summary="Set the packages and prices of a community's week",
    description="Slots are opened from them by a schedule; those that are open keep their terms.",
    tags=["slots"],
    responses=door.ok(SlotRules, 404, 412, 428),
)
def put_rules(
    community_id: Annotated[CommunityId, Path()], rules: PutSlotRules, if_match: IfMatch = None
) -> Response[SlotRules]:
    door.caller(app).require(community_id, Role.CITY)
    written, etag = slots.put_rules(community_id, rules, if_match)
    return door.answer(written, ETag=etag)


@app.get(
    "/v1/slot-rules/<community_id>",
    summary="The packages and prices of a community's week",
    tags=["slots"],
    responses=door.ok(SlotRules, 404),
)
def read_rules(community_id: Annotated[CommunityId, Path()]) -> Response[SlotRules]:
    found, etag = slots.read_rules(community_id)
    return door.answer(found, ETag=etag)


class FreeOf(BaseModel):
    """Compartments of a size, and how many of them are free on the day."""

    size: str
    count: int
    most_grams: int
    free: int


class LockerView(BaseModel):
    """A locker with what is free in it on a day."""

    locker_id: str
    name_zh: str
    name_en: str
    lon: float
    lat: float
    compartments: list[FreeOf]


class LockerList(BaseModel):
    """The lockers of a community."""

    on: date
    lockers: list[LockerView]


@app.put(
    "/v1/lockers/<locker_id>",
    summary="Register a locker and its compartments",
    description="A locker's order takes the smallest compartment that holds it, one order a "
    "compartment and day; without lockers a community's locker slots count places alone.",
    tags=["slots"],
    responses=door.ok(Locker, 404, 412, 428),
)
def put_locker(
    locker_id: Annotated[LockerId, Path()], locker: PutLocker, if_match: IfMatch = None
) -> Response[Locker]:
    door.caller(app).require(locker.community_id, Role.CITY)
    written, etag = lockers.put_locker(locker_id, locker, if_match)
    return door.answer(written, ETag=etag)


@app.get(
    "/v1/lockers",
    summary="The lockers of a community, and what is free in them on a day",
    tags=["slots"],
    responses=door.ok(LockerList),
)
def list_lockers(
    community_id: Annotated[CommunityId, Query()],
    on: Annotated[date | None, Query(description="Today by default")] = None,
) -> Response[LockerList]:
    day = on or local_date(door.now(app))
    views = [_locker_view(each, day) for each in lockers.lockers_of(community_id)]
    return door.answer(LockerList(on=day, lockers=views))


def _locker_view(locker: Locker, day: date) -> LockerView:
    taken = lockers.taken_on(locker, day.isoformat())
    same = ("locker_id", "name_zh", "name_en", "lon", "lat")
    return LockerView(
        **{name: getattr(locker, name) for name in same},
        compartments=[
            FreeOf(**each.model_dump(), free=max(0, each.count - taken[each.size]))
            for each in locker.compartments
        ],
    )


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one API Gateway event (payload format 2.0)."""
    return door.serve(app, event, context)
