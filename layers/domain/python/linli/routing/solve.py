"""Solve a routing problem with an engine that may fail, and always answer with a checked plan."""

import time
from collections.abc import Callable
from dataclasses import replace

from linli.routing.drops import planned_whole
from linli.routing.insertion import insertion
from linli.routing.model import Problem
from linli.routing.plan import Plan, rank
from linli.routing.verify import Violation, verify

Engine = Callable[[Problem, float], Plan]
"""Problem and seconds → plan; may raise anything, since it is another's machinery."""


class PlanRejected(Exception):
    """Even the fallback's plan does not hold: a defect of ours, never the wave's fault."""

    def __init__(self, violations: list[Violation]) -> None:
        super().__init__(", ".join(f"{each.code} at {each.where}" for each in violations))
        self.violations = violations


def solve(
    problem: Problem,
    engine: Engine | None,
    seconds: float,
    fallback: Callable[[Problem], Plan] = insertion,
) -> Plan:
    """
    The engine's plan if it comes and holds and is no worse than the fallback's (`plan.rank`).

    Otherwise the fallback's, whose `fallback_from` says why: `engine_absent`,
    `engine_failed:<error type>`, `plan_rejected:<first violation>` or `plan_dearer`. Engines see
    the drops of an order as one stop. The fallback's plan is made first, and its time is the
    engine's loss, so that both end within `seconds`.

    Raises:
        PlanRejected: The fallback's plan was wrong as well.
    """
    return planned_whole(problem, lambda whole: _solved(whole, engine, seconds, fallback))


def _solved(
    problem: Problem, engine: Engine | None, seconds: float, fallback: Callable[[Problem], Plan]
) -> Plan:
    began = time.monotonic()
    spare = fallback(problem)
    left = seconds - (time.monotonic() - began)
    plan, why = _attempt(problem, engine, max(seconds / 2, left))
    if plan is not None and rank(problem, plan) <= rank(problem, spare):
        return plan
    violations = verify(problem, spare)
    if violations:
        raise PlanRejected(violations)
    return replace(spare, fallback_from=why or "plan_dearer")


def _attempt(problem: Problem, engine: Engine | None, seconds: float) -> tuple[Plan | None, str]:
    """The engine's verified plan, or why there is none."""
    if engine is None:
        return None, "engine_absent"
    try:
        plan = engine(problem, seconds)
    except Exception as failure:  # Whatever breaks in an engine, the wave must still be routed.
        return None, f"engine_failed:{type(failure).__name__}"
    violations = verify(problem, plan)
    if violations:
        return None, f"plan_rejected:{violations[0].code}"
    return plan, ""
