"""How much a store keeps for its walk-ins: a quantile of what it sold until its next delivery."""

import math
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Final

from linli.stock.hours import HOURS

FEWEST_WEEKS: Final = 3
"""With fewer days of this weekday on record, all weekdays count."""

Day = Sequence[int]
"""Units sold to walk-ins in each of a day's 24 local hours."""


def levels(
    history: Mapping[date, Day], replenish_hours: Sequence[int], quantile: float
) -> list[int]:
    """
    Units to keep at each of the 168 hours of the local week.

    For every past day on record and hour, what the store still sold from the beginning of that
    hour until its next replenishment; of those of one hour of the week, the `quantile` (the
    smallest value that at least that share of them does not exceed). `history` has every day on
    record, quiet ones as zeros; a span that runs beyond the record does not count.

    Sales of days on which a shelf ran empty are less than the demand was, so levels learnt from
    them are too low: what is protected today makes the record of tomorrow more honest.
    """
    kept = [0] * HOURS
    for hour in range(24):
        seen = [
            (on.weekday(), units)
            for on in history
            if (units := _until_next(history, on, hour, replenish_hours)) is not None
        ]
        everyday = [units for _, units in seen]
        for weekday in range(7):
            alike = [units for of, units in seen if of == weekday]
            enough = alike if len(alike) >= FEWEST_WEEKS else everyday
            kept[weekday * 24 + hour] = quantile_of(enough, quantile)
    return kept


def quantile_of(values: Sequence[int], share: float) -> int:
    """The smallest of `values` that at least `share` of them do not exceed; 0 of none."""
    if not values:
        return 0
    return sorted(values)[max(0, math.ceil(share * len(values) - 1e-9) - 1)]


def _until_next(
    history: Mapping[date, Day], on: date, hour: int, replenish_hours: Sequence[int]
) -> int | None:
    """Units sold from `hour` of the day `on` until the next replenishment, if all is on record."""
    later = [each for each in replenish_hours if each > hour]
    if later:
        return sum(history[on][hour : min(later)])
    tomorrow = history.get(on + timedelta(days=1))
    if tomorrow is None:
        return None if min(replenish_hours) else sum(history[on][hour:])
    return sum(history[on][hour:]) + sum(tomorrow[: min(replenish_hours)])
