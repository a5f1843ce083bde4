"""An incident as people see it."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from linli.kernel.ids import CommunityId, StoreId, ThingId

IncidentId = Annotated[
    str,
    StringConstraints(
        pattern=r"^[a-z][a-z0-9-]{1,39}\.\d{8}T\d{6}\.[A-Za-z0-9_-]{1,64}\.[a-z]{1,20}\.\d{10}\.\d{16}$"
    ),
]
"""Community, device time, thing, kind, boot and sequence number of the reading that opened it."""


class Incident(BaseModel):
    """A reading over its limit; `open` until somebody closes it with a reason."""

    model_config = ConfigDict(frozen=True)

    id: IncidentId
    community_id: CommunityId
    store_id: StoreId
    thing: ThingId
    kind: str
    value_milli: int = Field(description="Thousandths of the unit")
    limit_milli: int = Field(description="Thousandths of the unit")
    unit: str = Field(description="UCUM code")
    measured_at: AwareDatetime = Field(description="By the device's clock")
    opened_at: AwareDatetime = Field(description="By our clock")
    state: Literal["open", "closed"] = "open"
    closed_at: AwareDatetime | None = None
    closed_by: str | None = None
    reason: str | None = None


class IncidentList(BaseModel):
    """Incidents, open ones first, newest first."""

    incidents: list[Incident]
