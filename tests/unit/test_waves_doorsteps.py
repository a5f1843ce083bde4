"""What routing is told of an order's door: volume, cold, quiet, skills, promises, drops."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from linli.boxes import EmptiesRequest
from linli.catalogue import Product
from linli.fleet import Courier
from linli.kernel.geography import Point
from linli.orders import Order
from linli.routing.insertion import insertion
from linli.routing.model import Problem, Stop, Window
from linli.routing.rules import STAIRS, service_seconds
from linli.routing.verify import verify
from linli.waves.doorsteps import HEAVY_GOODS, Goods, goods_for
from linli.waves.rules import LATE_FEN_PER_MINUTE, LATE_SECONDS, problem_of
from linli_solver.engines import PYVRP
from tests.support.community import STORES
from tests.unit.test_waves_rules import SLOT, STARTS_AT, courier, order, store

HOUR = timedelta(hours=1)


def product(n: int, **told: Any) -> Product:
    body = {"name_zh": "菜", "name_en": "Greens", "price_fen": 1, "grams": 500, **told}
    return Product.model_validate({"sku": f"sku-{n}", **body})


def posed(wanted: list[Order], couriers: list[Courier], *products: Product) -> Problem:
    """The problem an hour before the slot, with what is known of the products."""
    goods = goods_for(wanted, couriers, {each.sku: each for each in products})
    return problem_of(wanted, [store(0), store(1)], couriers, SLOT, STARTS_AT - HOUR, (), goods)


def only_stop(wanted: Order, couriers: list[Courier], *products: Product) -> Stop:
    (stop,) = posed([wanted], couriers, *products).stops
    return stop


def test_volume_is_what_the_city_told_and_else_follows_from_the_mass() -> None:
    wanted = order((STORES[0], 3), (STORES[1], 2))
    stop = only_stop(wanted, [courier()], product(0, millilitres=4_000))
    told = {part.depot_id: part.volume_millilitres for part in stop.parts}
    assert told == {STORES[0]: 12_000, STORES[1]: 2_000}


def test_each_part_is_out_of_the_cold_no_longer_than_its_coldest_product_bears() -> None:
    wanted = order((STORES[0], 1), (STORES[0], 1), (STORES[1], 1))
    zones = product(0, zone="chilled"), product(1, zone="frozen")
    stop = only_stop(wanted, [courier()], *zones)
    limits = {part.depot_id: part.cold_limit_seconds for part in stop.parts}
    assert limits == {STORES[0]: 45 * 60, STORES[1]: None}


@pytest.mark.parametrize(
    ("boxes", "cold_boxes", "limit"), [(0, 0, 45 * 60), (1, 0, 45 * 60), (2, 3, 2 * 3600)]
)
def test_frozen_goods_get_insulated_boxes_where_couriers_have_enough_of_them(
    boxes: int, cold_boxes: int, limit: int
) -> None:
    riders = [courier(courier_id=f"c-{n}", cold_box=n < boxes) for n in range(3)]
    frozen = product(0, zone="frozen", millilitres=15_000)
    wanted = order((STORES[0], 4))
    problem = posed([wanted], riders, frozen)
    (part,) = problem.stops[0].parts
    assert (part.cold_boxes, part.cold_limit_seconds) == (cold_boxes, limit)
    assert [v.capacity_cold_boxes for v in problem.vehicles] == [2] * boxes + [0] * (3 - boxes)


def test_at_night_a_door_takes_longer() -> None:
    plain, quiet = order((STORES[0], 1)), order((STORES[0], 1)).model_copy(update={"quiet": True})
    longer = (
        only_stop(quiet, [courier()]).service_seconds
        - only_stop(plain, [courier()]).service_seconds
    )
    assert longer == service_seconds(1, True, 500, quiet=True) - service_seconds(1, True, 500)


def test_heavy_orders_and_stairs_are_planned_for_who_can() -> None:
    heavy = order((STORES[0], 3), grams=10_000)
    upstairs = heavy.model_copy(
        update={"deliver_to": heavy.deliver_to.model_copy(update={"floor": 5})}
    )
    assert only_stop(heavy, [courier()]).skills == (HEAVY_GOODS,)
    assert only_stop(upstairs, [courier()]).skills == (STAIRS, HEAVY_GOODS)
    strong = courier(courier_id="c-2", skills=["heavy_goods"])
    problem = posed([upstairs], [courier(), strong])
    plan = insertion(problem)
    assert [route.vehicle_id for route in plan.routes] == ["c-2"]
    alone = posed([upstairs], [courier()])
    (left,) = insertion(alone).unserved
    assert left.reason == "no_skill"


def test_a_wave_that_is_late_still_owes_its_slots_end() -> None:
    in_time = posed([order((STORES[0], 1))], [courier()])
    assert in_time.stops[0].due_seconds is None
    late_at = SLOT.ends_at - timedelta(minutes=30)
    late = problem_of([order((STORES[0], 1))], [store(0)], [courier()], SLOT, late_at)
    (stop,) = late.stops
    assert stop.window == Window(0, LATE_SECONDS)
    assert (stop.due_seconds, stop.late_fen_per_minute) == (30 * 60, LATE_FEN_PER_MINUTE)
    assert verify(late, insertion(late)) == []


def test_who_says_that_they_carry_more_has_the_room_for_it() -> None:
    usual, strong = courier(), courier(courier_id="c-2", capacity_grams=100_000)
    vehicles = posed([order((STORES[0], 1))], [usual, strong]).vehicles
    assert vehicles[1].capacity_millilitres == 2 * vehicles[0].capacity_millilitres


def test_an_order_in_two_drops_has_all_that_it_had_in_one() -> None:
    wanted = order((STORES[0], 2), (STORES[0], 3), (STORES[1], 1))
    lines = list(wanted.lines)
    lines[1] = lines[1].model_copy(update={"grams": 5_000})
    wanted = wanted.model_copy(update={"lines": tuple(lines), "boxes": 2})
    whole = Goods({}, unload={})
    apart = replace(whole, unload={wanted.order_id: 3_000})
    one, two = (
        problem_of([wanted], [store(0), store(1)], [courier()], SLOT, STARTS_AT, (), goods)
        for goods in (whole, apart)
    )
    assert len(two.stops) == len(one.stops) + 1 == 2
    for n in range(4):
        assert sum(part.size[n] for stop in two.stops for part in stop.parts) == sum(
            part.size[n] for stop in one.stops for part in stop.parts
        )


def test_the_strong_search_brings_orders_of_two_stores_and_fetches_empties_on_one_way() -> None:
    """What a wave poses is nothing that PyVRP refuses, or forgets."""
    wanted = [order((STORES[0], 1), (STORES[1], 2), n=n) for n in range(1, 8)]
    empties = [
        EmptiesRequest(f"e-{n}", "r", Point(120.161, 30.272 + n / 1000), "1", "", 1, False, 2)
        for n in range(2)
    ]
    stores, riders = [store(0), store(1)], [courier(), courier(courier_id="c-2")]
    problem = problem_of(wanted, stores, riders, SLOT, STARTS_AT - HOUR, empties)
    assert PYVRP.supports(problem) is None
    plan = PYVRP.solve(problem, seconds=0.7, seed=1, start=None)
    assert plan is not None
    assert verify(problem, plan) == []
    assert plan.unserved == ()
