"""Before a plan: from when a courier is free, and how long they will have ridden by then."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.dispatch.rest import Rest, halt, ride
from linli.dispatch.rules import Fatigue
from linli.dispatch.standing import standing_of
from linli.kernel.time import local_date
from linli.waves.conditions import Standing

NOON = datetime(2026, 6, 1, 4, tzinfo=UTC)
"""In the community's zone."""
TODAY = local_date(NOON)
UNTIL = 180
"""Minutes after noon at which the plan ends."""
Spans = Sequence[tuple[int, int]]
Moves = Sequence[tuple[str, int]]


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def played(moves: Moves) -> Rest:
    rest = Rest()
    for what, minutes in moves:
        rest = (ride if what == "ride" else halt)(rest, at(minutes))
    return rest


def stands(
    moves: Moves = (), spans: Spans = (), *, fatigue: Fatigue = "unknown", on: date = TODAY
) -> Standing:
    """How they stand at noon, of rides and halts and held routes in minutes after noon."""
    held = [(at(start), at(end)) for start, end in spans]
    return standing_of(played(moves), held, fatigue, NOON, at(UNTIL), on)


RODE = [("ride", -100), ("halt", -10)]
"""Ninety minutes until ten minutes ago."""


@pytest.mark.parametrize(
    ("moves", "spans", "free", "stretch", "today"),
    [
        pytest.param([], [], 0, 0, 0, id="nothing is known"),
        pytest.param([("ride", -60)], [], 0, 60, 60, id="rides now, no route says how long"),
        pytest.param([("ride", -60)], [(-60, 30)], 30, 90, 90, id="rides a held route"),
        pytest.param([], [(-30, 30)], 30, 30, 30, id="has not set out: what is left of it"),
        pytest.param([("ride", -60)], [(-60, -5)], 0, 60, 60, id="is late: may end at any time"),
        pytest.param(RODE, [], 0, 90, 90, id="has paused for less than a rest"),
        pytest.param([("ride", -100), ("halt", -20)], [], 0, 0, 80, id="has rested"),
        pytest.param(RODE, [(5, 35)], 35, 120, 120, id="a held route after a short pause"),
        pytest.param(RODE, [(10, 40)], 40, 30, 120, id="twenty minutes until it are a rest"),
        pytest.param([], [(0, 60), (79, 100)], 100, 81, 81, id="no rest between two routes"),
        pytest.param([], [(80, 100), (0, 60)], 100, 20, 80, id="a rest between two routes"),
        pytest.param([], [(0, 60), (30, 90)], 90, 90, 90, id="no minute is ridden twice"),
        pytest.param([], [(170, 250)], 250, 80, 80, id="it begins before the plan's end"),
        pytest.param([], [(180, 250)], 0, 0, 0, id="it begins after that"),
        pytest.param([("ride", -3000)], [], 0, 1440, 720, id="a device that fell silent"),
    ],
)
def test_when_a_courier_is_free_and_how_tired_then(
    moves: Moves, spans: Spans, free: int, stretch: int, today: int
) -> None:
    standing = stands(moves, spans)
    worked = standing.worked
    assert standing.free_at == at(free)
    assert (worked.stretch_seconds // 60, worked.today_seconds // 60) == (stretch, today)


def test_so_far_is_what_has_been_ridden_and_not_what_is_ahead() -> None:
    so_far = stands([("ride", -60)], [(-60, 30)]).so_far
    assert (so_far.stretch_seconds, so_far.today_seconds) == (3600, 3600)


@pytest.mark.parametrize(
    ("moves", "spans", "days", "today"),
    [
        pytest.param([("ride", -760)], [], 0, 720, id="a ride since yesterday"),
        pytest.param([("ride", -840), ("halt", -730)], [], 0, 0, id="yesterday's ride"),
        pytest.param([], [(60, 780)], 0, 660, id="a route beyond midnight, today"),
        pytest.param([], [(60, 780)], 1, 60, id="a route beyond midnight, tomorrow"),
        pytest.param([("ride", -60)], [(0, 60)], 1, 0, id="today's work is not tomorrow's"),
    ],
)
def test_the_days_seconds_are_those_of_the_plans_local_day(
    moves: Moves, spans: Spans, days: int, today: int
) -> None:
    standing = stands(moves, spans, on=TODAY + timedelta(days=days))
    assert standing.worked.today_seconds == today * 60


@pytest.mark.parametrize(
    ("fatigue", "may_ride"), [("unknown", True), ("fresh", True), ("tired", True), ("alarm", False)]
)
def test_who_was_alarmed_may_not_ride(fatigue: Fatigue, may_ride: bool) -> None:
    assert stands(fatigue=fatigue).may_ride is may_ride


@pytest.mark.parametrize(("minutes", "stretch"), [(0, 90), (19, 90), (20, 0), (600, 0)])
def test_idle_for_twenty_minutes_after_the_last_route_is_a_rest(minutes: int, stretch: int) -> None:
    standing = stands([("ride", -60)], [(-60, 30)])
    worked = standing.worked_by(standing.free_at + timedelta(minutes=minutes))
    assert (worked.stretch_seconds, worked.today_seconds) == (stretch * 60, 90 * 60)


minutes = st.integers(-700, 700)
moments = st.lists(st.tuples(st.sampled_from(["ride", "halt"]), st.integers(-700, 0)), max_size=8)
routes = st.lists(st.tuples(minutes, st.integers(0, 90)).map(lambda s: (s[0], sum(s))), max_size=6)
within_the_day = routes.map(lambda spans: [(a, b) for a, b in spans if b <= 719])


@given(moments, routes)
def test_nobody_is_free_before_now(moves: Moves, spans: Spans) -> None:
    assert stands(moves, spans).free_at >= NOON


@given(moments, within_the_day)
def test_within_a_day_no_stretch_is_longer_than_the_days_work(moves: Moves, spans: Spans) -> None:
    standing = stands(moves, spans)
    for worked in (standing.worked, standing.so_far):
        assert 0 <= worked.stretch_seconds <= worked.today_seconds <= 24 * 3600


@given(moments, routes, routes)
def test_a_further_held_route_makes_nobody_free_earlier_or_fresher(
    moves: Moves, spans: Spans, more: Spans
) -> None:
    before, after = stands(moves, spans), stands(moves, [*spans, *more])
    assert after.free_at >= before.free_at
    then = before.worked_by(after.free_at)
    assert then.stretch_seconds <= after.worked.stretch_seconds
    assert then.today_seconds <= after.worked.today_seconds
