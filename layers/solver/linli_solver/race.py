"""
Searches that race in processes of their own, exchange what they find, and end with the best.

Every answer is judged here, by a check that shares nothing with the engines, before it counts or
is passed on. An engine that fails, or has nothing after a third of the time, brings in its
reserve. Searches are asked to end a little before the deadline, and killed at it.
"""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection, wait
from typing import Any

from linli_solver.link import Order
from linli_solver.worker import Job

HAND_OVER, AT_LEAST_SECONDS = 0.01, 0.02
"""Share of the time, and seconds, that searches end earlier, to hand over their last answer."""
PATIENCE = 0.33

Rank = tuple[int, ...]
Judge = Callable[[Any], Rank | None]
"""An answer's rank, smaller is better; None when it does not hold."""


@dataclass(frozen=True, slots=True)
class Entrant:
    """
    A search with its engine's name and the numbers that make it differ from others.

    Of several `parts` of a divided problem it begins with its own: the others hear of all that it
    finds, not only of what is the best so far.
    """

    engine: str
    search: str
    variant: int = 0
    parts: int = 1


@dataclass(slots=True)
class Outcome:
    """The best answer with its rank and engine; what became of the engines that gave none."""

    answer: Any | None = None
    rank: Rank | None = None
    engine: str = ""
    failures: dict[str, str] = field(default_factory=dict)
    history: list[tuple[float, Rank]] = field(default_factory=list)


@dataclass(slots=True)
class _Runner:
    entrant: Entrant
    process: subprocess.Popen[bytes]
    connection: Connection


def cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Race:
    """One race over `subject`; `reserve` runs when an entrant fails or stays silent."""

    def __init__(
        self, subject: Any, order: Order, judge: Judge, reserve: Sequence[Entrant] = ()
    ) -> None:
        self._subject, self._judge, self._last = subject, judge, order.deadline
        self._reserve = list(reserve)
        self._runners: list[_Runner] = []
        self._began = time.monotonic()
        self._allowed = max(0.0, order.deadline - self._began)
        early = max(HAND_OVER * self._allowed, min(AT_LEAST_SECONDS, self._allowed / 10))
        self._order = replace(order, deadline=order.deadline - early)
        self.outcome = Outcome()

    def run(
        self, entrants: Sequence[Entrant], meanwhile: Callable[[], object] | None = None
    ) -> Outcome:
        """Run until the deadline, or until all have ended; do `meanwhile` while they load."""
        try:
            for entrant in entrants:
                self._launch(entrant)
            if meanwhile is not None:
                meanwhile()
            self._listen()
        finally:
            for runner in self._runners:
                self._end(runner)
        return self.outcome

    def _launch(self, entrant: Entrant) -> None:
        ours, theirs = socket.socketpair()
        descriptor = theirs.fileno()
        command = [sys.executable, "-m", "linli_solver.worker", str(descriptor)]
        path = os.pathsep.join(each for each in sys.path if each)
        process = subprocess.Popen(  # noqa: S603 (our own interpreter and module)
            command,
            pass_fds=[descriptor],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1"},
        )
        theirs.close()
        connection = Connection(ours.detach())
        order = replace(
            self._order,
            variant=entrant.variant,
            seed=self._order.seed + 1000 * entrant.variant,
            parts=entrant.parts,
        )
        self._runners.append(_Runner(entrant, process, connection))
        try:
            connection.send(Job(entrant.search, self._subject, order))
        except OSError as failure:
            self._failed(self._runners[-1], type(failure).__name__)

    def _listen(self) -> None:
        last = self._last
        while self._runners:
            now = time.monotonic()
            if now >= last:
                break
            silent = not self.outcome.answer and self._reserve
            until = self._began + PATIENCE * self._allowed if silent else last
            for ready in wait([each.connection for each in self._runners], max(0.0, until - now)):
                self._hear(next(each for each in self._runners if each.connection is ready))
            if silent and time.monotonic() >= until:
                self._call_reserve()

    def _hear(self, runner: _Runner) -> None:
        try:
            kind, content = runner.connection.recv()
        except (EOFError, OSError):
            self._failed(runner, "the process ended")
            return
        if kind == "failed":
            self._failed(runner, content)
            return
        if content is not None:
            self._consider(runner, content)
        if kind == "done":
            self._end(runner)
            if self.outcome.answer is None:
                self._call_reserve()

    def _consider(self, runner: _Runner, answer: Any) -> None:
        rank = self._judge(answer)
        if rank is None:
            self.outcome.failures[runner.entrant.engine] = "an answer did not hold"
            return
        if self.outcome.rank is not None and rank >= self.outcome.rank:
            if runner.entrant.parts > 1:
                self._spread(runner, answer)
            return
        self.outcome.answer, self.outcome.rank = answer, rank
        self.outcome.engine = runner.entrant.engine
        self.outcome.history.append((time.monotonic() - self._began, rank))
        if self._order.steps is None:
            self._spread(runner, answer)

    def _spread(self, source: _Runner, answer: Any) -> None:
        for runner in self._runners:
            if runner is not source:
                try:
                    runner.connection.send(answer)
                except OSError as failure:  # It has just ended; its own last word is still to come.
                    self.outcome.failures.setdefault(runner.entrant.engine, str(failure))

    def _failed(self, runner: _Runner, why: str) -> None:
        self.outcome.failures[runner.entrant.engine] = why
        self._end(runner)
        self._call_reserve()

    def _call_reserve(self) -> None:
        if self._reserve and self._order.left > 0:
            self._launch(self._reserve.pop(0))

    def _end(self, runner: _Runner) -> None:
        if runner in self._runners:
            self._runners = [each for each in self._runners if each is not runner]
        runner.process.kill()
        runner.connection.close()
        # On a busy machine a killed process takes a while to be gone: the answer need not wait.
        threading.Thread(target=runner.process.wait, daemon=True).start()
