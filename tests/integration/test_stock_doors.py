"""Stock through its doors: every unit that comes or goes leaves a move that says why."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from linli import catalogue, orders, slots, stock
from linli.catalogue import PutProduct
from linli.kernel.ids import uuid7
from linli.kernel.tables import Table
from linli.orders import PlaceOrder
from linli.orders.model import NoEmergency
from linli.stock import OutOfStock
from tests.support import picking
from tests.support import village as v
from tests.support.engine import Engine, engine
from tests.support.http import Answer, golden, send
from tests.support.world import audit_now

STORE, SKU = v.STORES[0], v.SKUS[0]


@pytest.fixture(autouse=True)
def noon(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The doors' clock stands near the village's noon."""
    from datetime import UTC, datetime

    from linli.kernel import door

    file = tmp_path / "clock"
    file.write_text(str((v.NOON - datetime.now(UTC)).total_seconds()))
    settings = door.settings().model_copy(update={"clock_file": str(file)})
    monkeypatch.setattr(door, "settings", lambda: settings)


@pytest.fixture
def db() -> Iterator[Engine]:
    with engine() as opened:
        v.furnish({})
        yield opened
    catalogue.forget()


def tell(case: str, **body: Any) -> Answer:
    return send("stock_moves", golden(case, body={"id": str(uuid7())} | body))


def ask(case: str, **more: Any) -> Answer:
    return send("stock", golden(case, **more))


def level() -> dict[str, int]:
    found: dict[str, int] = ask("store_stock_read").body["levels"][0]
    return found


def place(units: int, subject: str = "r-an", **more: Any) -> orders.Order:
    command = PlaceOrder.model_validate(v.order(uuid7(), {SKU: units}, **more))
    return orders.place(command, caller=v.resident(subject), now=v.NOON, settings=v.SETTINGS)


def deliver(order: orders.Order, outcome: Any) -> None:
    orders.freeze(order.order_id, v.SLOT, v.LATER)
    picking.send_off(orders.read(order.order_id), v.LATER)
    orders.deliver(
        str(uuid7()),
        order.order_id,
        courier_id="c-1",
        outcome=outcome,
        box_ids=(),
        at=v.LATER,
        now=v.LATER,
    )


def list_for_emergencies() -> None:
    product = catalogue.products_by_id([SKU])[SKU]
    before = PutProduct(**product.model_dump(exclude={"sku"}))
    etag = catalogue.put_product(SKU, before, None)[1]
    catalogue.put_product(SKU, before.model_copy(update={"emergency": True}), etag)


def test_where_did_the_units_go(db: Engine) -> None:
    tell("goods_received")
    tell("goods_written_off", lot_id="L7")
    tell("goods_returned")
    deliver(placed := place(4), "delivered")
    deliver(place(1), "failed")
    answer = ask("moves_listed")
    told = [(move["kind"], move["units"]) for move in answer.body["moves"]]
    assert sorted(told) == [("received", 10), ("returned", -3), ("sold", -4), ("written_off", -2)]
    assert answer.body["units"] == level()["atp_units"] == 1
    sold = next(move for move in answer.body["moves"] if move["kind"] == "sold")
    assert (sold["by"], sold["reference"]) == ("c-1", placed.order_id)
    returned = next(move for move in answer.body["moves"] if move["kind"] == "returned")
    assert (returned["reference"], returned["reason"]) == ("farm-1", "wilted")
    assert audit_now() == []


def test_moves_come_in_pages_of_one_whole(db: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("linli.stock.moves.MOST_MOVES", 2)
    for _ in range(5):
        tell("goods_received", units=1)
    seen, query = [], {"from": "2026-06-01T00:00:00Z", "to": "2026-06-02T00:00:00Z"}
    for _ in range(9):
        page = ask("moves_listed", query=query).body
        seen += [move["move_id"] for move in page["moves"]]
        if page["next"] is None:
            break
        query["after"] = page["next"]
    assert len(seen) == len(set(seen)) == 5


@pytest.mark.parametrize(
    ("case", "body", "status", "code"),
    [
        ("goods_received", {"units": 0}, 422, "invalid"),
        ("goods_received", {"units": -1}, 422, "invalid"),
        ("goods_received", {"units": 1.5}, 422, "invalid"),
        ("goods_received", {"units": "NaN"}, 422, "invalid"),
        ("goods_received", {"units": 10**9}, 422, "invalid"),
        ("goods_received", {"expires_on": "2026-05-31"}, 422, "expired_goods"),
        ("goods_received", {"expires_on": "yesterday"}, 422, "invalid"),
        ("goods_received", {"expires_on": None}, 422, "invalid"),
        ("goods_received", {"lot_id": ""}, 422, "invalid"),
        ("goods_received", {"sku": v.UNSOLD_SKU}, 422, "unknown_sku"),
        ("goods_received", {"sku": "2000000000001"}, 422, "invalid"),
        ("goods_received", {"store_id": v.STORES[1]}, 404, "not_found"),
        ("goods_received", {"received_celsius": 1000}, 422, "invalid"),
        ("goods_written_off", {"units": 11}, 409, "not_enough_on_hand"),
        ("goods_written_off", {"lot_id": "L8"}, 422, "unknown_lot"),
        ("goods_written_off", {"lot_id": "L7", "units": 11}, 422, "unknown_lot"),
        ("goods_written_off", {"reason": "eaten"}, 422, "invalid"),
        ("goods_returned", {"lot_id": "L8"}, 422, "unknown_lot"),
        ("goods_returned", {"units": 11}, 422, "unknown_lot"),
    ],
)
def test_bad_moves_change_nothing(
    db: Engine, case: str, body: dict[str, Any], status: int, code: str
) -> None:
    assert tell("goods_received").status == 201
    before = db.facts()
    answer = tell(case, **body)
    assert (answer.status, answer.code) == (status, code)
    assert db.facts() == before


def test_a_command_sent_again_changes_nothing_and_its_id_means_it_alone(db: Engine) -> None:
    again = {"id": str(uuid7())}
    first = tell("goods_received", **again)
    before = db.facts()
    assert tell("goods_received", **again).body == first.body
    assert tell("goods_received", units=11, **again).code == "id_reused"
    assert tell("goods_received", sku=v.SKUS[1], **again).code == "id_reused"
    assert tell("goods_written_off", **again).code == "id_reused"
    assert db.facts() == before


@pytest.mark.parametrize(("celsius", "status"), [(8.0, 201), (8.1, 422), (None, 201)])
def test_chilled_goods_that_came_too_warm_stay_out(
    db: Engine, celsius: float | None, status: int
) -> None:
    chilled = PutProduct(name_zh="奶", name_en="Milk", price_fen=1, grams=1, zone="chilled")
    catalogue.put_product(v.UNSOLD_SKU, chilled, None)
    answer = tell("goods_received", sku=v.UNSOLD_SKU, received_celsius=celsius)
    assert answer.status == status


def test_goods_go_back_to_their_supplier_until_the_next_day_only(db: Engine) -> None:
    early = v.receipt(uuid7(), STORE, SKU, 5).model_copy(update={"lot_id": "OLD"})
    stock.receive(early, by="k", now=v.NOON - timedelta(days=2))
    stock.receive(
        early.model_copy(update={"id": uuid7(), "lot_id": "NEW"}),
        by="k",
        now=v.NOON - timedelta(days=1),
    )
    assert tell("goods_returned", lot_id="OLD").code == "too_late_to_return"
    assert tell("goods_returned", lot_id="NEW").status == 201


def test_lots_on_hand_are_those_that_expire_last(db: Engine) -> None:
    tell("goods_received", lot_id="A", expires_on="2026-06-03", units=4)
    tell("goods_received", lot_id="B", expires_on="2026-06-09", units=6)
    deliver(place(5), "delivered")
    lots = ask("lots_listed").body["lots"]
    assert [(lot["lot_id"], lot["units"]) for lot in lots] == [("B", 5)]


def test_an_order_is_not_promised_what_expires_before_its_slot(db: Engine) -> None:
    late = "wulin.courier.20260610T1600"
    starts_at = v.LATER + timedelta(days=9)
    command = slots.PutSlot(
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=2),
        cutoff_at=v.CUTOFF,
        capacity_orders=9,
        price_fen=0,
    )
    slots.put_slot(late, command, now=v.NOON)
    tell("goods_received", lot_id="A", expires_on="2026-06-03", units=4)
    tell("goods_received", lot_id="B", expires_on="2026-06-20", units=4)
    place(4, slot_id=late)
    with pytest.raises(OutOfStock):
        place(1, slot_id=late)
    place(4)


def test_a_promise_on_terms_that_have_changed_is_made_anew(db: Engine) -> None:
    tell("goods_received", lot_id="A", units=3)
    list_for_emergencies()
    placed: list[str] = []
    db.before_call = lambda operation: _reserve_once(db, operation, placed)
    with pytest.raises(OutOfStock):
        place(3)
    assert level()["held_units"] == 0


def _reserve_once(db: Engine, operation: str, done: list[str]) -> None:
    """Between the order's read and its write, the city raises the reserve."""
    if operation == "TransactWriteItems" and not done:
        done.append(operation)
        assert ask("reserve_set", body={"units": 2}).status == 200


@pytest.mark.parametrize("emergency", [False, True])
def test_the_reserve_is_for_emergencies(db: Engine, emergency: bool) -> None:
    tell("goods_received")
    assert ask("reserve_set").code == "not_for_emergencies"
    list_for_emergencies()
    assert ask("reserve_set").body["free_units"] == 6
    with pytest.raises(OutOfStock):
        place(7)
    if emergency:
        send("catalogue", golden("community_set", body={"emergency": True}))
        catalogue.forget()
        assert place(10, emergency=True).lines[0].units == 10
    else:
        with pytest.raises(NoEmergency):
            place(7, emergency=True)


def test_availability_tells_what_is_protected_and_hides_stores_from_residents(db: Engine) -> None:
    tell("goods_received")
    assert ask("protection_set").body["protected_units"] == 4
    promise = ask("availability_asked").body["promises"][0]
    assert (promise["free_units"], promise["protected_units"]) == (6, 4)
    assert promise["stores"] == {}
    seen = ask("availability_asked", roles=f"store@{STORE}").body["promises"][0]["stores"]
    assert list(seen) == [STORE]
    wide = ask("availability_asked", roles="dispatcher@wulin").body["promises"][0]["stores"]
    assert set(wide) == set(v.STORES)
    assert ask("protection_read").body["least_units"] == 4


@pytest.mark.parametrize("case", ["store_stock_read", "moves_listed", "lots_listed"])
@pytest.mark.parametrize(
    ("roles", "status"),
    [
        (f"store@{STORE}", 200),
        ("dispatcher@wulin", 200),
        ("city@xihu", 404),
        (f"store@{v.STORES[1]}", 404),
        ("resident@wulin", 403),
    ],
)
def test_a_stores_stock_is_its_own_and_its_communitys_business(
    db: Engine, case: str, roles: str, status: int
) -> None:
    assert ask(case, roles=roles).status == status


def test_a_level_with_all_it_can_know_costs_one_write_unit(db: Engine) -> None:
    for day in range(12):
        tell("goods_received", lot_id=f"L{day}", expires_on=f"2026-07-{day + 1:02}", units=9_999)
    stock.put_hours(stock.Level(STORE, SKU), [1_000] * 168)
    stock.put_protection(STORE, SKU, 99_999)
    list_for_emergencies()
    stock.put_reserve(STORE, SKU, 9_999)
    item = db.items(Table.STOCK)[STORE, SKU]
    size = sum(len(name) + len(next(iter(value.values()))) for name, value in item.items())
    assert size < 1_024
