"""What a courier's device tells of their day, one action each, and how each was taken."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from linli.dispatch.rest import RestView
from linli.kernel.ids import BoxId, CommandId, CommunityId, ThingId

MOST_ACTIONS = 40
PictureKey = Annotated[str, StringConstraints(pattern=r"^proofs/[0-9-]{10}/[0-9a-f]{32}$")]
"""Where the device has put, or will put, a picture: `POST /v1/routes/{route_id}/proofs` tells."""
FailReason = Literal["nobody_home", "refused", "wrong_address", "damaged", "unsafe", "other"]


class Proof(BaseModel):
    """
    That an order was handed over: any of a photograph, a signature (drawn, or the name of who
    signed), the resident's code.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    photo_key: PictureKey | None = None
    signature_key: PictureKey | None = None
    signed_by: Annotated[str, Field(min_length=1, max_length=40)] | None = None
    code: Annotated[str, Field(pattern=r"^\d{8}$")] | None = Field(
        default=None, description="As `POST /v1/orders/{order_id}/code` told it to the resident"
    )


class _Told(BaseModel):
    """What every action carries: its number on the device and the device's clock."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: CommandId
    seq: int = Field(strict=True, ge=0, lt=10**12)
    at: AwareDatetime


class Arrived(_Told):
    """At a door."""

    kind: Literal["arrived"]
    order_id: CommandId


class Delivered(_Told):
    """Handed over at a door; a quiet order is left there, and the photograph is its proof."""

    kind: Literal["delivered"]
    order_id: CommandId
    box_ids: tuple[BoxId, ...] = Field(default=(), max_length=5)
    proof: Proof = Proof()


class Stored(_Told):
    """Put into a locker."""

    kind: Literal["stored"]
    order_id: CommandId
    proof: Proof = Proof()


class Failed(_Told):
    """Could not be handed over."""

    kind: Literal["failed"]
    order_id: CommandId
    reason: FailReason
    note: str = Field(default="", max_length=200)


class EmptiesTaken(_Told):
    """Boxes taken along from a door that asked for it; none: there were none."""

    kind: Literal["empties_taken"]
    request_id: CommandId
    box_ids: tuple[BoxId, ...] = Field(default=(), max_length=20)


class BreakStarted(_Told):
    """A rest begins."""

    kind: Literal["break_started"]


class BreakEnded(_Told):
    """A rest is over."""

    kind: Literal["break_ended"]


class Sos(_Told):
    """The courier needs help and rides no further."""

    kind: Literal["sos"]
    note: str = Field(default="", max_length=300)
    lon: float | None = Field(default=None, ge=-180, le=180)
    lat: float | None = Field(default=None, ge=-90, le=90)


class FatigueFelt(_Told):
    """What the courier's fatigue monitoring says; an alarm ends their riding."""

    kind: Literal["fatigue"]
    state: Literal["fresh", "tired", "alarm"]


class LiftSeen(_Told):
    """A lift that works, or does not."""

    kind: Literal["lift"]
    building: Annotated[str, Field(min_length=1, max_length=40)]
    unit: Annotated[str, Field(max_length=20)] = ""
    works: bool


Action = Annotated[
    Arrived
    | Delivered
    | Stored
    | Failed
    | EmptiesTaken
    | BreakStarted
    | BreakEnded
    | Sos
    | FatigueFelt
    | LiftSeen,
    Field(discriminator="kind"),
]


class TellActions(BaseModel):
    """What a device has to tell, also from a time without network; sending it again is harmless."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    community_id: CommunityId
    device: ThingId
    actions: Annotated[tuple[Action, ...], Field(min_length=1, max_length=MOST_ACTIONS)]


class ActionTold(BaseModel):
    """How an action was taken."""

    seq: int
    id: str
    kind: str
    state: Literal["applied", "conflict", "later"] = Field(
        description="`later`: we were busy, send it again; a conflict is for the courier to see"
    )
    code: str | None = Field(default=None, description="Of the conflict")
    title: str | None = None
    order_state: str | None = None
    route_state: str | None = None
    at: str = Field(description="By the device's clock")
    told_at: str = Field(description="By ours, when it was first told")


class RouteStands(BaseModel):
    """A route of the courier's as last planned; if the device has another version, read it."""

    route_id: str
    state: str
    version: int


class ActionsTold(BaseModel):
    """Every action by its number, how the courier stands, and their routes that are not done."""

    device: str
    results: list[ActionTold]
    rest: RestView
    routes: list[RouteStands]
