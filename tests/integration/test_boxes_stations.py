"""Stations with room and without, and machines that speak through the topic rule."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from linli import boxes
from linli.boxes.machine_model import ReturnArrival
from linli.kernel.errors import NotFound
from linli.kernel.ids import uuid7
from linli.kernel.tables import Table
from tests.support.boxes import BOX, HOME, NOW, OTHER, SECOND, brought, deliver, holdings
from tests.support.engine import Engine
from tests.support.http import golden, send
from tests.support.packaging import (
    FAR,
    KEEPER,
    NEXT,
    OTHER_KEEPER,
    REWARD,
    STATION,
    THING,
    announce,
    find_station,
    message,
    put_in,
    put_station,
    stations,
    where,
)

HOUR = timedelta(hours=1)


@pytest.fixture
def db() -> Iterator[Engine]:
    with stations() as opened:
        yield opened


def held(station_id: str = STATION) -> int:
    at = find_station(station_id)
    assert at is not None
    return at.held_boxes


def test_the_city_registers_a_station_once_and_changes_it_by_its_etag(db: Engine) -> None:
    first = send("stations", golden("station_registered"))
    assert first.status == 428, "it is there already, and differs"
    fresh = golden("station_registered", path={"station_id": NEXT})
    told = send("stations", fresh)
    assert (told.status, told.body["held_boxes"]) == (200, 0)
    before = db.everything()
    assert send("stations", fresh).body == told.body
    assert db.everything() == before


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"roles": "store@6901234500011"}, 403, "forbidden"),
        ({"roles": "city@elsewhere"}, 404, "not_found"),
        ({"body": {"capacity_boxes": -1}}, 422, "invalid"),
        ({"body": {"capacity_boxes": 1.5}}, 422, "invalid"),
        ({"body": {"lat": 91.0}}, 422, "invalid"),
        ({"body": {"store_id": "6901234500035"}}, 422, "unknown_store"),
        ({"path": {"station_id": "6901234500043"}}, 422, "invalid"),
    ],
)
def test_a_station_that_makes_no_sense_is_not_registered(
    db: Engine, change: dict[str, Any], status: int, code: str
) -> None:
    before = db.everything()
    answer = send("stations", golden("station_registered", **change))
    assert (answer.status, answer.code) == (status, code)
    assert db.everything() == before


def test_stations_are_found_the_nearest_first_with_their_room(db: Engine) -> None:
    put_station(NEXT, lat=30.28, capacity=0)
    put_station(FAR, lat=30.35)
    told = send("stations", golden("stations_found")).body["stations"]
    assert [(at["station_id"], at["room_boxes"]) for at in told] == [(STATION, 2), (NEXT, 0)]


def fill() -> None:
    put_station(capacity=0)


def test_a_full_station_sends_people_on_to_the_nearest_with_room(db: Engine) -> None:
    deliver()
    put_station(NEXT, lat=30.28, capacity=3)
    put_station(FAR, lat=30.275, capacity=0)
    fill()
    before = db.everything()
    place = {"store_id": None, "station_id": STATION}
    for event in (golden("box_returned", body=place), brought(body=place)):
        answer = send("boxes", event)
        assert (answer.status, answer.code) == (409, "station_full")
        assert [at["station_id"] for at in answer.body["nearest"]] == [NEXT]
    assert db.everything() == before


def test_a_box_comes_back_to_a_station_by_its_keeper(db: Engine) -> None:
    deliver()
    event = brought(body={"store_id": None, "station_id": STATION})
    answer = send("boxes", event)
    assert (answer.status, answer.body["refund_fen"], where()) == (201, 1000, ("station", STATION))
    assert held() == 1
    assert send("boxes", event).body == answer.body
    assert held() == 1


def test_a_machine_takes_a_box_back_for_who_announced_it(db: Engine) -> None:
    deliver(resident="resident-9")
    told = announce(station_id=STATION)
    taken = put_in(1, claim=told.id)
    assert (taken.fate, where()) == ("applied", ("station", STATION))
    assert (holdings("resident-1"), holdings("resident-9")) == ((5, 0), (0, 0))
    assert held() == 1


def test_a_machines_message_acts_once(db: Engine) -> None:
    deliver()
    put_in(1)
    before = db.everything()
    assert put_in(1).fate == "duplicate"
    assert put_in(1, now=NOW + timedelta(days=40)).fate == "duplicate"
    assert db.everything() == before
    other = put_in(1, box_id=SECOND)
    assert (other.fate, other.reason) == ("quarantined", "contradicts")


def test_a_machine_that_is_over_full_is_believed(db: Engine) -> None:
    """The box is in it: whoever put it in is owed the refund."""
    deliver()
    fill()
    assert put_in(1).fate == "applied"
    assert (held(), holdings("resident-1")) == (1, (0, 0))


def test_a_box_that_a_machine_has_before_its_delivery_is_told_is_returned_then(db: Engine) -> None:
    assert put_in(1, at=NOW + HOUR, now=NOW + HOUR).fate == "held"
    deliver()
    assert boxes.settle(BOX, now=NOW + 2 * HOUR, reward_points=REWARD) == 1
    assert (where(), held()) == (("station", STATION), 1)
    assert holdings("resident-1") == (0, 0)


def test_a_wrong_announcement_shown_to_a_machine_costs_nobody_the_refund(db: Engine) -> None:
    deliver(resident="resident-9")
    assert put_in(1, claim=uuid7()).fate == "applied"
    assert holdings("resident-9") == (0, 0)


BAD: dict[str, ReturnArrival] = {
    "malformed": message(1, raw=b"\xff{"),
    "bad_topic": message(1, store_id="1"),
    "not_own_topic": message(1, client_id="return-machine-2"),
    "unknown_kind": message(1, kind="banana"),
    "unknown_machine": message(1, thing="return-machine-9"),
    "not_own_store": message(1, store_id=OTHER),
    "from_the_future": message(1, at=NOW + HOUR),
    "too_old": message(1, at=NOW - timedelta(days=31)),
    "unknown_box": message(1, box_id="06901234000016Z99"),
    "unknown_claim": message(1, kind="recyclable", material="paper", grams=900, claim=uuid7()),
}


@pytest.mark.parametrize("reason", BAD)
def test_a_message_that_cannot_be_true_is_kept_aside_and_changes_nothing(
    db: Engine, reason: str
) -> None:
    deliver()
    before = db.everything()
    taken = boxes.take_in(BAD[reason], now=NOW, reward_points=REWARD)
    assert (taken.fate, taken.reason) == ("quarantined", reason)
    after = db.everything()
    (new,) = after[Table.BOXES].keys() - before[Table.BOXES].keys()
    assert new[0].startswith("QUARANTINE#")
    del after[Table.BOXES][new]
    assert after == before
    boxes.take_in(BAD[reason], now=NOW, reward_points=REWARD)
    assert len(db.items(Table.BOXES)) == len(before[Table.BOXES]) + 1


@pytest.mark.parametrize("grams", [-5, 0, 50_001, 1.5, "900", None])
def test_an_impossible_weight_is_malformed(db: Engine, grams: Any) -> None:
    told = message(1, kind="recyclable", material="paper", grams=grams, claim=uuid7())
    assert boxes.take_in(told, now=NOW, reward_points=REWARD).reason == "malformed"


def test_a_machine_belongs_to_the_store_that_keeps_its_station(db: Engine) -> None:
    command = boxes.PutMachine(station_id=STATION)
    with pytest.raises(NotFound):
        boxes.put_machine("machine-2", command, caller=OTHER_KEEPER)
    with pytest.raises(boxes.UnknownStation):
        boxes.put_machine("machine-2", boxes.PutMachine(station_id=FAR), caller=KEEPER)
    told = send("stations", golden("return_machine_registered"))
    assert told.body == {"station_id": STATION, "thing": THING, "store_id": HOME}
