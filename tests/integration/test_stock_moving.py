"""Stocktakes, transfers, expiry and the till: whatever happens, on hand is the sum of the moves."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from linli import catalogue, orders, protection, stock
from linli.kernel import editing
from linli.kernel.ids import uuid7
from linli.kernel.tables import Table
from linli.orders import PlaceOrder
from linli.stock import ShipTransfer, Source
from tests.support import picking
from tests.support import village as v
from tests.support.engine import Engine, engine
from tests.support.http import Answer, golden, send
from tests.support.noon import at_noon
from tests.support.world import audit_now

HERE, THERE = v.STORES[:2]
SKU = v.SKUS[0]
NEW = str(uuid7())
OWN = {"keeper": f"store@{HERE}", "other": f"store@{THERE}"}


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Engine]:
    with engine() as opened, at_noon(tmp_path):
        v.furnish({(HERE, SKU): 10})
        yield opened
    catalogue.forget()


@pytest.fixture(autouse=True)
def books_add_up(db: Engine) -> Iterator[None]:
    """Whatever a test did, the audit finds nothing."""
    yield
    assert audit_now() == []


def tell(case: str, function: str = "stock_moves", **more: Any) -> Answer:
    return send(function, golden(case, **more))


def on_hand(store_id: str = HERE) -> int:
    return stock.of_store(store_id)[0].on_hand_units


def place(units: int) -> orders.Order:
    command = PlaceOrder.model_validate(v.order(uuid7(), {SKU: units}))
    return orders.place(command, caller=v.resident("r-an"), now=v.NOON, settings=v.SETTINGS)


# Stocktakes


@pytest.mark.parametrize("counted", [8, 9, 10, 11, 12])
def test_a_small_variance_is_booked_at_once(db: Engine, counted: int) -> None:
    counts = [{"sku": SKU, "counted_units": counted}]
    told = tell("stock_taken", body={"counts": counts}).body
    assert (told["state"], told["lines"][0]["variance_units"]) == ("applied", counted - 10)
    assert on_hand() == counted


@pytest.mark.parametrize("counted", [0, 7, 13])
def test_a_large_variance_waits_for_another_person(db: Engine, counted: int) -> None:
    tell("stock_taken", body={"counts": [{"sku": SKU, "counted_units": counted}]})
    assert on_hand() == 10
    assert tell("stocktake_decided", subject="keeper-1").code == "four_eyes"
    assert tell("stocktake_decided", roles=OWN["other"]).code == "not_found"
    for _ in range(2):
        assert tell("stocktake_decided").body["state"] == "applied"
        assert on_hand() == counted
    assert tell("stocktake_decided", body={"approve": False}).code == "conflict"
    assert tell("stocktakes_listed").body["stocktakes"][0]["decided_by"] == "keeper-2"


def test_a_rejected_stocktake_changes_nothing(db: Engine) -> None:
    tell("stock_taken", body={"counts": [{"sku": SKU, "counted_units": 1}]})
    assert tell("stocktake_decided", body={"approve": False}).body["state"] == "rejected"
    assert on_hand() == 10
    assert tell("stocktake_decided").code == "conflict"


def test_a_variance_stays_what_it_was_whatever_is_sold_before_it_is_approved(db: Engine) -> None:
    tell("stock_taken", body={"counts": [{"sku": SKU, "counted_units": 6}]})
    tell("till_sold")
    tell("stocktake_decided")
    assert on_hand() == 4


def test_what_is_promised_cannot_go_missing(db: Engine) -> None:
    place(9)
    counts = [{"sku": SKU, "counted_units": 8}]
    assert tell("stock_taken", body={"counts": counts}).code == "not_enough_on_hand"
    again = {"id": str(uuid7()), "counts": [{"sku": SKU, "counted_units": 2}]}
    told = tell("stock_taken", body=again).body
    assert told["state"] == "waiting"
    path = {"stocktake_id": told["stocktake_id"]}
    assert tell("stocktake_decided", path=path).code == "not_enough_on_hand"
    assert on_hand() == 10


def test_goods_that_move_while_they_are_counted_are_counted_again(db: Engine) -> None:
    sold: list[str] = []
    db.before_call = lambda operation: _sell_once(operation, sold)
    told = tell("stock_taken", body={"counts": [{"sku": SKU, "counted_units": 7}]}).body
    assert told["lines"] == [
        {"sku": SKU, "counted_units": 7, "book_units": 8, "variance_units": -1}
    ]
    assert on_hand() == 7


def _sell_once(operation: str, done: list[str]) -> None:
    if operation == "TransactWriteItems" and not done:
        done.append(operation)
        tell("till_sold")


def test_found_goods_of_no_known_lot_are_not_promised_beyond_the_lots(db: Engine) -> None:
    tell("stock_taken", body={"counts": [{"sku": SKU, "counted_units": 12}]})
    with pytest.raises(stock.OutOfStock):
        place(11)
    assert tell("till_sold", body={"lines": [{"sku": SKU, "units": 12}]}).status == 201


@pytest.mark.parametrize(
    "body",
    [
        {"counts": []},
        {"counts": [{"sku": SKU, "counted_units": -1}]},
        {"counts": [{"sku": SKU, "counted_units": 1.5}]},
        {"counts": [{"sku": SKU, "counted_units": 1}] * 2},
    ],
)
def test_a_count_without_sense_changes_nothing(db: Engine, body: dict[str, Any]) -> None:
    before = db.facts()
    assert tell("stock_taken", body=body).status == 422
    assert db.facts() == before


def test_a_stocktake_sent_again_is_the_same_one(db: Engine) -> None:
    first = tell("stock_taken")
    before = db.facts()
    assert tell("stock_taken").body == first.body
    again = {"counts": [{"sku": SKU, "counted_units": 8}]}
    assert tell("stock_taken", body=again).code == "id_reused"
    assert db.facts() == before


# Transfers


def transfer(case: str, **more: Any) -> Answer:
    return tell(case, "transfers", **more)


def test_units_are_here_then_on_their_way_then_there(db: Engine) -> None:
    assert transfer("transfer_requested").status == 201
    for _ in range(2):
        assert transfer("transfer_shipped").body["state"] == "shipped"
    there = stock.of_store(THERE)[0]
    assert (on_hand(), there.on_hand_units, there.inbound_units) == (6, 0, 4)
    assert audit_now() == []
    for _ in range(2):
        assert transfer("transfer_received").body["state"] == "received"
    there = stock.of_store(THERE)[0]
    assert (on_hand(), there.on_hand_units, there.inbound_units) == (6, 4, 0)
    assert list(there.dated.values()) == [4]
    assert [t["state"] for t in transfer("transfers_listed").body["transfers"]] == ["received"]


def test_what_did_not_arrive_stays_on_the_transfer_with_its_reason(db: Engine) -> None:
    transfer("transfer_requested")
    transfer("transfer_shipped")
    wrong: list[dict[str, Any]] = [{"units": 5, "reason": "x"}, {"units": 1}]
    for body in wrong:
        told = transfer("transfer_received", body=body | {"id": str(uuid7())})
        assert told.code == "invalid"
    come = transfer("transfer_received", body={"units": 1, "reason": "bag torn"}).body
    assert (come["received_units"], come["lost_units"], come["reason"]) == (1, 3, "bag torn")
    assert stock.of_store(THERE)[0].on_hand_units == 1


@pytest.mark.parametrize(("arrived", "owed_fen"), [(4, 4 * 250), (1, 250), (0, 0)])
def test_what_is_lent_to_another_owner_is_owed_at_cost_for_what_arrived(
    db: Engine, arrived: int, owed_fen: int
) -> None:
    bought = v.receipt(uuid7(), HERE, SKU, 4).model_copy(update={"cost_fen": 250, "lot_id": "C"})
    early = bought.model_copy(update={"expires_on": date(2026, 6, 3)})
    stock.receive(early, by="k", now=v.NOON)
    transfer("transfer_requested")
    transfer("transfer_shipped")
    for _ in range(2):
        transfer("transfer_received", body={"units": arrived, "reason": "torn"})
    for roles, owner, sign in ((OWN["keeper"], "o-0", 1), (OWN["other"], "o-1", -1)):
        store_id = HERE if roles == OWN["keeper"] else THERE
        told = transfer("owner_debts_listed", roles=roles, query={"store_id": store_id}).body
        assert told["owner_id"] == owner
        assert sum(told["owed_fen"].values()) == sign * owed_fen
        assert [d["units"] for d in told["debts"]] == ([arrived] if arrived else [])


def test_units_of_unknown_cost_are_told_apart(db: Engine) -> None:
    transfer("transfer_requested")
    transfer("transfer_shipped")
    transfer("transfer_received")
    (debt,) = stock.debts("o-1")
    assert (debt.units, debt.cost_fen, debt.unpriced_units) == (4, 0, 4)


def test_stores_of_one_owner_owe_each_other_nothing(db: Engine) -> None:
    there = catalogue.stores_by_id([THERE])[THERE]
    same = there.model_dump(exclude={"store_id"}) | {"owner_id": "o-0"}
    catalogue.put_store(THERE, catalogue.PutStore.model_validate(same), editing.ANY)
    transfer("transfer_requested")
    transfer("transfer_shipped")
    transfer("transfer_received")
    assert stock.debts("o-0") == []


def test_nothing_may_arrive_of_it(db: Engine) -> None:
    transfer("transfer_requested")
    transfer("transfer_shipped")
    transfer("transfer_received", body={"units": 0, "reason": "stolen"})
    assert stock.of_store(THERE)[0].on_hand_units == 0


def test_a_transfer_is_cancelled_until_it_is_shipped(db: Engine) -> None:
    transfer("transfer_requested")
    for _ in range(2):
        assert transfer("transfer_cancelled").body["state"] == "cancelled"
    assert transfer("transfer_shipped").code == "conflict"
    assert on_hand() == 10


def test_a_shipped_transfer_is_neither_cancelled_nor_shipped_again(db: Engine) -> None:
    transfer("transfer_requested")
    transfer("transfer_shipped")
    assert transfer("transfer_cancelled").code == "conflict"
    assert transfer("transfer_shipped", body={"id": str(uuid7())}).code == "conflict"
    assert transfer("transfer_shipped", body={"units": 3}).code == "id_reused"
    assert on_hand() == 6


def test_what_is_promised_is_not_shipped(db: Engine) -> None:
    place(7)
    transfer("transfer_requested")
    assert transfer("transfer_shipped").code == "not_enough_on_hand"


def test_several_lots_travel_the_first_to_expire_first(db: Engine) -> None:
    early = v.receipt(uuid7(), HERE, SKU, 3)
    early = early.model_copy(update={"lot_id": "E", "expires_on": date(2026, 6, 3)})
    stock.receive(early, by="k", now=v.NOON)
    transfer("transfer_requested")
    transfer("transfer_shipped", body={"units": 5})
    transfer("transfer_received", body={"units": 5})
    there = stock.lots_on_hand(THERE, SKU)
    assert [(lot.lot_id, lot.units) for lot in there] == [("E", 3), ("L1", 2)]


@pytest.mark.parametrize(
    ("case", "changes", "status"),
    [
        ("transfer_requested", {"roles": "store@6901234500028"}, 404),
        ("transfer_requested", {"roles": "resident@wulin"}, 403),
        ("transfer_requested", {"body": {"to_store_id": HERE}}, 422),
        ("transfer_requested", {"body": {"units": 0}}, 422),
        ("transfer_requested", {"body": {"id": NEW, "sku": v.UNSOLD_SKU}}, 422),
        ("transfer_requested", {"body": {"id": NEW, "to_store_id": "6901234500189"}}, 404),
        ("transfer_requested", {"body": {"units": 5}}, 409),
        ("transfer_shipped", {"roles": OWN["other"]}, 404),
        ("transfer_shipped", {"body": {"units": -1}}, 422),
        ("transfer_shipped", {"body": {"units": 11}}, 409),
        ("transfer_received", {}, 409),
        ("transfer_received", {"roles": OWN["keeper"]}, 404),
        ("transfer_cancelled", {"roles": "store@6901234500028"}, 404),
        ("transfers_listed", {"roles": OWN["other"]}, 404),
    ],
)
def test_a_transfer_told_by_others_or_out_of_order_changes_nothing(
    db: Engine, case: str, changes: dict[str, Any], status: int
) -> None:
    transfer("transfer_requested")
    before = db.facts()
    assert transfer(case, **changes).status == status
    assert db.facts() == before


def test_before_the_peak_the_store_that_has_gives_to_the_one_that_will_lack(db: Engine) -> None:
    stock.receive(v.receipt(uuid7(), THERE, SKU, 1), by="k", now=v.NOON)
    peak = [4 if hour == 17 else 0 for hour in range(168)]
    stock.put_hours(stock.Level(THERE, SKU), peak)
    assert transfer("transfers_suggested").body["suggestions"] == [
        {"from_store_id": HERE, "to_store_id": THERE, "sku": SKU, "units": 3, "metres": 384}
    ]
    assert transfer("transfers_suggested", roles="dispatcher@xihu").status == 404


# Expiry and lots


def expire(on: date, units: int = 4) -> None:
    command = v.receipt(uuid7(), HERE, SKU, units)
    lot = command.model_copy(update={"lot_id": "OLD", "expires_on": on})
    stock.receive(lot, by="k", now=v.NOON)


def test_goods_leave_the_books_on_the_day_after_their_last(db: Engine) -> None:
    expire(date(2026, 6, 2))
    assert stock.sweep_store(HERE, v.NOON + timedelta(days=1)) == 0
    assert stock.sweep_store(HERE, v.NOON + timedelta(days=2)) == 4
    assert stock.sweep_store(HERE, v.NOON + timedelta(days=2)) == 0
    assert on_hand() == 10
    page, _ = stock.moves_of(HERE, SKU, v.NOON, v.NOON + timedelta(days=3))
    assert (page[-1].kind, page[-1].reason, page[-1].units) == ("written_off", "expired", -4)


def test_what_was_sold_before_is_not_written_off(db: Engine) -> None:
    expire(date(2026, 6, 2))
    tell("till_sold", body={"lines": [{"sku": SKU, "units": 3}]})
    assert stock.sweep_store(HERE, v.NOON + timedelta(days=2)) == 1


def test_what_is_held_waits_for_its_order_and_goes_then(db: Engine) -> None:
    expire(date(2026, 6, 1))
    order = place(12)
    tomorrow = v.NOON + timedelta(days=1)
    assert stock.sweep_store(HERE, tomorrow) == 2
    orders.cancel(order.order_id, resident_id="r-an", now=v.NOON)
    assert stock.sweep_store(HERE, tomorrow) == 2
    assert on_hand() == 10
    assert list(stock.of_store(HERE)[0].dated.values()) == [10]


def test_a_sweep_that_was_overtaken_writes_nothing(db: Engine) -> None:
    expire(date(2026, 6, 1))
    sold: list[str] = []
    db.before_call = lambda operation: _sell_once(operation, sold)
    assert stock.sweep_store(HERE, v.NOON + timedelta(days=1)) == 0
    db.before_call = lambda operation: None
    assert stock.sweep_store(HERE, v.NOON + timedelta(days=1)) == 2


def test_the_hourly_sweep_goes_through_all_stores(
    db: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    expire(date(2026, 6, 1))
    with at_noon(tmp_path, timedelta(days=1)):
        (clock,) = tmp_path.glob("clock")
        monkeypatch.setenv("CLOCK_FILE", str(clock))
        pieces = _fresh("list_stores").lambda_handler({"work": "sweep"}, None)["pieces"]
        assert [piece["work"] for piece in pieces] == ["sweep"]
        swept = _fresh("sweep_stock").lambda_handler(pieces[0], None)
    assert swept[HERE] == 4
    assert set(swept) == {*v.STORES, v.FAR_STORE}


def _fresh(function: str) -> Any:
    """The handler, loaded anew: it reads its environment when it starts."""
    import importlib.util

    from tests.support.http import ROOT

    path = ROOT / "functions" / function / "handler.py"
    spec = importlib.util.spec_from_file_location(f"fresh_{function}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_each_order_of_a_wave_gets_its_lots_once(db: Engine) -> None:
    expire(date(2026, 6, 1), 3)
    wanted = [("o1", Source(HERE, "o", SKU, 2)), ("o2", Source(HERE, "o", SKU, 4))]
    for _ in range(2):
        stock.allocate_lots("w1", wanted, v.LATER, v.NOON)
    shares = stock.allocated("w1", HERE, SKU)
    told = [(share.order_id, share.lot_id, share.units) for share in shares]
    assert told == [("o1", "OLD", 2), ("o2", "OLD", 1), ("o2", "L1", 3)]


def test_two_waves_do_not_get_the_same_units(db: Engine) -> None:
    expire(date(2026, 6, 2), 3)
    stock.allocate_lots("w1", [("o1", Source(HERE, "o", SKU, 2))], v.LATER, v.NOON)
    stock.allocate_lots("w2", [("o2", Source(HERE, "o", SKU, 2))], v.LATER, v.NOON)
    shares = stock.allocated("w2", HERE, SKU)
    assert [(share.lot_id, share.units) for share in shares] == [("OLD", 1), ("L1", 1)]


# The till


def test_a_walk_in_may_take_what_is_protected_but_not_what_is_held(db: Engine) -> None:
    stock.put_protection(HERE, SKU, 8)
    place(2)
    more = {"id": NEW, "lines": [{"sku": SKU, "units": 9}]}
    assert tell("till_sold", body=more).code == "not_enough_on_hand"
    assert tell("till_sold", body={"lines": [{"sku": SKU, "units": 8}]}).status == 201
    assert stock.of_store(HERE)[0].atp_units == 0


@pytest.mark.parametrize(
    ("function", "case", "body", "code"),
    [
        ("stock_moves", "goods_written_off", {"units": 99}, "not_enough_on_hand"),
        ("stock_moves", "goods_returned", {"units": 99}, "unknown_lot"),
        ("stock_moves", "till_sold", {"lines": [{"sku": SKU, "units": 99}]}, "not_enough_on_hand"),
        ("stock_moves", "stock_taken", {"counts": [{"sku": SKU, "counted_units": 9}]}, None),
        ("transfers", "transfer_shipped", {"units": 99}, "not_enough_on_hand"),
        ("transfers", "transfer_received", {}, "conflict"),
    ],
)
def test_what_was_refused_stays_refused_when_it_could_be_done_by_now(
    db: Engine, function: str, case: str, body: dict[str, Any], code: str | None
) -> None:
    order = place(10) if code is None else None
    transfer("transfer_requested")
    refused = tell(case, function, body=body)
    assert refused.code == (code or "not_enough_on_hand")
    early = v.receipt(uuid7(), HERE, SKU, 200).model_copy(update={"lot_id": "L7"})
    stock.receive(early, by="k", now=v.NOON)
    transfer("transfer_shipped", body={"id": str(uuid7())})
    if order:
        orders.cancel(order.order_id, resident_id="r-an", now=v.NOON)
    before = db.facts()
    for _ in range(2):
        assert tell(case, function, body=body).body == refused.body
    assert db.facts() == before


def test_a_sale_told_twice_is_sold_and_counted_once(db: Engine) -> None:
    for _ in range(2):
        assert tell("till_sold").status == 201
    assert on_hand() == 8
    assert protection.recompute.history(HERE, date(2026, 6, 2))[SKU] == {
        date(2026, 6, 1): [2 if hour == 12 else 0 for hour in range(24)]
    }
    assert tell("till_sold", body={"lines": [{"sku": SKU, "units": 1}]}).code == "id_reused"


def test_a_till_that_was_offline_tells_later_when_it_sold(db: Engine) -> None:
    tell("till_sold", body={"sold_at": "2026-05-29T18:30:00+08:00"})
    move = stock.moves_of(HERE, SKU, v.NOON, v.NOON + timedelta(hours=1))[0][-1]
    assert move.happened_at == "2026-05-29T10:30:00.000Z"
    assert protection.recompute.history(HERE, date(2026, 6, 1))[SKU][date(2026, 5, 29)][18] == 2


def late_sale(units: int) -> dict[str, Any]:
    lines = [{"sku": SKU, "units": units}]
    sale = {"id": str(uuid7()), "lines": lines, "offline": True}
    assert tell("till_sold", body=sale).status == 201
    return sale


def open_conflicts() -> list[tuple[str, int]]:
    found = tell("till_conflicts_listed").body["conflicts"]
    return [(each["sku"], each["units"]) for each in found]


def count(units: int) -> Answer:
    counts = [{"sku": SKU, "counted_units": units}]
    return tell("stock_taken", body={"id": str(uuid7()), "counts": counts})


def test_what_an_offline_till_has_sold_beyond_the_books_is_the_stores_to_settle(db: Engine) -> None:
    place(7)
    sale = late_sale(5)
    assert (on_hand(), open_conflicts()) == (7, [(SKU, 2)])
    assert protection.recompute.history(HERE, date(2026, 6, 2))[SKU][date(2026, 6, 1)][12] == 5
    assert tell("till_sold", body=sale).status == 201
    assert open_conflicts() == [(SKU, 2)]
    assert audit_now() == []
    assert tell("till_conflicts_listed", roles=OWN["other"]).code == "not_found"


@pytest.mark.parametrize(("counted", "found"), [(7, 2), (8, 3), (9, 4)])
def test_a_count_settles_it_they_were_there_and_were_sold(
    db: Engine, counted: int, found: int
) -> None:
    place(7)
    late_sale(5)
    assert count(counted).body["state"] == "applied"
    assert (on_hand(), open_conflicts()) == (counted, [])
    level = stock.of_store(HERE)[0]
    assert (level.sold_units, level.received_units, level.written_off_units) == (5, 10 + found, 0)


def test_what_was_sold_of_what_is_promised_is_settled_when_the_picker_misses_it(
    db: Engine,
) -> None:
    order = place(10)
    late_sale(2)
    assert count(8).code == "not_enough_on_hand"
    assert open_conflicts() == [(SKU, 2)]
    orders.freeze(order.order_id, v.SLOT, v.LATER)
    picking.pick(order, HERE, v.LATER, {SKU: {"units": 8}})
    assert count(8).body["state"] == "applied"
    assert (on_hand(), open_conflicts()) == (8, [])


def test_a_large_variance_settles_it_when_another_person_approves(db: Engine) -> None:
    late_sale(12)
    told = count(5).body
    assert (told["state"], open_conflicts()) == ("waiting", [(SKU, 2)])
    path = {"stocktake_id": told["stocktake_id"]}
    assert tell("stocktake_decided", path=path).body["state"] == "applied"
    assert (on_hand(), open_conflicts()) == (5, [])
    assert stock.of_store(HERE)[0].sold_units == 12


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"sold_at": "2026-06-01T12:06:00+08:00"}, 422),
        ({"sold_at": "2026-05-25T11:59:00+08:00"}, 422),
        ({"sold_at": "2026-06-01T12:00:00"}, 422),
        ({"lines": []}, 422),
        ({"lines": [{"sku": SKU, "units": 1}] * 2}, 422),
        ({"lines": [{"sku": SKU, "units": 0}]}, 422),
        ({"lines": [{"sku": v.SKUS[1], "units": 1}]}, 409),
        ({"lines": [{"sku": SKU, "units": 1}, {"sku": v.SKUS[1], "units": 1}]}, 409),
        ({"store_id": THERE}, 404),
    ],
)
def test_a_sale_that_cannot_be_changes_nothing(
    db: Engine, body: dict[str, Any], status: int
) -> None:
    before = db.facts()
    assert tell("till_sold", body=body).status == status
    assert db.facts() == before


def test_protection_is_learnt_from_the_till(db: Engine) -> None:
    """Five Mondays at 12:00, two units each, and nothing else."""
    stock.receive(v.receipt(uuid7(), HERE, SKU, 30), by="k", now=v.NOON)
    for weeks in range(5):
        line = protection.TillLine(sku=SKU, units=2)
        then = v.NOON - timedelta(weeks=weeks)
        sale = protection.TillSale(id=uuid7(), store_id=HERE, lines=(line,), sold_at=then)
        protection.sell_at_till(sale, by="till", now=then)
    community = catalogue.community_now(v.COMMUNITY)
    tonight = v.NOON + timedelta(days=1)
    assert protection.recompute_store(HERE, community, tonight) == 1
    before = db.items(Table.STOCK)
    assert protection.recompute_store(HERE, community, tonight) == 0
    assert db.items(Table.STOCK) == before
    (level,) = (each for each in stock.of_store(HERE) if each.sku == SKU)
    at = {hour: level.protected_at(v.NOON + timedelta(hours=hour)) for hour in (-7, -6, 0, 1, 24)}
    assert at == {-7: 0, -6: 2, 0: 2, 1: 0, 24: 0}


def test_shipping_what_another_command_has_shipped_is_a_conflict(db: Engine) -> None:
    """Two keepers press the button at the same moment: one ships, the other is told."""
    transfer("transfer_requested")
    transfer_id = golden("transfer_shipped")["pathParameters"]["transfer_id"]
    pressed: list[str] = []

    def press(operation: str) -> None:
        if operation == "TransactWriteItems" and not pressed:
            pressed.append(operation)
            stock.ship(transfer_id, ShipTransfer(id=uuid7(), units=1), by="k2", now=v.NOON)

    db.before_call = press
    assert transfer("transfer_shipped").code == "conflict"
    assert on_hand() == 9
