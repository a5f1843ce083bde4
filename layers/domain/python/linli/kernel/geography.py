"""Places: WGS-84 points, distances on the sphere, and China's shifted coordinates as input."""

import math
from dataclasses import dataclass
from typing import Literal

Crs = Literal["WGS84", "GCJ02", "BD09"]
EARTH_METRES = 6_371_008.8
"""Mean radius of the Earth (IUGG)."""
_AXIS, _ECCENTRICITY = 6_378_245.0, 0.006_693_421_622_965_943  # Krasovsky 1940, as GCJ-02 uses it.
_BD_TURN = math.pi * 3000 / 180


@dataclass(frozen=True, slots=True)
class Point:
    """A place in WGS-84 degrees."""

    lon: float
    lat: float

    def metres_to(self, other: "Point") -> int:
        """Great-circle distance in whole metres (haversine)."""
        lat1, lat2 = math.radians(self.lat), math.radians(other.lat)
        half_lat = (lat2 - lat1) / 2
        half_lon = math.radians(other.lon - self.lon) / 2
        chord = math.sin(half_lat) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin(half_lon) ** 2
        return round(2 * EARTH_METRES * math.asin(min(1.0, math.sqrt(chord))))


def point(lon: float, lat: float, crs: Crs = "WGS84") -> Point:
    """
    A WGS-84 point from coordinates in `crs`.

    GCJ-02 and BD-09 are inverted by fixed-point iteration to under a centimetre; outside
    mainland China they equal WGS-84.

    Raises:
        ValueError: Not a number, or outside the ranges of longitude and latitude.
    """
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):  # Also false for NaN.
        raise ValueError("longitude is in [-180, 180], latitude in [-90, 90]")
    if crs == "BD09":
        lon, lat = _gcj_from_bd(lon, lat)
    if crs != "WGS84":
        lon, lat = _wgs_from_gcj(lon, lat)
    return Point(lon, lat)


def _in_china(lon: float, lat: float) -> bool:
    return 73.66 <= lon <= 135.05 and 3.86 <= lat <= 53.55


def _gcj_from_bd(lon: float, lat: float) -> tuple[float, float]:
    x, y = lon - 0.0065, lat - 0.006
    radius = math.hypot(x, y) - 0.00002 * math.sin(y * _BD_TURN)
    angle = math.atan2(y, x) - 0.000003 * math.cos(x * _BD_TURN)
    return radius * math.cos(angle), radius * math.sin(angle)


def gcj_from_wgs(lon: float, lat: float) -> tuple[float, float]:
    """GCJ-02 degrees of a WGS-84 place (the published approximation of the national shift)."""
    if not _in_china(lon, lat):
        return lon, lat
    x, y = lon - 105.0, lat - 35.0
    waves = (20 * math.sin(6 * x * math.pi) + 20 * math.sin(2 * x * math.pi)) * 2 / 3
    d_lat = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x)) + waves
    d_lat += (20 * math.sin(y * math.pi) + 40 * math.sin(y / 3 * math.pi)) * 2 / 3
    d_lat += (160 * math.sin(y / 12 * math.pi) + 320 * math.sin(y * math.pi / 30)) * 2 / 3
    d_lon = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x)) + waves
    d_lon += (20 * math.sin(x * math.pi) + 40 * math.sin(x / 3 * math.pi)) * 2 / 3
    d_lon += (150 * math.sin(x / 12 * math.pi) + 300 * math.sin(x / 30 * math.pi)) * 2 / 3
    phi = math.radians(lat)
    magic = 1 - _ECCENTRICITY * math.sin(phi) ** 2
    d_lat = d_lat * 180 / (_AXIS * (1 - _ECCENTRICITY) / (magic * math.sqrt(magic)) * math.pi)
    d_lon = d_lon * 180 / (_AXIS / math.sqrt(magic) * math.cos(phi) * math.pi)
    return lon + d_lon, lat + d_lat


def _wgs_from_gcj(lon: float, lat: float) -> tuple[float, float]:
    wgs = lon, lat
    for _ in range(8):  # Converges by a factor of some thousand a step.
        shifted = gcj_from_wgs(*wgs)
        wgs = wgs[0] + lon - shifted[0], wgs[1] + lat - shifted[1]
    return wgs
