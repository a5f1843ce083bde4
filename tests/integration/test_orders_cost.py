"""What an order costs: one read and one write, whatever it holds; and what it writes."""

from collections.abc import Iterator
from typing import Any

import pytest

from linli import orders
from linli.kernel.reads import MOST_KEYS
from linli.kernel.tables import Table
from linli.kernel.transact import MOST_WRITES
from linli.orders.model import MOST_BOXES, MOST_LINES
from linli.stock.rules import MOST_SOURCES, MOST_STORES
from tests.support import village as v
from tests.support.engine import Engine, Fault, engine

ONE_EACH: dict[str, int] = {"BatchGetItem": 1, "TransactWriteItems": 1}


@pytest.fixture
def db() -> Iterator[Engine]:
    with engine() as opened:
        v.furnish({(store_id, sku): 9 for store_id in v.STORES for sku in v.SKUS})
        v.give_points("r-an", 9)
        opened.forget_costs()
        yield opened


def place(**more: Any) -> orders.Order:
    lines = more.pop("lines", None)
    command = v.wish(more.pop("order_id", None), lines, **more)
    return orders.place(command, caller=v.resident("r-an"), now=v.NOON, settings=v.SETTINGS)


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"lines": dict.fromkeys(v.SKUS, 1)},
        {"lines": {v.SKUS[0]: 20}},
        {"spend_points": 2},
        {"spend_points": 2, "boxes": 5, "lines": dict.fromkeys(v.SKUS, 12)},
    ],
)
def test_an_order_is_one_read_and_one_write(db: Engine, more: dict[str, Any]) -> None:
    place(**more)
    assert db.calls == ONE_EACH


def test_a_refusal_is_one_read_and_one_write(db: Engine) -> None:
    with pytest.raises(Exception, match="stock"):
        place(lines={v.SKUS[0]: 900})
    assert db.calls == ONE_EACH


def test_a_resend_is_one_read(db: Engine) -> None:
    order_id = place().order_id
    db.forget_costs()
    place(order_id=order_id)
    assert db.calls == {"BatchGetItem": 1}


def test_an_order_writes_two_units_an_item_and_one_for_each_index(db: Engine) -> None:
    """The order's row is under 1 KB; its two indexes get a copy each."""
    place()
    order, level, slot, indexes = 2, 2, 2, 2
    assert order + level + slot + indexes <= db.written_units <= 12


def test_ten_lines_over_eight_stores_fit_one_read_and_the_most_two(db: Engine) -> None:
    for lines, batches in ((10, 1), (MOST_LINES, 2)):
        keys = 1 + 1 + lines + MOST_STORES * lines + 2
        assert -(-keys // MOST_KEYS) == batches


def test_the_largest_order_is_placed_and_delivered_in_one_write_each(db: Engine) -> None:
    order, slot, credit = 1, 1, 4
    assert MOST_SOURCES + order + slot + credit <= MOST_WRITES
    delivery, points, deposit, boxes = 1, 3, 3, 3 * MOST_BOXES
    assert 2 * MOST_SOURCES + order + delivery + points + deposit + boxes <= MOST_WRITES


def test_an_order_whose_answer_was_lost_is_there_when_it_is_sent_again(db: Engine) -> None:
    command = v.wish(lines={v.SKUS[0]: 2})
    db.choose_fault = lambda operation: (
        Fault.TIMEOUT_AFTER if operation == "TransactWriteItems" else None
    )
    with pytest.raises(Exception, match="timeout"):
        orders.place(command, caller=v.resident("r-an"), now=v.NOON, settings=v.SETTINGS)
    db.choose_fault = lambda operation: None
    placed = orders.place(command, caller=v.resident("r-an"), now=v.NOON, settings=v.SETTINGS)
    rows = [pk for pk, sk in db.items(Table.ORDERS) if sk == "ORDER"]
    assert rows == [placed.order_id]
    held = [int(i["held_units"]["N"]) for i in db.items(Table.STOCK).values() if "held_units" in i]
    assert sum(held) == 2
