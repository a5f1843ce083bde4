"""I8 and I9 told by the tables alone: no message vanished, and no device's clock moved ours."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from linli import audit, catalogue, incidents
from linli.audit.__main__ import main
from linli.catalogue import PutStore
from linli.incidents import CloseIncident
from linli.kernel.identity import Caller, Role
from linli.kernel.ids import uuid7
from linli.kernel.tables import Table
from linli.kernel.time import rfc3339
from linli.sensing import ingest
from tests.support.engine import Engine, engine
from tests.support.http import golden, send
from tests.support.sensors import STORE, arrival, message

NOW = datetime(2024, 6, 28, 2, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)
KEEPER = Caller("keeper-1", frozenset({(Role.STORE, STORE)}))
HOT = 96.5
PLACE = {
    "community_id": "wulin",
    "owner_id": "o-1",
    "name_zh": "店",
    "name_en": "Shop",
    "lon": 120.16,
    "lat": 30.27,
}
Item = dict[str, Any]
Damage = Callable[[Engine], None]


@pytest.fixture
def db() -> Iterator[Engine]:
    with engine() as opened:
        catalogue.forget()
        catalogue.put_store(STORE, PutStore.model_validate(PLACE), None)
        yield opened


def morning() -> None:
    """A closed and an open incident, late, repeated, contradicting and broken messages."""
    for seq, value, at in ((1, 20.0, NOW), (3, HOT, LATER), (2, HOT, NOW), (3, HOT, LATER)):
        ingest(message(seq, at, value), LATER)
    (incident,) = incidents.incidents_of(KEEPER)
    incidents.close(incident.id, CloseIncident(id=uuid7(), reason="sorted"), KEEPER, LATER)
    ingest(message(4, LATER, HOT + 1), LATER)
    ingest(message(4, LATER, 1.0), LATER)
    ingest(message(5, LATER + timedelta(days=1)), LATER)
    ingest(arrival(b""), LATER)
    warm = message(6, LATER, 4.0, unit="Cel").model_copy(update={"kind": "temperature"})
    ingest(warm, LATER)


def verdicts() -> dict[str, audit.Verdict]:
    return {each.guarantee: each for each in audit.run(20, sleep=lambda seconds: None)}


def violated() -> set[str]:
    return {g for g, each in verdicts().items() if each.verdict == "violated"}


def test_a_morning_of_every_kind_of_message_keeps_both_guarantees(db: Engine) -> None:
    morning()
    found = verdicts()
    for guarantee, checked in (("I8", 5 + 3 + 2), ("I9", 5 + 2)):
        assert found[guarantee].verdict == "holds", found[guarantee]
        assert found[guarantee].checked == checked
    assert "dead-letter" in found["I8"].note_en
    assert found["I8"].note_zh


def of_readings(pick: Callable[[str, str], bool], **changed: Any) -> Damage:
    """Set (None: remove) attributes of the last readings item that is picked."""

    def damage(db: Engine) -> None:
        key = max(key for key in db.items(Table.READINGS) if pick(*key))
        db.damage(Table.READINGS, key, lambda item: _set(item, changed))

    return damage


def _set(item: Item, changed: Item) -> None:
    for name, value in changed.items():
        if value is None:
            del item[name]
        else:
            item[name] = {"N" if isinstance(value, int) else "S": str(value)}


def both_rows(**changed: Any) -> Damage:
    """Set attributes of the newest temperature and of the latest that copies it."""

    def damage(db: Engine) -> None:
        for key, item in db.items(Table.READINGS).items():
            if item.get("kind") == {"S": "temperature"}:
                db.damage(Table.READINGS, key, lambda item: _set(item, changed))

    return damage


def of_incident(**changed: Any) -> Damage:
    """Change what the open incident tells."""

    def damage(db: Engine) -> None:
        def change(item: Item) -> None:
            item["body"]["S"] = json.dumps(json.loads(item["body"]["S"]) | changed)

        found = db.items(Table.INCIDENTS).items()
        key = next(key for key, item in found if item.get("state") == {"S": "open"})
        db.damage(Table.INCIDENTS, key, change)

    return damage


def lose(table: Table, pick: Callable[[str, str], bool]) -> Damage:
    """Lose the last item that is picked."""

    def damage(db: Engine) -> None:
        kept = db.everything()
        del kept[table][max(key for key in kept[table] if pick(*key))]
        db.restore(kept)

    return damage


def latest_goes_back(db: Engine) -> None:
    """An older reading overwrites the latest, as if there were no order."""
    kept = db.everything()
    rows = kept[Table.READINGS]
    key = next(key for key in rows if key[1] == "LATEST#respiration")
    first = min(key for key in rows if key[1].startswith("READING#"))
    rows[key] = {**rows[first], "sk": {"S": key[1]}}
    db.restore(kept)


def is_latest(pk: str, sk: str) -> bool:
    return sk.startswith("LATEST#")


def is_respiration(pk: str, sk: str) -> bool:
    return sk == "READING#0000000001.0000000000000004"


def is_quarantined(pk: str, sk: str) -> bool:
    return pk.startswith("QUARANTINE#")


def is_marker(pk: str, sk: str) -> bool:
    return sk.startswith("OPEN#")


def is_incident(pk: str, sk: str) -> bool:
    return sk.startswith("INCIDENT#")


AHEAD, AGO = rfc3339(LATER + timedelta(seconds=121)), rfc3339(LATER - timedelta(days=31))
DAMAGES: dict[str, tuple[Damage, set[str], str]] = {
    "a reading is lost": (lose(Table.READINGS, is_respiration), {"I8"}, "is gone"),
    "a latest is lost": (lose(Table.READINGS, is_latest), {"I8"}, "none is the latest"),
    "a latest tells another value": (
        of_readings(is_latest, value_milli=1),
        {"I8"},
        "not as its reading",
    ),
    "a latest has no reading": (
        lose(Table.READINGS, lambda pk, sk: sk.endswith("6")),
        {"I8"},
        "never kept",
    ),
    "the latest goes back": (latest_goes_back, {"I8", "I9"}, "not as its reading"),
    "a reading is renumbered": (
        of_readings(is_respiration, order="0000000001.0000000000000009"),
        {"I8"},
        "calls itself",
    ),
    "a quarantined message loses its payload": (
        of_readings(is_quarantined, payload=None),
        {"I8"},
        "missing",
    ),
    "a quarantined message is changed": (
        of_readings(is_quarantined, payload="e30="),
        {"I8"},
        "missing",
    ),
    "a quarantined message loses its reason": (
        of_readings(is_quarantined, reason=None),
        {"I8"},
        "no known reason",
    ),
    "an open incident loses its marker": (lose(Table.INCIDENTS, is_marker), {"I8"}, "0 markers"),
    "a marker names nothing": (
        lose(Table.INCIDENTS, is_incident),
        {"I8"},
        "does not exist",
    ),
    "an incident tells another value": (
        of_incident(value_milli=99_999),
        {"I8"},
        "something else",
    ),
    "an incident opened under its limit": (
        of_incident(limit_milli=99_999),
        {"I8"},
        "without being over",
    ),
    "an incident closed by half": (of_incident(state="closed"), {"I8"}, "1 markers"),
    "a reading lies in the future of its receipt": (both_rows(device_at=AHEAD), {"I9"}, AHEAD),
    "a reading is older than any we take": (both_rows(device_at=AGO), {"I9"}, AGO),
    "the device's time is gone": (both_rows(device_at=None), {"I9"}, "do not both stand"),
    "our time is gone": (both_rows(recorded_at=None), {"I9"}, "do not both stand"),
    "the broker's time is gone": (both_rows(received_at_ms=None), {"I9"}, "the broker's time"),
    "an incident opened by the device's clock": (
        of_incident(opened_at=NOW.isoformat()),
        {"I9"},
        "its reading came at",
    ),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_to_what_devices_sent_is_found_and_named(db: Engine, name: str) -> None:
    damage, guarantees, what = DAMAGES[name]
    morning()
    damage(db)
    found = verdicts()
    assert violated() == guarantees
    told = [s.what for guarantee in sorted(guarantees) for s in found[guarantee].violations]
    assert any(what in each for each in told), told


def test_the_door_and_the_command_tell_of_devices(
    db: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    morning()
    body = send("audits", golden("audits_read")).body
    told = {each["guarantee"]: each for each in body["verdicts"]}
    assert (told["I8"]["verdict"], told["I9"]["verdict"]) == ("holds", "holds")
    assert "dead-letter" in told["I8"]["note_en"]
    latest_goes_back(db)
    assert send("audits", golden("audits_read")).body["holds"] is False
    assert main() == 1
    printed = capsys.readouterr().out
    assert "VIOLATED  t-1/respiration" in printed
    assert "note  Told by tables alone" in printed


def test_a_reading_that_comes_in_between_two_looks_is_no_violation(db: Engine) -> None:
    """The same message written while the tables are read looks wrong once, and not again."""
    morning()
    seqs = iter(range(100, 200))
    busy = [False]

    def write(operation: str) -> None:
        if operation == "Scan" and not busy[0]:
            busy[0] = True
            ingest(message(next(seqs), LATER), LATER)
            busy[0] = False

    db.before_call = write
    found = verdicts()
    assert {found[g].verdict for g in ("I8", "I9")} <= {"holds", "unsettled"}
    db.before_call = lambda operation: None
    assert violated() == set()
