"""Empties fetched at the door, as residents, waves and couriers have to do with them."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import pytest

from linli import boxes, payments, slots
from linli.boxes import RequestEmpties, Taken
from linli.boxes.events import event_of
from linli.kernel.errors import IdReused, Invalid, NotFound, Refused
from linli.kernel.tables import Table
from linli.kernel.transact import transaction
from tests.support.boxes import BOX, HOME, NOW, SECOND, deliver, holdings
from tests.support.engine import Engine
from tests.support.http import golden
from tests.support.packaging import KEEPER, RESIDENT, REWARD, SLOT, stations, where

ASKED = RequestEmpties.model_validate_json(golden("empties_asked")["body"])
REQUEST = str(ASKED.id)
HOUR = timedelta(hours=1)


@pytest.fixture
def db() -> Iterator[Engine]:
    with stations() as opened:
        yield opened


def ask(command: RequestEmpties = ASKED, now: datetime = NOW) -> boxes.EmptiesView:
    return boxes.request_empties(command, caller=RESIDENT, now=now)


def attach(wave_id: str = SLOT) -> None:
    with transaction() as tx:
        boxes.attach_empties(tx, REQUEST, wave_id)


def take(box_ids: Sequence[str], at: datetime = NOW) -> Taken:
    with transaction() as tx:
        return boxes.take_empties(
            tx,
            REQUEST,
            courier_id="courier-1",
            box_ids=box_ids,
            at=at,
            now=NOW,
            reward_points=REWARD,
        )


def state() -> str:
    return boxes.read_empties(REQUEST, caller=RESIDENT).state


def test_a_request_is_found_by_its_slot_until_it_has_ended(db: Engine) -> None:
    assert ask() == ask()
    (found,) = boxes.empties_for("wulin", SLOT)
    assert (found.request_id, found.resident_id, found.box_count) == (REQUEST, "resident-1", 2)
    assert (found.floor, found.has_lift, found.point.lon) == (6, True, 120.16)
    assert boxes.empties_for("elsewhere", SLOT) == ()
    attach()
    attach()
    assert boxes.empties_for("wulin", SLOT) == (found,)
    take([])
    assert (state(), boxes.empties_for("wulin", SLOT)) == ("failed", ())


def test_boxes_taken_at_the_door_are_returned_together(db: Engine) -> None:
    """Two are the asker's own, on one balance."""
    deliver("o1", "resident-1", BOX, SECOND)
    ask()
    attach()
    taken = take([BOX, SECOND])
    assert taken == Taken({BOX: "applied", SECOND: "applied"}, 2000, 10, 0)
    assert (where(BOX), where(SECOND)) == (("courier", "courier-1"),) * 2
    assert holdings("resident-1") == (10, 0)
    told = boxes.read_empties(REQUEST, caller=RESIDENT)
    assert (told.state, told.refund_fen, told.taken_boxes) == ("taken", 2000, [BOX, SECOND])


def test_a_neighbours_box_refunds_the_neighbour_and_rewards_who_asked(db: Engine) -> None:
    deliver("o1", "resident-1", BOX)
    deliver("o2", "resident-9", SECOND)
    ask()
    assert take([BOX, SECOND]).refund_fen == 2000
    assert (holdings("resident-1"), holdings("resident-9")) == ((10, 0), (0, 0))


def test_a_box_that_the_books_have_in_a_store_waits_in_its_history(db: Engine) -> None:
    deliver("o1", "resident-1", BOX)
    ask()
    taken = take([BOX, SECOND])
    assert taken == Taken({BOX: "applied", SECOND: "held"}, 1000, 5, 0)
    assert where(SECOND)[0] == "store"
    deliver("o2", "resident-2", SECOND)
    assert boxes.settle(SECOND, now=NOW + HOUR, reward_points=REWARD) == 1
    assert where(SECOND) == ("courier", "courier-1")
    assert holdings("resident-2") == (0, 0)


def test_a_pick_up_is_told_once(db: Engine) -> None:
    deliver()
    ask()
    take([BOX])
    with pytest.raises(boxes.EmptiesGone):
        take([BOX])
    assert holdings("resident-1") == (5, 0)


@pytest.mark.parametrize(
    ("box_ids", "at", "refusal"),
    [
        (["06901234000016Z99"], NOW, NotFound),
        ([BOX, BOX], NOW, Invalid),
        ([BOX], NOW + HOUR, boxes.FromTheFuture),
        ([BOX], NOW - timedelta(days=31), boxes.TooOld),
    ],
)
def test_a_report_that_makes_no_sense_changes_nothing(
    db: Engine, box_ids: list[str], at: datetime, refusal: type[Refused]
) -> None:
    deliver()
    ask()
    before = db.everything()
    with pytest.raises(refusal):
        take(box_ids, at)
    assert db.everything() == before


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"community_id": "elsewhere"}, NotFound),
        ({"slot_id": "elsewhere.courier.20240628T1600"}, Invalid),
        ({"slot_id": "wulin.pickup.20240628T1600"}, Invalid),
        ({"slot_id": "wulin.courier.20240629T1600"}, slots.UnknownSlot),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(
    db: Engine, change: dict[str, str], refusal: type[Refused]
) -> None:
    before = db.everything()
    with pytest.raises(refusal):
        ask(ASKED.model_copy(update=change))
    assert db.everything() == before


def test_after_the_cut_off_nobody_comes_any_more(db: Engine) -> None:
    with pytest.raises(slots.SlotClosed):
        ask(now=NOW + 6 * HOUR)


def test_an_id_is_used_for_one_request(db: Engine) -> None:
    ask()
    with pytest.raises(IdReused):
        ask(ASKED.model_copy(update={"box_count": 3}))


def test_a_request_is_withdrawn_until_a_wave_has_it_and_again_when_released(db: Engine) -> None:
    ask()
    attach()
    with pytest.raises(boxes.EmptiesOnTheWay):
        boxes.cancel_empties(REQUEST, caller=RESIDENT)
    with transaction() as tx:
        boxes.release_empties(tx, REQUEST)
    assert boxes.cancel_empties(REQUEST, caller=RESIDENT).state == "cancelled"
    assert boxes.cancel_empties(REQUEST, caller=RESIDENT).state == "cancelled"
    with pytest.raises(boxes.EmptiesGone):
        attach()
    assert boxes.empties_for("wulin", SLOT) == ()


def test_a_request_is_none_of_a_strangers_business(db: Engine) -> None:
    ask()
    stranger = RESIDENT.__class__("resident-2", RESIDENT.grants)
    with pytest.raises(NotFound):
        boxes.read_empties(REQUEST, caller=stranger)
    with pytest.raises(NotFound):
        boxes.cancel_empties(REQUEST, caller=stranger)


def next_slots(*hours: int) -> list[str]:
    """Courier slots that start so many hours from now."""
    made = []
    for each in hours:
        starts_at = NOW + each * HOUR
        made.append(f"wulin.courier.{starts_at + 8 * HOUR:%Y%m%dT%H%M}")
        terms = slots.PutSlot(
            starts_at=starts_at,
            ends_at=starts_at + 2 * HOUR,
            cutoff_at=starts_at - HOUR,
            capacity_orders=9,
            price_fen=0,
        )
        slots.put_slot(made[-1], terms, now=NOW)
    return made


def sweep(now: datetime) -> None:
    boxes.sweep(now, reward_points=REWARD)


def test_a_request_that_no_wave_took_moves_to_the_next_slots_and_then_expires(db: Engine) -> None:
    second, third, fourth = next_slots(12, 18, 24)
    ask()
    sweep(NOW + 7 * HOUR)  # The slot is still on: a re-planning may fetch them.
    assert boxes.empties_for("wulin", SLOT)
    seen = []
    for hours in (8, 14, 20, 26):
        sweep(NOW + hours * HOUR)
        told = boxes.read_empties(REQUEST, caller=RESIDENT)
        seen.append((told.state, told.slot_id))
    assert seen == [("asked", second), ("asked", third), ("expired", third), ("expired", third)]
    assert [boxes.empties_for("wulin", each) for each in (SLOT, second, third, fourth)] == [()] * 4
    news = [each["type"] for each in map(event_of, db.stream(Table.BOXES)) if each]
    assert news[-3:] == ["linli.EmptiesMoved", "linli.EmptiesMoved", "linli.EmptiesExpired"]


def test_the_wave_that_came_too_late_leaves_a_request_to_the_next(db: Engine) -> None:
    (second,) = next_slots(12)
    ask()
    sweep(NOW + 8 * HOUR)
    with pytest.raises(boxes.EmptiesGone):
        attach(SLOT)
    (found,) = boxes.empties_for("wulin", second)
    assert found.request_id == REQUEST
    attach(second)


def test_without_a_slot_to_come_a_request_expires_and_a_courier_may_still_tell(db: Engine) -> None:
    deliver()
    ask()
    sweep(NOW + 8 * HOUR)
    assert state() == "expired"
    with pytest.raises(boxes.EmptiesGone):
        boxes.cancel_empties(REQUEST, caller=RESIDENT)
    assert take([BOX]).refund_fen == 1000
    assert state() == "taken"


def test_a_request_on_a_route_waits_a_day_for_the_couriers_word(db: Engine) -> None:
    ask()
    attach()
    sweep(NOW + 9 * HOUR)
    assert state() == "attached"
    sweep(NOW + 33 * HOUR)
    assert state() == "expired"


def test_ten_boxes_of_ten_people_are_returned_in_one_write(db: Engine) -> None:
    """The most that a courier takes at a door: every deposit on its own order's payment."""
    box_ids = [f"{BOX[:14]}T{n}" for n in range(10)]
    for n, box_id in enumerate(box_ids):
        command = boxes.RegisterBox(store_id=HOME)
        boxes.register(box_id, command, caller=KEEPER, now=NOW - HOUR)
        with transaction() as tx:
            whose = {"order_id": f"o{n}", "resident_id": f"r-{n}", "community_id": "wulin"}
            payments.collect(tx, **whose, fen=1000, now=NOW)
        deliver(f"o{n}", f"r-{n}", box_id)
    ask(ASKED.model_copy(update={"box_count": 10}))
    db.forget_costs()
    taken = take(box_ids)
    assert (taken.refund_fen, taken.reward_points, taken.coupons) == (10_000, 50, 1)
    assert db.calls["TransactWriteItems"] == 1
    waiting = payments.payouts(caller=KEEPER)
    assert sorted((each.resident_id, each.fen) for each in waiting) == [
        (f"r-{n}", 1000) for n in range(10)
    ]
    assert payments.breaches() == []
