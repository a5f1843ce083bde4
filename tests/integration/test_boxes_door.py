"""Boxes over HTTP, event in, answer out, with the ledger behind."""

from collections.abc import Iterator
from typing import Any

import pytest

from linli import boxes, catalogue, credit
from linli.credit import Points
from linli.kernel.errors import NotFound, Refused
from linli.kernel.ids import uuid7
from linli.kernel.tables import Table
from linli.kernel.transact import transaction
from tests.support.boxes import (
    BOX,
    HOME,
    NOW,
    OTHER,
    SECOND,
    STORE,
    announce,
    brought,
    deliver,
    give_back,
    holdings,
    look,
    register,
    shops,
    wash,
)
from tests.support.engine import Engine, engine
from tests.support.http import golden, send


@pytest.fixture
def db() -> Iterator[Engine]:
    with shops() as opened:
        yield opened


def refused(db: Engine, event: dict[str, Any], status: int, code: str) -> None:
    before = db.everything()
    answer = send("boxes", event)
    assert (answer.status, answer.code) == (status, code)
    assert db.everything() == before, "a refusal changed something"


def test_a_store_takes_a_box_into_use_once(db: Engine) -> None:
    db.forget_costs()
    first = register()
    assert (first.status, first.body["custodian"], first.body["custodian_id"]) == (
        200,
        "store",
        HOME,
    )
    assert db.written_units == 4
    before = db.everything()
    assert register().body == first.body
    assert db.everything() == before


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"body": {"store_id": OTHER}}, 404, "not_found"),
        ({"roles": "resident@wulin"}, 403, "forbidden"),
        ({"path": {"box_id": "06901234000017A17"}}, 422, "invalid"),
        ({"path": {"box_id": "box-1"}}, 422, "invalid"),
        ({"body": {"cycle": 9}}, 422, "invalid"),
        (
            {"body": {"store_id": "6901234500035"}, "roles": "store@6901234500035"},
            422,
            "unknown_store",
        ),
    ],
)
def test_a_box_that_may_not_be_registered_is_not(
    db: Engine, change: dict[str, Any], status: int, code: str
) -> None:
    refused(db, golden("box_registered", **change), status, code)


def test_a_box_of_another_store_is_not_registered_again(db: Engine) -> None:
    register()
    event = golden("box_registered", body={"store_id": OTHER}, roles=f"store@{OTHER}")
    refused(db, event, 409, "box_taken")


def test_a_return_refunds_whose_deposit_it_was_and_rewards_who_returned_it(db: Engine) -> None:
    register()
    deliver(resident="resident-9")
    assert holdings("resident-9") == (0, 1000)
    db.forget_costs()
    answer = give_back()
    assert answer.status == 201
    assert (answer.body["refund_fen"], answer.body["reward_points"]) == (1000, 5)
    assert holdings("resident-9") == (0, 0)
    assert holdings("resident-1") == (5, 0)
    assert db.calls["TransactWriteItems"] == 1
    assert db.written_units <= 27  # Two more where the order was paid, as all are but these.


def test_a_resident_who_returns_their_own_box_gets_both(db: Engine) -> None:
    register()
    deliver()
    give_back()
    assert holdings("resident-1") == (5, 0)


def test_at_the_counter_the_store_says_who_returned_it(db: Engine) -> None:
    register()
    deliver()
    assert give_back(body={"returned_by": "resident-2"}).body["reward_points"] == 5
    assert (holdings("resident-1"), holdings("resident-2")) == ((0, 0), (5, 0))


def test_a_box_that_nobody_claims_is_refunded_and_rewards_nobody(db: Engine) -> None:
    register()
    deliver()
    answer = give_back(body={"returned_by": None})
    assert (answer.status, answer.body["reward_points"], answer.body["refund_fen"]) == (
        201,
        0,
        1000,
    )
    assert holdings("resident-1") == (0, 0)


def test_the_same_return_sent_again_is_answered_the_same_and_counts_once(db: Engine) -> None:
    register()
    deliver()
    first = give_back()
    before = db.everything()
    assert (give_back().status, give_back().body) == (201, first.body)
    assert db.everything() == before


def test_a_resend_is_answered_the_same_even_when_the_box_is_out_again(db: Engine) -> None:
    register()
    deliver()
    first = give_back()
    wash()
    deliver("o2", "resident-2")
    assert give_back().body == first.body
    assert holdings("resident-2") == (0, 1000)


def test_a_box_is_returned_once(db: Engine) -> None:
    register()
    deliver()
    give_back()
    refused(db, brought(body={"id": str(uuid7())}), 409, "box_not_out")


@pytest.mark.parametrize(
    "change",
    [{"body": {"returned_by": None}}, {"body": {"box_id": SECOND}}, {"subject": "keeper-3"}],
)
def test_an_id_is_not_used_for_two_returns(db: Engine, change: dict[str, Any]) -> None:
    register()
    register(path={"box_id": SECOND})
    deliver("o1", "resident-1", BOX, SECOND)
    give_back()
    refused(db, brought(**change), 409, "id_reused")


@pytest.mark.parametrize(
    ("case", "change", "status", "code"),
    [
        ("box_returned", {"body": {"box_id": SECOND}}, 404, "not_found"),
        ("box_returned", {"body": {"box_id": "06901234000017A17"}}, 422, "invalid"),
        ("box_returned", {"body": {"store_id": "6901234500035"}}, 422, "unknown_store"),
        ("box_returned", {"body": {"returned_by": "resident-2"}}, 403, "forbidden"),
        ("box_returned", {"body": {"refund_fen": 10**6}}, 422, "invalid"),
        ("box_returned", {"body": {"id": "1"}}, 422, "invalid"),
        ("box_returned", {"roles": "courier@wulin"}, 403, "forbidden"),
        ("box_returned", {"body": {"station_id": OTHER, "store_id": None}}, 422, "unknown_station"),
        ("box_returned", {"body": {"station_id": OTHER}}, 422, "invalid"),
        ("box_returned_at_counter", {"body": {"store_id": None}}, 422, "invalid"),
        ("box_returned_at_counter", {"body": {"claim_id": str(uuid7())}}, 422, "unknown_claim"),
        ("box_returned_at_counter", {"body": {"returned_by": "keeper-1"}}, 403, "forbidden"),
        ("box_returned_at_counter", {"body": {"store_id": OTHER}}, 404, "not_found"),
    ],
)
def test_a_return_that_makes_no_sense_changes_nothing(
    db: Engine, case: str, change: dict[str, Any], status: int, code: str
) -> None:
    register()
    deliver()
    refused(db, golden(case, **change), status, code)


def test_a_box_still_in_a_store_is_not_returned(db: Engine) -> None:
    register()
    refused(db, golden("box_returned"), 409, "box_not_out")
    refused(db, brought(), 409, "box_not_out")


def test_a_retired_box_is_neither_returned_nor_handed_over() -> None:
    with engine() as db:
        catalogue.put_store(HOME, STORE, None)
        register()
        db.damage(
            Table.BOXES,
            (f"BOX#{BOX}", "BOX"),
            lambda item: item.__setitem__("custodian", {"S": "retired"}),
        )
        refused(db, golden("box_returned"), 409, "retired_box")
        refused(db, brought(), 409, "retired_box")
        with pytest.raises(boxes.RetiredBox):
            deliver()


@pytest.mark.parametrize(
    ("box_id", "refusal"), [(SECOND, NotFound), (BOX, boxes.BoxNotInStore)], ids=["unknown", "out"]
)
def test_a_delivery_with_such_a_box_changes_nothing(
    db: Engine, box_id: str, refusal: type[Refused]
) -> None:
    register()
    deliver()
    before = db.items(Table.BOXES)
    with pytest.raises(refusal):
        deliver("o2", "resident-2", box_id)
    assert db.items(Table.BOXES) == before
    assert holdings("resident-2") == (0, 0)


def test_who_sees_a_box(db: Engine) -> None:
    register()
    assert look().body["custodian_id"] == HOME
    assert look(roles="resident@wulin").status == 404
    deliver()
    assert look().body == {
        "box_id": BOX,
        "custodian": "resident",
        "custodian_id": None,
        "cycle": 1,
        "deposit_fen": 1000,
        "clean": True,
    }
    own = look(subject="resident-1", roles="resident@wulin")
    assert (own.status, own.body["custodian_id"]) == (200, "resident-1")


def test_a_box_of_another_resident_answers_as_a_missing_one(db: Engine) -> None:
    register()
    deliver(resident="resident-9")
    resident = {"subject": "resident-1", "roles": "resident@wulin"}
    foreign, missing = look(**resident), look(**resident, path={"box_id": SECOND})
    assert (foreign.status, foreign.body) == (404, missing.body)


def test_points_of_a_return_can_be_spent(db: Engine) -> None:
    register()
    deliver()
    give_back()
    with transaction() as tx:
        credit.hold_points(
            tx,
            transfer_id="o2/points",
            resident_id="resident-1",
            points=Points(5),
            on=NOW.date(),
            cap_points=Points(20),
            now=NOW,
        )
    assert credit.statement("resident-1", now=NOW).available_points == 0


def test_a_residents_word_alone_pays_nothing_and_moves_nothing(db: Engine) -> None:
    register()
    deliver(resident="resident-9")
    told = announce()
    assert (told.status, told.body["state"]) == (202, "pending")
    assert (told.body["refund_fen"], told.body["reward_points"]) == (0, 0)
    assert holdings("resident-1") == (0, 0)
    assert holdings("resident-9") == (0, 1000)
    assert look().body["custodian"] == "resident"
    assert announce().body == told.body


def test_who_announced_earns_when_the_store_has_the_box(db: Engine) -> None:
    register()
    deliver(resident="resident-9")
    claim = announce()
    stranger = announce(body={"id": str(uuid7())}, subject="resident-2")
    shown = {"claim_id": stranger.body["id"], "returned_by": None}
    assert give_back(body=shown).body["reward_points"] == 5
    assert claim.status == stranger.status == 202
    assert (holdings("resident-2"), holdings("resident-1")) == ((5, 0), (0, 0))
    assert holdings("resident-9") == (0, 0)


@pytest.mark.parametrize(
    ("announced", "earner"),
    [
        (("resident-1",), None),
        (("resident-1", "resident-9"), "resident-9"),
        (("resident-9",), "resident-9"),
        (("resident-1", "resident-2"), None),
        ((), None),
    ],
    ids=["a stranger", "the holder, too", "the holder", "two strangers", "nobody"],
)
def test_who_earns_when_nobody_shows_anything(
    db: Engine, announced: tuple[str, ...], earner: str | None
) -> None:
    register()
    deliver(resident="resident-9")
    for who in announced:
        announce(body={"id": str(uuid7())}, subject=who)
    answer = give_back(body={"returned_by": None})
    assert (answer.body["refund_fen"], answer.body["reward_points"]) == (1000, 5 if earner else 0)
    points = {who: holdings(who)[0] for who in ("resident-1", "resident-2", "resident-9")}
    assert points == {who: 5 if who == earner else 0 for who in points}


def test_nobody_announces_more_boxes_than_anybody_carries(db: Engine) -> None:
    register()
    deliver()
    for _ in range(20):
        assert announce(body={"id": str(uuid7())}).status == 202
    refused(db, golden("box_returned", body={"id": str(uuid7())}), 409, "too_many_returns")


def test_a_box_that_came_back_goes_out_again_only_washed_and_inspected(db: Engine) -> None:
    register()
    deliver()
    give_back()
    with pytest.raises(boxes.BoxNotClean):
        deliver("o2", "resident-2")
    told = wash()
    assert (told.status, told.body["outcome"], told.body["washes"]) == (201, "clean", 1)
    with transaction() as tx:  # The first attempt left its deposit pending.
        credit.void(tx, transfer_id="o2/deposit", resident_id="resident-2", now=NOW)
    deliver("o3", "resident-2")
    assert look().body["cycle"] == 2


def test_a_broken_box_is_retired_and_a_resend_says_so_again(db: Engine) -> None:
    register()
    deliver()
    give_back()
    same = {"id": str(uuid7())}
    first = wash(result="broken", body=same)
    assert (first.body["outcome"], look().body["custodian"]) == ("broken", "retired")
    before = db.everything()
    assert wash(result="broken", body=same).body == first.body
    assert db.everything() == before
    event = golden("box_inspected", body=same | {"box_id": SECOND})
    refused(db, event, 409, "id_reused")
    refused(db, golden("box_inspected"), 409, "retired_box")


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"body": {"box_id": SECOND}}, 404, "not_found"),
        ({"body": {"store_id": OTHER}}, 404, "not_found"),
        ({"body": {"result": "fine"}}, 422, "invalid"),
        ({"roles": "resident@wulin"}, 403, "forbidden"),
        ({"body": {"store_id": OTHER}, "roles": f"store@{OTHER}"}, 409, "box_elsewhere"),
    ],
)
def test_an_inspection_that_makes_no_sense_changes_nothing(
    db: Engine, change: dict[str, Any], status: int, code: str
) -> None:
    register()
    refused(db, golden("box_inspected", **change), status, code)


def test_a_box_out_with_a_resident_is_not_inspected(db: Engine) -> None:
    register()
    deliver()
    refused(db, golden("box_inspected"), 409, "box_elsewhere")


def test_ten_rewarded_returns_earn_a_coupon_and_a_day_rewards_ten(db: Engine) -> None:
    register()
    for n in range(11):
        deliver(f"o{n}")
        answer = give_back(body={"id": str(uuid7())})
        assert (answer.status, answer.body["refund_fen"]) == (201, 1000)
        assert answer.body["reward_points"] == (5 if n < 10 else 0)
        assert answer.body["coupons"] == (1 if n == 9 else 0)
        wash()
    assert holdings("resident-1") == (50, 0)
    assert [coupon.kind for coupon in credit.list_coupons("resident-1")] == ["yuan_20"]
