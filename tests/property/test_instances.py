"""Whatever the instance: answers hold, the check finds what is broken, text comes back the same."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from linli_solver.instances.check import faults
from linli_solver.instances.insertion import heuristic
from linli_solver.instances.manual import nearest_next
from linli_solver.instances.model import Instance, Routing, cost
from linli_solver.instances.read import parse_instance
from linli_solver.instances.solution import from_sol, to_sol

COORDINATE = some.integers(0, 60)


@some.composite
def towns(draw: Any) -> Instance:
    """Instances in Solomon's format in which every customer can be served alone."""
    rows = ["0 30 30 0 0 1000 0"]
    for n in range(1, draw(some.integers(2, 9)) + 1):
        x, y, load = draw(COORDINATE), draw(COORDINATE), draw(some.integers(1, 20))
        opens = draw(some.integers(0, 500))
        rows.append(f"{n} {x} {y} {load} {opens} {opens + draw(some.integers(60, 300))} 5")
    capacity, count = draw(some.integers(20, 60)), len(rows)
    text = f"t\nVEHICLE\nNUMBER CAPACITY\n{count} {capacity}\nCUSTOMER\n" + "\n".join(rows)
    return parse_instance(text, "t")


@given(towns())
@settings(max_examples=60, deadline=None)
def test_heuristics_hold_and_survive_their_text(instance: Instance) -> None:
    for found in (heuristic(instance), nearest_next(instance)):
        assert faults(instance, found) == []
        again = from_sol(instance, to_sol(instance, found))
        assert again.key == found.key
        assert cost(instance, again) == cost(instance, found)


@given(towns(), some.data())
@settings(max_examples=60, deadline=None)
def test_a_customer_left_out_or_visited_twice_is_noticed(instance: Instance, data: Any) -> None:
    found = heuristic(instance)
    n = data.draw(some.integers(0, len(found.routes) - 1))
    kind, nodes = found.routes[n]
    broken = nodes[1:] if data.draw(some.booleans()) else (*nodes, nodes[0])
    others = (*found.routes[:n], *found.routes[n + 1 :])
    assert faults(instance, Routing((*others, (kind, broken)))) != []


@given(towns(), some.integers(1, 99))
@settings(max_examples=15, deadline=None)
def test_the_search_s_answers_hold_and_are_no_dearer(instance: Instance, seed: int) -> None:
    data = pytest.importorskip("linli_solver.search.data")
    ils = pytest.importorskip("linli_solver.search.ils")
    form = data.InstanceData(instance)
    search = ils.Search(form.data, seed, ils.Settings(), form.prices(), form.way())
    for _ in range(30):
        before = search.best_cost
        search.step()
        assert search.best_cost <= before
    if search.best.is_feasible():
        found = form.routing(search.best)
        assert faults(instance, found) == []
        assert cost(instance, found) == search.best_cost
        assert form.routing(form.solution(found)).key == found.key
