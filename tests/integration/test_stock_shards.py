"""A hot shelf in several items: whoever uses it sees one shelf, and nothing is sold twice."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from linli import catalogue, orders, protection, stock
from linli.kernel.errors import Contended, Refused
from linli.kernel.ids import uuid7
from linli.kernel.tables import Table
from linli.orders import ChangeLines, PlaceOrder
from linli.orders.model import LineIn
from linli.orders.parts import FoundLine, GivenInstead
from linli.stock import OutOfStock
from tests.support import picking
from tests.support import village as v
from tests.support.engine import Engine, engine
from tests.support.http import Answer, golden, send
from tests.support.noon import at_noon
from tests.support.world import audit_now

HERE, THERE = v.STORES[:2]
SKU, OTHER = v.SKUS[:2]


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Engine]:
    with engine() as opened, at_noon(tmp_path):
        v.furnish({(HERE, SKU): 12, (HERE, OTHER): 5})
        stock.split(HERE, SKU, 4)
        yield opened
    catalogue.forget()


@pytest.fixture(autouse=True)
def books_add_up(db: Engine) -> Iterator[None]:
    """Whatever a test did, the audit finds nothing."""
    yield
    assert audit_now() == []


def ask(case: str, **more: Any) -> Answer:
    return send("stock", golden(case, **more))


def shelf(sku: str = SKU) -> stock.Level:
    return stock.levels([(HERE, sku)])[HERE, sku]


def place(units: int, who: str = "r-an", sku: str = SKU, substitute: str = "no") -> orders.Order:
    line = {"sku": sku, "units": units, "substitute": substitute}
    command = PlaceOrder.model_validate(v.order() | {"lines": [line]})
    return orders.place(command, caller=v.resident(who), now=v.NOON, settings=v.SETTINGS)


def handed_over(order: orders.Order) -> None:
    orders.freeze(order.order_id, v.SLOT, v.LATER)
    picking.send_off(orders.read(order.order_id), v.LATER)


def delivered(order: orders.Order) -> None:
    orders.deliver(
        str(uuid7()),
        order.order_id,
        courier_id="c-1",
        outcome="delivered",
        box_ids=(),
        at=v.LATER,
        now=v.LATER,
    )


# Splitting


@pytest.mark.parametrize("roles", [f"store@{HERE}", f"dispatcher@{v.COMMUNITY}"])
def test_the_store_or_its_dispatcher_splits_and_joins(db: Engine, roles: str) -> None:
    told = ask("shelf_split", roles=roles, body={"shards": 8}).body
    assert (told["shards"], told["atp_units"], told["free_units"]) == (8, 12, 12)
    assert shelf().split == (2, 2, 2, 2, 1, 1, 1, 1)
    assert ask("shelf_split", roles=roles, body={"shards": 1}).body["shards"] == 1
    assert len([sk for _, sk in db.items(Table.STOCK) if sk.startswith(f"{SKU}#")]) == 0


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"roles": f"store@{THERE}"}, "not_found"),
        ({"roles": "dispatcher@elsewhere"}, "not_found"),
        ({"roles": f"resident@{v.COMMUNITY}"}, "forbidden"),
        ({"body": {"shards": 0}}, "invalid"),
        ({"body": {"shards": 9}}, "invalid"),
        ({"body": {"shards": 2.5}}, "invalid"),
        ({"path": {"store_id": HERE, "sku": v.SKUS[2]}}, "nothing_to_split"),
    ],
)
def test_a_split_that_may_not_be_changes_nothing(
    db: Engine, changes: dict[str, Any], code: str
) -> None:
    before = db.everything()
    assert ask("shelf_split", **changes).code == code
    assert db.everything() == before


def test_splitting_again_into_as_many_changes_nothing(db: Engine) -> None:
    before = db.everything()
    stock.split(HERE, SKU, 4)
    assert db.everything() == before


def test_an_item_where_units_are_held_goes_when_their_order_has_ended(db: Engine) -> None:
    order = place(1)
    home = order.lines[0].sources[0].shard
    stock.split(HERE, SKU, 1)
    assert len(shelf().split) == home + 1
    orders.cancel(order.order_id, resident_id="r-an", now=v.NOON)
    stock.sweep_store(HERE, v.NOON)
    assert (shelf().split, shelf().shards) == ((12,), ())


# An order's life


def test_an_order_writes_no_more_than_on_one_item(db: Engine) -> None:
    db.forget_costs()
    place(1)
    split = db.written_units
    assert db.calls == {"BatchGetItem": 2, "TransactWriteItems": 1}
    db.forget_costs()
    place(1, sku=OTHER)
    assert db.written_units == split
    assert db.calls == {"BatchGetItem": 1, "TransactWriteItems": 1}


def test_what_no_item_has_alone_comes_from_all_and_is_shared_out_anew(db: Engine) -> None:
    assert shelf().split == (3, 3, 3, 3)
    place(6)
    assert sorted(shelf().split) == [1, 1, 2, 2]
    assert (shelf().atp_units, shelf().held_units) == (6, 6)
    with pytest.raises(OutOfStock):
        place(7)
    place(6)
    assert shelf().split == (0, 0, 0, 0)


def test_an_order_lives_its_whole_life_on_a_shelf_that_is_split_otherwise(db: Engine) -> None:
    kept, dropped = place(5), place(2, "r-bo")
    stock.split(HERE, SKU, 2)
    orders.cancel(dropped.order_id, resident_id="r-bo", now=v.NOON)
    handed_over(kept)
    stock.split(HERE, SKU, 5)
    delivered(kept)
    stock.split(HERE, SKU, 1)
    level = shelf()
    assert (level.atp_units, level.held_units, level.sold_units) == (7, 0, 5)
    assert level.shards == ()


@pytest.mark.parametrize(("before", "after"), [(2, 7), (7, 2), (12, 1)])
def test_a_changed_order_holds_what_it_says(db: Engine, before: int, after: int) -> None:
    order = place(before)
    lines = (LineIn(sku=SKU, units=after),)
    command = ChangeLines(id=uuid7(), lines=lines)
    orders.change(order.order_id, command, resident_id="r-an", now=v.NOON, settings=v.SETTINGS)
    assert shelf().held_units == after
    orders.cancel(order.order_id, resident_id="r-an", now=v.NOON)
    assert (shelf().atp_units, shelf().held_units) == (12, 0)


def test_what_a_picker_does_not_find_and_gives_instead(db: Engine) -> None:
    stock.split(HERE, OTHER, 3)
    order = place(4, substitute="same_price")
    orders.freeze(order.order_id, v.SLOT, v.LATER)
    report = picking.report(orders.read(order.order_id), HERE)
    given = GivenInstead(sku=OTHER, units=3)
    found = FoundLine(sku=SKU, units=1, substitute=given)
    report = report.model_copy(update={"lines": (found,)})
    orders.pick(report, caller=picking.keeper(HERE), now=v.LATER)
    orders.hand_over(order.order_id, HERE, by="k", now=v.LATER)
    assert (shelf().held_units, shelf().written_off_units) == (1, 3)
    assert shelf(OTHER).held_units == 3
    delivered(order)
    assert (shelf().sold_units, shelf(OTHER).sold_units) == (1, 3)


def test_protection_and_reserve_are_kept_by_all_items_together(db: Engine) -> None:
    stock.put_protection(HERE, SKU, 7)
    place(2)
    place(3, "r-bo")
    with pytest.raises(OutOfStock):
        place(1, "r-chen")
    assert shelf().atp_units == 7


# The store's own deeds


def test_the_till_sells_from_all_items(db: Engine) -> None:
    line = protection.TillLine(sku=SKU, units=10)
    sale = protection.TillSale(id=uuid7(), store_id=HERE, lines=(line,), sold_at=v.NOON)
    protection.sell_at_till(sale, by="t", now=v.NOON)
    assert (shelf().atp_units, shelf().sold_units) == (2, 10)


def test_goods_come_in_go_out_and_are_counted(db: Engine) -> None:
    stock.receive(v.receipt(uuid7(), HERE, SKU, 5), by="k", now=v.NOON)
    assert shelf().split == (5, 4, 4, 4)
    lost = stock.WriteOff(id=uuid7(), store_id=HERE, sku=SKU, units=9, reason="spoilt", lot_id="L1")
    stock.write_off(lost, by="k", now=v.NOON)
    count = stock.Count(sku=SKU, counted_units=7)
    command = stock.Stocktake(id=uuid7(), store_id=HERE, counts=(count,))
    assert stock.take_stock(command, by="k", now=v.NOON).state == "applied"
    assert shelf().on_hand_units == 7


# Races


def test_forty_buyers_at_once_get_as_many_units_as_there_are(db: Engine) -> None:
    def buy(n: int) -> str:
        for _ in range(20):
            try:
                return place(1, f"r-{n}").state
            except Contended:
                continue
            except Refused as refusal:
                return refusal.code
        return "gave up"

    with ThreadPoolExecutor(8) as pool:
        told = Counter(pool.map(buy, range(40)))
    assert told == {"placed": 12, "out_of_stock": 28}
    assert shelf().split == (0, 0, 0, 0)
