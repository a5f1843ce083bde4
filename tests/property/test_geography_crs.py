"""China's shifted coordinates: there and back, within a metre; and distances."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.kernel.geography import Point, gcj_from_wgs, point

INSIDE = st.tuples(st.floats(73.7, 135.0), st.floats(3.9, 53.5))
"""The box in which the shift applies, but for its rim."""
ANYWHERE = st.builds(Point, st.floats(-180, 180), st.floats(-90, 90))
_BD = math.pi * 3000 / 180


def bd_from_gcj(lon: float, lat: float) -> tuple[float, float]:
    """BD-09 as Baidu publishes it, forwards."""
    radius = math.hypot(lon, lat) + 0.00002 * math.sin(lat * _BD)
    angle = math.atan2(lat, lon) + 0.000003 * math.cos(lon * _BD)
    return radius * math.cos(angle) + 0.0065, radius * math.sin(angle) + 0.006


@given(INSIDE)
def test_gcj_comes_back_to_within_a_metre(place: tuple[float, float]) -> None:
    back = point(*gcj_from_wgs(*place), "GCJ02")
    assert back.metres_to(Point(*place)) <= 1


@given(INSIDE)
def test_bd_comes_back_to_within_a_metre(place: tuple[float, float]) -> None:
    back = point(*bd_from_gcj(*gcj_from_wgs(*place)), "BD09")
    assert back.metres_to(Point(*place)) <= 1


@given(INSIDE)
def test_the_shift_is_some_hundred_metres_and_never_a_kilometre(place: tuple[float, float]) -> None:
    assert Point(*gcj_from_wgs(*place)).metres_to(Point(*place)) < 1000


@pytest.mark.parametrize("place", [(-0.1, 51.5), (2.3, 48.9), (150.0, 30.0), (120.0, -33.0)])
def test_outside_china_nothing_is_shifted(place: tuple[float, float]) -> None:
    assert point(*place, "GCJ02") == Point(*place)


@given(ANYWHERE, ANYWHERE)
def test_a_distance_is_the_same_both_ways_and_at_most_half_round_the_earth(
    one: Point, other: Point
) -> None:
    assert one.metres_to(other) == other.metres_to(one) <= 20_015_115
    assert one.metres_to(one) == 0


def test_a_degree_of_latitude_is_a_hundred_and_eleven_kilometres() -> None:
    assert Point(120, 30).metres_to(Point(120, 31)) == 111_195


@pytest.mark.parametrize(
    "place",
    [
        (30.27, 120.16),  # Swapped.
        (181, 0),
        (0, 91),
        (-181, 0),
        (math.nan, 30),
        (120, math.nan),
        (math.inf, 0),
    ],
)
def test_a_place_that_is_not_on_earth_is_refused(place: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="longitude"):
        point(*place)
