"""
How households decide to bring a box back: a stated model, not a measurement.

A household brings a box back once what it gets exceeds its trouble of the day. The trouble is
lognormal over households (median `trouble_yuan`, sigma `SPREAD`) and varies from day to day
(`DAILY_SPREAD`). It gets the points at what they buy, its share of a coupon once one is in reach
(a coupon draws the more the nearer it is: the goal gradient of Kivetz, Urminsky and Zheng, 2006,
Journal of Marketing Research 43), and its deposit, which weighs as a loss, 2.25 times a gain
(Tversky and Kahneman, 1992, Journal of Risk and Uncertainty 5). A station next door divides the
trouble by `NEARER`. One number is fitted, the median trouble: points alone give the source's 31 %.
Everything else is assumed, and printed with the result.
"""

import random
from dataclasses import dataclass
from typing import Final

SPREAD: Final = 0.9
DAILY_SPREAD: Final = 0.25
LOSS_WEIGHT: Final = 2.25
POINT_YUAN: Final = 1.0
COUPON_YUAN: Final = 20.0
NEARER: Final = 1.6
DAYS: Final = 28
"""A box that is not back by then is overdue: what the source calls not returned."""


@dataclass(frozen=True, slots=True)
class Incentive:
    """What a household gets for a box."""

    name: str
    points: int = 0
    coupon_every: int = 0
    deposit_yuan: float = 0.0
    nearer: bool = False


@dataclass(slots=True)
class Household:
    """One household: its trouble in yuan, and the rewarded returns that it has made."""

    trouble_yuan: float
    returns: int = 0

    def gets(self, incentive: Incentive) -> float:
        """What a return is worth to it now, in yuan as it feels."""
        worth = incentive.points * POINT_YUAN + LOSS_WEIGHT * incentive.deposit_yuan
        if incentive.coupon_every:
            done = self.returns % incentive.coupon_every
            share = COUPON_YUAN / incentive.coupon_every
            worth += share * 2 * (done + 1) / (incentive.coupon_every + 1)
        return worth

    def brings(self, incentive: Incentive, rng: random.Random) -> bool:
        """Whether it brings a box back today."""
        trouble = self.trouble_yuan / (NEARER if incentive.nearer else 1.0)
        return self.gets(incentive) > trouble * rng.lognormvariate(0, DAILY_SPREAD)


def households(count: int, median_yuan: float, rng: random.Random) -> list[Household]:
    """A town of households."""
    return [Household(median_yuan * rng.lognormvariate(0, SPREAD)) for _ in range(count)]
