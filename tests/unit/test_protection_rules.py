"""How much is kept for walk-ins: what was sold until the next delivery, in most past weeks."""

from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.protection.rules import levels, quantile_of

MONDAY = date(2026, 3, 2)
QUIET = [0] * 24


def day(**units: int) -> list[int]:
    """A day's hours: `h17=3` is three units from 17:00 to 18:00."""
    return [units.get(f"h{hour}", 0) for hour in range(24)]


def weeks(friday: Sequence[list[int]]) -> dict[date, list[int]]:
    """As many weeks as there are Fridays, quiet on all other days, and the Monday after."""
    days = {MONDAY + timedelta(days=n): QUIET for n in range(7 * len(friday) + 1)}
    return days | {MONDAY + timedelta(days=7 * n + 4): sold for n, sold in enumerate(friday)}


def at(kept: list[int], weekday: int, hour: int) -> int:
    return kept[weekday * 24 + hour]


def test_before_the_peak_all_of_it_is_kept_and_after_it_nothing() -> None:
    kept = levels(weeks([day(h16=2, h17=3)] * 4), replenish_hours=[6], quantile=0.9)
    friday = [at(kept, 4, hour) for hour in (6, 16, 17, 18)]
    assert friday == [5, 5, 3, 0]
    assert sum(kept[: 4 * 24]) == 0


def test_a_delivery_at_noon_ends_what_the_morning_must_keep() -> None:
    kept = levels(weeks([day(h9=2, h17=3)] * 4), replenish_hours=[6, 12], quantile=0.9)
    assert [at(kept, 4, hour) for hour in (6, 9, 10, 12, 17)] == [2, 2, 0, 3, 3]


def test_the_night_before_the_delivery_still_counts() -> None:
    history = weeks([day(h3=1, h22=2)] * 4)
    history = history | {on + timedelta(days=1): day(h4=5) for on in history if on.weekday() == 4}
    kept = levels(history, replenish_hours=[6], quantile=0.9)
    assert at(kept, 4, 22) == 7
    assert at(kept, 5, 4) == 5


@pytest.mark.parametrize(("quantile", "units"), [(0.5, 2), (0.75, 3), (0.9, 9), (0.999, 9)])
def test_the_quantile_says_how_rare_a_week_is_covered(quantile: float, units: int) -> None:
    fridays = [day(h17=n) for n in (1, 2, 3, 9)]
    assert at(levels(weeks(fridays), [6], quantile), 4, 17) == units


def test_with_few_weeks_on_record_all_days_count() -> None:
    history = {MONDAY + timedelta(days=n): day(h17=n) for n in range(6)}
    assert at(levels(history, [6], 0.9), 6, 17) == 4  # Of 0 to 4: Saturday's night is not over.


def test_nothing_on_record_protects_nothing() -> None:
    assert levels({}, [6], 0.9) == [0] * 168


@given(st.lists(st.integers(0, 50), min_size=1, max_size=30), st.floats(0.5, 0.999))
def test_a_quantile_is_one_of_the_values_that_enough_do_not_exceed(
    values: list[int], share: float
) -> None:
    found = quantile_of(values, share)
    assert found in values
    assert sum(v <= found for v in values) >= share * len(values) - 1e-6
    smaller = [v for v in values if v < found]
    assert len(smaller) < share * len(values) + 1e-6


hours = st.lists(st.integers(0, 9), min_size=24, max_size=24)


@given(st.lists(hours, min_size=21, max_size=28), st.sampled_from([[6], [0], [6, 14], [23]]))
def test_more_is_never_kept_than_was_ever_sold_between_two_deliveries(
    record: list[list[int]], replenish: list[int]
) -> None:
    history = {MONDAY + timedelta(days=n): sold for n, sold in enumerate(record)}
    kept = levels(history, replenish, 0.9)
    whole = [units for sold in record for units in sold]
    most = max(sum(whole[n : n + 24]) for n in range(len(whole)))
    assert all(0 <= units <= most for units in kept)
