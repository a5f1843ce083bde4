"""The doors of waves, routes, deliveries and couriers, as API Gateway calls them."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from linli import fleet, orders, waves
from linli.kernel.identity import Role
from linli.kernel.ids import uuid7
from linli.kernel.tables import Table
from linli.orders import Order
from linli.waves.model import StartWave
from tests.support import community as here
from tests.support import dispatching
from tests.support.community import AFTER, COMMUNITY, DISPATCHER, SLOT_ID, InProcess
from tests.support.engine import Engine, engine
from tests.support.http import Answer, golden, send
from tests.support.picking import send_off

DOORS = [
    ("couriers", "courier_registered"),
    ("waves", "wave_started"),
    ("waves", "wave_read"),
    ("routes", "routes_listed"),
    ("routes", "route_accepted"),
    ("routes", "route_read"),
    ("deliveries", "delivery_reported"),
]


@pytest.fixture
def db(monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")  # As Lambda would; nothing is called.
    with engine() as opened:
        here.open_community(couriers=1)
        yield opened


@pytest.fixture
def placed(db: Engine) -> list[Order]:
    """Orders whose wave is out, on one route."""
    placed = [here.place(n) for n in range(3)]
    waves.start(StartWave(id=uuid7(), slot_id=SLOT_ID), DISPATCHER, InProcess(), AFTER)
    for order in placed:
        send_off(orders.read(order.order_id), AFTER)
    dispatching.offer_round(SLOT_ID, AFTER)
    return placed


def accept(subject: str) -> Answer:
    return send("routes", golden("route_accepted", body={"id": str(uuid7())}, subject=subject))


def report(order: Order, **changes: Any) -> dict[str, Any]:
    body = {"order_id": order.order_id, "at": (AFTER + timedelta(hours=1)).isoformat()}
    return golden("delivery_reported", body=body | changes)


@pytest.mark.parametrize(("function", "case"), DOORS)
@pytest.mark.parametrize("roles", ["resident@wulin", "auditor@wulin store@6901234500011"])
def test_other_roles_do_not_come_in_and_leave_no_trace(
    db: Engine, function: str, case: str, roles: str
) -> None:
    before = db.everything()
    answer = send(function, golden(case, roles=roles))
    assert (answer.status, answer.code) == (403, "forbidden")
    assert db.everything() == before


@pytest.mark.parametrize(("function", "case"), [d for d in DOORS if d[1] != "routes_listed"])
def test_another_community_answers_as_if_there_were_nothing(
    db: Engine, placed: list[Order], function: str, case: str
) -> None:
    before = db.everything()
    event = golden(case)
    claims = event["requestContext"]["authorizer"]["jwt"]["claims"]
    claims["linli_roles"] = claims["linli_roles"].replace("wulin", "gulou")
    answer = send(function, event)
    assert (answer.status, answer.code) == (404, "not_found")
    assert db.everything() == before


def test_a_courier_registers_and_may_change_their_mind(db: Engine) -> None:
    first = send("couriers", golden("courier_registered"))
    assert (first.status, first.body["courier_id"]) == (200, "courier-1")
    before = db.items(Table.FLEET)
    assert send("couriers", golden("courier_registered")).body == first.body
    assert db.items(Table.FLEET) == before
    changed = send("couriers", golden("courier_registered", body={"vehicle": "van"}))
    assert changed.body["vehicle"] == "van"
    assert [each.vehicle for each in fleet.couriers(COMMUNITY)] == ["van"]


@pytest.mark.parametrize(
    "wrong",
    [{"vehicle": "e_bike"}, {"start": {"lon": 181, "lat": 0}}, {"shift": None}, {"wings": 2}],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_malformed_registration_is_refused_by_field(db: Engine, wrong: dict[str, Any]) -> None:
    answer = send("couriers", golden("courier_registered", body=wrong))
    assert (answer.status, answer.code) == (422, "invalid")
    assert answer.body["errors"][0]["at"].startswith(f"body.{next(iter(wrong))}")


def test_a_wave_tells_its_routes_and_kilometres(placed: list[Order]) -> None:
    answer = send("waves", golden("wave_read"))
    assert answer.status == 200
    assert (answer.body["state"], answer.body["orders"], answer.body["attempt"]) == (
        "published",
        3,
        1,
    )
    (route,) = answer.body["routes"]
    assert route["metres"] == answer.body["metres"] > 0
    assert answer.body["baseline_metres"] >= answer.body["metres"]


@pytest.mark.parametrize("wave_id", ["wulin.courier.20990101T0000", "nonsense"])
def test_a_wave_that_is_not_there(db: Engine, wave_id: str) -> None:
    answer = send("waves", golden("wave_read", path={"wave_id": wave_id}))
    assert answer.code == ("invalid" if wave_id == "nonsense" else "not_found")


def test_a_route_from_offer_to_the_last_door(placed: list[Order]) -> None:
    offers = send("routes", golden("routes_listed")).body["routes"]
    assert [(each["state"], each["mine"]) for each in offers] == [("offered", False)]
    assert send("routes", golden("route_read")).status == 404
    taken = accept("courier-1")
    assert (taken.status, taken.body["state"], taken.body["mine"]) == (200, "taken", True)
    assert accept("courier-1").body == taken.body
    assert (accept("courier-2").status, accept("courier-2").code) == (409, "route_taken")
    manifest = send("routes", golden("route_read"))
    assert manifest.status == 200
    for order in placed:
        event = report(order, id=str(uuid7()))
        answer = send("deliveries", event)
        assert (answer.status, answer.body["order_state"]) == (201, "delivered")
        assert send("deliveries", event).body["order_state"] == "delivered"
    assert answer.body["route_state"] == "done"


def test_a_dispatcher_reads_every_manifest_of_the_community(placed: list[Order]) -> None:
    event = golden("route_read", subject="dispatcher-1", roles="dispatcher@wulin")
    assert send("routes", event).status == 200


def test_no_answer_shows_a_whole_phone_number(placed: list[Order]) -> None:
    accept("courier-1")
    for function, case in (("routes", "route_read"), ("routes", "routes_listed")):
        text = json.dumps(send(function, golden(case)).body)
        for order in placed:
            assert (order.deliver_to.contact_phone or "") not in text


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"outcome": "lost"}, "invalid"),
        ({"at": "2024-06-28T11:15:00"}, "invalid"),
        ({"at": "2099-01-01T00:00:00Z"}, "invalid"),
        ({"box_ids": ["06901234000016A17"]}, "too_many_boxes"),
        ({"box_ids": ["nonsense"]}, "invalid"),
        ({"order_id": str(uuid7())}, "not_found"),
    ],
    ids=["outcome", "no offset", "future", "boxes not ordered", "no box", "no order"],
)
def test_a_report_that_makes_no_sense_changes_nothing(
    db: Engine, placed: list[Order], wrong: dict[str, Any], code: str
) -> None:
    accept("courier-1")
    before = db.everything()
    answer = send("deliveries", report(placed[0], **wrong))
    assert answer.code == code
    assert db.everything() == before


def test_a_wave_cannot_be_started_before_its_cut_off(db: Engine) -> None:
    slot_id = "wulin.courier.20990101T0000"
    here.put_slot(slot_id, 5, cutoff_at=AFTER + timedelta(days=40_000 // 2))
    answer = send("waves", golden("wave_started", body={"slot_id": slot_id}))
    assert (answer.status, answer.code) == (409, "slot_still_open")


def test_a_courier_of_one_community_sees_no_offers_of_another(placed: list[Order]) -> None:
    stranger = here.person("x", Role.COURIER, community="gulou")
    event = golden("routes_listed", subject=stranger.subject, roles="courier@gulou")
    assert send("routes", event).body == {"routes": []}
