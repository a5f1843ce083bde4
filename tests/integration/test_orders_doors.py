"""The doors of quotes, changes, codes, consents and picking, as API Gateway calls them."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from linli import orders
from linli.kernel.ids import uuid7
from linli.orders import Order
from tests.support import village as v
from tests.support.engine import Engine, engine
from tests.support.http import Answer, golden, send
from tests.support.world import audit_now

GREENS, RICE = v.SKUS[:2]
PICKUP = f"{v.COMMUNITY}.pickup.20990601T1600"
AFTER = v.FUTURE_AT + timedelta(hours=1)
RESIDENT, STORE = {"roles": f"resident@{v.COMMUNITY}"}, {"roles": f"store@{v.STORES[0]}"}
DOORS = [
    ("orders", "order_quoted", "courier@wulin"),
    ("orders", "order_changed", "store@6901234500011"),
    ("orders", "substitute_agreed", "dispatcher@wulin"),
    ("orders", "code_issued", "store@6901234500011"),
    ("orders", "order_history", "courier@wulin"),
    ("orders", "consent_given", "store@6901234500011"),
    ("orders", "consent_revoked", "courier@wulin"),
    ("picking", "picks_listed", "resident@wulin"),
    ("picking", "pick_reported", "courier@wulin"),
    ("picking", "handed_over", "dispatcher@wulin"),
    ("picking", "order_collected", "dispatcher@wulin"),
]


@pytest.fixture
def db() -> Iterator[Engine]:
    with engine() as opened:
        v.furnish({(v.STORES[0], GREENS): 9, (v.STORES[0], RICE): 9})
        v.offer(v.FUTURE_SLOT, capacity=9, starts_at=v.FUTURE_AT)
        v.offer(PICKUP, capacity=9, starts_at=v.FUTURE_AT)
        yield opened
        assert audit_now() == []


def place(**more: Any) -> Order:
    command = v.wish(None, {GREENS: 2}, **({"slot_id": v.FUTURE_SLOT} | more))
    return orders.place(command, caller=v.resident("r-an"), now=v.NOON, settings=v.SETTINGS)


def ask(function: str, case: str, order: Order | None = None, **more: Any) -> Answer:
    """A golden event, with the resident or the store of this village, on this order."""
    who = STORE | {"subject": "k-1"} if function == "picking" else RESIDENT | {"subject": "r-an"}
    path = {"path": {"order_id": order.order_id}} if order else {}
    return send(function, golden(case, **(who | path | more)))


@pytest.mark.parametrize(("function", "case", "roles"), DOORS)
def test_a_door_opens_to_its_roles_alone(db: Engine, function: str, case: str, roles: str) -> None:
    before = db.everything()
    assert send(function, golden(case, roles=roles)).status == 403
    assert db.everything() == before


@pytest.mark.parametrize(
    ("function", "case"),
    [(f, c) for f, c, _ in DOORS if c not in ("order_quoted", "consent_given")],
)
def test_what_is_not_there_is_not_found(db: Engine, function: str, case: str) -> None:
    before = db.everything()
    answer = send(function, golden(case))
    if case == "picks_listed":
        assert answer.status == 200
        return
    assert (answer.status, answer.code) == (404, "not_found")
    if case != "handed_over":  # Its command is noted first.
        assert db.everything() == before


def test_a_quote_is_answered_without_a_trace(db: Engine) -> None:
    body = v.order(None, {GREENS: 2}, slot_id=v.FUTURE_SLOT)
    before = db.everything()
    answer = ask("orders", "order_quoted", body=body)
    assert (answer.status, answer.body["total_fen"], answer.body["stores"]) == (200, 700, 1)
    assert db.everything() == before
    wrong = ask("orders", "order_quoted", body=body | {"lines": []})
    assert (wrong.status, wrong.code) == (422, "invalid")


def test_an_order_is_changed_and_its_history_tells(db: Engine) -> None:
    order = place()
    body = {"id": str(uuid7()), "lines": [{"sku": GREENS, "units": 3}]}
    changed = ask("orders", "order_changed", order, body=body)
    assert (changed.status, changed.body["total_fen"]) == (200, 1050)
    assert ask("orders", "order_changed", order, body=body).body == changed.body
    for units in (-1, 0, 1.5, 10**9, "two", None):
        wrong = body | {"lines": [{"sku": GREENS, "units": units}]}
        assert ask("orders", "order_changed", order, body=wrong).code == "invalid"
    history = ask("orders", "order_history", order)
    assert [turn["turn"] for turn in history.body["turns"]] == ["place", "change"]


def test_a_store_picks_and_hands_over_what_it_finds(db: Engine) -> None:
    order = place()
    orders.freeze(order.order_id, order.slot_id, v.NOON)
    query = {"store_id": v.STORES[0], "slot_id": v.FUTURE_SLOT}
    (listed,) = ask("picking", "picks_listed", query=query).body["orders"]
    assert (listed["order_id"], listed["lines"][0]["units"]) == (order.order_id, 2)
    body = {
        "id": str(uuid7()),
        "order_id": order.order_id,
        "store_id": v.STORES[0],
        "lines": [{"sku": GREENS, "units": 1}],
    }
    told = ask("picking", "pick_reported", body=body)
    assert (told.status, told.body["state"]) == (201, "packed")
    assert ask("picking", "pick_reported", body=body).body == told.body
    assert told.body["part"]["lines"][0]["short_units"] == 1
    assert ask("picking", "picks_listed", query=query).body["orders"] == []
    over = {"id": str(uuid7()), "store_id": v.STORES[0], "order_id": order.order_id}
    answer = ask("picking", "handed_over", body=over)
    assert answer.body["orders"] == [
        {"order_id": order.order_id, "state": "handed_over", "handed_over": True}
    ]
    seen = ask("orders", "order_read", order).body
    assert (seen["final_fen"], seen["bill"]["refund_fen"]) == (350, 350)
    both = over | {"route_id": f"{v.FUTURE_SLOT}.1"}
    assert ask("picking", "handed_over", body=both).code == "invalid"


@pytest.mark.parametrize(
    "wrong",
    [
        {"lines": []},
        {"lines": [{"sku": GREENS, "units": -1}]},
        {"lines": [{"sku": GREENS, "units": 1.5}]},
        {"lines": [{"sku": GREENS, "units": 1, "grams": 0}]},
        {"lines": [{"sku": "1", "units": 1}]},
        {"id": "pick-1"},
        {"colour": "red"},
    ],
    ids=["nothing", "negative", "a fraction", "no grams", "no sku", "no id", "another field"],
)
def test_a_report_that_makes_no_sense_changes_nothing(db: Engine, wrong: dict[str, Any]) -> None:
    order = place()
    orders.freeze(order.order_id, order.slot_id, v.NOON)
    lines = [{"sku": GREENS, "units": 1}]
    body = {"order_id": order.order_id, "store_id": v.STORES[0], "lines": lines}
    before = db.everything()
    assert ask("picking", "pick_reported", body=body | wrong).code == "invalid"
    assert db.everything() == before


def test_a_pickup_is_collected_with_its_code(db: Engine) -> None:
    order = place(slot_id=PICKUP)
    lines = [{"sku": GREENS, "units": 2}]
    body = {"order_id": order.order_id, "store_id": v.STORES[0], "lines": lines}
    assert ask("picking", "pick_reported", body=body).body["state"] == "packed"
    code = ask("orders", "code_issued", order).body["code"]
    again = {"id": str(uuid7()), "code": f"{(int(code) + 1) % 10**8:08d}"}
    assert ask("picking", "order_collected", order, body=again).code == "wrong_code"
    done = ask("picking", "order_collected", order, body={"id": str(uuid7()), "code": code})
    assert (done.status, done.body["state"], done.body["final_fen"]) == (200, "collected", 700)


def test_a_consent_is_given_used_and_revoked(db: Engine) -> None:
    facts = {"until": "2099-12-31T00:00:00+08:00", "resident_id": "elder", "proxy_id": "r-an"}
    given = send("orders", golden("consent_given", body=facts))
    assert (given.status, given.body["by"]) == (201, "leader-1")
    wanted = {"resident_id": "elder", "consent_id": given.body["id"]}
    body = v.order(None, {GREENS: 1}, slot_id=v.FUTURE_SLOT, for_resident=wanted)
    placed = ask("orders", "order_placed", body=body)
    assert (placed.status, placed.body["proxy_fen"], placed.body["for_resident"]) == (
        201,
        300,
        wanted,
    )
    path = {"consent_id": given.body["id"]}
    revoked = send("orders", golden("consent_revoked", subject="elder", path=path))
    assert (revoked.status, revoked.body["revoked_by"]) == (200, "elder")
    body = body | {"id": str(uuid7())}
    assert ask("orders", "order_placed", body=body).code == "no_consent"


def test_a_refusal_is_told_to_who_was_refused_alone(db: Engine) -> None:
    body = v.order(None, {GREENS: 99}, slot_id=v.FUTURE_SLOT)
    assert ask("orders", "order_placed", body=body).code == "out_of_stock"
    path = {"order_id": body["id"]}
    for case in ("order_read", "order_cancelled", "order_history", "code_issued"):
        stranger = golden(case, subject="r-bo", path=path)
        assert send("orders", stranger).code == "not_found", case
    assert send("orders", golden("order_read", subject="r-an", path=path)).code == "out_of_stock"


def test_the_sweeper_does_what_is_due(db: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib

    order = place(pay="online")  # At a noon that is long over by the clock on the wall.
    module = importlib.import_module("functions.sweep_orders.handler")
    told = module.lambda_handler({}, None)
    assert told == {"orders": {"pay": 1, "collect": 0, "close": 0}}
    assert orders.read(order.order_id).state == "expired"
    assert json.dumps(told)
