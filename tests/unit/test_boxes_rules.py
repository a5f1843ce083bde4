"""Which way a box may go, whoever has it."""

import pytest

from linli.boxes.model import Box, BoxNotInStore, BoxNotOut, Custodian, RetiredBox
from linli.boxes.rules import EDGES, hand_over, may_go, take_back

HOME = "6901234500011"


def box(custodian: Custodian) -> Box:
    out = custodian is Custodian.RESIDENT
    return Box(
        box_id="06901234000016A17",
        custodian=custodian,
        custodian_id="resident-1" if out else HOME,
        cycle=3,
        version=7,
        registered_at_store=HOME,
        holder_id="resident-1" if out else None,
        deposit_transfer_id="o/deposit" if out else None,
        deposit_fen=1000 if out else 0,
    )


def test_a_store_hands_a_box_over_and_a_cycle_begins_with_its_deposit() -> None:
    out = hand_over(box(Custodian.STORE), "resident-2", "o2/deposit", 1200)
    assert (out.custodian, out.custodian_id) == (Custodian.RESIDENT, "resident-2")
    assert (out.cycle, out.version) == (4, 8)
    assert (out.holder_id, out.deposit_fen) == ("resident-2", 1200)


def test_a_box_without_a_deposit_names_no_transfer() -> None:
    out = hand_over(box(Custodian.STORE), "resident-2", "o2/deposit", 0)
    assert (out.deposit_transfer_id, out.deposit_fen) == (None, 0)


@pytest.mark.parametrize(
    ("custodian", "refusal"),
    [
        (c, RetiredBox if c is Custodian.RETIRED else BoxNotInStore)
        for c in Custodian
        if c is not Custodian.STORE
    ],
)
def test_only_a_box_in_a_store_is_handed_over(
    custodian: Custodian, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        hand_over(box(custodian), "resident-2", "o2/deposit", 1000)


def test_a_returned_box_is_in_the_store_and_free_of_a_deposit() -> None:
    back = take_back(box(Custodian.RESIDENT), HOME)
    assert (back.custodian, back.custodian_id, back.cycle) == (Custodian.STORE, HOME, 3)
    assert (back.holder_id, back.deposit_transfer_id, back.deposit_fen) == (None, None, 0)


@pytest.mark.parametrize(
    ("custodian", "refusal"),
    [
        (c, RetiredBox if c is Custodian.RETIRED else BoxNotOut)
        for c in Custodian
        if c is not Custodian.RESIDENT
    ],
)
def test_only_a_box_that_is_out_is_returned(custodian: Custodian, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        take_back(box(custodian), HOME)


def test_each_kind_of_custodian_has_its_ways() -> None:
    assert set(EDGES) == set(Custodian)


@pytest.mark.parametrize("kind", sorted(Custodian))
def test_a_retired_box_stays_retired_and_no_box_stays_where_it_is(kind: Custodian) -> None:
    assert not may_go(Custodian.RETIRED, kind)
    assert not may_go(kind, kind)


def test_a_resident_neither_retires_nor_washes_a_box() -> None:
    ways = EDGES[Custodian.RESIDENT]
    assert ways == {Custodian.STORE, Custodian.STATION, Custodian.COURIER, Custodian.LOST}


@pytest.mark.parametrize("kind", sorted(set(Custodian) - {Custodian.RETIRED}))
def test_from_everywhere_but_retirement_a_box_comes_back_to_a_store(kind: Custodian) -> None:
    reached, frontier = {kind}, {kind}
    while frontier:
        frontier = {to for at in frontier for to in EDGES[at]} - reached
        reached |= frontier
    assert Custodian.STORE in reached
