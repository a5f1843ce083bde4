"""Drives ruin and recreate (`rebuild`) to its deadline as one of the searches of a race."""

import time

from linli.routing.insertion import insertion
from linli.routing.model import Problem
from linli.routing.plan import Plan, rank
from linli_solver.link import Link, Order
from linli_solver.rebuild import SOLVER, Rebuild
from linli_solver.repair import finished

OFFER_SECONDS, TELLING_SHARE = 0.5, 0.05
LOOK_EVERY = 4
MEETINGS, TELL_BEFORE = (0.6, 0.8), 0.03
"""When the search goes on from another's plan (at the first the parts are joined), and how much
earlier it tells of its own."""


def search(problem: Problem, order: Order, link: Link) -> Plan | None:
    """The best plan found by the order's deadline, or after its steps."""
    started = order.start or insertion(problem)
    rebuild = Rebuild(problem, started, order.seed)
    if order.parts > 1:
        rebuild.divide(order.parts, order.variant)
    if rebuild.ready:
        _Drive(rebuild, order, link).run()
    plan = rebuild.plan()
    if order.start is None or rank(problem, plan) <= rank(problem, order.start):
        return plan
    return finished(problem, SOLVER, order.start.routes)


class _Drive:
    """Steps to the deadline; tells of better plans, takes over others'."""

    def __init__(self, rebuild: Rebuild, order: Order, link: Link) -> None:
        self._rebuild, self._order, self._link = rebuild, order, link
        self._began = self._told_at = time.monotonic()
        self._told, self._took = rebuild.best_cost, 0.02
        self._met = self._announced = 0
        self._news: Plan | None = None

    def run(self) -> None:
        """Until time is up, with what the last plan takes to make left over."""
        steps = self._order.steps
        if steps is not None:
            for n in range(steps):
                self._rebuild.step()
                self._rebuild.progress = n / steps
            return
        while self._order.left > 1.5 * self._took:
            for _ in range(LOOK_EVERY):
                self._rebuild.step()
            self._look(time.monotonic())

    def _look(self, now: float) -> None:
        rebuild, whole = self._rebuild, max(1e-9, self._order.deadline - self._began)
        rebuild.progress = (now - self._began) / whole
        due = max(OFFER_SECONDS, self._took / TELLING_SHARE)
        if self._meets(self._announced, rebuild.progress + TELL_BEFORE):
            self._announced += 1
            due = 0.0
        if now - self._told_at >= due:
            self._tell(now)
        self._news = self._link.news() or self._news
        if self._meets(self._met, rebuild.progress):
            self._met += 1
            if self._news is not None:
                rebuild.adopt(self._news)

    def _meets(self, number: int, progress: float) -> bool:
        return number < len(MEETINGS) and progress >= MEETINGS[number]

    def _tell(self, now: float) -> None:
        if not self._link.listens or self._rebuild.best_cost >= self._told:
            return
        self._link.offer(self._rebuild.plan())
        self._told, self._told_at = self._rebuild.best_cost, time.monotonic()
        self._took = self._told_at - now
