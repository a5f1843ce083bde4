"""The threshold between large and light drops follows from what unloadings have shown."""

import io
import json
import sys
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.unloading.run import FIRST_TRY, Assumed, history
from linli.kernel.geography import Point
from linli.routing.codec import plan_from_json, problem_from_json, problem_to_json
from linli.routing.drops import planned_whole
from linli.routing.insertion import insertion
from linli.routing.model import Problem, Window
from linli.routing.plan import Reason, Route, Unserved
from linli.routing.rules import (
    CAPACITY,
    CourierOffer,
    Doorstep,
    StoreSite,
    VehicleKind,
    problem_for,
)
from linli.routing.solve import solve
from linli.routing.timetable import plan_for, route_for
from linli.routing.unloading import (
    ENOUGH,
    LARGE,
    NEVER,
    Item,
    Judged,
    Unloading,
    judged,
    segmented,
    tallied,
    threshold_grams,
)
from linli.routing.verify import Code, verify
from linli.routing.visits import Call, Kind
from linli_solver.__main__ import main

HALL = Point(121.47, 31.23)
DOOR = Doorstep("o1", HALL, 5, False, {"hall": (9_000, 1), "market": (1_000, 0)}, Window(0, 7_200))
ITEMS = {"hall": [Item(8_000, 1), Item(500, 2)], "market": [Item(500, 2)]}


def tried(threshold: int, seconds: int, complaints: int, times: int = ENOUGH) -> list[Unloading]:
    return [Unloading(threshold, seconds, 20, 5, complaints) for _ in range(times)]


def learnt(history: list[Unloading]) -> int:
    return threshold_grams(tallied(history))


def judgement(history: list[Unloading]) -> list[Judged]:
    return judged(tallied(history))


def test_what_is_faster_and_annoys_nobody_is_chosen() -> None:
    assert learnt([*tried(NEVER, 600, 0), *tried(3_000, 400, 0)]) == 3_000


def test_what_is_faster_but_annoys_many_is_not() -> None:
    assert learnt([*tried(NEVER, 600, 0), *tried(3_000, 590, 3)]) == NEVER


def test_of_equals_fewer_orders_are_split() -> None:
    assert learnt([*tried(1_000, 400, 0), *tried(5_000, 400, 0)]) == 5_000


def test_a_threshold_tried_too_seldom_is_not_judged() -> None:
    assert learnt([*tried(3_000, 1, 0, ENOUGH - 1)]) == NEVER
    assert learnt([]) == NEVER


def test_a_lucky_month_without_a_complaint_counts_only_as_much_as_its_orders() -> None:
    few = judgement([*tried(NEVER, 600, 1, 400), *tried(3_000, 600, 0)])
    rates = {each.threshold_grams: each.complaint_rate for each in few}
    assert 0 < rates[3_000] < rates[NEVER]


def test_the_simulation_learns_as_the_source_tells() -> None:
    """Unloading is far faster than in one drop; complaints fewer than at the first try."""
    best = learnt(history(1, 300))
    fresh = {each.threshold_grams: each for each in judgement(history(2, 300))}
    assert fresh[best].items_per_hour > 1.2 * fresh[NEVER].items_per_hour
    assert fresh[best].complaint_rate < fresh[FIRST_TRY].complaint_rate


def test_where_large_items_cost_little_and_two_rings_annoy_hardly_any_order_is_split() -> None:
    assert learnt(history(1, 300, Assumed(35, 0.06))) >= 8_000


def test_an_order_becomes_two_drops_with_all_its_grams() -> None:
    light, large = segmented(DOOR, ITEMS, 3_000, neighbours=1)
    assert light.parts == {"hall": (1_000, 1), "market": (1_000, 0)}
    assert large.parts == {"hall": (8_000, 0)}
    assert (light.order_id, large.order_id, large.drop_of) == ("o1", "o1" + LARGE, "o1")
    assert light.penalty_fen + large.penalty_fen == DOOR.penalty_fen


@pytest.mark.parametrize(("threshold", "neighbours"), [(3_000, 0), (NEVER, 5), (1, 5)])
def test_an_order_stays_one_drop_where_nothing_is_won(threshold: int, neighbours: int) -> None:
    assert segmented(DOOR, ITEMS, threshold, neighbours) == (DOOR,)


def test_both_drops_are_stops_of_one_order() -> None:
    drops = segmented(DOOR, ITEMS, 3_000, neighbours=1)
    stores = [StoreSite("hall", HALL), StoreSite("market", HALL)]
    rider = CourierOffer("c1", "e_bike", HALL, Window(0, 7_200))
    problem = problem_for(stores, drops, [rider])
    assert [stop.order for stop in problem.stops] == ["o1", "o1"]


MASSES = st.lists(st.builds(Item, st.integers(1, 9_000), st.integers(1, 5)), min_size=1)


@given(items=MASSES, threshold=st.integers(1, 9_000), boxes=st.integers(0, 3))
def test_no_gram_and_no_box_is_lost_by_splitting(
    items: list[Item], threshold: int, boxes: int
) -> None:
    grams = sum(each.grams * each.units for each in items)
    door = replace(DOOR, parts={"hall": (grams, boxes)})
    drops = segmented(door, {"hall": items}, threshold, neighbours=3)
    parts = [part for drop in drops for part in drop.parts.values()]
    assert (sum(g for g, _ in parts), sum(b for _, b in parts)) == (grams, boxes)
    assert all(drop.parts for drop in drops)


@st.composite
def towers(draw: st.DrawFn) -> Problem:
    """Orders to a few buildings, some in two drops, with what may not fit into time or room."""
    stores = [StoreSite("hall", HALL), StoreSite("market", Point(121.472, 31.231))]
    towers = [Point(121.471 + n / 400, 31.229) for n in range(3)]
    drops: list[Doorstep] = []
    for n in range(draw(st.integers(1, 6))):
        opens = draw(st.sampled_from([0, 0, 900]))
        givers = draw(st.sampled_from([["hall"], ["hall", "market"]]))
        items = {each: draw(MASSES) for each in givers}
        parts = {s: (sum(i.grams * i.units for i in each), 0) for s, each in items.items()}
        door = Doorstep(
            f"o{n}",
            draw(st.sampled_from(towers)),
            draw(st.integers(1, 9)),
            draw(st.booleans()),
            parts,
            Window(opens, opens + draw(st.sampled_from([300, 1_500, 5_000]))),
            priority=draw(st.sampled_from([0, 0, 9])),
            cold_limits=draw(st.sampled_from([{}, {"hall": 1_200}])),
            late_fen_per_minute=draw(st.sampled_from([0, 50])),
            due_seconds=draw(st.sampled_from([None, opens])),
        )
        drops += segmented(door, items, 3_000, neighbours=1)
    kinds: list[VehicleKind] = draw(st.lists(st.sampled_from(list(CAPACITY)), max_size=3))
    riders = [CourierOffer(f"c{n}", kind, HALL, Window(0, 7_200)) for n, kind in enumerate(kinds)]
    return problem_for(stores, drops, riders)


@settings(max_examples=150, deadline=None)
@given(towers())
def test_drops_of_an_order_ride_together_and_the_plan_holds(problem: Problem) -> None:
    plan = planned_whole(problem, insertion)
    assert verify(problem, plan) == []
    assert solve(problem, None, 1).routes == plan.routes
    assert problem_from_json(problem_to_json(problem)) == problem


def neighbours() -> Problem:
    away = Point(121.48, 31.24)
    doors = [replace(DOOR, order_id=name, at=away) for name in ("o1", "o2")]
    drops = [each for door in doors for each in segmented(door, ITEMS, 3_000, neighbours=1)]
    stores = [StoreSite("hall", HALL), StoreSite("market", HALL)]
    riders = [CourierOffer(name, "e_bike", HALL, Window(0, 7_200)) for name in ("c1", "c2")]
    return problem_for(stores, drops, riders)


def test_what_is_light_is_unloaded_for_all_neighbours_before_what_is_large() -> None:
    plan = planned_whole(neighbours(), insertion)
    (route,) = plan.routes
    assert [each.endswith(LARGE) for each in route.stop_ids] == [False, False, True, True]


def test_an_order_that_is_parted_between_couriers_or_in_part_left_out_is_no_plan() -> None:
    problem = neighbours()
    (route,) = planned_whole(problem, insertion).routes
    large = "o2" + LARGE
    rest = set(route.stop_ids) - {large}
    one, other = (ridden(problem, n, ids) for n, ids in enumerate([rest, {large}]))
    parted = plan_for(problem, "mutant", [one, other])
    assert [(each.code, each.where) for each in verify(problem, parted)] == [
        (Code.DROPS_APART, large)
    ]
    torn = replace(plan_for(problem, "mutant", [one]), unserved=(Unserved(large, Reason.NO_ROOM),))
    assert Code.DROPS_APART in {each.code for each in verify(problem, torn)}


def ridden(problem: Problem, n: int, stop_ids: set[str]) -> Route:
    """Courier `n` brings what is named, and nothing else."""
    stops = [stop for stop in problem.stops if stop.id in stop_ids]
    calls = [Call(Kind.COLLECT, part.depot_id, (stop.id,)) for stop in stops for part in stop.parts]
    calls += [Call(Kind.DELIVER, stop.id, (stop.id,)) for stop in stops]
    route = route_for(problem, problem.vehicles[n], calls)
    assert isinstance(route, Route)
    return route


def test_the_command_line_keeps_the_drops_of_an_order_together(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    problem = neighbours()
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(problem_to_json(problem))))
    assert main(["route", "--seconds", "0.3"]) == 0
    plan = plan_from_json(json.loads(capsys.readouterr().out))
    assert (verify(problem, plan), plan.unserved) == ([], ())
