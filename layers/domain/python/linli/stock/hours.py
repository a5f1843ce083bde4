"""Hours of a local week, and a number for each of them as one short text."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from linli.kernel.time import ZONE

HOURS: Final = 168
"""Monday 00:00 is hour 0."""
MOST: Final = 36 * 36 - 1
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"


def hour_of_week(instant: datetime) -> int:
    """The hour of the community's week in which `instant` lies."""
    local = instant.astimezone(ZONE)
    return local.weekday() * 24 + local.hour


def pack(numbers: Sequence[int]) -> str:
    """
    The 168 `numbers` (0 to `MOST`, larger ones become `MOST`) as 336 characters: a level with
    them stays below 1 KB, so that a write of it costs one unit.

    Raises:
        ValueError: Not 168 numbers, or a negative one.
    """
    if len(numbers) != HOURS or min(numbers) < 0:
        raise ValueError("a week has 168 hours, none of them negative")
    return "".join(
        _DIGITS[n // 36] + _DIGITS[n % 36] for n in (min(number, MOST) for number in numbers)
    )


def unpack(text: str) -> list[int]:
    """The numbers that `pack` made `text` of; none of an empty text means zeros."""
    if not text:
        return [0] * HOURS
    return [int(text[i : i + 2], 36) for i in range(0, 2 * HOURS, 2)]


def at(text: str, instant: datetime) -> int:
    """The number of the hour of `instant`."""
    start = 2 * hour_of_week(instant)
    return int(text[start : start + 2], 36)
