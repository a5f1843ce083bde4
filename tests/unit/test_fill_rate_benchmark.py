"""The benchmark's model of stock and demand says no more than the record does."""

from datetime import date

from benchmarks.fill_rate.data import Sold, deliveries, read, shelf_days
from benchmarks.fill_rate.run import SAMPLE
from benchmarks.fill_rate.trade import Result, Shop, events_of, trade

FRIDAY = date(2024, 6, 14)
STORES = ("343", "554", "555", "556", "758")
ALONE = {store: [(Shop(store), 0)] for store in STORES}
TOGETHER = {store: [(Shop(other), abs(n - m)) for m, other in enumerate(STORES)]
            for n, store in enumerate(STORES)}  # fmt: skip


def play(online: float, spare: float, pools: dict[str, list[tuple[Shop, int]]]) -> Result:
    record, _ = read(SAMPLE / "sales.csv")
    day, result = shelf_days(record, spare)[FRIDAY], Result()
    trade(FRIDAY, day, events_of(day, online, "seed"), pools, {}, result)
    return result


def test_a_store_that_serves_its_own_walk_ins_sells_what_the_record_says() -> None:
    record, _ = read(SAMPLE / "sales.csv")
    served = play(0.0, 0.0, ALONE).units["walk-ins", "served"]
    assert served == sum(sum(sold.units) for sold in record)


def test_no_rule_sells_more_than_was_delivered() -> None:
    record, _ = read(SAMPLE / "sales.csv")
    brought = sum(sum(deliveries(sold, 0.25)) for sold in record)
    for pools in (ALONE, TOGETHER):
        units = play(0.5, 0.25, pools).units
        assert units["walk-ins", "served"] + units["orders", "served"] <= brought


def test_the_same_people_come_whatever_the_rule() -> None:
    one, other = play(0.5, 0.25, ALONE), play(0.5, 0.25, TOGETHER)
    assert one.orders == other.orders
    assert one.units["orders", "wanted"] == other.units["orders", "wanted"]
    assert one.filled_orders < other.filled_orders


def test_a_stretch_in_stock_begins_with_what_it_sold() -> None:
    units = tuple([0] * 6 + [2, 1, 0, 0, 3] + [0] * 13)
    out = tuple(hour in (8, 9) for hour in range(24))
    came = deliveries(Sold("s", "p", FRIDAY, units, out), 0.5)
    assert (came[0], came[10]) == (3, 3 + 3)
    assert sum(came) == 9
