"""Masked calls as the doors speak of them, and their refusals."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

from linli.kernel.errors import Conflict
from linli.kernel.ids import CommandId, CommunityId

Phone = Annotated[str, Field(pattern=r"^\+[1-9]\d{6,14}$")]


class NoLineFree(Conflict):
    """Every line of the community is in use."""

    code = "no_line_free"
    title_en = "All lines are in use; try again in a moment, or ask the dispatcher to call"
    title_zh = "暂无可用隐私号码，请稍后再试或联系调度"


class NoPhone(Conflict):
    """The resident has left no number."""

    code = "no_phone"
    title_en = "The resident has left no number"
    title_zh = "住户未留电话"


class CallsOver(Conflict):
    """The order has ended, or its route is closed."""

    code = "calls_over"
    title_en = "The order is no longer on its way"
    title_zh = "该订单已结束配送"


class PutCallPool(BaseModel):
    """The numbers that a community rents, and how many extensions each has (0: it has none)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    numbers: Annotated[tuple[Phone, ...], Field(max_length=20)]
    extensions: int = Field(default=0, strict=True, ge=0, le=100)

    @field_validator("numbers")
    @classmethod
    def _each_once(cls, numbers: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(numbers)) < len(numbers):
            raise ValueError("each number once")
        return numbers


class CallPool(PutCallPool):
    """A community's numbers."""

    community_id: CommunityId


class AskCall(BaseModel):
    """A courier wants to call the resident of an order that they ride."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: CommandId
    order_id: CommandId


class CallReady(BaseModel):
    """What to dial (RFC 3966), until when at the latest."""

    order_id: str
    dial: str
    until: str


class AskConnection(BaseModel):
    """Somebody dials a line: the switchboard asks whom it leads to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    community_id: CommunityId
    number: Phone
    extension: str = Field(default="", pattern=r"^\d{0,2}$")


class Connection(BaseModel):
    """Whom to connect; for the switchboard alone."""

    connect_to: str
