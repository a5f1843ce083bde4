"""Orders over HTTP, event in, answer out; a refused request changes nothing that matters."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from linli import orders, stock
from linli.kernel.ids import uuid7
from linli.kernel.tables import Table
from tests.support import village as v
from tests.support.engine import Engine, Fault, engine
from tests.support.http import Answer, golden, send
from tests.support.world import audit_now

GREENS, RICE = v.SKUS[:2]
NOTHING = {"N": "0"}
ORDER_ID = "01905c2e-8a00-7000-8000-0000000000a1"


@pytest.fixture
def db() -> Iterator[Engine]:
    """Two stores: greens in both, rice in the farther one only."""
    with engine() as opened:
        v.furnish({(v.STORES[0], GREENS): 5, (v.STORES[1], GREENS): 5, (v.STORES[1], RICE): 5})
        v.offer(v.FUTURE_SLOT, capacity=40, fen=300, starts_at=v.FUTURE_AT)
        yield opened
        assert audit_now() == []


def place(**changes: Any) -> Answer:
    return send("orders", golden("order_placed", body=changes))


def lines(**units: Any) -> list[dict[str, Any]]:
    skus = {"greens": GREENS, "rice": RICE, "unsold": v.UNSOLD_SKU}
    return [{"sku": skus.get(name, name), "units": n} for name, n in units.items()]


def refused(db: Engine, event: dict[str, Any], status: int, code: str) -> Answer:
    """The answer, after comparing every item of every table with what was there before."""
    before = db.everything()
    answer = send("orders", event)
    assert (answer.status, answer.code) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert db.everything() == before, "a refusal changed something"
    return answer


def recorded(db: Engine, event: dict[str, Any], status: int, code: str) -> Answer:
    """The answer to a refusal that is written down: under its id, and nowhere else."""
    before = db.everything()
    answer = send("orders", event)
    assert (answer.status, answer.code) == (status, code)
    after = db.everything()
    order_id = json.loads(event["body"])["id"]
    row = after[Table.ORDERS].pop((order_id, "ORDER"))
    assert row["state"] == {"S": "refused"}
    assert "slot_id" not in row
    assert after == before, "a refusal changed more than its own record"
    return answer


def test_an_order_that_no_store_can_fill_alone_is_filled_by_two(db: Engine) -> None:
    answer = place(lines=lines(greens=7, rice=1))
    assert answer.status == 201
    assert answer.body["state"] == "placed"
    greens, rice = answer.body["lines"]
    assert [(s["store_id"], s["units"]) for s in greens["sources"]] == [
        (v.STORES[0], 5),
        (v.STORES[1], 2),
    ]
    assert [(s["store_id"], s["owner_id"], s["units"]) for s in rice["sources"]] == [
        (v.STORES[1], "o-1", 1)
    ]
    goods_fen = 7 * 350 + 1280
    assert answer.body["goods_fen"] == goods_fen
    assert answer.body["total_fen"] == goods_fen + 300


def test_one_store_that_has_everything_is_preferred_to_two_nearer_ones(db: Engine) -> None:
    answer = place(lines=lines(greens=2, rice=1))
    used = {s["store_id"] for line in answer.body["lines"] for s in line["sources"]}
    assert used == {v.STORES[1]}


def test_points_pay_for_goods_and_boxes_cost_a_deposit(db: Engine) -> None:
    v.give_points("r-an", 9)
    answer = place(lines=lines(greens=2), spend_points=4, boxes=2)
    figures = {k: answer.body[k] for k in answer.body if k.endswith("_fen")}
    assert figures == {
        "goods_fen": 700,
        "slot_fen": 300,
        "discount_fen": 400,
        "coupon_fen": 0,
        "deposit_fen": 2000,
        "proxy_fen": 0,
        "total_fen": 2600,
        "final_fen": 2600,
        "refund_fen": 0,
    }


def test_an_order_that_is_sent_again_is_the_same_order(db: Engine) -> None:
    first = place()
    before = db.everything()
    assert place().body == first.body
    assert db.everything() == before


def test_a_refusal_is_the_same_for_ever_even_when_goods_have_come_in(db: Engine) -> None:
    event = golden("order_placed", body={"lines": lines(greens=11)})
    answer = recorded(db, event, 409, "out_of_stock")
    assert answer.body["short"] == [{"sku": GREENS, "units": 1}]
    assert answer.headers["content-language"] == "zh"
    assert answer.body["title"] == "附近门店库存不足"
    stock.receive(v.receipt(uuid7(), v.STORES[0], GREENS, 50), by="k", now=v.NOON)
    again = refused(db, event, 409, "out_of_stock")
    assert again.body == answer.body
    read = refused(db, golden("order_read"), 409, "out_of_stock")
    assert read.body == answer.body


def test_an_id_is_used_for_one_order_of_one_resident(db: Engine) -> None:
    assert place().status == 201
    other = golden("order_placed", body={"boxes": 1})
    refused(db, other, 409, "id_reused")
    stranger = golden("order_placed", subject="r-bo")
    refused(db, stranger, 409, "id_reused")


def test_a_strangers_order_answers_exactly_as_a_missing_one(db: Engine) -> None:
    place()
    for case in ("order_read", "order_cancelled"):
        foreign = refused(db, golden(case, subject="r-bo"), 404, "not_found")
        missing = refused(db, golden(case, path={"order_id": str(uuid7())}), 404, "not_found")
        assert foreign == missing
    assert send("orders", golden("orders_listed", subject="r-bo")).body == {"orders": []}


def test_a_resident_of_another_community_cannot_order_here(db: Engine) -> None:
    event = golden("order_placed", roles="resident@xixi")
    refused(db, event, 404, "not_found")


@pytest.mark.parametrize("roles", ["courier@wulin", "store@wulin", "city@wulin", "auditor@wulin"])
def test_only_residents_order(db: Engine, roles: str) -> None:
    refused(db, golden("order_placed", roles=roles), 403, "forbidden")


def test_a_resident_sees_their_orders_the_newest_first_and_no_refusals(db: Engine) -> None:
    ids = [f"01905c2e-8a0{n}-7000-8000-000000000000" for n in range(3)]
    for order_id, units in zip(ids, (1, 999, 1), strict=True):
        place(id=order_id, lines=lines(greens=units))
    listed = send("orders", golden("orders_listed")).body["orders"]
    assert [order["id"] for order in listed] == [ids[2], ids[0]]


def test_a_cancelled_order_gives_everything_back(db: Engine) -> None:
    v.give_points("r-an", 9)
    before = db.everything()
    place(lines=lines(greens=7), spend_points=3, boxes=1)
    assert send("orders", golden("order_cancelled")).body["state"] == "cancelled"
    for table, counters in (
        (Table.STOCK, ("atp_units", "held_units")),
        (Table.SLOTS, ("taken_orders",)),
        (Table.LEDGER, ("available_units", "held_units")),
    ):
        after = db.items(table)
        for key, item in before[table].items():
            for counter in counters:
                assert after[key].get(counter, NOTHING) == item.get(counter, NOTHING)
    again = db.everything()
    assert send("orders", golden("order_cancelled")).body["state"] == "cancelled"
    assert db.everything() == again


def test_an_order_that_a_wave_has_frozen_is_not_cancelled(db: Engine) -> None:
    v.give_points("r-an", 5)
    place(spend_points=2)
    orders.freeze(ORDER_ID, v.FUTURE_SLOT, v.LATER)
    refused(db, golden("order_cancelled"), 409, "out_of_order")


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"lines": lines(unsold=1)}, 422, "unknown_sku"),
        ({"lines": lines(greens=1, unsold=1)}, 422, "unknown_sku"),
        ({"lines": lines(greens=999)}, 409, "out_of_stock"),
        ({"slot_id": "wulin.courier.20990602T1600"}, 422, "unknown_slot"),
        ({"slot_id": v.SLOT}, 409, "slot_closed"),
        ({"spend_points": 1}, 409, "not_enough_points"),
        ({"spend_points": 100_000}, 422, "points_exceed_total"),
        ({"expected_total_fen": 1}, 409, "price_changed"),
        ({"deliver_to": v.HOME | {"lon": 121.9}}, 422, "outside_every_pool"),
        ({"deliver_to": v.HOME | {"lon": -70, "lat": -30}}, 422, "outside_every_pool"),
    ],
)
def test_a_refusal_of_the_neighbourhood_is_recorded_and_has_no_effect(
    db: Engine, changes: dict[str, Any], status: int, code: str
) -> None:
    event = golden("order_placed", body=changes)
    first = recorded(db, event, status, code)
    assert refused(db, event, status, code).body == first.body


def test_a_full_slot_refuses(db: Engine) -> None:
    small = "wulin.courier.20990602T1600"
    v.offer(small, capacity=1, starts_at=v.FUTURE_AT + timedelta(days=1))
    assert place(id=str(uuid7()), slot_id=small, lines=lines(rice=1)).status == 201
    event = golden("order_placed", body={"slot_id": small, "lines": lines(rice=1)})
    recorded(db, event, 409, "slot_full")


NONSENSE: dict[str, dict[str, Any]] = {
    "no lines": {"lines": []},
    "twenty-one lines": {"lines": lines(greens=1) * 21},
    "a SKU twice": {"lines": lines(greens=1) + lines(greens=2)},
    "a SKU with a wrong check digit": {"lines": [{"sku": "2000000000001", "units": 1}]},
    "a SKU that is none": {"lines": [{"sku": "greens", "units": 1}]},
    "no units": {"lines": lines(greens=0)},
    "negative units": {"lines": lines(greens=-1)},
    "huge units": {"lines": lines(greens=10**30)},
    "half a unit": {"lines": lines(greens=0.5)},
    "a whole unit as a fraction": {"lines": lines(greens=1.0)},
    "units that are no number": {"lines": lines(greens=float("nan"))},
    "infinite units": {"lines": lines(greens=float("inf"))},
    "units in words": {"lines": lines(greens="2")},
    "units that are true": {"lines": lines(greens=True)},
    "units that are nothing": {"lines": lines(greens=None)},
    "negative points": {"spend_points": -1},
    "half a point": {"spend_points": 0.5},
    "huge points": {"spend_points": 10**30},
    "points as money": {"spend_fen": 300},
    "six boxes": {"boxes": 6},
    "negative boxes": {"boxes": -1},
    "swapped coordinates": {"deliver_to": v.HOME | {"lon": 30.27, "lat": 120.16}},
    "a longitude that is no number": {"deliver_to": v.HOME | {"lon": float("nan")}},
    "a latitude beyond the pole": {"deliver_to": v.HOME | {"lat": float("inf")}},
    "an unknown kind of coordinates": {"deliver_to": v.HOME | {"crs": "MARS"}},
    "a floor in the sky": {"deliver_to": v.HOME | {"floor": 1000}},
    "a phone that is none": {"deliver_to": v.HOME | {"contact_phone": "12345"}},
    "a lone surrogate": {"deliver_to": v.HOME | {"building": "\ud800"}},
    "no address": {"deliver_to": None},
    "an id that is not time-ordered": {"id": "0b8f6a5e-4d1c-4c86-9f4e-1f2d3c4b5a69"},
    "an id that is none": {"id": "1"},
    "a slot of another community": {"slot_id": "xixi.courier.20990601T1600"},
    "a community that is none": {"community_id": "WULIN"},
    "a field that nobody knows": {"discount_fen": 5000},
    "somebody else's name": {"resident_id": "r-bo"},
}


@pytest.mark.parametrize("changes", NONSENSE.values(), ids=NONSENSE)
def test_nonsense_is_refused_with_one_code_and_leaves_no_trace(
    db: Engine, changes: dict[str, Any]
) -> None:
    answer = refused(db, golden("order_placed", body=changes), 422, "invalid")
    assert answer.body["errors"], "it says where"
    assert "r-an" not in json.dumps(answer.body)


@pytest.mark.parametrize(
    "body",
    [None, "", "null", "[]", "1", '"order"', "{", "{}", "\x00", '{"id": ', "[" * 30_000, "{}" * 9],
    ids=lambda body: repr(body)[:12],
)
def test_a_body_that_is_no_order_is_refused(db: Engine, body: str | None) -> None:
    event = golden("order_placed")
    event["body"] = body
    refused(db, event, 422, "invalid")


def test_a_body_that_no_order_needs_is_not_read(db: Engine) -> None:
    event = golden("order_placed", body={"note": "x" * 70_000})
    refused(db, event, 413, "too_large")


def test_a_body_is_measured_in_bytes(db: Engine) -> None:
    event = golden("order_placed")
    event["body"] = json.dumps({"note": "邻" * 30_000}, ensure_ascii=False)
    refused(db, event, 413, "too_large")


def test_a_store_that_is_down_for_a_moment_is_a_fault_and_sending_again_is_safe(
    db: Engine,
) -> None:
    db.choose_fault = lambda operation: Fault.ERROR_BEFORE
    answer = place()
    assert (answer.status, answer.code) == (500, "fault")
    assert "Traceback" not in json.dumps(answer.body)
    db.choose_fault = lambda operation: None
    assert place().status == 201
