"""Scans that come late, twice, out of order or offline: history is filled, the present stands."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from linli import boxes, cases
from linli.kernel.errors import Forbidden, IdReused, Invalid, NotFound, Refused
from linli.kernel.ids import uuid7
from tests.support.boxes import BOX, HOME, NOW, OTHER, SECOND, deliver, holdings
from tests.support.engine import Engine
from tests.support.http import golden, send
from tests.support.packaging import (
    CITY,
    COURIER,
    KEEPER,
    OTHER_KEEPER,
    REWARD,
    STATION,
    announce,
    find_station,
    scan,
    stations,
    where,
)

HOUR = timedelta(hours=1)


@pytest.fixture
def db() -> Iterator[Engine]:
    with stations() as opened:
        yield opened


def inspected(result: str) -> None:
    body = {"id": uuid7(), "box_id": BOX, "store_id": HOME, "result": result}
    command = boxes.InspectBox.model_validate(body)
    boxes.inspect(command, caller=KEEPER, now=NOW)


def held() -> int:
    at = find_station()
    assert at is not None
    return at.held_boxes


def steps(box_id: str = BOX) -> list[tuple[str, str]]:
    told = boxes.history(box_id, caller=KEEPER)
    return [(step.fate, step.went_to.value) for step in told.steps]


def test_a_box_goes_its_way_by_scans_and_has_one_custodian_at_a_time(db: Engine) -> None:
    later = NOW + HOUR
    assert scan("order", "o1", at=NOW, now=NOW).fate == "applied"
    assert where() == ("order", "o1")
    assert scan("courier", at=later, now=later, caller=COURIER).fate == "applied"
    assert where() == ("courier", "courier-1")
    deliver("o1", "resident-1")
    assert where() == ("resident", "resident-1")


def test_a_scan_sent_again_is_answered_the_same_and_counts_once(db: Engine) -> None:
    deliver()
    scan_id = uuid7()
    first = scan("station", STATION, at=NOW, now=NOW, scan_id=scan_id, returned_by="resident-2")
    before = db.everything()
    again = scan(
        "station", STATION, at=NOW, now=NOW + 960 * HOUR, scan_id=scan_id, returned_by="resident-2"
    )
    assert (again, db.everything()) == (first, before)
    assert (first.refund_fen, first.reward_points) == (1000, 5)
    assert holdings("resident-2") == (5, 0)
    with pytest.raises(IdReused):
        scan("store", at=NOW, now=NOW, scan_id=scan_id)


def test_a_late_scan_fills_history_and_moves_nothing(db: Engine) -> None:
    """The courier took it at half past nine, the store had it at ten; the former is told later."""
    deliver()
    ten, eleven = NOW + HOUR, NOW + 2 * HOUR
    assert scan("store", at=ten, now=ten, returned_by="resident-2").fate == "applied"
    told = scan("courier", at=NOW + HOUR / 2, now=eleven, caller=COURIER)
    assert (told.fate, told.refund_fen, told.reward_points) == ("late", 0, 0)
    assert where() == ("store", HOME)
    assert steps()[-2:] == [("late", "courier"), ("moved", "store")]
    assert holdings("resident-2") == (5, 0)


def test_a_return_that_is_told_before_the_delivery_waits_for_it(db: Engine) -> None:
    told = scan("station", STATION, at=NOW + HOUR, now=NOW + HOUR)
    assert (told.fate, where()) == ("held", ("store", HOME))
    deliver()  # The courier's report, late.
    assert boxes.history(BOX, caller=KEEPER).conflicts == 1
    moved = boxes.settle(BOX, now=NOW + 2 * HOUR, reward_points=REWARD)
    assert (moved, where()) == (1, ("station", STATION))
    assert holdings("resident-1") == (0, 0)
    assert boxes.history(BOX, caller=KEEPER).conflicts == 0
    assert boxes.settle(BOX, now=NOW + 3 * HOUR, reward_points=REWARD) == 0


def test_a_store_that_has_the_box_before_its_delivery_is_told_gets_it_back(db: Engine) -> None:
    assert scan("store", at=NOW + HOUR, now=NOW + HOUR).fate == "same"
    deliver()
    assert boxes.settle(BOX, now=NOW + 2 * HOUR, reward_points=REWARD) == 1
    assert where() == ("store", HOME)
    assert holdings("resident-1") == (0, 0)


def test_what_nobody_can_explain_becomes_a_case_of_the_community(db: Engine) -> None:
    assert scan("station", STATION).fate == "held"
    assert boxes.settle(BOX, now=NOW + HOUR, reward_points=REWARD) == 0
    boxes.settle(BOX, now=NOW + 49 * HOUR, reward_points=REWARD)
    assert boxes.history(BOX, caller=CITY).conflicts == 1
    (case,) = cases.of_community("wulin")
    assert (case.kind, case.owner, case.about["box_id"]) == ("box_conflict", "city@wulin", BOX)
    assert where() == ("store", HOME)


@pytest.mark.parametrize(
    ("kind", "place_id", "more", "refusal"),
    [
        ("store", OTHER, {}, NotFound),
        ("order", None, {}, Invalid),
        ("station", None, {}, Invalid),
        ("station", OTHER, {}, boxes.UnknownStation),
        ("station", STATION, {"caller": OTHER_KEEPER}, NotFound),
        ("store", None, {"caller": COURIER}, NotFound),
        ("courier", "courier-2", {"caller": COURIER}, NotFound),
        ("store", None, {"at": NOW + HOUR}, boxes.FromTheFuture),
        ("store", None, {"at": NOW - timedelta(days=31)}, boxes.TooOld),
        ("washing", None, {"box_id": "06901234000016Z99"}, NotFound),
        ("washing", None, {"returned_by": "keeper-1"}, Forbidden),
    ],
)
def test_a_scan_that_makes_no_sense_changes_nothing(
    db: Engine, kind: str, place_id: str | None, more: dict[str, object], refusal: type[Refused]
) -> None:
    before = db.everything()
    with pytest.raises(refusal):
        scan(kind, place_id, **more)  # type: ignore[arg-type]
    assert db.everything() == before


def test_a_claim_of_another_box_confirms_nothing(db: Engine) -> None:
    deliver()
    before = db.everything()
    with pytest.raises(boxes.UnknownClaim):
        scan("store", claim_id=uuid7())
    assert db.everything() == before


def test_a_retired_box_is_refused_and_its_past_still_told(db: Engine) -> None:
    deliver()
    scan("store")
    inspected("broken")
    with pytest.raises(boxes.RetiredBox):
        scan("station", STATION, at=NOW + HOUR, now=NOW + HOUR)
    late = scan("courier", at=NOW - HOUR, now=NOW + HOUR, caller=COURIER)
    assert (late.fate, where()[0]) == ("late", "retired")


def test_an_unwashed_box_is_not_packed(db: Engine) -> None:
    deliver()
    scan("store")
    with pytest.raises(boxes.BoxNotClean):
        scan("order", "o2")
    inspected("clean")
    assert scan("order", "o2").fate == "applied"


def test_a_keeper_does_not_say_that_a_courier_took_a_residents_box(db: Engine) -> None:
    deliver()
    before = db.everything()
    with pytest.raises(Forbidden):
        scan("courier", "courier-1")
    assert db.everything() == before
    assert scan("courier", caller=COURIER).refund_fen == 1000


def test_a_lost_box_is_found_again(db: Engine) -> None:
    scan("lost")
    assert where()[0] == "lost"
    later = NOW + HOUR
    assert scan("store", at=later, now=later).fate == "applied"
    assert where() == ("store", HOME)


def test_a_box_with_a_resident_is_not_lost_by_a_keepers_word(db: Engine) -> None:
    deliver()
    assert scan("lost").fate == "held"
    assert holdings("resident-1") == (0, 1000)


def test_a_station_is_emptied_and_counts_along(db: Engine) -> None:
    deliver()
    scan("station", STATION)
    assert held() == 1
    later = NOW + HOUR
    scan("store", at=later, now=later)
    assert held() == 0


def test_several_scans_are_told_at_once_and_refused_one_by_one(db: Engine) -> None:
    event = golden("boxes_scanned")
    (one,) = json.loads(event["body"])["scans"]
    one["at"] = datetime.now(UTC).isoformat()
    two = one | {"id": str(uuid7()), "box_id": "06901234000016Z99"}
    answer = send("boxes", golden("boxes_scanned", body={"scans": [one, two]}))
    assert answer.status == 200
    assert [each["code"] for each in answer.body["scans"]] == [None, "not_found"]
    assert answer.body["scans"][0]["scanned"]["fate"] == "same"


def test_history_leaves_people_out_and_is_not_for_residents(db: Engine) -> None:
    deliver(resident="resident-9")
    announce()
    answer = send("boxes", golden("box_history"))
    assert answer.status == 200
    assert "resident-" not in str(answer.body)
    assert [step["went_to"] for step in answer.body["steps"]] == ["store", "resident"]
    assert send("boxes", golden("box_history", roles="resident@wulin")).status == 403
    assert send("boxes", golden("box_history", roles="city@elsewhere")).status == 404


@pytest.mark.parametrize("kind", ["lost", "retired"])
def test_a_store_gives_up_only_boxes_that_it_has(db: Engine, kind: str) -> None:
    before = db.everything()
    with pytest.raises(boxes.BoxElsewhere):
        scan(kind, caller=OTHER_KEEPER)
    scan("courier", "courier-1")
    after = db.everything()
    with pytest.raises(boxes.BoxElsewhere):
        scan("lost", caller=OTHER_KEEPER, at=NOW, now=NOW)
    assert (before != after, db.everything()) == (True, after)
    scan("lost", at=NOW, now=NOW)
    assert where() == ("lost", HOME)


def test_nobody_confirms_the_return_of_their_own_box(db: Engine) -> None:
    """Whoever holds it says that they have it, as a keeper or as a courier: somebody else must."""
    deliver("o1", KEEPER.subject, BOX)
    deliver("o2", COURIER.subject, SECOND)
    ten = NOW + HOUR
    assert scan("store", at=ten, now=ten).fate == "held"
    command = boxes.ReturnBox(id=uuid7(), box_id=BOX, store_id=HOME)
    with pytest.raises(Forbidden):
        boxes.take_back(command, caller=KEEPER, now=ten, reward_points=REWARD)
    told = scan("courier", box_id=SECOND, at=ten, now=ten, caller=COURIER)
    assert (told.fate, told.refund_fen) == ("held", 0)
    assert (where(BOX)[0], where(SECOND)[0]) == ("resident", "resident")
    other = scan("store", OTHER, at=ten, now=ten, caller=OTHER_KEEPER)
    assert (other.fate, other.refund_fen) == ("applied", 1000)
