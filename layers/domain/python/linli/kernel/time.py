"""Time: instants are aware UTC datetimes; calendars belong to a community's zone."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Shanghai")
"""The zone of every community so far: China keeps one."""


class Clock(Protocol):
    """Tells the present; the only source of it in the product."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        return datetime.now(UTC)


class OffsetClock:
    """
    The system clock moved by the number of seconds that a file holds, so that a day can be played
    in minutes. A missing file means no offset.
    """

    def __init__(self, path: str) -> None:
        self._path = Path(path)

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        offset = float(self._path.read_text()) if self._path.exists() else 0.0
        return datetime.now(UTC) + timedelta(seconds=offset)


def clock_from(clock_file: str) -> Clock:
    """The clock that a deployment asks for: the system's, unless `clock_file` names an offset."""
    return OffsetClock(clock_file) if clock_file else SystemClock()


def rfc3339(instant: datetime) -> str:
    """`instant` as stored and sent: RFC 3339 in UTC with milliseconds, so that text sorts."""
    text = instant.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.removesuffix("+00:00") + "Z"


def parse_instant(text: str) -> datetime:
    """
    Read an RFC 3339 instant, which must carry an offset.

    Raises:
        ValueError: Not RFC 3339, or without an offset.
    """
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError("an instant needs an offset")
    return instant.astimezone(UTC)


def local_date(instant: datetime, zone: ZoneInfo = ZONE) -> date:
    """The calendar day of `instant` in the community's zone."""
    return instant.astimezone(zone).date()
