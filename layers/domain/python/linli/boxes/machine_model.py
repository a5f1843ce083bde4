"""What a return machine says, and why it may not be believed."""

import base64
import binascii
import hashlib
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from linli.boxes.model import id_of_moment
from linli.boxes.recycle import MOST_GRAMS
from linli.catalogue.packaging import Material
from linli.kernel.ids import BoxId, CommandId, StoreId, ThingId

MOST_BOOT, MOST_SEQ = 2**31 - 1, 2**53 - 1
Kind = Literal["box", "recyclable"]
Reason = Literal[
    "malformed",
    "bad_topic",
    "not_own_topic",
    "unknown_kind",
    "unknown_machine",
    "not_own_store",
    "from_the_future",
    "too_old",
    "contradicts",
    "unknown_box",
    "retired_box",
    "unknown_claim",
    "unknown_material",
]
"""Why a message is quarantined; stable."""


class ReturnArrival(BaseModel):
    """
    A message as the topic rule hands it over: who sent it comes from the topic and the connection
    alone; the payload is base64 of whatever bytes were published.
    """

    model_config = ConfigDict(frozen=True)

    payload: str
    store_id: str
    thing: str
    kind: str
    client_id: str = Field(description="The MQTT client, which the policy binds to the thing")
    received_at_ms: int = Field(description="The broker's clock, Unix milliseconds")

    @property
    def content(self) -> bytes:
        """The published bytes; empty if the rule's base64 is broken."""
        try:
            return base64.b64decode(self.payload, validate=True)
        except binascii.Error:
            return b""

    @property
    def digest(self) -> str:
        """What the message is known by: all that was told of it, and by whom."""
        parts = "\0".join([self.thing, self.kind, self.client_id, self.payload])
        return hashlib.sha256(parts.encode()).hexdigest()[:32]


class _Source(BaseModel):
    store_id: StoreId
    thing: ThingId
    kind: Kind


class _Numbered(BaseModel):
    """What every message says: the machine's own numbers and clock, and who stands before it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    boot: Annotated[int, Field(strict=True, ge=0, le=MOST_BOOT)]
    seq: Annotated[int, Field(strict=True, ge=0, le=MOST_SEQ)]
    at: AwareDatetime
    claim: CommandId | None = None

    @property
    def order(self) -> str:
        """Text that sorts as (boot, seq): the machine's own order, which no clock can change."""
        return f"{self.boot:010d}.{self.seq:016d}"

    def told_as(self, thing: str) -> UUID:
        """The id under which the message acts: the same message, the same id."""
        return id_of_moment(self.at, f"{thing}/{self.order}")


class BoxPutIn(_Numbered):
    """A box was put in; `claim` is the announcement that a phone showed, if one did."""

    box_id: BoxId


class WeighedIn(_Numbered):
    """Recyclables were weighed; the machine's `claim` says whose they are."""

    material: Material
    grams: Annotated[int, Field(strict=True, ge=1, le=MOST_GRAMS)]


def source_fault(arrival: ReturnArrival) -> Reason | None:
    """Why the topic's names can't be trusted, if they can't."""
    if arrival.kind not in ("box", "recyclable"):
        return "unknown_kind"
    try:
        source = _Source.model_validate(arrival.model_dump(include={"store_id", "thing", "kind"}))
    except ValidationError:
        return "bad_topic"
    return None if arrival.client_id == source.thing else "not_own_topic"


def understand(arrival: ReturnArrival) -> BoxPutIn | WeighedIn | None:
    """What the bytes say; None if they say nothing."""
    model = BoxPutIn if arrival.kind == "box" else WeighedIn
    try:
        return model.model_validate_json(arrival.content)
    except ValidationError:
        return None
