"""The golden messages through the function, and incidents over HTTP."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from linli import catalogue
from linli.catalogue import PutStore
from tests.support import http
from tests.support.engine import Engine, engine
from tests.support.http import golden, send
from tests.support.sensors import STORE

NOW = datetime(2024, 6, 28, 2, 0, 5, tzinfo=UTC)
EVENTS = Path(__file__).parents[2] / "events" / "iot"
SOUND = {"calm", "over_the_limit", "warm", "lying_payload"}


@pytest.fixture
def db(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    clock = tmp_path / "clock"
    clock.write_text(str((NOW - datetime.now(UTC)).total_seconds()))
    monkeypatch.setenv("CLOCK_FILE", str(clock))
    with engine() as opened:
        catalogue.forget()
        place = {"community_id": "wulin", "owner_id": "o-1", "lon": 120.16, "lat": 30.27}
        store = PutStore.model_validate(place | {"name_zh": "店", "name_en": "Shop"})
        catalogue.put_store(STORE, store, None)
        ingest_function().settings.cache_clear()
        yield opened


def ingest_function() -> ModuleType:
    return http._handler("ingest_reading")


def hand_over(case: str) -> dict[str, Any]:
    event = json.loads((EVENTS / f"{case}.json").read_text())
    answer: dict[str, Any] = ingest_function().lambda_handler(event, http.CONTEXT)
    return answer


@pytest.mark.parametrize("case", sorted(path.stem for path in EVENTS.iterdir()))
def test_a_golden_message_ends_as_its_name_says(db: Engine, case: str) -> None:
    answer = hand_over(case)
    if case in SOUND:
        assert (answer["fate"], answer["reason"]) == ("kept", None)
        assert (answer["incident_id"] is not None) == (case in ("over_the_limit", "warm"))
    else:
        assert (answer["fate"], answer["reason"]) == ("quarantined", case)
    assert hand_over(case)["fate"] == ("duplicate" if case in SOUND else "quarantined")


def test_a_store_lists_and_closes_its_incident_once(db: Engine) -> None:
    hand_over("calm")
    hand_over("over_the_limit")
    listed = send("incidents", golden("incidents_listed"))
    assert [one["state"] for one in listed.body["incidents"]] == ["open"]
    first = send("incidents", golden("incident_closed"))
    assert (first.status, first.body["state"], first.body["closed_by"]) == (
        200,
        "closed",
        "keeper-1",
    )
    before = db.everything()
    again = send("incidents", golden("incident_closed"))
    assert (again.body, db.everything()) == (first.body, before)


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"roles": "store@6901234500028"}, 404, "not_found"),
        ({"roles": "dispatcher@elsewhere"}, 404, "not_found"),
        ({"roles": "city@wulin"}, 403, "forbidden"),
        ({"roles": "resident@wulin"}, 403, "forbidden"),
        ({"body": {"reason": ""}}, 422, "invalid"),
        ({"body": {"id": "1"}}, 422, "invalid"),
        ({"path": {"incident_id": "wulin"}}, 422, "invalid"),
    ],
)
def test_closing_is_refused_without_effect(
    db: Engine, changed: dict[str, Any], status: int, code: str
) -> None:
    hand_over("over_the_limit")
    before = db.everything()
    answer = send("incidents", golden("incident_closed", **changed))
    assert (answer.status, answer.code) == (status, code)
    assert db.everything() == before


def test_nobody_sees_the_incidents_of_another_place(db: Engine) -> None:
    hand_over("over_the_limit")
    for roles in ("store@6901234500028", "dispatcher@elsewhere", "city@elsewhere"):
        answer = send("incidents", golden("incidents_listed", roles=roles))
        assert answer.body == {"incidents": []}
