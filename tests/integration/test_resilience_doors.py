"""Emergencies over HTTP, event in, answer out; and the tasks' own doors."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from linli import resilience
from linli.kernel import door
from linli.kernel.errors import NotFound
from linli.kernel.identity import Role
from linli.kernel.ids import uuid7
from linli.kernel.tables import Table
from linli.resilience import Warn
from tests.support import http
from tests.support.community import person
from tests.support.engine import Engine, engine
from tests.support.fallback import InProcess
from tests.support.http import golden, send

NOW = datetime(2024, 6, 28, 2, 0, 5, tzinfo=UTC)
STATES = "emergencies"


@pytest.fixture
def db(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    clock = tmp_path / "clock"
    clock.write_text(str((NOW - datetime.now(UTC)).total_seconds()))
    monkeypatch.setenv("CLOCK_FILE", str(clock))
    monkeypatch.setenv("FALLBACK_MACHINE_ARN", "arn:aws:states:x:0:stateMachine:m")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with engine() as opened:
        door.settings.cache_clear()
        yield opened
    door.settings.cache_clear()


def task(name: str, **event: Any) -> Any:
    module = http._handler(name)
    module.settings.cache_clear()
    return module.lambda_handler(event, http.CONTEXT)


def declared() -> str:
    """An emergency as a warning leaves it, before its machine has done anything."""
    send(STATES, golden("reserve_vehicle_registered"))
    machine = InProcess(NOW)
    machine.dead = True
    command = Warn.model_validate_json(golden("warning_sent", body={"level": "red"})["body"])
    return resilience.warn(command, person("city-1", Role.CITY), machine, NOW).emergency_id


def test_a_warning_answers_its_index_with_its_parts(db: Engine) -> None:
    answer = send(STATES, golden("warning_sent"))
    assessment = answer.body["assessment"]
    assert (answer.status, assessment["index"], assessment["because"]) == (200, 33, "calm")
    assert [p["points"] for p in assessment["parts"]] == [12, 12, 9, 0]
    before = db.everything()
    assert send(STATES, golden("warning_sent")).body == answer.body
    assert db.everything() == before
    read = send(STATES, golden("emergency_read"))
    assert (read.status, read.body["state"], read.body["conflicts"]) == (200, "watched", [])
    assert send(STATES, golden("packs_read")).body == {"packs": []}


@pytest.mark.parametrize(
    ("case", "changed", "status", "code"),
    [
        ("warning_sent", {"roles": "city@elsewhere"}, 404, "not_found"),
        ("warning_sent", {"roles": "dispatcher@wulin"}, 403, "forbidden"),
        ("warning_sent", {"body": {"level": "green"}}, 422, "invalid"),
        ("warning_sent", {"body": {"issued_at": "2024-06-28T09:58:00"}}, 422, "invalid"),
        ("warning_sent", {"body": {"issued_at": "2024-06-26T09:58:00Z"}}, 422, "invalid"),
        ("warning_sent", {"body": {"observed": {"stranded_riders": -1}}}, 422, "invalid"),
        ("warning_sent", {"body": {"observed": {"aliens": 1}}}, 422, "invalid"),
        ("emergency_read", {}, 404, "not_found"),
        ("emergency_read", {"roles": "courier@wulin"}, 403, "forbidden"),
        ("emergency_read", {"path": {"emergency_id": "storm"}}, 422, "invalid"),
        ("packs_read", {}, 404, "not_found"),
        ("emergency_ended", {}, 404, "not_found"),
        ("emergency_ended", {"roles": "dispatcher@wulin"}, 403, "forbidden"),
        ("paper_entered", {}, 404, "not_found"),
        ("paper_entered", {"roles": "city@wulin"}, 403, "forbidden"),
        ("paper_entered", {"body": {"entries": []}}, 422, "invalid"),
        ("paper_entered", {"body": {"entries": [{}] * 51}}, 422, "invalid"),
        ("reserve_vehicle_registered", {"roles": "city@elsewhere"}, 404, "not_found"),
        ("reserve_vehicle_registered", {"body": {"capacity_grams": 0}}, 422, "invalid"),
        ("reserve_vehicle_registered", {"body": {"capacity_grams": 1.5}}, 422, "invalid"),
    ],
)
def test_what_is_refused_has_a_stable_code_and_no_effect(
    db: Engine, case: str, changed: dict[str, Any], status: int, code: str
) -> None:
    before = db.everything()
    answer = send(STATES, golden(case, **changed))
    assert (answer.status, answer.code) == (status, code), answer.body
    assert db.everything() == before


def test_the_tasks_call_up_pack_and_close_and_may_run_again(db: Engine) -> None:
    emergency_id = declared()
    for _ in range(2):
        assert task("activate_reserve", emergency_id=emergency_id) == {"vehicles": 1}
    for _ in range(2):
        assert task("pack_offline", emergency_id=emergency_id) == {"packs": 0}
    assert task("await_end", emergency_id=emergency_id, token="t", packing_fault="packing: X") == {}
    for how in ("timeout", "fault"):
        tally = task("close_emergency", emergency_id=emergency_id, how=how, fault=None)
        assert tally["orders"] == 0
    answer = send(STATES, golden("emergency_read", path={"emergency_id": emergency_id}))
    assert (answer.body["state"], answer.body["ended_how"]) == ("ended", "timeout")
    assert answer.body["faults"] == ["packing: X"]
    vehicles = [i for (_, sk), i in db.items(Table.PLANS).items() if sk.startswith("VEHICLE#")]
    assert ["active_in" in each for each in vehicles] == [False]


@pytest.mark.parametrize("name", ["activate_reserve", "pack_offline"])
def test_a_task_for_no_emergency_fails_at_once(db: Engine, name: str) -> None:
    with pytest.raises(NotFound):
        task(name, emergency_id=str(uuid7()))


def test_paper_for_a_watched_emergency_is_a_conflict_since_nothing_was_printed(db: Engine) -> None:
    send(STATES, golden("warning_sent"))
    answer = send(STATES, golden("paper_entered"))
    assert [line["state"] for line in answer.body["lines"]] == ["conflict"]
    assert send(STATES, golden("paper_entered")).body == answer.body
    other = golden("paper_entered", body={"entries": [paper_line(outcome="failed")]})
    assert send(STATES, other).code == "id_reused"
    assert len(resilience.view.lines_of(golden_id())) == 1


def paper_line(**changed: Any) -> dict[str, Any]:
    line: dict[str, Any] = json.loads(golden("paper_entered")["body"])["entries"][0]
    return line | changed


def golden_id() -> str:
    found: str = json.loads(golden("warning_sent")["body"])["id"]
    return found
