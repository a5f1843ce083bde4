"""
A score that fades: each deed counts half as much after every `HALF_LIFE_DAYS`.

Kept by forward decay (Cormode, Shkapenyuk, Srivastava, Xu: "Forward decay", ICDE 2009): a deed is
weighed by how late it was done, not by how old it has become, so that the sum never has to be
touched for time to pass, and is added to inside the write of the deed. The order of two residents
is the order of their sums; a score is the sum over the weight of today.
"""

from datetime import date, datetime
from typing import Final

from linli.credit.keys import score_key
from linli.credit.rows import ScoreRow
from linli.kernel.time import local_date
from linli.kernel.transact import Transaction

HALF_LIFE_DAYS: Final = 90
SINCE: Final = date(2024, 1, 1)
"""Weights count from here; those of a million points fit in DynamoDB's 38 digits until 2045."""
_SCALE: Final = 10_000
_FRACTIONS: Final = tuple(round(_SCALE * 2 ** (day / HALF_LIFE_DAYS)) for day in range(90))


def weight(points: int, on: date) -> int:
    """What `points` of deeds of a day weigh, exactly; days before `SINCE` count as it. Pure."""
    whole, days = divmod(max((on - SINCE).days, 0), HALF_LIFE_DAYS)
    return points * _FRACTIONS[days] << whole


def score_points(sum_weight: int, on: date) -> int:
    """The score that a sum of weights comes to on a day, in points rounded down. Pure."""
    return sum_weight // weight(1, on)


def add(tx: Transaction, resident_id: str, community_id: str, points: int, now: datetime) -> None:
    """Let a deed of now count for a resident's score in a community."""
    on = local_date(now)
    tx.update(
        ScoreRow(*score_key(community_id, resident_id)),
        [ScoreRow.weight.add(weight(points, on)), ScoreRow.active_on.set(on.isoformat())],
    )


def take(tx: Transaction, resident_id: str, community_id: str, weight: int) -> None:
    """Let deeds of so much weight, which were reversed, not count any more."""
    tx.update(
        ScoreRow(*score_key(community_id, resident_id)),
        [ScoreRow.weight.add(-weight)],
        condition=ScoreRow.weight >= weight,
    )
