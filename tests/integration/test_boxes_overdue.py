"""Boxes that stay out: reminders, conversions, what brings a deposit back, and disputes."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from linli import boxes, cases, catalogue, credit
from linli.boxes.events import event_of
from linli.boxes.figures import Counts, count, told_by, worth
from linli.boxes.figures import figures as figures_of
from linli.catalogue import PutCommunity
from linli.catalogue.packaging import Packaging
from linli.kernel.errors import Forbidden, NotFound
from linli.kernel.ids import uuid7
from linli.kernel.tables import Table
from tests.support.boxes import BOX, HOME, NOW, SECOND, deliver, holdings
from tests.support.engine import Engine
from tests.support.http import golden, send
from tests.support.packaging import (
    CITY,
    KEEPER,
    RESIDENT,
    REWARD,
    STATION,
    announce,
    put_in,
    scan,
    stations,
    where,
)

DAY = timedelta(days=1)


@pytest.fixture
def db() -> Iterator[Engine]:
    with stations() as opened:
        yield opened
    catalogue.forget()


def sweep(at: datetime) -> None:
    boxes.sweep(at, reward_points=REWARD)


def ledger_says(deposits: int, forfeits: int) -> None:
    told = credit.audit()
    assert (sum(told.deposits_fen.values()), told.forfeits_fen.total()) == (deposits, forfeits)


def overdue() -> None:
    """The box is out, reminded of, and its deposit is converted."""
    deliver()
    for days in (1, 14, 30):
        sweep(NOW + days * DAY)


def test_an_overdue_box_is_reminded_of_before_anything_is_taken(db: Engine) -> None:
    deliver()
    sweep(NOW + DAY)
    (mine,) = boxes.my_boxes("resident-1").boxes
    assert (mine.reminded_at, mine.deposit_fen) == (None, 1000)
    sweep(NOW + 14 * DAY)
    (mine,) = boxes.my_boxes("resident-1").boxes
    assert mine.reminded_at is not None
    sweep(NOW + 29 * DAY)
    ledger_says(1000, 0)
    sweep(NOW + 30 * DAY)
    (mine,) = boxes.my_boxes("resident-1").boxes
    assert (mine.deposit_fen, mine.converted_fen) == (0, 1000)
    assert where()[0] == "lost"
    ledger_says(0, 1000)
    before = db.everything()
    sweep(NOW + 60 * DAY)
    assert db.everything() == before


def test_a_refused_sight_of_a_converted_box_changes_nothing(db: Engine) -> None:
    """The deposit is owed again by a write of its own, which a refusal must not leave behind."""
    overdue()
    before, late = db.everything(), NOW + 31 * DAY
    with pytest.raises(Forbidden):
        scan("courier", "courier-1", at=late, now=late)
    with pytest.raises(boxes.UnknownClaim):
        scan("store", at=late, now=late, claim_id=uuid7())
    assert db.everything() == before


def test_whoever_was_not_reminded_in_time_is_reminded_first(db: Engine) -> None:
    """The sweeper did not run for a month and a half."""
    deliver()
    sweep(NOW + 45 * DAY)
    ledger_says(1000, 0)
    sweep(NOW + 47 * DAY)
    ledger_says(1000, 0)
    sweep(NOW + 48 * DAY)
    ledger_says(0, 1000)


@pytest.mark.parametrize("how", ["store", "machine", "counter"])
def test_a_converted_deposit_is_refunded_in_full_when_the_box_comes_back(
    db: Engine, how: str
) -> None:
    overdue()
    later = NOW + 90 * DAY
    if how == "store":
        scan("store", at=later, now=later, returned_by="resident-2")
    elif how == "machine":
        put_in(1, at=later, now=later)
    else:
        command = boxes.ReturnBox(id=uuid7(), box_id=BOX, store_id=HOME, returned_by="resident-2")
        told = boxes.take_back(command, caller=KEEPER, now=later, reward_points=REWARD)
        assert (told.refund_fen, told.reward_points) == (1000, 5)
    assert where()[0] in ("store", "station")
    ledger_says(0, 0)
    entries = credit.statement("resident-1", now=later).entries
    signed = sorted((entry.reason, entry.fen) for entry in entries if entry.fen)
    assert signed == [("boxes", 1000), ("found", 1000), ("overdue", -1000), ("refund", -1000)]


def test_a_community_chooses_its_own_terms(db: Engine) -> None:
    terms = Packaging(remind_days=2, convert_days=5, reward_points=7, coupon_every_returns=1)
    catalogue.put_community("wulin", PutCommunity(packaging=terms), None)
    deliver("o1", "resident-1", BOX, SECOND)
    told = scan("store", returned_by="resident-2")
    assert (told.reward_points, told.coupons, told.refund_fen) == (7, 1, 1000)
    for days in (1, 2, 5):
        sweep(NOW + days * DAY)
    ledger_says(0, 1000)


def test_a_programme_without_rewards_still_refunds_in_full(db: Engine) -> None:
    terms = Packaging(reward_points=0)
    catalogue.put_community("wulin", PutCommunity(packaging=terms), None)
    deliver()
    told = scan("store", returned_by="resident-2")
    assert (told.reward_points, told.coupons, told.refund_fen) == (0, 0, 1000)


def test_the_bus_hears_of_boxes_and_of_nobody(db: Engine) -> None:
    overdue()
    later = NOW + 90 * DAY
    scan("store", at=later, now=later)
    told = [event for record in db.stream(Table.BOXES) if (event := event_of(record))]
    assert [event["type"] for event in told] == [
        "linli.BoxHandedOver",
        "linli.BoxOverdue",
        "linli.DepositConverted",
    ]
    assert "resident-1" not in str(told)


def test_each_move_counts_once_for_the_figures(db: Engine) -> None:
    deliver("o1", "resident-1", BOX, SECOND)
    later = NOW + 4 * DAY
    scan("station", STATION, at=later, now=later)
    moves = [move for record in db.stream(Table.BOXES) if (move := told_by(record))]
    assert [count(move) for move in moves] == [True] * 5
    assert [count(move) for move in moves] == [False] * 5
    told = figures_of("wulin", caller=CITY)
    assert (told.registered, told.out, told.back, told.return_rate_bp) == (2, 2, 1, 5000)
    assert (told.days_out_hundredths, told.loops_per_box_hundredths) == (400, 100)
    with pytest.raises(NotFound):
        figures_of("elsewhere", caller=CITY)
    assert send("packaging_figures", golden("packaging_figures_read")).body["out"] == 2
    none = send("packaging_figures", golden("packaging_figures_read", query={
        "community_id": "wulin", "since": "2099-01"}))  # fmt: skip
    assert (none.body["out"], none.body["return_rate_bp"]) == (0, None)


def test_the_cost_of_a_use_is_its_share_of_what_is_gone_with_washing_and_hauling() -> None:
    counts = Counts(registered=10, out=100, back=95, washed=90, broken=1, lost=3, found=1)
    terms = Packaging(box_fen=3000, wash_fen=40, haul_fen=30, single_use_fen=200)
    told = worth("wulin", ["2024-06"], counts, terms)
    assert told.use_cost_fen == round((3 * 3000 + 90 * 40 + 95 * 30) / 100)
    assert told.saving_bp == 10_000 * (200 - told.use_cost_fen) // 200
    unused = worth("wulin", [], Counts(), terms)
    assert (unused.use_cost_fen, unused.saving_bp) == (None, None)


# Disputes


def disputed() -> str:
    told = send("boxes", golden("box_disputed"))
    assert told.status == 201, told.body
    return str(told.body["case_id"])


def decide(case_id: str, decision: str) -> None:
    command = cases.DecideCase.model_validate(
        {"id": uuid7(), "decision": decision, "reason": "camera"}
    )
    effects = {boxes.DISPUTE: boxes.settle_dispute}
    cases.decide(case_id, command, caller=CITY, now=NOW, effects=effects)


def test_an_upheld_dispute_refunds_in_full_and_the_box_is_looked_for(db: Engine) -> None:
    deliver()
    case_id = disputed()
    assert disputed() == case_id
    decide(case_id, "upheld")
    assert (where(), holdings("resident-1")) == (("lost", "disputed"), (0, 0))
    assert scan("store").fate == "applied"
    assert holdings("resident-1") == (0, 0)


def test_a_dispute_about_a_converted_deposit_brings_it_back(db: Engine) -> None:
    overdue()
    decide(disputed(), "upheld")
    ledger_says(0, 0)
    assert where()[0] == "lost"


def test_a_dismissed_dispute_changes_nothing(db: Engine) -> None:
    deliver()
    case_id, before = disputed(), db.items(Table.BOXES)
    decide(case_id, "dismissed")
    assert db.items(Table.BOXES) == before
    ledger_says(1000, 0)


def test_a_dispute_that_the_return_overtook_pays_nothing_twice(db: Engine) -> None:
    deliver()
    case_id = disputed()
    scan("store")
    decide(case_id, "upheld")
    assert (where(), holdings("resident-1")) == (("store", HOME), (0, 0))


def test_only_who_had_a_box_disputes_it(db: Engine) -> None:
    deliver(resident="resident-9")
    before = db.everything()
    answer = send("boxes", golden("box_disputed"))
    assert (answer.status, answer.code) == (404, "not_found")
    assert db.everything() == before


# What residents see


def test_a_resident_sees_their_boxes_and_their_announcements(db: Engine) -> None:
    deliver()
    told = send("boxes", golden("my_boxes"))
    assert [box["box_id"] for box in told.body["boxes"]] == [BOX]
    assert told.body["boxes"][0]["remind_at"] == "2024-07-12T02:00:00.000Z"
    claim = announce()
    path = {"return_id": str(claim.id)}
    assert send("boxes", golden("return_read", path=path)).body["state"] == "pending"
    assert send("boxes", golden("return_read", path=path, subject="resident-2")).status == 404
    scan("store")
    assert boxes.my_boxes("resident-1").boxes == []
    now = boxes.read_return(str(claim.id), caller=RESIDENT)
    assert (now.state, now.reward_points) == ("returned", 5)
