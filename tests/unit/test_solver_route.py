"""OR-Tools' routing: good on what can be checked by hand, light to import, true to its time."""

import io
import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from itertools import permutations
from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks.routing.waves import Wave, wave_problem
from functions.solve_routes.handler import lambda_handler
from linli.routing.baseline import first_come_nearest_next, insertion
from linli.routing.codec import plan_from_json, problem_to_json
from linli.routing.model import InvalidProblem, Problem
from linli.routing.plan import Call, Kind
from linli.routing.timetable import Place, route_metres
from linli.routing.verify import verify
from linli_solver.__main__ import main
from linli_solver.model import decode, encode, model_of
from linli_solver.repair import repair
from linli_solver.route import NoSolution, solve

PLENTY = SimpleNamespace(get_remaining_time_in_millis=lambda: 60_000)


def small(stops: int, stores: int = 1, couriers: int = 1, **more: Any) -> Problem:
    return wave_problem(Wave("small", stops, stores, couriers, **more))


def shortest(problem: Problem) -> int:
    """Metres of the best order of all stops for one courier who starts at the only store."""
    vehicle = problem.vehicles[0]
    travel = problem.travel(vehicle)
    doors = [Place(stop.location, 0, 0, 10**6) for stop in problem.stops]
    return min(route_metres(travel, vehicle, order) for order in permutations(doors))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_one_courier_s_route_is_the_shortest_of_all_orders(seed: int) -> None:
    problem = small(7, seed=seed)
    plan = solve(problem, seconds=0.5)
    assert plan.unserved == ()
    assert plan.metres == shortest(problem)


def test_a_wave_from_one_store_needs_no_collecting_nodes() -> None:
    model = model_of(small(5, couriers=2))
    assert (model.plain, len(model.nodes), model.pairs) == (True, 5 + 4, ())


def test_a_wave_from_several_stores_collects_each_part_before_it_delivers() -> None:
    problem = small(5, stores=3, couriers=2)
    parts = sum(len(stop.parts) for stop in problem.stops)
    model = model_of(problem)
    assert (model.plain, len(model.nodes)) == (False, 2 * parts + 4)
    assert model.pairs == tuple((2 * n, 2 * n + 1) for n in range(parts))


@pytest.mark.parametrize("stores", [1, 4])
def test_a_plan_becomes_the_search_s_start_and_comes_back_the_same(stores: int) -> None:
    problem = small(12, stores=stores, couriers=3)
    model = model_of(problem)
    for route in insertion(problem).routes:
        calls = [Call(v.kind, v.place_id, v.stop_ids) for v in route.visits]
        found = decode(model, encode(model, calls))
        alone = replace(problem, stops=tuple(s for s in problem.stops if s.id in route.stop_ids))
        mended = repair(alone, [found, [], []])
        assert [visit.call for visit in mended[0].visits] == calls


def test_a_stop_split_between_couriers_goes_to_one_of_them() -> None:
    problem = small(1, stores=2, couriers=2, from_two=1.0)
    (stop,) = problem.stops
    split = [
        [Call(Kind.COLLECT, p.depot_id, (stop.id,)), Call(Kind.DELIVER, stop.id, (stop.id,))]
        for p in stop.parts
    ]
    mended = repair(problem, split)
    assert [len(route.visits) for route in mended] == [3]


@pytest.mark.parametrize(("stores", "stops", "couriers"), [(1, 40, 8), (5, 40, 8)])
def test_the_search_beats_the_insertion_and_the_insertion_the_hand(
    stores: int, stops: int, couriers: int
) -> None:
    problem = small(stops, stores, couriers)
    by_hand, inserted = first_come_nearest_next(problem), insertion(problem)
    searched = solve(problem, seconds=2)
    assert verify(problem, searched) == []
    assert searched.cost.total_fen < inserted.cost.total_fen < by_hand.cost.total_fen


def test_the_deadline_is_kept() -> None:
    problem = small(100, 5, 20)
    began = time.monotonic()
    solve(problem, seconds=2)
    assert time.monotonic() - began < 3


def test_no_time_is_no_solution() -> None:
    with pytest.raises(NoSolution):
        solve(small(5), seconds=0)


def test_routing_imports_neither_numpy_nor_pandas() -> None:
    code = "import linli_solver.route, sys; print({'numpy', 'pandas'} & set(sys.modules))"
    path = os.pathsep.join(each for each in sys.path if each)
    ran = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.strip() == "set()"


def test_the_task_answers_with_a_plan_that_holds() -> None:
    problem = small(10, 2, 3)
    answer = lambda_handler({"problem": problem_to_json(problem), "seconds": 0.3}, PLENTY)
    plan = plan_from_json(json.loads(json.dumps(answer))["plan"])
    assert verify(problem, plan) == []
    assert plan.solver in ("ortools", "pyvrp", "rebuild")


def test_the_task_answers_without_the_solver_s_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "linli_solver.engines", None)
    problem = small(10, 2, 3)
    answer = lambda_handler({"problem": problem_to_json(problem), "seconds": 0.3}, PLENTY)
    assert answer["plan"]["solver"] == "insertion"
    assert answer["plan"]["fallback_from"] == "engine_absent"


@pytest.mark.parametrize(
    ("event", "field"),
    [
        ({}, "problem"),
        ({"problem": problem_to_json(small(1)), "seconds": 0}, "seconds"),
        ({"problem": problem_to_json(small(1)), "seconds": "9"}, "seconds"),
        ({"problem": problem_to_json(small(1)), "seconds": 1e9}, "seconds"),
    ],
)
def test_the_task_refuses_a_malformed_event_by_field(event: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidProblem) as refused:
        lambda_handler(event, PLENTY)
    assert refused.value.fields["field"] == field


def test_the_command_line_turns_a_problem_into_a_plan(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    problem = small(6)
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(problem_to_json(problem))))
    assert main(["route", "--seconds", "0.3"]) == 0
    assert verify(problem, plan_from_json(json.loads(capsys.readouterr().out))) == []


@pytest.mark.parametrize("text", ["", "[]", '{"depots": 3}'])
def test_the_command_line_refuses_what_is_no_problem(
    text: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))
    assert main(["route"]) == 2
    assert capsys.readouterr().err.startswith("refused: ")


def test_a_courier_who_cannot_even_load_does_not_spoil_the_others() -> None:
    problem = small(4, couriers=2)
    gone = replace(problem.vehicles[0], shift=replace(problem.vehicles[0].shift, close_seconds=1))
    problem = replace(problem, vehicles=(gone, problem.vehicles[1]))
    plan = solve(problem, seconds=0.3)
    assert plan.unserved == ()
    assert [route.vehicle_id for route in plan.routes] == [problem.vehicles[1].id]
