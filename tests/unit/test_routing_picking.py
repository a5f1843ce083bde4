"""A store's picks are walked once: ambient, chilled, frozen; aisle by aisle, there and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.routing.picking import ZONES, Slot, natural, picking_order


def walk(*slots: Slot) -> list[tuple[str, str]]:
    return [(each.zone, each.shelf) for each in picking_order(slots, lambda each: each)]


def test_what_is_cold_is_picked_last() -> None:
    order = walk(Slot("frozen", "F-1"), Slot("ambient", "Z-9"), Slot("chilled", "A-1"))
    assert [zone for zone, _ in order] == ["ambient", "chilled", "frozen"]


def test_aisles_are_walked_there_and_back() -> None:
    shelves = ["B-1", "A-1", "A-10", "B-10", "A-2", "C-1", "C-2"]
    order = [shelf for _, shelf in walk(*(Slot("ambient", each) for each in shelves))]
    assert order == ["A-1", "A-2", "A-10", "B-10", "B-1", "C-1", "C-2"]


def test_a_line_without_a_shelf_is_looked_for_last_in_its_zone() -> None:
    order = walk(Slot("ambient"), Slot("chilled", "A-1"), Slot("ambient", "A-1"))
    assert order == [("ambient", "A-1"), ("ambient", ""), ("chilled", "A-1")]


def test_lines_of_one_shelf_keep_their_order_whichever_way_the_aisle_is_walked() -> None:
    lines = [("x", "A-1"), ("b", "B-1"), ("a", "B-1")]
    order = picking_order(lines, lambda line: Slot("ambient", line[1]))
    assert order == lines


def test_an_unknown_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="lukewarm"):
        walk(Slot("lukewarm"))


LABELS = st.from_regex(r"\A[A-D]-[0-9]{1,2}\Z")


@given(st.lists(st.builds(Slot, st.sampled_from(ZONES), LABELS)))
def test_every_line_is_picked_once_and_no_aisle_is_entered_twice(slots: list[Slot]) -> None:
    order = picking_order(slots, lambda each: each)
    assert sorted(order, key=repr) == sorted(slots, key=repr)
    entered = [(each.zone, each.aisle) for each in order]
    changes = [a for n, a in enumerate(entered) if n == 0 or entered[n - 1] != a]
    assert len(changes) == len(set(changes))
    numbers = [natural(each.shelf) for each in order if each.aisle == "A" and each.zone == "frozen"]
    assert numbers in (sorted(numbers), sorted(numbers, reverse=True))
