"""Which way a box may go, whoever has it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.boxes.model import Box, Custodian, Place
from linli.boxes.refusals import BoxNotClean, BoxNotInStore, BoxNotOut, RetiredBox
from linli.boxes.rules import (
    EDGES,
    Claim,
    check_returnable,
    converted,
    hand_over,
    judge,
    may_go,
    moved,
    restored,
    valid,
    who_earns,
)
from linli.boxes.rules import HOME as HOME_OF_RETURNS
from linli.kernel.time import rfc3339

HOME = "6901234500011"
NOW = datetime(2024, 6, 28, 2, tzinfo=UTC)


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


def handed(what: Box, deposit_fen: int = 1000) -> Box:
    return hand_over(what, "resident-2", "o2/deposit", deposit_fen, order_id="o2", at=NOW)


def test_a_store_hands_a_box_over_and_a_cycle_begins_with_its_deposit() -> None:
    out = handed(box(Custodian.STORE), 1200)
    assert (out.custodian, out.custodian_id) == (Custodian.RESIDENT, "resident-2")
    assert (out.cycle, out.version) == (4, 8)
    assert (out.holder_id, out.deposit_fen) == ("resident-2", 1200)
    assert out.out_at == rfc3339(NOW)


def test_a_box_without_a_deposit_names_no_transfer() -> None:
    out = handed(box(Custodian.STORE), 0)
    assert (out.deposit_transfer_id, out.deposit_fen) == (None, 0)


@pytest.mark.parametrize("custodian", sorted(set(Custodian) - {Custodian.STORE, Custodian.COURIER}))
def test_a_box_that_neither_store_nor_courier_has_is_not_handed_over(custodian: Custodian) -> None:
    refusal = RetiredBox if custodian is Custodian.RETIRED else BoxNotInStore
    with pytest.raises(refusal):
        handed(box(custodian))


def test_a_box_packed_for_an_order_is_handed_over_with_that_order_alone() -> None:
    packed = box(Custodian.STORE).model_copy(
        update={"custodian": Custodian.ORDER, "custodian_id": "o2"}
    )
    assert handed(packed).custodian is Custodian.RESIDENT
    with pytest.raises(BoxNotInStore):
        handed(packed.model_copy(update={"custodian_id": "o3"}))


def test_an_unwashed_box_is_not_handed_over() -> None:
    with pytest.raises(BoxNotClean):
        handed(box(Custodian.STORE).model_copy(update={"clean": False}))


@pytest.mark.parametrize("kind", [Custodian.STORE, Custodian.STATION, Custodian.COURIER])
def test_a_returned_box_is_free_of_a_deposit_and_dirty(kind: Custodian) -> None:
    back = moved(box(Custodian.RESIDENT), Place(kind, "there"), NOW)
    assert (back.custodian, back.custodian_id, back.cycle) == (kind, "there", 3)
    assert (back.holder_id, back.deposit_transfer_id, back.deposit_fen) == (None, None, 0)
    assert not back.clean


@pytest.mark.parametrize("custodian", sorted(set(Custodian) - {Custodian.RESIDENT}))
def test_only_a_box_that_is_out_is_returned(custodian: Custodian) -> None:
    refusal = RetiredBox if custodian is Custodian.RETIRED else BoxNotOut
    with pytest.raises(refusal):
        check_returnable(box(custodian))


def test_a_lost_box_whose_holder_is_known_may_still_be_returned() -> None:
    lost = converted(box(Custodian.RESIDENT), NOW)
    assert (lost.custodian, lost.deposit_fen, lost.converted_fen) == (Custodian.LOST, 0, 1000)
    check_returnable(lost)
    back = moved(restored(lost), Place(Custodian.STORE, HOME), NOW)
    assert (back.deposit_fen, back.converted_fen, back.holder_id) == (0, 0, None)


@given(
    custodian=st.sampled_from(Custodian),
    kind=st.sampled_from(Custodian),
    where=st.sampled_from([HOME, "resident-1", "elsewhere"]),
    minutes=st.integers(-100, 100),
)
def test_a_scan_moves_a_box_only_forward_in_time_and_only_along_an_edge(
    custodian: Custodian, kind: Custodian, where: str, minutes: int
) -> None:
    seen = box(custodian).model_copy(update={"seen_at": rfc3339(NOW)})
    at = NOW + timedelta(minutes=minutes)
    fate = judge(seen, Place(kind, where), at)
    if Place(kind, where) == seen.place:
        assert fate == "same"
    elif minutes < 0:
        assert fate == "late"
    elif fate == "applied":
        assert may_go(custodian, kind)
        assert custodian is not Custodian.RESIDENT or kind in HOME_OF_RETURNS
    else:
        assert fate == "held"
        assert not may_go(custodian, kind) or custodian is Custodian.RESIDENT


AN, BO = Claim("c-1", "an", rfc3339(NOW)), Claim("c-2", "bo", rfc3339(NOW))


@pytest.mark.parametrize(
    ("claims", "shown", "told", "earner"),
    [
        ([AN, BO], "c-2", None, "bo"),
        ([AN, BO], None, "cy", "cy"),
        ([AN, BO], "c-1", "cy", "an"),
        ([AN, BO], None, None, None),
        ([AN], None, None, None),
        ([], None, None, None),
        ([AN, Claim("c-3", "holder", rfc3339(NOW))], None, None, "holder"),
    ],
)
def test_who_earns_a_return(
    claims: list[Claim], shown: str | None, told: str | None, earner: str | None
) -> None:
    assert who_earns(claims, claim_id=shown, returned_by=told, holder_id="holder") == earner


def test_an_announcement_stands_for_three_days() -> None:
    assert valid(AN, NOW + timedelta(hours=72))
    assert not valid(AN, NOW + timedelta(hours=72, seconds=1))


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
