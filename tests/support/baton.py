"""
A deterministic scheduler: tasks take turns, one at a time, in an order that a seed decides.

Each task is a thread that only moves while it holds the baton and gives it back at `hand_over`,
which the engine calls before every call to DynamoDB. So one seed is one schedule, always. Now and
then one is paused for a while, as an environment may be: what it has read is old when it comes to
write.
"""

import random
import threading
from collections.abc import Callable

PAUSES, PAUSE_TURNS = 0.1, (5, 60)
"""How often a task is paused after its turn, and for how many turns of the others."""


class Task:
    """Something that is done concurrently with other things."""

    def __init__(self, name: str, run: Callable[[], None]) -> None:
        self.name = name
        self.paused_until = 0
        self.run = run
        self.go, self.back = threading.Semaphore(0), threading.Semaphore(0)
        self.ended = False
        self.error: BaseException | None = None


class Baton:
    """Runs tasks by turns; `trace` tells who moved when, for comparing two runs of a seed."""

    def __init__(self, rng: random.Random, after_turn: Callable[[], None]) -> None:
        self._rng = rng
        self._after_turn = after_turn
        self._waiting: list[Task] = []
        self._here = threading.local()
        self.trace: list[str] = []

    @property
    def holder(self) -> Task | None:
        """The task that is asking; None in the thread that runs the tasks."""
        task: Task | None = getattr(self._here, "task", None)
        return task

    def spawn(self, name: str, run: Callable[[], None]) -> None:
        """Let `run` take part from the next turn on."""
        self._waiting.append(Task(name, run))

    def hand_over(self) -> None:
        """Let somebody else move; returns when it is this task's turn again."""
        task = self.holder
        if task is not None:
            task.back.release()
            task.go.acquire()

    def run(self) -> None:
        """Run until every task has ended; raises what a task has raised."""
        started: set[Task] = set()
        while self._waiting:
            task = self._next()
            self.trace.append(task.name)
            if task not in started:
                started.add(task)
                threading.Thread(target=self._body, args=(task,), daemon=True).start()
            task.go.release()
            task.back.acquire()
            self._after_turn()
            if task.ended:
                self._waiting.remove(task)
                if task.error is not None:
                    raise task.error

    def _next(self) -> Task:
        now = len(self.trace)
        awake = [task for task in self._waiting if task.paused_until <= now] or self._waiting
        task = awake[self._rng.randrange(len(awake))]
        if self._rng.random() < PAUSES:
            task.paused_until = now + self._rng.randint(*PAUSE_TURNS)
        return task

    def _body(self, task: Task) -> None:
        task.go.acquire()
        self._here.task = task
        try:
            task.run()
        except BaseException as error:
            task.error = error
        task.ended = True
        task.back.release()
