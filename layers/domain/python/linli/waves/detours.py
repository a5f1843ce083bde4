"""How much longer a way gets that must not touch a circle. Pure."""

import math

from linli.kernel.geography import Point

METRES_PER_DEGREE = 111_320
"""Of latitude; of longitude times the cosine of the latitude. Good to a metre over a city."""


def around(start: Point, end: Point, centre: Point, radius_metres: int) -> int:
    """
    Metres by which the shortest way around the circle is longer than the straight one from
    `start` to `end`; 0 if that does not touch it, or one of its ends lies inside.

    The shortest way is a tangent, an arc and a tangent.
    """
    scale = math.cos(math.radians(centre.lat)) * METRES_PER_DEGREE

    def flat(place: Point) -> tuple[float, float]:
        return (place.lon - centre.lon) * scale, (place.lat - centre.lat) * METRES_PER_DEGREE

    (ax, ay), (bx, by) = flat(start), flat(end)
    a, b, straight = math.hypot(ax, ay), math.hypot(bx, by), math.hypot(bx - ax, by - ay)
    if min(a, b) <= radius_metres or not straight:
        return 0
    along = ((ax - bx) * ax + (ay - by) * ay) / straight  # From the start to the nearest point.
    beside = abs(ax * by - ay * bx) / straight
    if not 0 < along < straight or beside >= radius_metres:
        return 0
    between = math.acos(max(-1.0, min(1.0, (ax * bx + ay * by) / (a * b))))
    arc = between - math.acos(radius_metres / a) - math.acos(radius_metres / b)
    tangents = math.sqrt(a * a - radius_metres**2) + math.sqrt(b * b - radius_metres**2)
    return max(0, math.ceil(tangents + max(0.0, arc) * radius_metres - straight))
