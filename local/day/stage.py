"""What every scene of the day needs: the stack's doors and clock, people's tokens, the notes."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from rich.progress import Progress

from linli.kernel.geography import Point
from linli.kernel.time import ZONE
from local.day.calendar import Calendar
from local.day.doors import Doors
from local.day.places import COMMUNITY, Resident
from local.day.sample import Sample, Store
from local.day.tally import Tally
from local.stack import Stack
from local.tokens import mint

THREADS = 4
Given = TypeVar("Given")
Got = TypeVar("Got")


@dataclass
class Stage:
    """A stack, a calendar day, the neighbourhood and the day's notes."""

    stack: Stack
    doors: Doors
    calendar: Calendar
    sample: Sample
    residents: list[Resident]
    tally: Tally
    progress: Progress
    begun: float = field(default_factory=time.monotonic)
    who_ordered: dict[str, Resident] = field(default_factory=dict)
    """By order id, of today's baskets and yesterday's, whose evening orders go out today."""
    _tokens: dict[tuple[str, str, str], str] = field(default_factory=dict)

    def token(self, role: str, subject: str = "", place: str = COMMUNITY) -> str:
        """An access token, made once per person and role; the subject defaults to the role."""
        key = role, subject or role, place
        if key not in self._tokens:
            self._tokens[key] = mint([(role, place)], key[1], self.stack.issuer)
        return self._tokens[key]

    def store_token(self, store: Store) -> str:
        """The token of a store's keeper."""
        return self.token("store", f"keeper-{store.store}", store.store_id)

    @property
    def store_places(self) -> dict[str, Point]:
        """Places by store id."""
        return {store.store_id: store.place for store in self.sample.stores}

    def nearest_store_id(self, subject: str) -> str:
        """The store nearest to a resident's home."""
        return next(one.nearest_store_id for one in self.residents if one.subject == subject)

    def say(self, text: str) -> None:
        """Tell what comes next, with the stack's local time."""
        now = self.stack.now().astimezone(ZONE)
        seconds = time.monotonic() - self.begun
        line = f"{now:%H:%M}  [dim]{seconds:5.0f} s[/dim]  {text}"
        self.progress.console.print(line, highlight=False)

    def now(self) -> datetime:
        """The stack's present instant."""
        return self.stack.now()

    def clock_to(self, instant: datetime) -> None:
        """Move the stack's clock forward to `instant`; never back."""
        if instant > self.stack.now():
            self.stack.set_clock(instant)

    def by_schedule(self, function: str) -> None:
        """Run a schedule's function as the schedule does: it gets the event of this minute."""
        event = {
            "version": "0",
            "source": "aws.events",
            "detail-type": "Scheduled Event",
            "time": self.now().isoformat(),
            "resources": [],
            "detail": {},
        }
        got = self.stack.client("lambda").invoke(
            FunctionName=self.stack.resources[function], Payload=json.dumps(event)
        )
        if "FunctionError" in got:
            self.tally.surprise(f"{function}: {got['Payload'].read()[:200]!r}")

    def each(
        self,
        title: str,
        act: Callable[[Given], Got],
        items: Sequence[Given],
        threads: int = THREADS,
    ) -> list[Got]:
        """`act` on every item by a few threads, with a progress bar; results in order."""
        task = self.progress.add_task(title, total=len(items))
        results = []
        for result in self.at_once(act, items, threads):
            results.append(result)
            self.progress.advance(task)
        return results

    def at_once(
        self, act: Callable[[Given], Got], items: Sequence[Given], threads: int = THREADS
    ) -> Iterator[Got]:
        """`act` on every item by a few threads; results in the items' order, as they come."""
        with ThreadPoolExecutor(threads) as pool:
            yield from pool.map(act, items)
