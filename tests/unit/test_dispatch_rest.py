"""Twenty minutes of rest after four hours of riding, a prompt at eight, whatever a clock says."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.dispatch.rest import Rest, halt, look, ride

NINE = datetime(2026, 6, 1, 1, tzinfo=UTC)
"""In the community's zone."""


def at(minutes: float) -> datetime:
    return NINE + timedelta(minutes=minutes)


def played(*moves: tuple[str, float]) -> Rest:
    """A day: "ride" and "halt" at minutes after nine."""
    rest = Rest()
    for what, minutes in moves:
        rest = (ride if what == "ride" else halt)(rest, at(minutes))
    return rest


@pytest.mark.parametrize(
    ("moves", "minutes", "state", "stretch"),
    [
        ((), 0, "rested", 0),
        ((("ride", 0),), 239, "riding", 239),
        ((("ride", 0),), 240, "rest_due", 240),
        ((("ride", 0), ("halt", 240)), 250, "rest_due", 240),
        ((("ride", 0), ("halt", 240)), 260, "rested", 0),
        ((("ride", 0), ("halt", 100)), 119, "pausing", 100),
        ((("ride", 0), ("halt", 100), ("ride", 119)), 150, "riding", 131),
        ((("ride", 0), ("halt", 100), ("ride", 120)), 150, "riding", 30),
        ((("ride", 0), ("ride", 60)), 100, "riding", 100),
        ((("halt", 10),), 20, "rested", 0),
    ],
)
def test_how_a_courier_stands(
    moves: tuple[tuple[str, float], ...], minutes: float, state: str, stretch: float
) -> None:
    view = look(played(*moves), at(minutes))
    assert (view.state, view.stretch_seconds) == (state, stretch * 60)


def test_who_must_rest_is_told_until_when() -> None:
    assert look(played(("ride", 0)), at(240)).rested_at == at(260)
    assert look(played(("ride", 0), ("halt", 245)), at(250)).rested_at == at(265)
    assert look(played(("ride", 0)), at(10)).rested_at is None


def test_eight_hours_of_a_day_are_prompted_and_forgotten_the_next() -> None:
    rest = played(("ride", 0), ("halt", 240), ("ride", 260), ("halt", 500))
    assert look(rest, at(500)).eight_hours
    assert look(rest, at(499 + 1)).day_seconds == 480 * 60
    tomorrow = at(24 * 60)
    assert not look(rest, tomorrow).eight_hours
    assert ride(rest, tomorrow).day_seconds == 0


moments = st.lists(st.tuples(st.sampled_from(["ride", "halt"]), st.integers(-30, 600)), max_size=30)


@given(moments)
def test_no_clock_makes_a_day_longer_than_the_clock_on_the_wall(
    moves: list[tuple[str, int]],
) -> None:
    """However the device's clock jumps, no minute is ridden twice."""
    rest = played(*moves)
    view = look(rest, at(600))
    assert view.stretch_seconds >= 0
    assert 0 <= view.day_seconds <= (600 + 30) * 60
    assert view.stretch_seconds <= view.day_seconds


@given(moments)
def test_telling_it_again_changes_nothing(moves: list[tuple[str, int]]) -> None:
    once = played(*moves)
    for what in (ride, halt):
        told = what(once, at(601))
        assert what(told, at(601)) == told
