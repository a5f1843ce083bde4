"""
The quiet index (静默配送指数): how sure we are that a building does not mind the night. Pure.

Each resident's answer and each quiet delivery is a trial whose chance of success, the building's
tolerance, is unknown: with a Beta prior, its posterior is Beta again, by adding successes and
failures (conjugacy; Gelman et al., *Bayesian Data Analysis*, 3rd ed., section 2.4). A complaint
weighs as many trials as `COMPLAINT_WEIGHT`, for few who are disturbed complain. The index is the
tolerance that the posterior exceeds with a probability of 90 %: little knowledge gives a low
index, so that a building earns the night by its own answers.

Roll-out goes from building to community (渐进式渗透): a *pilot* building is judged by its own
trials on a prior as sceptical as the source's first survey (39 % would accept it). Once enough
pilots stand and complaints stay rare, the *community* is open: then the prior is what its pilots
have shown, worth a few trials, and a building is closed only by its own failures.
"""

import math
from collections.abc import Mapping
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict

FIRST_ACCEPTANCE: Final = 0.39
"""The share that accepted quiet deliveries at first, by the source."""
PRIOR_TRIALS: Final = 5.0
"""What the prior weighs, in trials."""
COMPLAINT_WEIGHT: Final = 3.0
"""Trials that a complaint is worth (assumption: one of three who are disturbed complains)."""
DELIVERY_WEIGHT: Final = 0.5
"""A quiet delivery without complaint says less than an answer: some sleep through it."""
CONFIDENCE: Final = 0.9
ALLOWED_FROM: Final = 0.6
"""
The index from which a building gets quiet deliveries: most of it does not mind, quite surely. From
0.5 on some 4.6 % of them are complained of, from 0.6 on 3 %, which is the source's figure, at two
thirds of the deliveries (means of three seeds of `benchmarks/dispatch/quiet.py`).
"""
PILOTS_NEEDED: Final = 3
COMMUNITY_COMPLAINTS: Final = 0.05
"""Share of quiet deliveries with a complaint above which a community is not opened."""

Stage = Literal["pilot", "community"]


class Counts(BaseModel):
    """What a building has said."""

    model_config = ConfigDict(frozen=True)

    yes: int = 0
    no: int = 0
    deliveries: int = 0
    complaints: int = 0

    @property
    def successes(self) -> float:
        """Trials for the night."""
        return self.yes + DELIVERY_WEIGHT * max(0, self.deliveries - self.complaints)

    @property
    def failures(self) -> float:
        """Trials against it."""
        return self.no + COMPLAINT_WEIGHT * self.complaints


class BuildingIndex(BaseModel):
    """A building's index, and why it is allowed or not."""

    building: str
    index: float
    allowed: bool
    counts: Counts


class QuietIndex(BaseModel):
    """A community's stage, and every building that has said something."""

    community_id: str
    stage: Stage
    pilots: int
    complaint_share: float
    buildings: list[BuildingIndex]


def index_of(counts: Counts, prior_mean: float = FIRST_ACCEPTANCE) -> float:
    """The tolerance that the posterior exceeds with probability `CONFIDENCE`, in 0..1."""
    a = prior_mean * PRIOR_TRIALS + counts.successes
    b = (1 - prior_mean) * PRIOR_TRIALS + counts.failures
    return beta_quantile(1 - CONFIDENCE, a, b)


def stage_of(known: Mapping[str, Counts]) -> tuple[Stage, int, float, float]:
    """The community's stage, its pilots that stand, its complaint share, and its prior's mean."""
    standing = [each for each in known.values() if index_of(each) >= ALLOWED_FROM]
    deliveries = sum(each.deliveries for each in known.values())
    complaints = sum(each.complaints for each in known.values())
    share = complaints / deliveries if deliveries else 0.0
    opened = len(standing) >= PILOTS_NEEDED and deliveries > 0 and share <= COMMUNITY_COMPLAINTS
    if not opened:
        return "pilot", len(standing), share, FIRST_ACCEPTANCE
    good = sum(each.successes for each in known.values())
    bad = sum(each.failures for each in known.values())
    # On the first prior, so that nobody having said no is never taken for certainty.
    mean = (FIRST_ACCEPTANCE * PRIOR_TRIALS + good) / (PRIOR_TRIALS + good + bad)
    return "community", len(standing), share, mean


def allowed(known: Mapping[str, Counts], building: str) -> bool:
    """Whether quiet orders may go to the building; in an open community one without word, too."""
    stage, _, _, prior_mean = stage_of(known)
    counts = known.get(building)
    if counts is None:
        return stage == "community" and index_of(Counts(), prior_mean) >= ALLOWED_FROM
    return index_of(counts, prior_mean) >= ALLOWED_FROM


def beta_quantile(p: float, a: float, b: float) -> float:
    """The x below which Beta(a, b) lies with probability `p`, to nine decimals, by bisection."""
    low, high = 0.0, 1.0
    while high - low > 1e-9:
        middle = (low + high) / 2
        low, high = (middle, high) if beta_cdf(middle, a, b) < p else (low, middle)
    return (low + high) / 2


def beta_cdf(x: float, a: float, b: float) -> float:
    """
    The regularised incomplete beta function by its continued fraction, evaluated by Lentz's method
    (Press et al., *Numerical Recipes*, 3rd ed., section 6.4).
    """
    if x <= 0 or x >= 1:
        return min(1.0, max(0.0, x))
    front = math.exp(
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
        + a * math.log(x) + b * math.log1p(-x)
    )  # fmt: skip
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(x, a, b) / a
    return 1 - front * _fraction(1 - x, b, a) / b


def _fraction(x: float, a: float, b: float) -> float:
    tiny, c = 1e-300, 1.0
    d = 1 / _apart(1 - (a + b) * x / (a + 1), tiny)
    value = d
    for m in range(1, 500):
        for top in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / _apart(1 + top * d, tiny)
            c = _apart(1 + top / c, tiny)
            value *= d * c
        if abs(d * c - 1) < 1e-13:
            break
    return value


def _apart(value: float, tiny: float) -> float:
    return value if abs(value) > tiny else tiny
