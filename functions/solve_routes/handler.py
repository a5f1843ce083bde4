"""
Task of the routing batch: `{"problem": {...}, "seconds": n}` → `{"plan": {...}}`.

A plan always comes and always holds; `plan.solver` says which engine made it and
`plan.fallback_from` why the wanted one did not. A malformed problem fails the task with
`InvalidProblem`, which names the field and is not worth a retry.
"""

import logging
from typing import Any

from linli.routing.codec import plan_to_json, problem_from_json
from linli.routing.model import InvalidProblem, Problem
from linli.routing.plan import Plan
from linli.routing.solve import Engine, solve

LOG = logging.getLogger("solve_routes")
LOG.setLevel(logging.INFO)
LONGEST_SECONDS, SPARED_SECONDS = 600, 3


def engine() -> Engine | None:
    """The race of engines, or None where their layer is absent or does not load."""
    try:
        from linli_solver.engines import race
    except (ImportError, OSError) as absent:
        LOG.error("the solver layer did not load: %s", absent)
        return None

    def raced(problem: Problem, seconds: float) -> Plan:
        return race(problem, seconds=seconds, seed=problem.seed)

    return raced


def seconds_of(event: dict[str, Any], context: Any) -> float:
    """Seconds to search: as asked, and less than what the function has left."""
    seconds = event.get("seconds", 10)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise InvalidProblem("seconds", "not a number")
    if not 0 < seconds <= LONGEST_SECONDS:
        raise InvalidProblem("seconds", f"not above 0 and up to {LONGEST_SECONDS}")
    left: float = context.get_remaining_time_in_millis() / 1000 - SPARED_SECONDS
    return max(0.1, min(seconds, left))


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Solve one cluster of a wave."""
    problem = problem_from_json(event.get("problem"))
    plan = solve(problem, engine(), seconds_of(event, context))
    LOG.info(
        "%s: %d stops, %d routes, %d unserved, %d m %s",
        plan.solver,
        len(problem.stops),
        len(plan.routes),
        len(plan.unserved),
        plan.metres,
        plan.fallback_from,
    )
    return {"plan": plan_to_json(plan)}
