"""The stack's clock: a file with the seconds to add to the system's time, moved by the day."""

import os
from datetime import UTC, datetime
from pathlib import Path


def read_offset(clock_file: Path) -> float:
    """Return how many seconds the stack is ahead of the system's time (0.0 without a file)."""
    return float(clock_file.read_text()) if clock_file.exists() else 0.0


def set_offset(clock_file: Path, seconds: float) -> None:
    """Set the offset in seconds, in one step: a reader sees the old value or the new one."""
    clock_file.parent.mkdir(parents=True, exist_ok=True)
    draft = clock_file.with_name(f"{clock_file.name}.{os.getpid()}")
    draft.write_text(f"{float(seconds)!r}\n")
    draft.replace(clock_file)


def now(clock_file: Path) -> datetime:
    """Return the stack's present instant, aware and in UTC."""
    return datetime.fromtimestamp(datetime.now(UTC).timestamp() + read_offset(clock_file), UTC)


def advance_to(clock_file: Path, instant: datetime) -> None:
    """Set the clock so that it shows an aware instant from now on.

    Raises ValueError for a naive instant, which would mean another time on another machine.
    """
    if instant.tzinfo is None:
        raise ValueError(f"{instant} has no time zone")
    set_offset(clock_file, instant.timestamp() - datetime.now(UTC).timestamp())
