"""
The engines for a wave behind one interface, and the race between them.

Neither engine is enough: OR-Tools models all of `Problem` (routes under way, rests, ties), PyVRP is
far stronger where windows, capacities and distance decide. Both run at once, each takes over what
the other found where it can, and the better plan that holds wins; behind both stands the
insertion in pure Python.
"""

import importlib
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from linli.routing.insertion import insertion
from linli.routing.model import Problem
from linli.routing.plan import Plan, rank
from linli.routing.verify import verify
from linli_solver.link import Link, Order
from linli_solver.race import Entrant, Outcome, Race, Rank, cores

ALONE_SECONDS = 1.5
"""Below this a process would hardly have begun: one engine runs in this one instead."""


class Engine(Protocol):
    """A way to make plans."""

    name: str

    def supports(self, problem: Problem) -> str | None:
        """Why the problem is not for this engine; None when it is."""

    def solve(
        self, problem: Problem, *, seconds: float, seed: int, start: Plan | None
    ) -> Plan | None:
        """The best plan found in that time, None for none; it may raise anything."""


class PyVrp:
    """Iterated local search over PyVRP's core (`search.problems`)."""

    name = "pyvrp"

    def supports(self, problem: Problem) -> str | None:
        """Routes under way begin with what cannot be changed: that is the other's."""
        if any(vehicle.underway is not None for vehicle in problem.vehicles):
            return "routes are under way"
        if any(not stop.parts for stop in problem.stops):
            return "a stop has nothing to deliver"
        return None

    def solve(
        self, problem: Problem, *, seconds: float, seed: int, start: Plan | None
    ) -> Plan | None:
        """The best plan found in that time."""
        order = Order(time.monotonic() + seconds, seed, start=start)
        return pyvrp_search(problem, order, Link())


class OrTools:
    """Guided local search over OR-Tools' routing model (`route`)."""

    name = "ortools"

    def supports(self, problem: Problem) -> str | None:
        """It models whatever a problem can say."""
        return None

    def solve(
        self, problem: Problem, *, seconds: float, seed: int, start: Plan | None
    ) -> Plan | None:
        """The best plan found in that time."""
        order = Order(time.monotonic() + seconds, seed, start=start)
        return ortools_search(problem, order, Link())


def pyvrp_search(problem: Problem, order: Order, link: Link) -> Plan | None:
    """PyVRP's search; its module is loaded here, since its library may be absent."""
    module = importlib.import_module("linli_solver.search.problems")
    plan: Plan | None = module.search(problem, order, link)
    return plan


def ortools_search(problem: Problem, order: Order, link: Link) -> Plan | None:
    """OR-Tools' search."""
    module = importlib.import_module("linli_solver.route")
    plan: Plan | None = module.search(problem, order, link)
    return plan


PYVRP, ORTOOLS = PyVrp(), OrTools()
ENGINES: tuple[Engine, ...] = (PYVRP, ORTOOLS)
SEARCHES = {
    "pyvrp": "linli_solver.engines:pyvrp_search",
    "ortools": "linli_solver.engines:ortools_search",
}


def race(
    problem: Problem,
    *,
    seconds: float,
    seed: int = 1,
    start: Plan | None = None,
    steps: int | None = None,
    engines: Sequence[Engine] = ENGINES,
) -> Plan:
    """
    The best plan within `seconds`; it always comes and always holds.

    `start` is the running plan, if any. With `steps`, one search of so many steps runs alone, and
    a seed's plan can be repeated. Where no engine does better, the insertion's plan comes, and
    `fallback_from` says why.
    """
    deadline = time.monotonic() + seconds
    spare = _spare(problem, start)
    able = [engine for engine in engines if engine.supports(problem) is None]
    if seconds < ALONE_SECONDS and steps is None:
        outcome = _alone(problem, able, deadline, seed, spare)
    else:
        order = Order(deadline, seed, 0, steps, spare)
        entrants = _entrants(able, 1 if steps is not None else cores())
        outcome = Race(problem, order, lambda plan: judged(problem, plan)).run(entrants)
    found: Plan | None = outcome.answer
    known = judged(problem, spare)
    if found is not None and (known is None or (outcome.rank or ()) <= known):
        return replace(found, solver=outcome.engine, fallback_from="")
    return replace(spare, fallback_from=_why(outcome, able))


def judged(problem: Problem, plan: Plan) -> Rank | None:
    """The plan's rank by the domain's own check; None when it does not hold."""
    return None if verify(problem, plan) else rank(problem, plan)


def _spare(problem: Problem, start: Plan | None) -> Plan:
    """The running plan if it still holds, else the insertion's."""
    if start is not None and judged(problem, start) is not None:
        return start
    return insertion(problem)


def _entrants(able: Sequence[Engine], count: int) -> list[Entrant]:
    """One process for OR-Tools, all others for PyVRP; with one core the first engine alone."""
    found = [Entrant(engine.name, SEARCHES[engine.name]) for engine in able]
    if count == 1:
        return found[:1]
    more = range(1, count - len(found) + 1) if PYVRP in able else range(0)
    return [*found, *(Entrant("pyvrp", SEARCHES["pyvrp"], n) for n in more)]


def _alone(
    problem: Problem, able: Sequence[Engine], deadline: float, seed: int, spare: Plan
) -> Outcome:
    """The engines one after another in this process until one answers, or time is up."""
    outcome = Outcome()
    for engine in able:
        seconds = deadline - time.monotonic()
        if seconds <= 0:
            break
        try:
            plan = engine.solve(problem, seconds=seconds, seed=seed, start=spare)
        except Exception as failure:  # An engine's failure is the next one's turn.
            outcome.failures[engine.name] = type(failure).__name__
            continue
        found = None if plan is None else judged(problem, plan)
        if found is not None:
            outcome.answer, outcome.rank, outcome.engine = plan, found, engine.name
            return outcome
        outcome.failures[engine.name] = "no plan that holds"
    return outcome


def _why(outcome: Outcome, able: Sequence[Engine]) -> str:
    if outcome.answer is not None:
        return "plan_dearer"
    told = [f"{name}: {why}" for name, why in outcome.failures.items()]
    return ("; ".join(told) or ("nothing in time" if able else "engine_absent"))[:120]
