"""Slots and their rules over HTTP, as API Gateway calls them."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from linli import orders, slots
from linli.kernel.ids import uuid7
from linli.kernel.time import ZONE
from linli.kernel.transact import transaction
from linli.slots.model import CapacityBelowTaken, SlotInThePast
from tests.support import village as v
from tests.support.engine import Engine, engine
from tests.support.http import Answer, golden, send

TEN = "wulin.courier.20990601T1000"


@pytest.fixture
def db(monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with engine() as opened:
        v.furnish({(v.STORES[0], v.SKUS[0]): 100}, capacity=4)
        yield opened


def put(seen: str | None = None, **body: Any) -> Answer:
    event = golden("slot_offered", body=body)
    if seen:
        event["headers"]["if-match"] = seen
    return send("slots", event)


def place(**more: Any) -> orders.Order:
    return orders.place(
        v.wish(uuid7(), **more), caller=v.resident("r-an"), now=v.NOON, settings=v.SETTINGS
    )


def test_a_slot_is_offered_once_and_read_by_anybody(db: Engine) -> None:
    first, again = put(), put()
    assert first.status == again.status == 200
    assert first.headers["etag"] == again.headers["etag"]
    read = send("slots", golden("slot_read"))
    assert read.headers["etag"] == first.headers["etag"]
    assert read.body == first.body
    assert (read.body["price_fen"], read.body["base_fen"]) == (0, 0)
    listed = send("slots", golden("slots_listed"))
    assert TEN in [slot["slot_id"] for slot in listed.body["slots"]]


def test_places_may_be_added_and_taken_away_only_with_what_was_seen(db: Engine) -> None:
    seen = put().headers["etag"]
    assert (put(capacity_orders=70).status, put(capacity_orders=70).code) == (
        428,
        "precondition_required",
    )
    more = put(seen, capacity_orders=70)
    assert (more.status, more.body["capacity_orders"]) == (200, 70)
    stale = put(seen, capacity_orders=80)
    assert (stale.status, stale.code) == (412, "stale")
    assert put(more.headers["etag"], capacity_orders=5).body["capacity_orders"] == 5


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"price_fen": 100}, 409, "conflict"),
        ({"steps": []}, 409, "conflict"),
        ({"cutoff_at": "2099-05-31T21:00:00+08:00"}, 409, "conflict"),
        ({"starts_at": "2099-06-01T10:30:00+08:00"}, 422, "slot_id_mismatch"),
        ({"starts_at": "2099-06-01T10:00:00"}, 422, "invalid"),
        ({"capacity_orders": 0}, 422, "invalid"),
        ({"capacity_orders": 1.5}, 422, "invalid"),
        ({"capacity_orders": 10**9}, 422, "invalid"),
        ({"ends_at": "2099-06-01T09:00:00+08:00"}, 422, "invalid"),
        ({"ends_at": "2099-06-09T09:00:00+08:00"}, 422, "invalid"),
        ({"price_fen": -1}, 422, "invalid"),
        ({"steps": [{"load_percent": 50, "add_fen": 99_999_999}]}, 422, "invalid"),
    ],
)
def test_other_terms_and_bad_terms_change_nothing(
    db: Engine, change: dict[str, Any], status: int, code: str
) -> None:
    seen = put().headers["etag"]
    before = db.everything()
    answer = put(seen, **change)
    assert (answer.status, answer.code) == (status, code)
    assert db.everything() == before


def test_a_slot_of_the_past_is_not_offered(db: Engine) -> None:
    times = {
        "starts_at": "2020-06-01T10:00:00+08:00",
        "ends_at": "2020-06-01T12:00:00+08:00",
        "cutoff_at": "2020-05-31T22:00:00+08:00",
    }
    body = json.loads(golden("slot_offered")["body"]) | times
    slot_id = "wulin.courier.20200601T1000"
    answer = send("slots", golden("slot_offered", body=body, path={"slot_id": slot_id}))
    assert (answer.status, answer.code) == (422, "slot_in_the_past")
    with pytest.raises(SlotInThePast):
        slots.put_slot(slot_id, slots.PutSlot.model_validate(body), now=v.NOON)


def test_only_who_runs_the_community_offers_its_slots(db: Engine) -> None:
    assert send("slots", golden("slot_offered", roles="resident@wulin")).status == 403
    assert send("slots", golden("slot_offered", roles="dispatcher@other")).status == 404
    assert send("slots", golden("slot_rules_set", roles="dispatcher@wulin")).status == 403
    assert send("slots", golden("slot_rules_set", roles="city@other")).status == 404
    assert send("slots", golden("slot_read")).status == 404
    assert send("slots", golden("slot_rules_read")).status == 404


def test_fewer_places_than_are_taken_are_refused(db: Engine) -> None:
    for _ in range(3):
        place()
    slot = slots.read(v.SLOT)
    fewer = slot.terms.model_copy(update={"capacity_orders": 2})
    with pytest.raises(CapacityBelowTaken):
        slots.put_slot(v.SLOT, fewer, now=v.NOON, if_match=slots.etag(slot))
    enough = slot.terms.model_copy(update={"capacity_orders": 3})
    slots.put_slot(v.SLOT, enough, now=v.NOON, if_match=slots.etag(slot))
    assert slots.read(v.SLOT).capacity_orders == 3


def test_the_price_that_was_shown_is_the_price_charged(db: Engine) -> None:
    slot_id = "wulin.courier.20260601T1700"
    starts_at = datetime(2026, 6, 1, 17, tzinfo=ZONE)
    steps = [{"load_percent": 50, "add_fen": 300}]
    command = slots.PutSlot.model_validate(
        {
            "starts_at": starts_at,
            "ends_at": starts_at + timedelta(hours=1),
            "cutoff_at": starts_at - timedelta(hours=1),
            "capacity_orders": 2,
            "price_fen": 2000,
            "steps": steps,
        }
    )
    slots.put_slot(slot_id, command, now=v.NOON)
    goods = v.PRICES_FEN[v.SKUS[0]]
    first = place(slot_id=slot_id, expected_total_fen=goods + 2000)
    assert first.slot_fen == 2000
    with pytest.raises(orders.model.PriceChanged):  # Somebody was faster: half is taken.
        place(slot_id=slot_id, expected_total_fen=goods + 2000)
    assert slots.read(slot_id).price_fen == 2300
    assert place(slot_id=slot_id, expected_total_fen=goods + 2300).slot_fen == 2300


def test_the_rules_of_a_week_are_edited_by_those_who_saw_them(db: Engine) -> None:
    first = send("slots", golden("slot_rules_set"))
    assert first.status == 200
    read = send("slots", golden("slot_rules_read"))
    assert (read.body, read.headers["etag"]) == (first.body, first.headers["etag"])
    changed = golden("slot_rules_set", body={"days_ahead": 5})
    assert send("slots", changed).status == 428
    changed["headers"]["if-match"] = first.headers["etag"]
    assert send("slots", changed).status == 200
    assert send("slots", golden("slot_rules_set", body={"days_ahead": 6})).status == 428


def test_the_schedule_opens_each_slot_once_and_leaves_terms_alone(db: Engine) -> None:
    assert send("slots", golden("slot_rules_set")).status == 200
    opened = slots.open_slots(v.NOON)
    assert len(opened) == len(set(opened)) == 4 + 3 * 9  # Today's other slots are cut off.
    before = db.everything()
    assert slots.open_slots(v.NOON) == []
    assert db.everything() == before
    next_day = slots.open_slots(v.NOON + timedelta(days=1))
    assert [slot_id.split(".")[2][:8] for slot_id in next_day] == ["20260605"] * 9
    assert slots.read("wulin.courier.20260602T1000").package == "nextday-1000"


def test_slots_that_are_over_are_not_listed_and_those_going_on_are(db: Engine) -> None:
    slots.open_slots(v.NOON)
    late = datetime(2026, 6, 1, 17, tzinfo=ZONE)
    assert [s.slot_id for s in slots.slots_of("wulin", late)] == [v.SLOT]
    assert slots.slots_of("wulin", late + timedelta(hours=2)) == []
    assert slots.slots_of("wulin", datetime(2020, 1, 1, tzinfo=UTC))[0].slot_id == v.SLOT


def test_an_index_that_shows_due_slots_holds_no_more_than_keys(db: Engine) -> None:
    assert slots.due(v.CUTOFF) == [v.SLOT]
    assert slots.due(v.CUTOFF - timedelta(seconds=1)) == []
    slots.close(v.SLOT, v.CUTOFF)
    assert slots.due(v.CUTOFF) == []


def test_a_reserved_place_is_nobody_elses(db: Engine) -> None:
    for _ in range(3):
        with transaction() as tx:
            slots.reserve(tx, v.SLOT, slots.SlotFull())
    place()
    with pytest.raises(slots.SlotFull):
        place()
    with transaction() as tx:
        slots.unreserve(tx, v.SLOT)
    with transaction() as tx:
        slots.take_reserved(tx, v.SLOT, slots.SlotFull())
    slot = slots.read(v.SLOT)
    assert (slot.taken_orders, slot.reserved_orders, slot.capacity_orders) == (2, 1, 3)
    place()
    with pytest.raises(slots.SlotFull):
        place()
