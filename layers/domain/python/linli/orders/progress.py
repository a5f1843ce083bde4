"""What becomes of an order after it was promised: what was picked, and what it comes to."""

from typing import Literal

from pydantic import BaseModel, ConfigDict


class Substitute(BaseModel):
    """What was given instead of units that were not there."""

    model_config = ConfigDict(frozen=True)

    sku: str
    units: int
    fen: int


class PickedLine(BaseModel):
    """What a store found of its part of a line: of `units`, `short_units` were not there."""

    model_config = ConfigDict(frozen=True)

    sku: str
    owner_id: str
    units: int
    short_units: int
    grams: int | None = None
    fen: int
    substitute: Substitute | None = None


class OrderPart(BaseModel):
    """A store's part of an order, once picked."""

    model_config = ConfigDict(frozen=True)

    store_id: str
    lines: tuple[PickedLine, ...]
    handed_over: bool = False


class BillLine(BaseModel):
    """A line's money: promised, final, and its part of what is paid back."""

    model_config = ConfigDict(frozen=True)

    sku: str
    promised_fen: int
    final_fen: int
    refund_fen: int


class Bill(BaseModel):
    """
    What an order comes to once it is picked; all parts add up.

    `final_fen` = `goods_fen` + `slot_fen` + `proxy_fen` - `discount_fen` - `coupon_fen` +
    `deposit_fen`, and `refund_fen` = promised total - `final_fen` = the sum of the lines' refunds.
    """

    model_config = ConfigDict(frozen=True)

    lines: tuple[BillLine, ...]
    goods_fen: int
    slot_fen: int
    proxy_fen: int
    discount_fen: int
    coupon_fen: int = 0
    deposit_fen: int
    points: int
    final_fen: int
    refund_fen: int


class Progress(BaseModel):
    """
    What has become of an order beside its state.

    `final_fen` is what it costs now (None: its total); `paid_fen` - `refund_fen` is what the
    network has of it by way of payments, whatever of `refund_fen` is still on its way back.
    """

    model_config = ConfigDict(frozen=True)

    pay_by: str | None = None
    collect_by: str | None = None
    close_at: str | None = None
    paid_fen: int = 0
    refund_fen: int = 0
    final_fen: int | None = None
    holds: int = 0
    """How often it was promised anew: its transfers have new ids each time."""
    agreed: dict[str, str] = {}
    """Substitutes that the resident has agreed to, by the SKU that is not there."""
    parts: tuple[OrderPart, ...] = ()
    bill: Bill | None = None
    outcome: Literal["delivered", "collected", "failed"] | None = None

    def part(self, store_id: str) -> OrderPart | None:
        """The store's part, if it was picked."""
        return next((part for part in self.parts if part.store_id == store_id), None)
