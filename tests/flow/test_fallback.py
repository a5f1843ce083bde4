"""A storm on the real stack: warned over HTTP, run by Step Functions, ended by the city's word."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from linli.kernel.ids import uuid7
from local.stack import Stack

COMMUNITY = "longjing"
CITY, DISPATCHER = ("city", COMMUNITY), ("dispatcher", COMMUNITY)
SECONDS = 40.0


def call(
    stack: Stack, method: str, path: str, role: tuple[str, str], body: Any = None
) -> httpx.Response:
    headers = {"Authorization": f"Bearer {stack.token(role)}"}
    return httpx.request(method, stack.api_url + path, json=body, headers=headers, timeout=30)


@pytest.fixture(scope="module", autouse=True)
def reserve(stack: Stack) -> None:
    for n in (1, 2):
        body = {"community_id": COMMUNITY, "kind": "van", "capacity_grams": 600_000}
        answer = call(stack, "PUT", f"/v1/reserve-vehicles/van-{n}", CITY, body)
        assert answer.status_code == 200, answer.text


def warning(stack: Stack, level: str) -> dict[str, Any]:
    issued_at = (stack.now() - timedelta(minutes=2)).isoformat()
    said = {"community_id": COMMUNITY, "kind": "storm", "level": level, "issued_at": issued_at}
    return {"id": str(uuid7()), **said}


def emergency(stack: Stack, emergency_id: str) -> dict[str, Any]:
    answer = call(stack, "GET", f"/v1/emergencies/{emergency_id}", CITY)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def until(
    stack: Stack, emergency_id: str, done: Callable[[dict[str, Any]], bool]
) -> dict[str, Any]:
    end = time.monotonic() + SECONDS
    while not done(found := emergency(stack, emergency_id)) and time.monotonic() < end:
        time.sleep(0.2)
    return found


def executions(stack: Stack, emergency_id: str) -> list[str]:
    arn = stack.resources["FallBackMachine"]
    found = stack.client("stepfunctions").list_executions(stateMachineArn=arn)["executions"]
    return [each["status"] for each in found if each["name"] == emergency_id]


def entered(stack: Stack, emergency_id: str) -> list[str]:
    arn = f"{stack.resources['FallBackMachine'].replace(':stateMachine:', ':execution:')}"
    history = stack.client("stepfunctions").get_execution_history(
        executionArn=f"{arn}:{emergency_id}", maxResults=500
    )
    details = [event.get("stateEnteredEventDetails") for event in history["events"]]
    return [each["name"] for each in details if each]


def test_a_storm_from_its_warning_to_its_end(stack: Stack) -> None:
    body = warning(stack, "orange")
    first = call(stack, "POST", "/v1/warnings", CITY, body)
    assert first.status_code == 200, first.text
    assert call(stack, "POST", "/v1/warnings", CITY, body).json() == first.json()
    emergency_id = first.json()["emergency_id"]
    waiting = until(stack, emergency_id, lambda now: now["state"] != "declared")
    assert waiting["state"] == "active"
    assert [each["vehicle_id"] for each in waiting["activations"]] == ["van-1", "van-2"]
    assert 2.0 <= waiting["minutes_to_activation"] < 4.0
    end = {"id": str(uuid7())}
    path = f"/v1/emergencies/{emergency_id}/end"
    for _ in range(2):
        answer = call(stack, "POST", path, CITY, end)
        assert answer.status_code == 200, answer.text
    over = until(stack, emergency_id, lambda now: now["state"] == "ended")
    assert (over["ended_how"], over["faults"]) == ("city", [])
    again = call(stack, "POST", path, CITY, {"id": str(uuid7())})
    assert (again.status_code, again.json()["code"]) == (409, "not_underway")
    assert eventually(lambda: executions(stack, emergency_id) == ["SUCCEEDED"])
    assert entered(stack, emergency_id) == [
        "Assess",
        "ActivateReserve",
        "PackOffline",
        "WaitForEnd",
        "CloseEmergency",
        "Ended",
    ]
    enter_unknown_paper(stack, emergency_id)


def enter_unknown_paper(stack: Stack, emergency_id: str) -> None:
    """A line that was never printed is a conflict that its dispatcher owns."""
    line = {
        "order_id": str(uuid7()),
        "outcome": "delivered",
        "delivered_at": stack.now().isoformat(),
        "by": "rider-1",
    }
    body = {"id": str(uuid7()), "emergency_id": emergency_id, "entries": [line]}
    answer = call(stack, "POST", "/v1/reconciliations", DISPATCHER, body)
    assert answer.status_code == 200, answer.text
    (found,) = answer.json()["lines"]
    assert (found["state"], found["reason"], found["owner"]) == ("conflict", "not_printed", "u-1")
    assert call(stack, "POST", "/v1/reconciliations", DISPATCHER, body).json() == answer.json()
    assert emergency(stack, emergency_id)["tally"]["conflicts"] == 1


def test_the_end_may_come_before_the_machine_waits(stack: Stack) -> None:
    view = call(stack, "POST", "/v1/warnings", CITY, warning(stack, "red")).json()
    emergency_id = view["emergency_id"]
    assert emergency_id == view["id"], "an earlier emergency is still underway"
    answer = call(stack, "POST", f"/v1/emergencies/{emergency_id}/end", CITY, {"id": str(uuid7())})
    assert answer.status_code == 200, answer.text
    over = until(stack, emergency_id, lambda now: now["state"] == "ended")
    assert (over["state"], over["ended_how"]) == ("ended", "city")
    assert eventually(lambda: executions(stack, emergency_id) == ["SUCCEEDED"])


def test_a_blue_warning_starts_nothing(stack: Stack) -> None:
    view = call(stack, "POST", "/v1/warnings", CITY, warning(stack, "blue")).json()
    assert view["assessment"]["activates"] is False
    assert emergency(stack, view["id"])["state"] == "watched"
    assert executions(stack, view["id"]) == []


def test_a_resident_or_another_citys_desk_finds_no_emergency(stack: Stack) -> None:
    emergency_id = call(stack, "POST", "/v1/warnings", CITY, warning(stack, "blue")).json()["id"]
    path = f"/v1/emergencies/{emergency_id}"
    assert call(stack, "GET", path, ("resident", COMMUNITY)).status_code == 403
    assert call(stack, "GET", path, ("city", "elsewhere")).status_code == 404
    assert call(stack, "GET", f"{path}/packs", DISPATCHER).json() == {"packs": []}


def eventually(look: Callable[[], bool]) -> bool:
    end = time.monotonic() + SECONDS
    while not look() and time.monotonic() < end:
        time.sleep(0.2)
    return look()
