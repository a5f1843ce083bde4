"""Whatever is ordered and whoever rides: nothing is lost, and a problem is what was promised."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linli import orders, slots, waves
from linli.catalogue import Store
from linli.fleet import Courier
from linli.kernel.errors import Conflict
from linli.kernel.ids import uuid7
from linli.kernel.tables import Table
from linli.orders import Address, Line, Order
from linli.orders.model import SourceOf
from linli.routing.codec import plan_from_json, plan_to_json, problem_from_json, problem_to_json
from linli.routing.insertion import insertion
from linli.routing.verify import verify
from linli.slots import PriceRule, Slot
from linli.waves.doorsteps import parts_of
from linli.waves.model import StartWave
from linli.waves.picks import picks_of
from linli.waves.rules import problem_of, routes_of
from tests.support import community as here
from tests.support.community import AFTER, BEFORE, DISPATCHER, SLOT_ID, STORES, InProcess
from tests.support.engine import Crash, engine

CUTOFF_AT = datetime(2024, 6, 28, 1, tzinfo=UTC)
PURE = settings(max_examples=150, deadline=None)
STORED = settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
NAMES = {"community_id": "wulin", "owner_id": "o", "name_zh": "店", "name_en": "Shop"}
SHOPS = [
    Store.model_validate({"store_id": each, "lon": 120.16 + n / 500, "lat": 30.27, **NAMES})
    for n, each in enumerate(STORES)
]


@st.composite
def lines(draw: st.DrawFn) -> tuple[Line, ...]:
    found = []
    for n in range(draw(st.integers(1, 4))):
        stores = draw(st.lists(st.sampled_from(STORES), min_size=1, max_size=3, unique=True))
        units = [draw(st.integers(1, 9)) for _ in stores]
        sources = tuple(
            SourceOf(store_id=each, owner_id="o", units=some)
            for each, some in zip(stores, units, strict=True)
        )
        grams = draw(st.integers(1, 9000))
        line = {"sku": f"sku-{n}", "units": sum(units), "price_fen": 1, "grams": grams}
        found.append(Line.model_validate({**line, "sources": sources}))
    return tuple(found)


@st.composite
def wanted(draw: st.DrawFn) -> list[Order]:
    found = []
    for n in range(draw(st.integers(1, 9))):
        to = Address(
            lon=120.15 + draw(st.integers(0, 20)) / 1000,
            lat=30.26 + draw(st.integers(0, 20)) / 1000,
            building="1",
            unit="",
            floor=draw(st.integers(-1, 30)),
            has_lift=draw(st.booleans()),
        )
        money: dict[str, Any] = dict.fromkeys(
            ("points", "goods_fen", "slot_fen", "discount_fen", "deposit_fen", "box_fen"), 0
        )
        found.append(
            Order(
                order_id=f"order-{n}",
                resident_id="r",
                community_id="wulin",
                state="frozen",
                slot_id=SLOT_ID,
                placed_at=f"2024-06-27T0{draw(st.integers(0, 9))}:00:00.000Z",
                lines=draw(lines()),
                deliver_to=to,
                boxes=draw(st.integers(0, 5)),
                total_fen=0,
                **money,
            )
        )
    return found


@st.composite
def riders(draw: st.DrawFn) -> list[Courier]:
    found = []
    for n in range(draw(st.integers(0, 3))):
        opens = draw(st.integers(0, 22))
        body = {
            "courier_id": f"c-{n}",
            "community_id": "wulin",
            "trade": "rider",
            "vehicle": draw(st.sampled_from(["walk", "ebike", "van"])),
            "capacity_grams": draw(st.none() | st.integers(1, 90_000)),
            "start": {"lon": 120.16, "lat": 30.27},
            "shift": {"opens": f"{opens:02}:00", "closes": f"{opens + 1:02}:30"},
        }
        found.append(Courier.model_validate(body))
    return found


def slot(hours: int) -> Slot:
    starts_at = CUTOFF_AT + timedelta(hours=1)
    ends_at = starts_at + timedelta(hours=hours)
    price = PriceRule(price_fen=0)
    return Slot(SLOT_ID, "wulin", "courier", starts_at, ends_at, CUTOFF_AT, 99, 0, price, "closed")


@PURE
@given(wanted(), riders(), st.integers(1, 4), st.integers(0, 40))
def test_every_order_is_planned_or_has_its_reason_and_loads_are_what_was_promised(
    found: list[Order], couriers: list[Courier], hours: int, late: int
) -> None:
    base_at = CUTOFF_AT + timedelta(hours=late)
    problem = problem_of(found, SHOPS, couriers, slot(hours), base_at)
    assert {stop.id: stop.load_grams for stop in problem.stops} == {
        order.order_id: order.grams for order in found
    }
    assert {stop.id: stop.boxes for stop in problem.stops} == {o.order_id: o.boxes for o in found}
    assert problem_from_json(problem_to_json(problem)) == problem
    plan = insertion(problem)
    assert verify(problem, plan) == []
    assert plan_from_json(plan_to_json(plan)) == plan
    routes = routes_of(SLOT_ID, [(base_at, problem, plan)])
    planned = Counter(order_id for route in routes for order_id in route.order_ids)
    assert planned + Counter(each.stop_id for each in plan.unserved) == Counter(
        order.order_id for order in found
    )


@PURE
@given(wanted())
def test_stores_pick_exactly_what_was_promised(found: list[Order]) -> None:
    picked = Counter({(p.store_id, p.sku): p.units for p in picks_of(found, {})})
    assert sum(picked.values()) == sum(line.units for order in found for line in order.lines)
    assert {store_id for store_id, _ in picked} == {
        store_id for order in found for store_id in parts_of(order)
    }


@STORED
@given(st.data())
def test_cancelling_and_crashing_at_any_time_leave_each_order_in_one_place(
    data: st.DataObject,
) -> None:
    with engine() as db:
        here.open_community(couriers=data.draw(st.integers(0, 2), label="couriers"))
        placed = [here.place(n) for n in range(data.draw(st.integers(0, 4), label="orders"))]
        cancelled = data.draw(st.sets(st.sampled_from(range(4))), label="cancelled")
        moment = data.draw(st.integers(0, 60), label="moment of cancelling")
        death = data.draw(st.integers(0, 90), label="moment of the crash")
        calls = [0]

        def before_call(operation: str) -> None:
            calls[0] += 1
            if calls[0] == moment:
                _cancel(placed, cancelled)
            if calls[0] == death:
                raise Crash

        machine = InProcess()
        db.before_call = before_call
        try:
            waves.start_due(machine, AFTER)
        except Crash:
            machine.runs = dict.fromkeys(machine.runs, True)
        db.before_call = lambda operation: None
        waves.start(StartWave(id=uuid7(), slot_id=SLOT_ID), DISPATCHER, machine, AFTER)
        if (
            waves.wave_view(SLOT_ID, DISPATCHER).state == "failed"
        ):  # NotYetVisible has no retry here.
            waves.start(StartWave(id=uuid7(), slot_id=SLOT_ID), DISPATCHER, machine, AFTER)
        stored = {key: item for key, item in db.items(Table.ORDERS).items() if key[1] == "ORDER"}
        check(placed, stored)


def _cancel(placed: list[Order], which: set[int]) -> None:
    for n in which & set(range(len(placed))):
        try:
            orders.cancel(placed[n].order_id, resident_id=f"resident-{n}", now=BEFORE)
        except Conflict:
            continue


def check(placed: list[Order], stored: dict[tuple[str, str], dict[str, Any]]) -> None:
    """Each order is cancelled and in no wave, or in the wave and on one route or unserved."""
    wave = waves.wave_view(SLOT_ID, DISPATCHER)
    unserved = {each.order_id for each in wave.unserved}
    assert wave.state == "published"
    assert len(stored) == len(placed)
    kept = [orders.read(order.order_id) for order in placed]
    assert slots.close(SLOT_ID, AFTER).taken_orders == sum(o.state != "cancelled" for o in kept)
    for order in kept:
        if order.state == "cancelled":
            assert (order.wave_id, order.route_id) == (None, None)
        else:
            assert order.wave_id == SLOT_ID
            assert (order.route_id is None) == (order.order_id in unserved)
