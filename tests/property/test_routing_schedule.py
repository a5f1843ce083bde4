"""Times exist exactly where the windows and cold limits allow any, and are the earliest."""

from hypothesis import given, settings
from hypothesis import strategies as st

from linli.routing.model import Travel, Vehicle, Window
from linli.routing.plan import Reason
from linli.routing.schedule import Bounds, Lag, Place, Times, times

ZERO = ((0,),)
RIDER = Vehicle("v", "e_bike", 0, 1, 1, Window(0, 10**5), 10**6)


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[Place], list[Lag]]:
    """Services at one spot, with windows and limits between some of them."""
    places = []
    for _ in range(draw(st.integers(1, 6))):
        opens = draw(st.integers(0, 50))
        places.append(Place(0, draw(st.integers(0, 20)), opens, opens + draw(st.integers(0, 50))))
    pairs = st.tuples(st.integers(0, len(places) - 1), st.integers(0, len(places) - 1))
    chosen = draw(st.lists(pairs.filter(lambda pair: pair[0] < pair[1]), max_size=3)) if (
        len(places) > 1
    ) else []  # fmt: skip
    return places, [Lag(a, b, draw(st.integers(0, 60))) for a, b in chosen]


def earliest(places: list[Place], lags: list[Lag]) -> list[int] | None:
    """Longest paths over all constraints, by Bellman and Ford; None where there is no solution."""
    starts = [place.open_seconds for place in places]
    for _ in range(len(places) * (len(lags) + 2) + 2):
        before = list(starts)
        for n in range(1, len(places)):
            starts[n] = max(starts[n], starts[n - 1] + places[n - 1].service_seconds)
        for lag in lags:
            starts[lag.first] = max(starts[lag.first], starts[lag.last] - lag.seconds)
        if starts == before:
            late = [s > p.close_seconds for s, p in zip(starts, places, strict=True)]
            return None if any(late) else starts
    return None


@settings(max_examples=300, deadline=None)
@given(case=cases())
def test_times_are_found_exactly_where_there_are_any(case: tuple[list[Place], list[Lag]]) -> None:
    places, lags = case
    timed = times(Travel("e_bike", ZERO, ZERO), RIDER, places, Bounds(lags))
    true = earliest(places, lags)
    if true is None:
        assert timed in (Reason.WINDOW_MISSED, Reason.TOO_WARM)
        return
    assert isinstance(timed, Times)
    assert timed.starts[-1] == true[-1], "the finish is the earliest"
    assert all(late >= soon for late, soon in zip(timed.starts, true, strict=True))
    for place, start in zip(places, timed.starts, strict=True):
        assert place.open_seconds <= start <= place.close_seconds
    for lag in lags:
        assert timed.starts[lag.last] - timed.starts[lag.first] <= lag.seconds


@settings(max_examples=200, deadline=None)
@given(case=cases())
def test_no_later_departure_finishes_as_early(case: tuple[list[Place], list[Lag]]) -> None:
    places, _ = case
    timed = times(Travel("e_bike", ZERO, ZERO), RIDER, places)
    if isinstance(timed, Times):
        clock = timed.depart_seconds + 1
        for place in places:
            clock = max(clock, place.open_seconds)
            if clock > place.close_seconds:
                return
            clock += place.service_seconds
        assert clock > timed.finish_seconds
