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
MIXES = ((0.35, 0.06), (0.6, 0.06), (0.8, 0.08), (0.93, 0.05))
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
    _mixed: int = 0

    def run(self) -> Any | None:
        """The best answer at the deadline, or after the order's steps; None without any."""
        self._began = time.monotonic()
        self._tell()
        while not self._over():
            self.search.step()
            if self.search.steps % CHECK_EVERY == 0 and self.order.steps is None:
                self._exchange()
                self._mix_when_due()
        return self._answer()

    def _over(self) -> bool:
        if self.order.steps is not None and self.search.steps >= self.order.steps:
            return True
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
            found = self.form.solution(news)
            self.search.pool.add(found)
            if self.search.adopt(found):
                self._told_cost = min(self._told_cost, self.search.best_cost)

    def _mix_when_due(self) -> None:
        if self._mixed == len(MIXES):
            return
        due, share = MIXES[self._mixed]
        whole = self.order.deadline - self._began
        if time.monotonic() - self._began < due * whole:
            return
        self._mixed += 1
        best = self.search.best
        if best.is_feasible():
            routes = self.search.pool.mix(best, min(share * whole, self.order.left * 0.8))
            if routes is not None:
                self.search.adopt(Solution(self.search.data, routes))
