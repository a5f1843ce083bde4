"""What a search is told and what it tells while it runs, whichever process it runs in."""

import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any


@dataclass(frozen=True, slots=True)
class Order:
    """
    How a search is to run.

    `deadline` is an instant of `time.monotonic`, which all processes of a machine share. `steps`
    bounds the search's steps instead of the clock, for answers that can be repeated exactly: such
    a search neither gives nor takes. `variant` numbers the processes of one engine, from 0; of
    `parts` parts of a divided problem this search has that one first.
    """

    deadline: float
    seed: int = 1
    variant: int = 0
    steps: int | None = None
    start: Any | None = None
    parts: int = 1

    @property
    def left(self) -> float:
        """Seconds until the deadline."""
        return self.deadline - time.monotonic()


class Link:
    """A search's way to the others; this one leads nowhere and keeps the last offer."""

    listens = False
    """Whether anybody hears of answers before the last one."""

    def __init__(self) -> None:
        self.last: Any | None = None

    def offer(self, answer: Any) -> None:
        """Tell the others of a better answer."""
        self.last = answer

    def news(self) -> Any | None:
        """The latest answer of another, None if there is none since last time."""
        return None


class PipeLink(Link):
    """A link over a connection to the race."""

    listens = True

    def __init__(self, connection: Connection) -> None:
        super().__init__()
        self._connection = connection

    def offer(self, answer: Any) -> None:
        """Send it at once."""
        super().offer(answer)
        self._connection.send(("found", answer))

    def news(self) -> Any | None:
        """Drain the connection; only the latest counts."""
        latest = None
        while self._connection.poll():
            latest = self._connection.recv()
        return latest
