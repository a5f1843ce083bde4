"""The doors of dispatch and buildings, as API Gateway calls them: who comes in, what is refused."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from linli import waves
from linli.kernel.access import MATRIX
from linli.kernel.door import settings
from linli.kernel.identity import Role
from linli.kernel.ids import uuid7
from linli.waves.model import StartWave
from tests.support import community as here
from tests.support import dispatching
from tests.support.community import AFTER, COMMUNITY, DISPATCHER, SLOT_ID, InProcess
from tests.support.engine import Engine, engine
from tests.support.http import Answer, golden, send

ROUTE = f"{SLOT_ID}.1"
NOW = datetime(2026, 6, 2, 2, tzinfo=UTC)
"""Within couriers' hours, when what is reported below is over."""
ID = "01905c2e-8a00-7000-8000-0000000001aa"
HERE = {"id": ID, "community_id": COMMUNITY}
LIFT = {**HERE, "building": "7", "unit": "1", "works": False, "at": "2026-06-01T00:00:00Z"}
ACTION = {"id": ID, "seq": 1, "at": "2026-06-01T00:00:00Z", "kind": "break_started"}
DOORS: dict[str, tuple[str, str, dict[str, str], dict[str, Any] | None]] = {
    "PUT /v1/couriers/me/documents/{kind}": (
        "couriers",
        "courier",
        {"kind": "health"},
        {"community_id": COMMUNITY, "number": "A-1", "expires_on": "2030-01-01"},
    ),
    "GET /v1/couriers/documents": ("couriers", "courier", {}, None),
    "POST /v1/couriers/{courier_id}/documents/{kind}/judge": (
        "couriers",
        "dispatcher",
        {"courier_id": "courier-1", "kind": "health"},
        {**HERE, "version": 1, "verdict": "rejected"},
    ),
    "PUT /v1/couriers/me/shifts/{on}": (
        "couriers",
        "courier",
        {"on": "2026-06-01"},
        {"community_id": COMMUNITY, "opens": "09:00", "closes": "12:00"},
    ),
    "POST /v1/couriers/me/shifts/{on}/end": (
        "couriers",
        "courier",
        {"on": "2026-06-01"},
        {"community_id": COMMUNITY},
    ),
    "POST /v1/couriers/{courier_id}/resume": (
        "couriers",
        "dispatcher",
        {"courier_id": "courier-1"},
        HERE,
    ),
    "GET /v1/couriers": ("couriers", "dispatcher", {}, None),
    "GET /v1/alerts": ("couriers", "dispatcher", {}, None),
    "PUT /v1/pay-rules/{from_on}": (
        "couriers",
        "city",
        {"from_on": "2099-01-01"},
        {"community_id": COMMUNITY, "stop_fen": 400},
    ),
    "GET /v1/routes": ("routes", "courier", {}, None),
    "POST /v1/routes/{route_id}/decline": ("routes", "courier", {"route_id": ROUTE}, {"id": ID}),
    "POST /v1/routes/{route_id}/assign": (
        "routes",
        "dispatcher",
        {"route_id": ROUTE},
        {"id": ID, "courier_id": "courier-1"},
    ),
    "GET /v1/waves/{wave_id}/offers": ("routes", "dispatcher", {"wave_id": SLOT_ID}, None),
    "GET /v1/couriers/me/next-stop": ("deliveries", "courier", {}, None),
    "POST /v1/couriers/me/actions": (
        "deliveries",
        "courier",
        {},
        {"community_id": COMMUNITY, "device": "phone", "actions": [ACTION]},
    ),
    "POST /v1/lift-reports": ("buildings", "resident", {}, LIFT),
    "POST /v1/quiet/answers": (
        "buildings",
        "resident",
        {},
        {**HERE, "building": "7", "accepts": True},
    ),
    "POST /v1/quiet/complaints": ("buildings", "resident", {}, {**HERE, "building": "7"}),
}
PLACELESS = {"GET /v1/couriers", "GET /v1/couriers/documents", "GET /v1/alerts", "GET /v1/routes",
             "GET /v1/couriers/me/next-stop"}  # fmt: skip
"""Doors that answer another community's people with what they have there: nothing."""


@pytest.fixture
def db(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Engine]:
    """A wave whose one route is offered to its one courier; by day, long after its slot."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")  # As Lambda would; nothing is called.
    (tmp_path / "clock").write_text(str(NOW.timestamp() - time.time()))
    monkeypatch.setenv("CLOCK_FILE", str(tmp_path / "clock"))
    settings.cache_clear()
    with engine() as opened:
        dispatching.furnish_once(opened, "doors", _furnish)
        yield opened
    settings.cache_clear()


def _furnish() -> None:
    here.open_community(couriers=1)
    here.place(1)
    waves.start(StartWave(id=uuid7(), slot_id=SLOT_ID), DISPATCHER, InProcess(), AFTER)
    dispatching.offer_round(SLOT_ID, AFTER)


def knock(door: str, roles: str | None = None, **changes: Any) -> Answer:
    """Send the door its usual request, with other roles or parts of the body."""
    function, role, path, body = DOORS[door]
    event = golden("courier_registered", subject="courier-1", roles=roles or f"{role}@{COMMUNITY}")
    method, route = door.split(" ")
    event["routeKey"] = event["requestContext"]["routeKey"] = door
    event["rawPath"] = event["requestContext"]["http"]["path"] = route.format(**path)
    event["requestContext"]["http"]["method"] = method
    event["pathParameters"] = path
    event["body"] = None if body is None else json.dumps(body | changes)
    return send(function, event)


@pytest.mark.parametrize("door", DOORS)
def test_the_door_opens_to_its_own(db: Engine, door: str) -> None:
    answer = knock(door)
    assert answer.status == 200, answer.body


@pytest.mark.parametrize("door", DOORS)
def test_other_roles_do_not_come_in_and_leave_no_trace(db: Engine, door: str) -> None:
    others = sorted(set(Role) - MATRIX[door])
    before = db.everything()
    answer = knock(door, " ".join(f"{role}@{COMMUNITY}" for role in others))
    assert (answer.status, answer.code) == (403, "forbidden")
    assert db.everything() == before


@pytest.mark.parametrize("door", DOORS)
def test_another_community_answers_as_if_there_were_nothing(db: Engine, door: str) -> None:
    before = db.everything()
    answer = knock(door, f"{DOORS[door][1]}@gulou")
    if door in PLACELESS:
        assert answer.status == 200
        assert ROUTE not in json.dumps(answer.body)
    else:
        assert (answer.status, answer.code) == (404, "not_found"), answer.body
    assert db.everything() == before


@pytest.mark.parametrize("door", [d for d in DOORS if DOORS[d][3] is not None])
def test_a_field_that_nobody_knows_is_refused(db: Engine, door: str) -> None:
    before = db.everything()
    answer = knock(door, wings=2)
    assert (answer.status, answer.code) == (422, "invalid")
    assert answer.body["errors"][0]["at"] == "body.wings"
    assert db.everything() == before


@pytest.mark.parametrize(
    ("door", "wrong"),
    [
        ("PUT /v1/couriers/me/documents/{kind}", {"number": "?"}),
        ("PUT /v1/couriers/me/documents/{kind}", {"expires_on": "soon"}),
        ("PUT /v1/couriers/me/shifts/{on}", {"opens": None}),
        ("PUT /v1/couriers/me/shifts/{on}", {"opens": "12:00", "closes": "09:00"}),
        ("PUT /v1/pay-rules/{from_on}", {"stop_fen": -1}),
        ("PUT /v1/pay-rules/{from_on}", {"km_fen": 10**6}),
        ("POST /v1/couriers/me/actions", {"actions": []}),
        ("POST /v1/couriers/me/actions", {"actions": [ACTION | {"kind": "flew"}]}),
        ("POST /v1/couriers/me/actions", {"actions": [ACTION | {"seq": -1}]}),
        ("POST /v1/couriers/me/actions", {"actions": [ACTION | {"at": "2026-06-01T00:00:00"}]}),
        ("POST /v1/couriers/me/actions", {"actions": [ACTION] * 41}),
        ("POST /v1/lift-reports", {"building": "~7"}),
        ("POST /v1/lift-reports", {"at": "2099-01-01T00:00:00Z"}),
        ("POST /v1/quiet/answers", {"accepts": None}),
    ],
)
def test_what_makes_no_sense_changes_nothing(db: Engine, door: str, wrong: dict[str, Any]) -> None:
    before = db.everything()
    answer = knock(door, **wrong)
    assert (answer.status, answer.code) == (422, "invalid")
    assert db.everything() == before


def test_a_document_never_shows_its_number(db: Engine) -> None:
    knock("PUT /v1/couriers/me/documents/{kind}", number="SECRET-7")
    for door in ("PUT /v1/couriers/me/documents/{kind}", "GET /v1/couriers/documents"):
        assert "SECRET" not in json.dumps(knock(door, number="SECRET-7").body)


def test_the_same_voice_counts_once_and_the_same_report_is_one(db: Engine) -> None:
    for door in ("POST /v1/quiet/answers", "POST /v1/quiet/complaints", "POST /v1/lift-reports"):
        first, before = knock(door), db.everything()
        assert knock(door).body == first.body
        assert db.everything() == before
    said = knock("POST /v1/quiet/answers", accepts=False).body
    assert (said["yes"], said["no"]) == (0, 1)
    assert knock("POST /v1/lift-reports", works=True).code == "id_reused"


def test_a_courier_sees_their_registration_and_a_dispatcher_everybodys(db: Engine) -> None:
    here.register(here.COURIERS[1], 1)
    everybody = [each["courier_id"] for each in knock("GET /v1/couriers").body["couriers"]]
    assert everybody == ["courier-1", "courier-2"]
    mine = knock("GET /v1/couriers", f"courier@{COMMUNITY}").body["couriers"]
    assert [each["courier_id"] for each in mine] == ["courier-1"]
