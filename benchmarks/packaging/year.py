"""A year of boxes in a simulated town, counted as the product counts them."""

import math
import random
from dataclasses import dataclass, field

from benchmarks.packaging.behaviour import DAYS, Household, Incentive, households
from linli.boxes.figures import Counts, Figures, worth
from linli.catalogue.packaging import Packaging

ORDERS_A_WEEK = 1.5
TRIP = 0.25
"""The chance that a day brings a household past a place that takes boxes."""
BREAKS = 0.004
"""Of cycles, those after which an inspection finds the box broken (assumption)."""
YEAR = 364
_FIT_STEPS = 24


@dataclass(slots=True)
class Year:
    """What happened in a year."""

    out: int = 0
    in_time: int = 0
    late: int = 0
    converted: int = 0
    broken: int = 0
    days_out: int = 0
    coupons: int = 0
    boxes: int = 0
    idle: int = 0
    open_boxes: list[tuple[int, Household]] = field(default_factory=list)

    @property
    def return_rate(self) -> float:
        """Of the boxes whose time is up, those that came back in it."""
        ended = self.in_time + self.late + self.converted
        return self.in_time / ended if ended else 0.0

    def figures(self, programme: Packaging) -> Figures:
        """As `GET /v1/packaging-figures` would tell it."""
        back = self.in_time + self.late
        counts = Counts(
            registered=self.boxes,
            out=self.out,
            back=back,
            days_out=self.days_out,
            washed=back - self.broken,
            broken=self.broken,
            lost=self.converted + self.late,
            found=self.late,
        )
        return worth("simulated", ["a year"], counts, programme)


def play(incentive: Incentive, *, median_yuan: float, count: int, seed: int) -> Year:
    """A year of `count` households under an incentive."""
    rng, year = random.Random(seed), Year()
    town = households(count, median_yuan, rng)
    for day in range(YEAR):
        for household in town:
            if rng.random() < ORDERS_A_WEEK / 7:
                _give(year, day, household)
        year.open_boxes = [
            (since, household)
            for since, household in year.open_boxes
            if not _ends(year, day, since, household, incentive, rng)
        ]
    return year


def _give(year: Year, day: int, household: Household) -> None:
    year.out += 1
    if year.idle:
        year.idle -= 1
    else:
        year.boxes += 1
    year.open_boxes.append((day, household))


def _ends(
    year: Year,
    day: int,
    since: int,
    household: Household,
    incentive: Incentive,
    rng: random.Random,
) -> bool:
    """Whether a box's cycle ends today: it comes back, or is given up."""
    if day - since >= DAYS:
        year.converted += 1
        return True
    if day == since or rng.random() >= TRIP or not household.brings(incentive, rng):
        return False
    year.in_time += 1
    year.days_out += day - since
    household.returns += 1
    if incentive.coupon_every and household.returns % incentive.coupon_every == 0:
        year.coupons += 1
    if rng.random() < BREAKS:
        year.broken += 1
    else:
        year.idle += 1
    return True


def fitted_median(incentive: Incentive, rate: float, *, count: int, seed: int) -> float:
    """The median trouble, in yuan, at which the incentive gives this return rate (bisection)."""
    least, most = 0.1, 200.0
    for _ in range(_FIT_STEPS):
        middle = math.sqrt(least * most)
        now = play(incentive, median_yuan=middle, count=count, seed=seed).return_rate
        least, most = (middle, most) if now > rate else (least, middle)
    return math.sqrt(least * most)
