"""A device's message, as it arrives from the topic rule and as it is understood."""

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from linli.kernel.ids import StoreId, ThingId
from linli.sensing.limits import KINDS

MOST_BOOT = 2**31 - 1
MOST_SEQ = 2**53 - 1
"""What every language's JSON holds exactly."""


class Arrival(BaseModel):
    """
    A message as the topic rule hands it over.

    Who sent it (`store_id`, `thing`, `kind`) comes from the topic and the connection alone. The
    payload is base64 of whatever bytes were published, so that nothing in it can take their place
    and even a malformed message can be kept.
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


class Source(BaseModel):
    """The topic's names, when they are well formed."""

    model_config = ConfigDict(frozen=True)

    store_id: StoreId
    thing: ThingId


class Reading(BaseModel):
    """What a device says: its boot and sequence numbers, its own time, and a value."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    boot: int = Field(ge=0, le=MOST_BOOT, description="Grows by one with each start of the device")
    seq: int = Field(ge=0, le=MOST_SEQ, description="Grows by one with each message of a boot")
    at: AwareDatetime = Field(description="The device's clock, RFC 3339 with offset")
    value: Annotated[float, Field(allow_inf_nan=False, ge=-1e9, le=1e9)]
    unit: str = Field(max_length=20, description="UCUM code of the kind's unit")

    @property
    def milli(self) -> int:
        """The value in thousandths of the unit, rounded half to even."""
        return round(self.value * 1000)

    @property
    def order(self) -> str:
        """Text that sorts as (boot, seq): the device's own order, which no clock can change."""
        return f"{self.boot:010d}.{self.seq:016d}"


class PutSensor(BaseModel):
    """Where a sensor hangs, what it watches, and limits of its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    store_id: StoreId
    produce: Annotated[str, Field(pattern=r"^[a-z][a-z_]{1,39}$")] | None = Field(
        default=None, description="What lies there; its usual limits apply", examples=["cherry"]
    )
    limit_milli_by_kind: dict[str, int] = Field(
        default_factory=dict,
        max_length=10,
        description="Limits instead of the usual ones, in thousandths of the kind's unit",
        examples=[{"temperature": -18000}],
    )

    @model_validator(mode="after")
    def _possible(self) -> Self:
        for kind, milli in self.limit_milli_by_kind.items():
            if kind not in KINDS or not KINDS[kind].may_be(milli):
                raise ValueError("a limit is of a known kind, and possible")
        return self

    def limit_milli(self, kind: str) -> int:
        """The alarm limit of a kind, in thousandths of its unit."""
        return self.limit_milli_by_kind.get(kind, KINDS[kind].limit_for(self.produce))


class Sensor(PutSensor):
    """A registered sensor."""

    thing: ThingId


@dataclass(frozen=True, slots=True)
class Latest:
    """
    The newest reading of a thing and kind, by (boot, seq).

    `device_at` is the device's claim, `recorded_at` our clock; neither is derived from the other.
    """

    thing: str
    kind: str
    order: str
    value_milli: int
    device_at: datetime
    recorded_at: datetime
