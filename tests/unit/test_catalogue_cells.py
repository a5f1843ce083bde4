"""The index of places reaches as far as it promises."""

import math
import random

import pytest

from linli.catalogue.cells import MOST_METRES, cell_of, cells_around
from linli.kernel.geography import EARTH_METRES, Point


def away(place: Point, metres: float, angle: float) -> Point:
    north, east = metres * math.cos(angle), metres * math.sin(angle)
    lat = place.lat + math.degrees(north / EARTH_METRES)
    lon = place.lon + math.degrees(east / EARTH_METRES / math.cos(math.radians(place.lat)))
    return Point(lon, lat)


@pytest.mark.parametrize("metres", [500, 3_000, 5_000, MOST_METRES])
def test_every_store_within_reach_lies_in_a_cell_that_is_looked_into(metres: int) -> None:
    rng = random.Random(metres)
    for _ in range(4_000):
        place = Point(rng.uniform(73.7, 135), rng.uniform(18.2, 53.5))
        store = away(place, rng.uniform(0, metres - 1), rng.uniform(0, 2 * math.pi))
        cells = cells_around(place, metres)
        assert cell_of(store) in cells
        assert len(cells) <= 7


def test_a_reach_beyond_the_index_is_a_defect() -> None:
    with pytest.raises(ValueError, match="reaches"):
        cells_around(Point(120.16, 30.27), MOST_METRES + 1)
