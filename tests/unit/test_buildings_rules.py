"""How long a word on a lift is believed, and where the night may be disturbed: by tables."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linli.buildings.lift_rules import Lift, after, is_broken
from linli.buildings.lifts import lift_works
from linli.buildings.quiet_rules import (
    ALLOWED_FROM,
    Counts,
    allowed,
    beta_cdf,
    beta_quantile,
    index_of,
    stage_of,
)

NOON = datetime(2026, 6, 1, 4, tzinfo=UTC)


def hours(n: float) -> datetime:
    return NOON + timedelta(hours=n)


def seen(*words: tuple[float, bool, str, bool]) -> Lift | None:
    """What is known after these words: hour, whether it works, who says so, whether a courier."""
    lift = None
    for hour, works, by, courier in words:
        at = hours(hour)
        lift = after(lift, "7", "1", works=works, by=by, courier=courier, at=at, now=at)
    return lift


BROKEN = (0.0, False, "r-1", False)


@pytest.mark.parametrize(
    ("words", "hour", "broken"),
    [
        ((), 0, False),
        ((BROKEN,), 5.9, True),
        ((BROKEN,), 6.0, False),
        ((BROKEN, (1.0, False, "c-1", True)), 24.9, True),
        ((BROKEN, (1.0, False, "c-1", True)), 25.0, False),
        ((BROKEN, (1.0, False, "r-2", False)), 6.9, True),
        ((BROKEN, (1.0, False, "r-2", False)), 7.0, False),
        (((0.0, False, "c-1", True), (1.0, False, "c-1", True)), 7.0, False),
        ((BROKEN, (1.0, True, "c-1", True)), 1.0, False),
        ((BROKEN, (7.0, False, "c-1", True)), 12.9, True),
        ((BROKEN, (7.0, False, "c-1", True)), 13.0, False),
        (((2.0, True, "c-1", True), BROKEN), 2.5, False),
    ],
    ids=[
        "nobody said anything",
        "a word holds",
        "and expires",
        "a courier confirms it",
        "and that expires, too",
        "a neighbour repeats it",
        "which makes it no longer than a word",
        "who reported it cannot confirm it",
        "somebody says that it works",
        "it is reported anew after it expired",
        "and that is a word alone",
        "an older word comes late",
    ],
)
def test_a_word_on_a_lift(
    words: tuple[tuple[float, bool, str, bool], ...], hour: float, broken: bool
) -> None:
    assert is_broken(seen(*words), hours(hour)) is broken


@pytest.mark.parametrize(
    ("building", "unit", "works"),
    [("7", "1", False), ("7", "2", True), ("7", "", False), ("8", "1", True)],
)
def test_a_broken_lift_is_behind_its_own_doors_alone(building: str, unit: str, works: bool) -> None:
    lift = seen(BROKEN)
    assert lift is not None
    assert lift_works([lift], building, unit) is works
    whole = lift.model_copy(update={"unit": ""})
    assert lift_works([whole], building, unit) is (building != "7")


def test_the_beta_distribution_is_that_of_the_tables() -> None:
    """Closed forms: Beta(1,1) is uniform, Beta(n,1) is x^n, Beta(2,2) is 3x² - 2x³."""
    for x in (0.01, 0.25, 0.5, 0.9):
        assert beta_cdf(x, 1, 1) == pytest.approx(x, abs=1e-12)
        assert beta_cdf(x, 7, 1) == pytest.approx(x**7, abs=1e-12)
        assert beta_cdf(x, 2, 2) == pytest.approx(3 * x**2 - 2 * x**3, abs=1e-12)
    assert beta_quantile(0.1, 7, 1) == pytest.approx(0.1 ** (1 / 7), abs=1e-8)


@given(st.floats(0.001, 0.999), st.floats(1, 200), st.floats(1, 200))
def test_a_quantile_is_where_the_distribution_has_that_much_below(
    p: float, a: float, b: float
) -> None:
    assert beta_cdf(beta_quantile(p, a, b), a, b) == pytest.approx(p, abs=1e-4)


def test_without_a_word_a_building_sleeps() -> None:
    assert index_of(Counts()) < ALLOWED_FROM
    assert not allowed({}, "7")


@pytest.mark.parametrize(
    ("counts", "holds"),
    [
        (Counts(yes=3), False),
        (Counts(yes=8), True),
        (Counts(yes=8, no=4), False),
        (Counts(yes=20, no=5), True),
        (Counts(yes=8, deliveries=10, complaints=0), True),
        (Counts(yes=8, deliveries=10, complaints=2), False),
        (Counts(yes=8, deliveries=60, complaints=1), True),
    ],
    ids=[
        "few",
        "eight agree",
        "a third do not",
        "four of five",
        "quiet",
        "complaints",
        "one in 60",
    ],
)
def test_a_pilot_building_earns_the_night_and_loses_it(counts: Counts, holds: bool) -> None:
    assert allowed({"7": counts}, "7") is holds


GOOD = Counts(yes=9, no=1, deliveries=40, complaints=1)


def test_the_community_opens_after_its_pilots_and_closes_by_complaints() -> None:
    three = dict.fromkeys(("1", "2", "3"), GOOD)
    assert stage_of({"1": GOOD, "2": GOOD})[0] == "pilot"
    assert stage_of(three)[0] == "community"
    assert allowed(three, "9"), "a building that nobody spoke of"
    assert not allowed({"1": GOOD, "2": GOOD}, "9")
    assert not allowed(three | {"9": Counts(no=3)}, "9"), "one that does not want it"
    loud = three | {"4": Counts(deliveries=60, complaints=20)}
    assert stage_of(loud)[0] == "pilot"
    assert not allowed(loud, "9")


counts = st.builds(
    Counts,
    yes=st.integers(0, 50),
    no=st.integers(0, 50),
    deliveries=st.integers(0, 200),
    complaints=st.integers(0, 20),
)


@given(counts)
def test_a_complaint_or_a_no_never_helps_and_a_yes_never_harms(given_: Counts) -> None:
    index = index_of(given_)
    assert index_of(given_.model_copy(update={"yes": given_.yes + 1})) >= index
    assert index_of(given_.model_copy(update={"no": given_.no + 1})) <= index
    assert index_of(given_.model_copy(update={"complaints": given_.complaints + 1})) <= index


@given(
    st.lists(
        st.builds(
            Counts,
            **dict.fromkeys(("yes", "no"), st.integers(0, 40)),
            deliveries=st.integers(0, 200),
            complaints=st.integers(0, 3),
        ),
        min_size=1,
        max_size=5,
    )
)
@settings(max_examples=30, deadline=None)
def test_whatever_a_community_has_said_its_buildings_have_an_index(said: list[Counts]) -> None:
    known = {f"{n}": each for n, each in enumerate(said)}
    _, _, _, prior_mean = stage_of(known)
    assert 0 < prior_mean < 1
    assert all(0 <= index_of(each, prior_mean) <= 1 for each in [*said, Counts()])
