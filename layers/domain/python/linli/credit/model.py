"""Points and deposits: amounts that cannot be mixed, accounts, transfers, and their refusals."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, NewType, TypeVar

from linli.kernel.errors import Conflict, Forbidden, Invalid, Refused

Points = NewType("Points", int)
"""Whole points of credit; not money."""
Fen = NewType("Fen", int)
"""Money in fen; not points."""
C = TypeVar("C", Points, Fen)

MOST_UNITS = 1_000_000
"""The largest amount of one transfer, in points or fen: no real one comes near it."""


class Currency(StrEnum):
    """What an account counts; fixed for its life."""

    POINTS = "POINTS"
    CNY = "CNY"


class State(StrEnum):
    """Where a transfer stands. All but `PENDING` are final."""

    PENDING = "pending"
    POSTED = "posted"
    VOIDED = "voided"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Account(Generic[C]):
    """One side of a transfer; `C` keeps points and money apart in the type checker's eyes."""

    name: str
    currency: Currency


ISSUER: Account[Points] = Account("issuer/points", Currency.POINTS)
"""Where points come from and go back to; it has no balance item, it is the sum of transfers."""
CASH: Account[Fen] = Account("cash", Currency.CNY)
"""Money received; no balance item either."""
FORFEITS: Account[Fen] = Account("forfeits", Currency.CNY)
"""Deposits converted because their boxes stayed out too long; no balance item either."""


def programme_of(community_id: str) -> Account[Fen]:
    """What a community's programme pays: discounts to merchants, commissions to leaders."""
    return Account(f"programme/{community_id}", Currency.CNY)


def merchant_of(community_id: str, owner_id: str) -> Account[Fen]:
    """What a community's programme owes a merchant for discounts; the sum of transfers, too."""
    return Account(f"merchant/{community_id}/{owner_id}", Currency.CNY)


def commission_of(leader_id: str) -> Account[Fen]:
    """The commissions that a building's leader has earned and was not paid yet."""
    return Account(f"commission/{leader_id}", Currency.CNY)


def points_of(resident_id: str) -> Account[Points]:
    """A resident's points."""
    return Account(f"points/{resident_id}", Currency.POINTS)


def deposit_of(resident_id: str) -> Account[Fen]:
    """The money that the network owes a resident for boxes."""
    return Account(f"deposit/{resident_id}", Currency.CNY)


@dataclass(frozen=True, slots=True)
class Transfer(Generic[C]):
    """
    `amount` from `debit` to `credit`, both of one currency. Never changed but for its state.

    Raises:
        Invalid: The amount is not a whole number in 1..MOST_UNITS.
    """

    transfer_id: str
    resident_id: str
    debit: Account[C]
    credit: Account[C]
    amount: C
    reason: str

    def __post_init__(self) -> None:
        assert self.debit.currency is self.credit.currency, "a transfer has one currency"
        whole = isinstance(self.amount, int) and not isinstance(self.amount, bool)
        if not whole or not 1 <= self.amount <= MOST_UNITS:
            raise Invalid("an amount is a whole number, neither none nor huge")


@dataclass(frozen=True, slots=True)
class Done:
    """
    Where a deed was done, for which other resident if for one, by whose device, and under which
    rule: `<times>/<days>`.
    """

    community_id: str
    counterpart: str | None = None
    device: str | None = None
    rule: str | None = None


@dataclass(frozen=True, slots=True)
class CreditView:
    """A resident's points as an order sees them."""

    balance_points: Points
    held_points: Points
    spent_today_points: Points

    @property
    def available_points(self) -> int:
        """What may be spent now: the balance without what open orders hold."""
        return self.balance_points - self.held_points


class NotEnoughPoints(Refused):
    """The resident's available points do not cover it."""

    code = "not_enough_points"
    title_en = "You do not have that many points"
    title_zh = "积分不足"


class RedemptionCap(Refused):
    """The resident would spend more points in a day than the programme allows."""

    code = "redemption_cap"
    title_en = "That is more points than may be spent in a day"
    title_zh = "超出当日积分使用上限"


class EarningCap(Refused):
    """The resident would earn more points by deeds in a day than the programme allows."""

    code = "earning_cap"
    title_en = "That is more points than may be earned by deeds in a day"
    title_zh = "超出当日积分获取上限"


class NotEnoughDeposit(Refused):
    """A refund would exceed the deposits that are held for the resident."""

    code = "not_enough_deposit"
    title_en = "There is no such deposit to refund"
    title_zh = "没有可退的押金"


class MoreThanOwed(Conflict):
    """A merchant would be paid more than the programme owes them."""

    code = "more_than_owed"
    title_en = "The programme owes less than that"
    title_zh = "超出应付金额"


class TransferSettled(Conflict):
    """The transfer is posted, voided or expired already."""

    code = "transfer_settled"
    title_en = "This transfer is settled already"
    title_zh = "该笔记账已结清"


class NotReversible(Conflict):
    """Only posted points are reversed, once, and a reversal never is."""

    code = "not_reversible"
    title_en = "This entry cannot be reversed"
    title_zh = "该笔记账不可冲正"


class UnknownDeed(Invalid):
    """No rule says what this deed earns."""

    code = "unknown_deed"
    title_en = "No points are given for this"
    title_zh = "没有对应的积分规则"


class TooManyPoints(Invalid):
    """More points than the deed may earn."""

    code = "too_many_points"
    title_en = "This deed does not earn that many points"
    title_zh = "超出该行为可得积分"


class BackdatedDeed(Invalid):
    """The deed was too long ago to be awarded, or is yet to come."""

    code = "backdated_deed"
    title_en = "This deed was too long ago, or is yet to come"
    title_zh = "该行为日期不在可登记期限内"


class EvidenceMissing(Invalid):
    """The deed's rule asks for evidence that did not come; `evidence` says which."""

    code = "evidence_missing"
    title_en = "Evidence is needed for this deed"
    title_zh = "缺少该行为所需的凭证"


class OwnDeed(Forbidden):
    """Nobody awards points to themselves, or earns them by helping themselves."""

    code = "own_deed"
    title_en = "You cannot award points to yourself"
    title_zh = "不能给自己发放积分"


class ProgrammeCap(Refused):
    """The programme has given all that it gives of this reward in a day."""

    code = "programme_cap"
    title_en = "All of today's are taken; there are more tomorrow"
    title_zh = "今日名额已兑完，请明日再来"


class ProgrammePointsCap(Refused):
    """The residents of the community have spent all points that a day allows on orders."""

    code = "programme_points_cap"
    title_en = "The community's points for orders are used up today; there are more tomorrow"
    title_zh = "本社区今日可用于下单的积分已用完，请明日再来"


class TierFull(Conflict):
    """Every place in the top tier is held by an upheld appeal already."""

    code = "tier_full"
    title_en = "All places in the top tier are held by now; decide later, or dismiss the appeal"
    title_zh = "高级档名额已全部保留，请稍后再决定或驳回申诉"


class TopTierOnly(Refused):
    """The reward is for the top tier."""

    code = "top_tier_only"
    title_en = "This privilege is for residents of the top tier"
    title_zh = "该权益仅限高级档居民"
