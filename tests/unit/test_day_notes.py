"""What the day notes: boxes on their shelves, purchases with their stores, counts out of notes."""

from datetime import date
from typing import Any

from linli.kernel.geography import Point
from local.day.baskets import Basket
from local.day.boxes import BoxShelf, box_ids
from local.day.calendar import Calendar
from local.day.closing import deposit_fen, fill_of, orders_of
from local.day.doors import Answer, Traffic
from local.day.places import Resident
from local.day.sample import Building
from local.day.tally import Purchase, Tally

DAY = Calendar(date(2026, 11, 27))
WHO = Resident(
    "resident-1", Building("b", "楼", "House", Point(120.16, 30.27), 6, False), "1", 2, "near", True
)


def bought(number: int, *stores: str, boxes: int = 0, slot_id: str = "") -> Purchase:
    lines = [{"sources": [{"store_id": store, "units": 1} for store in stores]}]
    body: dict[str, Any] = {"lines": lines, "boxes": boxes, "deposit_fen": 1000 * boxes}
    basket = Basket(number, 9, number, WHO, (("egg", max(1, len(stores))),))
    return Purchase(basket, DAY.id(f"order/{number}"), slot_id, Answer(201, body))


def refused(number: int, code: str) -> Purchase:
    basket = Basket(number, 9, number, WHO, (("egg", 5),))
    return Purchase(basket, DAY.id(f"order/{number}"), "", Answer(409, {"code": code}))


def test_orders_are_counted_by_what_became_of_them() -> None:
    purchases = [
        bought(1, "near"),
        bought(2, "near", "far", slot_id=DAY.slot_id(10, days=1)),
        bought(3, "far"),
        refused(4, "out_of_stock"),
    ]
    of = orders_of(purchases, Tally(), DAY)
    assert (of.placed, of.filled, of.helped, of.cross_store, of.for_tomorrow) == (4, 3, 2, 1, 1)
    assert of.refused == {"out_of_stock": 1}


def test_units_count_as_filled_only_with_their_whole_order() -> None:
    rate = fill_of([bought(1, "near"), refused(2, "out_of_stock")])
    assert (rate.orders, rate.filled_orders, rate.units, rate.filled_units) == (2, 1, 6, 1)


def test_the_deposit_of_a_box_is_what_the_orders_say() -> None:
    assert deposit_fen([bought(1, "near"), bought(2, "near", boxes=2)]) == 1000
    assert deposit_fen([bought(1, "near")]) == 0


def test_a_courier_takes_the_boxes_of_an_order_once_and_from_its_stores() -> None:
    shelf = BoxShelf(free={"near": ["box-1", "box-2"], "far": ["box-3"]})
    taken = shelf.for_order("order-1", 1, ["near"])
    assert shelf.for_order("order-1", 1, ["near"]) == taken
    assert set(shelf.for_order("order-2", 2, ["near", "far"])) == {"box-1", "box-2", "box-3"} - {
        *taken
    }
    assert shelf.for_order("order-3", 1, ["near", "far"]) == []
    assert shelf.for_order("order-4", 0, ["near"]) == []


def test_every_store_has_boxes_of_its_own() -> None:
    boxes = [box for number in range(5) for box in box_ids(number)]
    assert len(set(boxes)) == len(boxes)


def test_an_answer_without_a_code_is_known_by_its_status() -> None:
    assert Answer(401, {}).code == "http_401"
    assert Answer(201, {}).code == "ok"
    assert Answer(409, {"code": "slot_full"}).code == "slot_full"


def test_a_refusal_that_was_not_expected_is_a_surprise() -> None:
    tally = Tally()
    tally.expect("order 1", Answer(409, {"code": "out_of_stock"}), "out_of_stock")
    tally.expect("order 2", Answer(500, {"code": "fault"}), "out_of_stock")
    assert tally.surprises == ["order 2: 500 fault"]


def test_request_times_are_told_as_quantiles() -> None:
    traffic = Traffic([0.03, 0.01, 0.02])
    assert (traffic.milliseconds(0.5), traffic.milliseconds(1.0)) == (20, 30)
    assert Traffic().milliseconds(0.5) == 0
