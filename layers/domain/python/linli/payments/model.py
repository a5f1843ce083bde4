"""Payments as asked for and as told, and their refusals."""

from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from linli.kernel.errors import Refused
from linli.kernel.geography import Crs, Point, point
from linli.kernel.ids import CommandId
from linli.risk import Kind

Method = Literal["wechat_jsapi", "wechat_app", "wechat_native"]
"""JSAPI: inside WeChat or a mini program; native: a QR code. Cash is no attempt: see `cash`."""
CASH = "cash"
MOST_FEN = 50_000_00
"""The largest single payment, far above any grocery order."""


class AttemptState(StrEnum):
    """Where an attempt to pay stands; `rules.may_become` has the ways between."""

    BLOCKED = "blocked"
    HELD = "held_for_review"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    CREATED = "created"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CLOSED = "closed"


class RefundState(StrEnum):
    """
    Where a refund stands. Two states need a person, who pays it out: what the provider would not
    do is `stuck`, what it was never to be asked for waits `to_collect`.
    """

    PENDING = "pending"
    ACCEPTED = "accepted"
    STUCK = "stuck"
    TO_COLLECT = "to_collect"
    SUCCEEDED = "succeeded"


RefundReason = Literal[
    "short_pick", "substitution", "damaged", "late", "complaint", "cancelled", "other"
]
BackReason = Literal["paid_twice", "order_gone", "order_changed"]
"""Why money goes back by itself: the order was paid already, cannot be had, costs otherwise."""


class PaymentBlocked(Refused):
    """The attempt looks like fraud; it never reached the provider."""

    code = "payment_blocked"
    title_en = "This payment cannot be accepted"
    title_zh = "该支付未获受理"


class AlreadyPaid(Refused):
    """The order has been paid."""

    code = "already_paid"
    title_en = "This order has been paid"
    title_zh = "该订单已支付"


class PaymentUnderWay(Refused):
    """Another attempt for this order is still open; `attempt_id` says which."""

    code = "payment_under_way"
    title_en = "Another payment for this order is under way"
    title_zh = "该订单有正在进行的支付"


class NoLongerPayable(Refused):
    """The order is not waiting for an online payment: expired, cancelled, ended, or in cash."""

    code = "no_longer_payable"
    title_en = "This order cannot be paid any more"
    title_zh = "该订单已无法支付"


class NothingDue(Refused):
    """The order costs nothing."""

    code = "nothing_due"
    status = 422
    title_en = "There is nothing to pay"
    title_zh = "无需支付"


class MethodUnavailable(Refused):
    """This deployment has no contract with the provider of that method."""

    code = "method_unavailable"
    status = 422
    title_en = "This way of paying is not available"
    title_zh = "暂不支持该支付方式"


class RefundTooLarge(Refused):
    """More is to be paid back than was paid and is left, or than the caller may."""

    code = "refund_too_large"
    title_en = "More than can be paid back"
    title_zh = "退款金额超过可退金额"


class ForgedNotification(Refused):
    """The notification is not the provider's, or not as the provider wrote it."""

    code = "forged_notification"
    status = 401
    title_en = "The notification's signature is not valid"
    title_zh = "通知签名无效"


class StaleNotification(Refused):
    """The notification was signed too long ago, or in the future: perhaps a replay."""

    code = "stale_notification"
    status = 401
    title_en = "The notification is too old"
    title_zh = "通知已过期"


class AmountMismatch(Refused):
    """The provider tells of another amount than the attempt's; a person must look."""

    code = "amount_mismatch"
    title_en = "The amount is not the one that was asked for"
    title_zh = "金额与支付单不符"


class DevicePoint(BaseModel):
    """Where the paying device says it is; only the distance to the delivery is kept."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    lon: float
    lat: float
    crs: Crs = "WGS84"

    @property
    def point(self) -> Point:
        """The place in WGS-84. Raises ValueError outside the world."""
        return point(self.lon, self.lat, self.crs)

    @model_validator(mode="after")
    def _on_earth(self) -> Self:
        _ = self.point
        return self


class PayOrder(BaseModel):
    """An attempt to pay an order; the device makes `id`, so a resend is the same attempt."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: CommandId
    method: Method
    device_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{8,64}$")]
    payer_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{6,128}$")] | None = Field(
        default=None, description="The payer as the provider names them (WeChat: openid)"
    )
    payer_phone: Annotated[str, Field(pattern=r"^\+[1-9]\d{6,14}$")] | None = None
    device_at: DevicePoint | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.method == "wechat_jsapi" and self.payer_id is None:
            raise ValueError("this method needs payer_id")
        return self


class RefundOrder(BaseModel):
    """Money to be paid back; the caller makes `id`, so a resend is the same refund."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: CommandId
    fen: int = Field(strict=True, gt=0, le=MOST_FEN)
    reason: RefundReason


class Review(BaseModel):
    """A dispatcher's word on an attempt that was held."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: CommandId
    reason: Annotated[str, Field(min_length=1, max_length=200)]
    block: tuple[Kind, ...] = Field(
        default=(), description="When rejecting: what to put on the blocked list"
    )


class Attempt(BaseModel):
    """An attempt as its resident sees it: never why it looked suspicious."""

    model_config = ConfigDict(frozen=True)

    attempt_id: str
    order_id: str
    method: str
    state: AttemptState
    fen: int
    expires_at: str
    handle: dict[str, Any] | None = Field(
        default=None, description="What the client hands to the provider's app to pay"
    )
    failure: str | None = Field(default=None, description="The provider's code, if it failed")


class ReasonView(BaseModel):
    """A rule that held, in words."""

    rule: str
    value: int
    points: int
    why_en: str
    why_zh: str


class HeldAttempt(BaseModel):
    """An attempt as a dispatcher sees it who is to judge it."""

    model_config = ConfigDict(frozen=True)

    attempt_id: str
    order_id: str
    community_id: str
    method: str
    state: AttemptState
    fen: int
    points: int
    reasons: tuple[ReasonView, ...]
    expires_at: str


class Refund(BaseModel):
    """Money that goes, or went, back."""

    model_config = ConfigDict(frozen=True)

    refund_id: str
    order_id: str
    fen: int
    reason: str
    state: RefundState


class Payment(BaseModel):
    """How an order's payment stands; `captured_fen` - `refunded_fen` is what we have."""

    model_config = ConfigDict(frozen=True)

    order_id: str
    state: Literal["open", "captured", "refunded"]
    due_fen: int
    captured_fen: int
    refunding_fen: int
    refunded_fen: int
    attempts: tuple[Attempt, ...]
    refunds: tuple[Refund, ...]
