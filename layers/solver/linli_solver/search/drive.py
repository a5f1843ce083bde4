"""
Drives one search to its deadline: tells of better answers, takes others', mixes its pool.

`Form` is what ties a search's solutions to answers that others understand.
"""

import time
from dataclasses import dataclass
from typing import Any, Protocol

from pyvrp._pyvrp import Solution

from linli_solver.link import Link, Order
from linli_solver.search.ils import Search

CHECK_EVERY = 16
"""Steps between two looks at the clock: some 10 ms on 200 stops."""
TELL_EVERY_SECONDS, TELLING_SHARE = 0.1, 0.05
"""Answers are told no oftener, and telling takes no more than this share of the time."""
MEETINGS = (0.5, 0.75, 0.9)
"""When a search goes on from another's better solution: seldom, so that they stay different."""
MIXES = ((0.5, 0.06), (0.75, 0.06), (0.9, 0.06))
"""When the pool is mixed, and for how long, as shares of the time."""


class Form(Protocol):
    """Solutions as answers and back."""

    data: Any

    def routing(self, solution: Any) -> Any:
        """The answer that a solution is."""

    def solution(self, routing: Any) -> Any:
        """The solution that an answer is."""


@dataclass(slots=True)
class Drive:
    """A search on its way; `run` is called once."""

    search: Search
    form: Form
    order: Order
    link: Link
    _began: float = 0.0
    _tell_after: float = 0.0
    _told_cost: float = float("inf")
    _met: int = 0
    _mixed: int = 0
    _news: Any | None = None

    def run(self) -> Any | None:
        """The best answer at the deadline, or after the order's steps; None without any."""
        self._began = time.monotonic()
        if self.order.start is None:  # Else the others have it already.
            self._tell()
        while not self._over():
            self.search.step()
            if self.search.steps % CHECK_EVERY == 0:
                self._look()
        return self._answer()

    def _look(self) -> None:
        if self.order.steps is not None:
            self.search.progress = self.search.steps / self.order.steps
            return
        whole = max(1e-9, self.order.deadline - self._began)
        self.search.progress = 1.0 - self.order.left / whole
        self._exchange()
        self._mix_when_due(whole)

    def _over(self) -> bool:
        if self.order.steps is not None:
            return self.search.steps >= self.order.steps
        return self.search.steps % 4 == 0 and self.order.left <= 0

    def _answer(self) -> Any | None:
        best = self.search.best
        return self.form.routing(best) if best.is_feasible() else None

    def _tell(self) -> None:
        best, began = self.search.best, time.monotonic()
        if not self.link.listens or began < self._tell_after:
            return
        if self.search.best_cost < self._told_cost and best.is_feasible():
            self.link.offer(self.form.routing(best))
            self._told_cost = self.search.best_cost
            took = time.monotonic() - began
            self._tell_after = began + max(TELL_EVERY_SECONDS, took / TELLING_SHARE)

    def _exchange(self) -> None:
        self._tell()
        news = self.link.news()
        if news is not None:
            self._news = self.form.solution(news)
            self.search.pool.add(self._news)
        if self._met < len(MEETINGS) and self.search.progress >= MEETINGS[self._met]:
            self._met += 1
            if self._news is not None and self.search.adopt(self._news):
                self._told_cost = min(self._told_cost, self.search.best_cost)

    def _mix_when_due(self, whole: float) -> None:
        if self._mixed == len(MIXES) or self.search.progress < MIXES[self._mixed][0]:
            return
        share = MIXES[self._mixed][1]
        self._mixed += 1
        best = self.search.best
        if best.is_feasible():
            routes = self.search.pool.mix(best, min(share * whole, self.order.left * 0.8))
            if routes is not None:
                self.search.adopt(Solution(self.search.data, routes))
