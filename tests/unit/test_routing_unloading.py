"""The threshold between large and light drops follows from what unloadings have shown."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.unloading.run import FIRST_TRY, Assumed, history
from linli.kernel.geography import Point
from linli.routing.model import Window
from linli.routing.rules import CourierOffer, Doorstep, StoreSite, problem_for
from linli.routing.unloading import (
    ENOUGH,
    LARGE,
    NEVER,
    Item,
    Unloading,
    judged,
    segmented,
    threshold_grams,
)

HALL = Point(121.47, 31.23)
DOOR = Doorstep("o1", HALL, 5, False, {"hall": (9_000, 1), "market": (1_000, 0)}, Window(0, 7_200))
ITEMS = {"hall": [Item(8_000, 1), Item(500, 2)], "market": [Item(500, 2)]}


def tried(threshold: int, seconds: int, complaints: int, times: int = ENOUGH) -> list[Unloading]:
    return [Unloading(threshold, seconds, 20, 5, complaints) for _ in range(times)]


def test_what_is_faster_and_annoys_nobody_is_chosen() -> None:
    assert threshold_grams([*tried(NEVER, 600, 0), *tried(3_000, 400, 0)]) == 3_000


def test_what_is_faster_but_annoys_many_is_not() -> None:
    assert threshold_grams([*tried(NEVER, 600, 0), *tried(3_000, 590, 3)]) == NEVER


def test_of_equals_fewer_orders_are_split() -> None:
    assert threshold_grams([*tried(1_000, 400, 0), *tried(5_000, 400, 0)]) == 5_000


def test_a_threshold_tried_too_seldom_is_not_judged() -> None:
    assert threshold_grams([*tried(3_000, 1, 0, ENOUGH - 1)]) == NEVER
    assert threshold_grams([]) == NEVER


def test_a_lucky_month_without_a_complaint_counts_only_as_much_as_its_orders() -> None:
    few = judged([*tried(NEVER, 600, 1, 400), *tried(3_000, 600, 0)])
    rates = {each.threshold_grams: each.complaint_rate for each in few}
    assert 0 < rates[3_000] < rates[NEVER]


def test_the_simulation_learns_as_the_source_tells() -> None:
    """Unloading is far faster than in one drop; complaints fewer than at the first try."""
    learnt = threshold_grams(history(1, 300))
    fresh = {each.threshold_grams: each for each in judged(history(2, 300))}
    assert fresh[learnt].items_per_hour > 1.2 * fresh[NEVER].items_per_hour
    assert fresh[learnt].complaint_rate < fresh[FIRST_TRY].complaint_rate


def test_where_large_items_cost_little_and_two_rings_annoy_hardly_any_order_is_split() -> None:
    assert threshold_grams(history(1, 300, Assumed(35, 0.06))) >= 8_000


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
