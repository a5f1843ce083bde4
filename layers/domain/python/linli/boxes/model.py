"""Returnable boxes: who has one, what is asked for and answered, and the refusals."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from linli.kernel.errors import Conflict, Invalid
from linli.kernel.ids import BoxId, CommandId, PersonId, StoreId


class Custodian(StrEnum):
    """What kind of keeper has a box; it has exactly one."""

    STORE = "store"
    ORDER = "order"
    COURIER = "courier"
    RESIDENT = "resident"
    STATION = "station"
    WASHING = "washing"
    LOST = "lost"
    RETIRED = "retired"


class Box(BaseModel):
    """
    A box as it stands.

    A cycle begins when the box reaches a resident; `holder_id` is whose deposit of `deposit_fen`
    it carries until it is returned. `version` counts its moves.
    """

    model_config = ConfigDict(frozen=True)

    box_id: str
    custodian: Custodian
    custodian_id: str
    cycle: int
    version: int
    registered_at_store: str
    holder_id: str | None = None
    deposit_transfer_id: str | None = None
    deposit_fen: int = 0


class RegisterBox(BaseModel):
    """A store takes a new box into use."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    store_id: StoreId


class ReturnBox(BaseModel):
    """
    A box comes back to a store.

    A resident returns it for their own credit; a store may say for whose, or leave it out when
    nobody claims it: the deposit goes back to whose it was in any case.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: CommandId
    box_id: BoxId
    store_id: StoreId
    returned_by: PersonId | None = Field(default=None, description="Who earns the points")


class Returned(BaseModel):
    """What a return did."""

    model_config = ConfigDict(frozen=True)

    id: CommandId
    box_id: str
    store_id: str
    cycle: int
    refund_fen: int = Field(description="Paid back to whose deposit it was, in fen")
    reward_points: int = Field(description="Earned by who returned it")
    returned_at: str


class BoxNotOut(Conflict):
    """The box is with no resident: still in a store, or returned already."""

    code = "box_not_out"
    title_en = "This box is not out with a resident"
    title_zh = "该循环箱未借出或已归还"


class RetiredBox(Conflict):
    """The box was taken out of use."""

    code = "retired_box"
    title_en = "This box has been retired"
    title_zh = "该循环箱已报废"


class BoxNotInStore(Conflict):
    """The box cannot be handed over, for no store has it."""

    code = "box_not_in_store"
    title_en = "This box is not in a store"
    title_zh = "该循环箱不在门店"


class BoxMoved(Conflict):
    """The box changed hands at the same moment."""

    code = "box_moved"
    title_en = "This box has just changed hands"
    title_zh = "该循环箱刚刚变更了保管方"


class BoxTaken(Conflict):
    """The id belongs to a box that another store registered."""

    code = "box_taken"
    title_en = "This box is registered at another store"
    title_zh = "该循环箱已由其他门店登记"


class UnknownStore(Invalid):
    """There is no such store."""

    code = "unknown_store"
    title_en = "There is no such store"
    title_zh = "门店不存在"
