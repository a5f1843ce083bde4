"""
Where stores are looked up: H3 cells of resolution 5.

A disk of 7 such cells covers 6 km around any point of China (a test samples it); cells of
resolution 6 would miss one in forty of the stores 5 km away.
"""

from typing import Final

import h3

from linli.kernel.geography import Point

RESOLUTION: Final = 5
MOST_METRES: Final = 6_000
"""How far a disk of one ring surely reaches."""
_CIRCUMRADIUS_METRES: Final = 11_000
"""No point of a cell is farther from its centre: 10.8 km is the most in China, by sampling."""


def cell_of(place: Point) -> str:
    """The cell in which a place lies."""
    return str(h3.latlng_to_cell(place.lat, place.lon, RESOLUTION))


def cells_around(place: Point, metres: int) -> list[str]:
    """
    The cells, at most 7, in which everything within `metres` of `place` lies; sorted.

    Raises:
        ValueError: More than `MOST_METRES`.
    """
    if metres > MOST_METRES:
        raise ValueError(f"the index reaches {MOST_METRES} m")
    disk = (str(cell) for cell in h3.grid_disk(cell_of(place), 1))
    return sorted(c for c in disk if place.metres_to(_centre(c)) <= metres + _CIRCUMRADIUS_METRES)


def _centre(cell: str) -> Point:
    lat, lon = h3.cell_to_latlng(cell)
    return Point(lon, lat)
