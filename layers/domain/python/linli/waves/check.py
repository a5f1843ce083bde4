"""The last task of a cluster: the independent check of its plan, and the spare one if it fails."""

from dataclasses import replace
from typing import Any

from linli.kernel.errors import NotFound
from linli.routing.codec import plan_from_json, plan_to_json, problem_from_json
from linli.routing.drops import planned_whole
from linli.routing.insertion import insertion
from linli.routing.model import InvalidProblem, Problem
from linli.routing.plan import Plan
from linli.routing.solve import PlanRejected
from linli.routing.verify import verify
from linli.waves.model import ClusterStep
from linli.waves.rows import plan_key, problem_key
from linli.waves.steps import keep_body, present, read_body


def keep_plan(step: ClusterStep) -> dict[str, Any]:
    """
    Keep the solver's plan if it holds, else one by insertion; the first plan kept stays.

    Returns:
        The cluster's number with counts; the plan itself stays in the table.

    Raises:
        PlanRejected: Not even the spare plan holds: a defect of ours.
        Superseded, NotFound: See `steps.present`.
    """
    present(step)
    kept = read_body(step.wave_id, problem_key(step.attempt, step.cluster))
    if kept is None:
        raise NotFound
    problem = problem_from_json(kept["problem"])
    plan = sound_plan(problem, step.plan, step.error)
    own = {"attempt": step.attempt, "plan": plan_to_json(plan)}
    final = keep_body(step.wave_id, plan_key(step.cluster), own)["plan"]
    return {
        "cluster": step.cluster,
        "routes": len(final["routes"]),
        "unserved": len(final["unserved"]),
        "metres": final["metres"],
    }


def sound_plan(problem: Problem, given: dict[str, Any] | None, error: str) -> Plan:
    """
    `given` if it is a plan that holds for `problem`, else one by insertion that says why.

    Raises:
        PlanRejected: Not even that one holds.
    """
    plan, why = _judged(problem, given, error)
    if plan is not None:
        return plan
    spare = planned_whole(problem, insertion)
    violations = verify(problem, spare)
    if violations:
        raise PlanRejected(violations)
    return replace(spare, fallback_from=why)


def _judged(problem: Problem, given: dict[str, Any] | None, error: str) -> tuple[Plan | None, str]:
    if given is None:
        return None, f"solver_failed:{error}"[:120]
    try:
        plan = plan_from_json(given)
    except InvalidProblem as wrong:
        return None, f"plan_unreadable:{wrong.fields['field']}"[:120]
    violations = verify(problem, plan)
    return (None, f"plan_rejected:{violations[0].code}") if violations else (plan, "")
