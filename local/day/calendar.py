"""When the day is played and under which ids: all from the calendar day and a seed. Pure."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from linli.kernel.time import ZONE, local_date
from local.day.places import COMMUNITY

NEXT_DAY_FROM_HOUR = 7
"""Later than this hour a day has lost too many of its orders: the next one is played."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """A calendar day in the community's zone, with the names of what happens on it."""

    on: date

    @property
    def seed(self) -> str:
        """What every draw of the day derives from."""
        return f"{COMMUNITY}/{self.on.isoformat()}"

    def at(self, hour: int, minute: int = 0, days: int = 0) -> datetime:
        """The UTC instant of a local time of the day (or `days` later)."""
        day = self.on + timedelta(days=days)
        return datetime.combine(day, time(hour, minute), ZONE).astimezone(UTC)

    def slot_id(self, hour: int, days: int = 0, channel: str = "courier") -> str:
        """The slot, and wave, that starts at a local hour."""
        day = self.on + timedelta(days=days)
        return f"{COMMUNITY}.{channel}.{day:%Y%m%d}T{hour:02d}00"

    def id(self, name: str) -> str:
        """A UUIDv7 of the day's midnight for `name`: the same name has the same id again."""
        milliseconds = int(self.at(0).timestamp() * 1000)
        digest = hashlib.sha256(f"{self.seed}/{name}".encode()).digest()
        value = (milliseconds << 80) | int.from_bytes(digest[:10], "big")
        value = value & ~(0xF << 76) | (0x7 << 76)
        value = value & ~(0x3 << 62) | (0x2 << 62)
        return str(UUID(int=value))


def day_to_play(now: datetime) -> Calendar:
    """Today's day early in the morning, else tomorrow's: the stack's clock only goes forward."""
    today = local_date(now)
    if now.astimezone(ZONE).hour < NEXT_DAY_FROM_HOUR:
        return Calendar(today)
    return Calendar(today + timedelta(days=1))
