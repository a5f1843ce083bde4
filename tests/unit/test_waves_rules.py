"""From orders to a problem, from a plan to routes: what each rule says."""

from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from linli.catalogue import Store
from linli.fleet import Courier, PutCourier, Shift
from linli.kernel.geography import Point
from linli.orders import Address, Line, Order
from linli.orders.model import SourceOf
from linli.routing.insertion import insertion
from linli.routing.model import Window
from linli.slots import PriceRule, Slot
from linli.waves.conditions import Conditions, Standing, Worked
from linli.waves.doorsteps import parts_of
from linli.waves.picks import picks_of
from linli.waves.rules import (
    AT_ONCE,
    SEARCH_SECONDS,
    area_of,
    base_of,
    horizon_of,
    problem_of,
    routes_of,
    search_seconds,
    shift_of,
    window_of,
)
from tests.support.community import SLOT_ID, STORES

STARTS_AT = datetime(2024, 6, 28, 2, tzinfo=UTC)  # Ten in the morning in Hangzhou.
HOUR = timedelta(hours=1)
SLOT = Slot(
    slot_id=SLOT_ID,
    community_id="wulin",
    channel="courier",
    starts_at=STARTS_AT,
    ends_at=STARTS_AT + timedelta(hours=2),
    cutoff_at=STARTS_AT - timedelta(hours=1),
    capacity_orders=10,
    taken_orders=0,
    rule=PriceRule(price_fen=0),
    state="closed",
)


def order(*sources: tuple[str, int], boxes: int = 0, grams: int = 500, n: int = 1) -> Order:
    """An order with one line for each source (store id, units)."""
    lines = tuple(
        Line(
            sku=f"sku-{i}",
            units=units,
            price_fen=100,
            grams=grams,
            sources=(SourceOf(store_id=store_id, owner_id="o", units=units),),
        )
        for i, (store_id, units) in enumerate(sources)
    )
    to = Address(lon=120.16, lat=30.27 + n / 1000, building="1", unit="", floor=1, has_lift=False)
    return Order(
        order_id=f"order-{n}",
        resident_id="r",
        community_id="wulin",
        state="frozen",
        slot_id=SLOT_ID,
        placed_at=f"2024-06-28T00:0{n}:00.000Z",
        lines=lines,
        deliver_to=to,
        boxes=boxes,
        points=0,
        goods_fen=0,
        slot_fen=0,
        discount_fen=0,
        deposit_fen=0,
        box_fen=1000,
        total_fen=0,
    )


def courier(**changes: object) -> Courier:
    body = {
        "courier_id": "c-1",
        "community_id": "wulin",
        "trade": "rider",
        "vehicle": "ebike",
        "start": {"lon": 120.16, "lat": 30.27},
        "shift": {"opens": "08:00", "closes": "20:00"},
        **changes,
    }
    return Courier.model_validate(body)


def store(n: int) -> Store:
    return Store(
        store_id=STORES[n],
        community_id="wulin",
        owner_id="o",
        name_zh="店",
        name_en="Shop",
        lon=120.16 + n / 1000,
        lat=30.27,
    )


def test_an_order_from_two_stores_has_a_part_of_each_and_its_boxes_at_the_heavier() -> None:
    parts = parts_of(order((STORES[0], 1), (STORES[1], 3), boxes=2))
    assert parts == {STORES[0]: (500, 0), STORES[1]: (1500, 2)}


def test_of_equal_parts_the_boxes_stand_at_the_first_store() -> None:
    parts = parts_of(order((STORES[1], 2), (STORES[0], 2), boxes=1))
    assert parts == {STORES[0]: (1000, 1), STORES[1]: (1000, 0)}


def test_picks_add_up_over_orders() -> None:
    orders = [order((STORES[0], 1), (STORES[1], 2)), order((STORES[0], 4), n=2)]
    assert [(p.store_id, p.sku, p.units) for p in picks_of(orders, {})] == [
        (STORES[0], "sku-0", 5),
        (STORES[1], "sku-1", 2),
    ]


@pytest.mark.parametrize(
    ("planned_at", "window"),
    [
        (STARTS_AT - timedelta(hours=1), Window(3600, 3 * 3600)),
        (STARTS_AT, Window(0, 2 * 3600)),
        (STARTS_AT + timedelta(hours=1), Window(0, 2 * 3600)),
        (STARTS_AT + timedelta(hours=9), Window(0, 2 * 3600)),
    ],
    ids=["before the slot", "as it begins", "late", "after it"],
)
def test_a_late_wave_gets_two_hours_and_an_early_one_keeps_its_promise(
    planned_at: datetime, window: Window
) -> None:
    assert window_of(SLOT, planned_at) == window


def test_the_wave_starts_now_but_never_more_than_a_day_ahead() -> None:
    now = STARTS_AT - timedelta(minutes=50, microseconds=-7)
    assert base_of(SLOT, now) == STARTS_AT - timedelta(minutes=50)
    assert base_of(SLOT, STARTS_AT - timedelta(days=3)) == STARTS_AT - timedelta(days=1)


@pytest.mark.parametrize(
    ("opens", "closes", "shift"),
    [
        (time(8), time(20), Window(0, 11 * 3600)),
        (time(10), time(11), Window(3600, 2 * 3600)),
        (time(6), time(9), None),
    ],
    ids=["riding already", "later", "over"],
)
def test_a_shift_is_in_local_time_of_the_slots_day(
    opens: time, closes: time, shift: Window | None
) -> None:
    hours = Shift(opens=opens, closes=closes)
    found = shift_of(courier(shift=hours), STARTS_AT, STARTS_AT - timedelta(hours=1))
    assert found == shift


@pytest.mark.parametrize(
    "wrong",
    [
        {"shift": {"opens": "20:00", "closes": "08:00"}},
        {"shift": {"opens": "08:00+08:00", "closes": "20:00+08:00"}},
        {"start": {"lon": 30.27, "lat": 120.16}},
        {"vehicle": "rocket"},
        {"capacity_grams": 0},
        {"community_id": "Wulin"},
        {"trade": ""},
        {"wings": 2},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_registration_that_makes_no_sense_is_invalid(wrong: dict[str, object]) -> None:
    body = courier().model_dump(mode="json", exclude={"courier_id"})
    PutCourier.model_validate(body)
    with pytest.raises(ValidationError):
        PutCourier.model_validate(body | wrong)


def test_couriers_say_what_they_carry_or_their_vehicle_does() -> None:
    couriers = [
        courier(),
        courier(courier_id="c-2", vehicle="walk", capacity_grams=7000, capacity_boxes=0),
        courier(courier_id="c-3", shift={"opens": "01:00", "closes": "02:00"}),
    ]
    problem = problem_of([order((STORES[0], 1))], [store(0)], couriers, SLOT, STARTS_AT)
    assert [(v.id, v.profile, v.capacity_grams, v.capacity_boxes) for v in problem.vehicles] == [
        ("c-1", "e_bike", 50_000, 8),
        ("c-2", "walk", 7000, 0),
    ]


@pytest.mark.parametrize(
    ("free", "may_ride", "opens", "stretch"),
    [
        pytest.param(-HOUR, True, 0, 0, id="free for long: rested"),
        pytest.param(-HOUR / 6, True, 0, 5400, id="free for ten minutes"),
        pytest.param(HOUR, True, 3600, 5400, id="free in an hour"),
        pytest.param(timedelta(seconds=0.2), True, 1, 5400, id="not before the second is over"),
        pytest.param(10 * HOUR, True, None, None, id="free when the shift is over"),
        pytest.param(-HOUR, False, None, None, id="alarmed"),
    ],
)
def test_couriers_are_planned_from_when_they_are_free_and_as_tired_as_they_are_then(
    free: timedelta, may_ride: bool, opens: int | None, stretch: int | None
) -> None:
    standing = Standing(STARTS_AT + free, Worked(5400, 7200), may_ride=may_ride)
    posed = problem_of(
        [order((STORES[0], 1))],
        [store(0)],
        [courier()],
        SLOT,
        STARTS_AT,
        conditions=Conditions(standings={"c-1": standing}),
    )
    found = [
        (v.shift.open_seconds, v.worked_seconds, v.worked_today_seconds) for v in posed.vehicles
    ]
    assert found == ([] if opens is None else [(opens, stretch, 7200)])


def test_between_being_free_and_the_shift_twenty_minutes_are_a_rest() -> None:
    for minutes, stretch in ((19, 5400), (20, 0)):
        at_seven = STARTS_AT - 3 * HOUR
        standing = Standing(at_seven + HOUR - timedelta(minutes=minutes), Worked(5400, 5400))
        told = Conditions(standings={"c-1": standing})
        offer = told.offer(courier(), Window(3600, 7200), at_seven)
        assert offer is not None
        assert (offer.shift, offer.worked_seconds) == (Window(3600, 7200), stretch)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        pytest.param(-HOUR, 2 * HOUR, id="before the slot: its end"),
        pytest.param(HOUR / 2, 2.5 * HOUR, id="late: two hours from now"),
        pytest.param(5 * HOUR, 7 * HOUR, id="after its end: two hours from now"),
    ],
)
def test_until_when_a_plan_may_hand_over(now: timedelta, until: timedelta) -> None:
    assert horizon_of(SLOT, STARTS_AT + now) == STARTS_AT + until


def test_a_wave_that_runs_a_day_late_is_ridden_in_that_days_shifts() -> None:
    late = STARTS_AT + timedelta(days=1)
    problem = problem_of([order((STORES[0], 1))], [store(0)], [courier()], SLOT, late)
    assert [vehicle.shift for vehicle in problem.vehicles] == [Window(0, 10 * 3600)]


def test_only_stores_that_supply_are_depots_and_stops_come_as_ordered() -> None:
    orders = [order((STORES[1], 1), n=3), order((STORES[1], 1), n=2)]
    problem = problem_of(orders, [store(0), store(1)], [courier()], SLOT, STARTS_AT)
    assert [depot.id for depot in problem.depots] == [STORES[1]]
    assert [stop.id for stop in problem.stops] == ["order-2", "order-3"]


def test_an_order_with_the_privilege_goes_before_others_and_an_emergency_before_all() -> None:
    plain = order((STORES[0], 1), n=1)
    wishes = {"priority": True}, {"emergency": True, "priority": True}
    chosen = [plain, *(plain.model_copy(update=more) for more in wishes)]
    ids = [each.model_copy(update={"order_id": f"o-{n}"}) for n, each in enumerate(chosen)]
    problem = problem_of(ids, [store(0)], [courier()], SLOT, SLOT.starts_at)
    found = {stop.id: stop.priority for stop in problem.stops}
    assert found["o-0"] == 0 < found["o-1"] < found["o-2"]


def test_the_same_plan_gives_the_same_routes_in_instants() -> None:
    orders = [order((STORES[0], 1), n=n) for n in range(1, 4)]
    base_at = STARTS_AT - timedelta(hours=1)
    problem = problem_of(orders, [store(0)], [courier()], SLOT, base_at)
    plan = insertion(problem)
    (route,) = routes_of(SLOT_ID, [(base_at, problem, plan)])
    assert routes_of(SLOT_ID, [(base_at, problem, plan)]) == [route]
    assert route.route_id == f"{SLOT_ID}.1"
    assert sorted(route.order_ids) == ["order-1", "order-2", "order-3"]
    assert base_at <= route.depart_at < STARTS_AT <= route.finish_at <= SLOT.ends_at
    assert (route.finish_at - route.depart_at).total_seconds() == route.seconds


def test_an_offer_of_one_door_does_not_tell_the_door() -> None:
    orders = [order((STORES[0], 1), n=4)]
    problem = problem_of(orders, [store(0)], [courier()], SLOT, STARTS_AT)
    (route,) = insertion(problem).routes
    area = area_of(problem, route)
    door = Point(120.16, 30.274)
    assert (area.lon, area.lat) == (120.16, 30.27)
    assert door.metres_to(Point(area.lon, area.lat)) <= area.radius_metres
    assert area.radius_metres % 500 == 0


@pytest.mark.parametrize(("stops", "seconds"), [(1, 1), (15, 2), (150, 11), (2000, 12)])
def test_the_search_is_short_for_few_stops_and_bounded_for_many(stops: int, seconds: int) -> None:
    assert search_seconds(stops) == seconds


@pytest.mark.parametrize(("clusters", "seconds"), [(4, 12), (5, 12), (9, 8), (48, 2)])
def test_many_clusters_share_the_seconds_of_one_wave(clusters: int, seconds: int) -> None:
    assert search_seconds(200, clusters) == seconds
    rounds = -(-clusters // AT_ONCE)
    assert rounds * seconds <= max(SEARCH_SECONDS, 2 * rounds)


def test_as_many_clusters_are_searched_at_once_as_their_seconds_are_reckoned_for() -> None:
    machine = yaml.safe_load(
        (Path(__file__).parents[2] / "statemachines/route_wave.asl.yaml").read_text("utf-8")
    )
    assert machine["States"]["PlanClusters"]["MaxConcurrency"] == AT_ONCE
