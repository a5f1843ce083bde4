"""Readings over an engine: kept once, in the device's order, or quarantined (I8, I9)."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from linli import catalogue, incidents, sensing
from linli.catalogue import PutStore
from linli.incidents import CloseIncident
from linli.kernel.errors import NotFound
from linli.kernel.identity import Caller, Role
from linli.kernel.ids import uuid7
from linli.kernel.tables import Table
from linli.kernel.time import rfc3339
from linli.sensing import Outcome, PutSensor, ingest, latest
from linli.sensing.register import SensorTaken
from tests.support.engine import Crash, Engine, Fault, engine
from tests.support.sensors import KIND, STORE, THING, arrival, message

NOW = datetime(2024, 6, 28, 2, tzinfo=UTC)
KEEPER = Caller("keeper-1", frozenset({(Role.STORE, STORE)}))
HOT = 96.5
OTHER = "6901234500028"
PLACE = {
    "community_id": "wulin",
    "owner_id": "o-1",
    "name_zh": "店",
    "name_en": "Shop",
    "lon": 120.16,
    "lat": 30.27,
}


@pytest.fixture
def db() -> Iterator[Engine]:
    with engine() as opened:
        catalogue.forget()
        catalogue.put_store(STORE, PutStore.model_validate(PLACE), None)
        yield opened


def open_incidents() -> list[incidents.Incident]:
    return [one for one in incidents.incidents_of(KEEPER) if one.state == "open"]


def quarantined(db: Engine) -> list[str]:
    found = db.items(Table.READINGS).items()
    return sorted(i["reason"]["S"] for (pk, _), i in found if pk.startswith("QUARANTINE#"))


def close_all() -> None:
    for one in open_incidents():
        incidents.close(one.id, CloseIncident(id=uuid7(), reason="sorted"), KEEPER, NOW)


def test_a_reading_takes_one_batch_and_one_transaction(db: Engine) -> None:
    db.forget_costs()
    assert ingest(message(1, NOW, HOT), NOW).fate == "kept"
    assert db.calls == {"GetItem": 1, "BatchGetItem": 1, "TransactWriteItems": 1}


def test_the_same_message_again_changes_nothing(db: Engine) -> None:
    ingest(message(1, NOW, HOT), NOW)
    before = db.everything()
    assert ingest(message(1, NOW, HOT), NOW + timedelta(hours=1)) == Outcome("duplicate")
    assert db.everything() == before


def test_another_reading_under_the_same_number_is_quarantined(db: Engine) -> None:
    ingest(message(1, NOW), NOW)
    assert ingest(message(1, NOW, 21.0), NOW).reason == "contradicts"
    assert ingest(message(1, NOW, 21.0), NOW).reason == "contradicts"
    assert quarantined(db) == ["contradicts"]


def test_a_late_reading_is_kept_but_moves_nothing_and_raises_no_alarm(db: Engine) -> None:
    ingest(message(5, NOW), NOW)
    assert ingest(message(4, NOW, HOT), NOW) == Outcome("late")
    newest = latest(THING, KIND)
    assert newest is not None
    assert newest.order.endswith("5")
    assert open_incidents() == []


def test_a_new_boot_is_newer_whatever_its_clock_says(db: Engine) -> None:
    ingest(message(900, NOW, boot=1), NOW)
    ingest(message(1, NOW - timedelta(days=2), 30.0, boot=2), NOW)
    newest = latest(THING, KIND)
    assert newest is not None
    assert (newest.value_milli, newest.device_at) == (30_000, NOW - timedelta(days=2))
    assert newest.recorded_at == NOW


def test_stored_and_forwarded_readings_raise_no_stale_alarm(db: Engine) -> None:
    assert ingest(message(1, NOW - timedelta(hours=3), HOT), NOW).incident_id is None
    assert open_incidents() == []


def test_a_thing_has_one_open_incident_and_after_closing_may_have_the_next(db: Engine) -> None:
    first = ingest(message(1, NOW, HOT), NOW).incident_id
    assert first is not None
    assert ingest(message(2, NOW, HOT), NOW).incident_id is None
    assert [one.id for one in open_incidents()] == [first]
    close_all()
    assert ingest(message(1, NOW, HOT), NOW).incident_id is None
    second = ingest(message(3, NOW, HOT), NOW).incident_id
    assert [one.id for one in open_incidents()] == [second]


def put_sensor(**said: Any) -> None:
    put_in(STORE, KEEPER, **said)


def put_in(store_id: str, keeper: Caller, **said: Any) -> None:
    sensing.put_sensor(THING, PutSensor.model_validate({"store_id": store_id} | said), keeper)


@pytest.mark.parametrize(
    ("said", "alarms"),
    [
        ({}, False),
        ({"produce": "cherry"}, True),
        ({"produce": "spinach"}, False),
        ({"produce": "durian"}, False),
        ({"limit_milli_by_kind": {KIND: 29_000}}, True),
        ({"produce": "cherry", "limit_milli_by_kind": {KIND: 31_000}}, False),
    ],
)
def test_a_sensor_alarms_by_its_produce_and_its_own_limits(
    db: Engine, said: dict[str, Any], alarms: bool
) -> None:
    put_sensor(**said)
    assert (ingest(message(1, NOW, 30.0), NOW).incident_id is not None) == alarms


def test_a_registered_sensor_counts_for_its_own_store_only(db: Engine) -> None:
    put_sensor()
    catalogue.put_store(OTHER, PutStore.model_validate(PLACE), None)
    sent = message(1, NOW).model_copy(update={"store_id": OTHER})
    assert ingest(sent, NOW).reason == "not_own_store"
    other = Caller("keeper-2", frozenset({(Role.STORE, OTHER)}))
    with pytest.raises(SensorTaken):
        put_in(OTHER, other)
    with pytest.raises(NotFound):
        put_in(STORE, other)


@pytest.mark.parametrize("limits", [{"mood": 1}, {KIND: -1}, {"temperature": 10_000_000}])
def test_a_limit_that_cannot_be_is_refused(limits: dict[str, int]) -> None:
    with pytest.raises(ValidationError):
        PutSensor(store_id=STORE, limit_milli_by_kind=limits)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"store_id": "6901234500028"}, "unknown_store"),
        ({"thing": "t-1", "client_id": "t-2"}, "not_own_topic"),
        ({"kind": "mood"}, "unknown_kind"),
    ],
)
def test_what_cannot_be_trusted_is_quarantined_whole(
    db: Engine, changed: dict[str, Any], reason: str
) -> None:
    sent = message(1, NOW).model_copy(update=changed)
    assert ingest(sent, NOW) == Outcome("quarantined", reason)  # type: ignore[arg-type]
    ((_, row),) = db.items(Table.READINGS).items()
    assert row["payload"]["S"] == sent.payload
    before = db.everything()
    ingest(sent, NOW)
    assert db.everything() == before


def test_the_largest_message_of_mqtt_fits_into_the_quarantine(db: Engine) -> None:
    assert ingest(arrival(b"\xff" * 128 * 1024), NOW).reason == "malformed"
    assert quarantined(db) == ["malformed"]


@pytest.mark.parametrize("fault", [f for f in Fault if f is not Fault.CONFLICT])
@pytest.mark.parametrize("sent", [message(1, NOW, HOT), arrival(b"{")], ids=["sound", "broken"])
def test_a_message_sent_again_after_a_fault_has_its_effect_once(
    db: Engine, fault: Fault, sent: Any
) -> None:
    again = iter([fault])
    db.choose_fault = lambda operation: (
        next(again, None) if operation == "TransactWriteItems" else None
    )
    try:
        ingest(sent, NOW)
    except Crash:
        ingest(sent, NOW)
    once = db.everything()
    assert ingest(sent, NOW).fate in ("duplicate", "quarantined")
    assert db.everything() == once
    readings = [i for (_, sk), i in db.items(Table.READINGS).items() if sk.startswith("READING#")]
    assert (len(readings), len(quarantined(db)), len(open_incidents())) in [(1, 0, 1), (0, 1, 0)]


def meanwhile(db: Engine, other: Callable[[], object]) -> None:
    """Let `other` happen right before the next write, after everything was read for it."""
    waiting = [other]

    def look(operation: str) -> None:
        if operation == "TransactWriteItems" and waiting:
            waiting.pop()()

    db.before_call = look


def test_the_same_message_handled_twice_at_once_is_kept_once(db: Engine) -> None:
    outcomes = []
    meanwhile(db, lambda: outcomes.append(ingest(message(1, NOW, HOT), NOW)))
    outcomes.append(ingest(message(1, NOW, HOT), NOW + timedelta(seconds=1)))
    assert [one.fate for one in outcomes] == ["kept", "duplicate"]
    newest = latest(THING, KIND)
    assert newest is not None
    assert newest.recorded_at == NOW
    assert len(open_incidents()) == 1


def test_a_reading_overtaken_while_it_is_written_is_late(db: Engine) -> None:
    meanwhile(db, lambda: ingest(message(2, NOW), NOW))
    assert ingest(message(1, NOW, HOT), NOW) == Outcome("late")
    newest = latest(THING, KIND)
    assert newest is not None
    assert newest.order.endswith("2")
    assert open_incidents() == []


def test_two_readings_over_the_limit_at_once_open_one_incident(db: Engine) -> None:
    ingest(message(1, NOW), NOW)
    meanwhile(db, lambda: ingest(message(2, NOW, HOT), NOW))
    assert ingest(message(3, NOW, HOT), NOW) == Outcome("kept")
    assert len(open_incidents()) == 1


def test_an_incident_closed_by_two_at_once_is_closed_by_the_first(db: Engine) -> None:
    incident_id = ingest(message(1, NOW, HOT), NOW).incident_id
    assert incident_id is not None
    mine, theirs = (CloseIncident(id=uuid7(), reason=reason) for reason in ("mine", "theirs"))
    meanwhile(db, lambda: incidents.close(incident_id, theirs, KEEPER, NOW))
    with pytest.raises(incidents.AlreadyClosed):
        incidents.close(incident_id, mine, KEEPER, NOW)
    (closed,) = incidents.incidents_of(KEEPER)
    assert closed.reason == "theirs"


def test_a_late_message_handled_twice_at_once_is_kept_as_first_told(db: Engine) -> None:
    ingest(message(5, NOW), NOW)
    meanwhile(db, lambda: ingest(message(4, NOW), NOW))
    assert ingest(message(4, NOW), NOW + timedelta(seconds=1)).fate == "duplicate"
    found = db.items(Table.READINGS).items()
    recorded = [i["recorded_at"]["S"] for (_, sk), i in found if sk.startswith("READING#")]
    assert recorded == [rfc3339(NOW)] * 2
