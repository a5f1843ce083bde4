"""Whatever the rules of a problem: plans hold, what is locked stays, reasons are true."""

import json
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings

from linli.routing.baseline import first_come_nearest_next, insertion
from linli.routing.codec import plan_from_json, plan_to_json, problem_from_json, problem_to_json
from linli.routing.model import Problem
from linli.routing.plan import Plan, rank
from linli.routing.verify import verify
from linli_solver.route import solve as ortools
from tests.support.routing import problems

QUICK = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
SEARCHED = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("engine", [first_come_nearest_next, insertion])
@QUICK
@given(problem=problems())
def test_a_heuristic_plan_keeps_every_rule(
    engine: Callable[[Problem], Plan], problem: Problem
) -> None:
    plan = engine(problem)
    assert verify(problem, plan) == []
    assert plan == engine(problem), "the same problem gives the same plan"


@SEARCHED
@given(problem=problems())
def test_the_search_s_plan_keeps_every_rule_and_is_no_worse_than_its_start(
    problem: Problem,
) -> None:
    plan = ortools(problem, seconds=0.2)
    assert verify(problem, plan) == []
    assert rank(problem, plan) <= rank(problem, insertion(problem))


@QUICK
@given(problem=problems())
def test_rich_problems_and_plans_survive_json(problem: Problem) -> None:
    plan = insertion(problem)
    assert problem_from_json(json.loads(json.dumps(problem_to_json(problem)))) == problem
    assert plan_from_json(json.loads(json.dumps(plan_to_json(plan)))) == plan
