"""What a report is made of: titled tables in two languages, and how figures are told. Pure."""

from dataclasses import dataclass
from typing import NamedTuple


class Both(NamedTuple):
    """A text in English and Chinese."""

    en: str
    zh: str


Cell = str | Both
NO_TEXT = Both("", "")


@dataclass(frozen=True, slots=True)
class Section:
    """A titled table; `columns` empty means rows of label and value."""

    key: str
    title: Both
    columns: tuple[Both, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: Both = NO_TEXT


def percent(share: float | None) -> str:
    """A share as a percentage with one decimal; a dash for None."""
    return "–" if share is None else f"{100 * share:.1f} %"


def kilometres(metres: int) -> str:
    """Metres as kilometres with one decimal."""
    return f"{metres / 1000:.1f} km"


def waiting(minutes: float | None) -> str:
    """A time in seconds below a minute, else in minutes; a dash for None."""
    if minutes is None:
        return "–"
    if minutes < 1 / 60:
        return "< 1 s"
    return f"{60 * minutes:.0f} s" if minutes < 1 else f"{minutes:.1f} min"


def yuan(fen: int) -> str:
    """Fen as yuan."""
    return f"¥{fen / 100:.2f}"


def wave_name(wave_id: str) -> str:
    """A wave by its local start: `06-28 10:00` for `wulin.courier.20240628T1000`."""
    start = wave_id.rsplit(".", 1)[-1]
    return f"{start[4:6]}-{start[6:8]} {start[9:11]}:{start[11:13]}"
