"""
What residents are told of, as data: the event, who knows whom it concerns, and the words.

Another event is another line here (and its type in the template's `NoticesRule`). A key is the
event's type, or the type with what the event says: of two that fit, the one that says more.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

Subject = Literal["box", "holder", "empties", "order", "case", "tier"]
"""Who is asked whom an event concerns: see `whom`."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A notice's subject and words; `{…}` are its figures."""

    subject: Subject
    title_en: str
    title_zh: str
    text_en: str
    text_zh: str


KINDS: Final[Mapping[str, Kind]] = {
    "linli.BoxOverdue": Kind(
        "holder",
        "Please bring your box back",
        "请归还循环箱",
        "Box {box_id} has been with you for long. After {by_on} its deposit of {yuan} is kept "
        "until the box comes back.",
        "循环箱 {box_id} 在您处已久。{by_on} 之后，其押金 {yuan}将暂扣，直至归还。",
    ),
    "linli.ConversionAhead": Kind(
        "holder",
        "A deposit will soon be kept",
        "押金即将暂扣",
        "Bring box {box_id} back by {by_on}, or its deposit of {yuan} is kept until it is back.",
        "请于 {by_on} 前归还循环箱 {box_id}，否则其押金 {yuan}将暂扣至归还为止。",
    ),
    "linli.DepositConverted": Kind(
        "holder",
        "A deposit is kept",
        "押金已暂扣",
        "Box {box_id} was not brought back in time. Its deposit of {yuan} is refunded in full "
        "as soon as it is back.",
        "循环箱 {box_id} 未按时归还。归还后，押金 {yuan}将全额退还。",
    ),
    "linli.BoxReturned": Kind(
        "box",
        "Your box is back",
        "循环箱已归还",
        "Box {box_id} is back. Its deposit goes back the way you paid; paid in cash, it waits for "
        "you at any store of your community.",
        "循环箱 {box_id} 已归还。押金按原支付方式退回；现金支付的押金可在本社区任一门店领取。",
    ),
    "linli.PaymentRefunded": Kind(
        "order",
        "Money was paid back",
        "退款已到账",
        "{yuan} of your order have been paid back.",
        "您的订单已退款 {yuan}。",
    ),
    "linli.PaymentRefunded/deposit": Kind(
        "order",
        "A deposit was paid back",
        "押金已退还",
        "The deposit of {yuan} for your boxes has been paid back.",
        "循环箱押金 {yuan}已退还。",
    ),
    "linli.EmptiesMoved": Kind(
        "empties",
        "Your boxes are fetched later",
        "取箱时间顺延",
        "No courier could fetch your boxes; they come in the slot {slot_id}. You may withdraw it.",
        "骑手未能上门取箱，已顺延至时段 {slot_id}，您可以取消。",
    ),
    "linli.EmptiesExpired": Kind(
        "empties",
        "Your boxes were not fetched",
        "未能上门取箱",
        "No courier could fetch your boxes. Please ask again, or bring them to a store or station.",
        "骑手未能上门取箱。请重新预约，或送至门店或回收站。",
    ),
    "linli.CaseDecided/upheld": Kind(
        "case",
        "Your case was decided for you",
        "您的申诉已获支持",
        "Case {case_id} was upheld; the reason stands with it.",
        "案件 {case_id} 已获支持，理由见案件详情。",
    ),
    "linli.CaseDecided/dismissed": Kind(
        "case",
        "Your case was decided",
        "您的案件已有结果",
        "Case {case_id} was dismissed; the reason stands with it.",
        "案件 {case_id} 未获支持，理由见案件详情。",
    ),
    "linli.TierChanged": Kind(
        "tier", "Your tier has changed", "您的信用档位已变更", "{why_en}", "{why_zh}"
    ),
}

VARIANTS: Final = ("reason", "decision")
"""What of an event's data may tell two notices of one type apart."""


def key_of(event_type: str, data: Mapping[str, object]) -> str | None:
    """Which notice an event is; None if residents are not told of it."""
    longer = [f"{event_type}/{data[name]}" for name in VARIANTS if name in data]
    return next((key for key in (*longer, event_type) if key in KINDS), None)
