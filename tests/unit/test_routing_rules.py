"""From orders, stores and couriers to a routing problem."""

import json
from dataclasses import replace

import pytest

from linli.kernel.geography import Point
from linli.routing.codec import problem_from_json, problem_to_json
from linli.routing.insertion import insertion
from linli.routing.model import InvalidProblem, Rest, Window
from linli.routing.plan import Reason
from linli.routing.rules import (
    CourierOffer,
    Doorstep,
    StoreSite,
    cold_limit_seconds,
    problem_for,
    service_seconds,
)

HALL, MARKET = Point(121.47, 31.23), Point(121.48, 31.23)
DOOR = Doorstep("o1", Point(121.47, 31.24), 5, False, {"hall": (2_000, 1)}, Window(0, 7_200))
RIDER = CourierOffer("c1", "e_bike", HALL, Window(0, 7_200))


@pytest.mark.parametrize(
    ("floor", "has_lift", "grams", "seconds"),
    [
        (1, False, 500, 90),
        (6, False, 500, 190),
        (6, False, 10_001, 240),
        (6, True, 10_001, 170),
        (30, True, 500, 266),
        (-1, False, 500, 110),
    ],
)
def test_time_at_the_door_follows_floor_lift_and_load(
    floor: int, has_lift: bool, grams: int, seconds: int
) -> None:
    assert service_seconds(floor, has_lift, grams) == seconds


@pytest.mark.parametrize(
    ("lift_works", "quiet", "seconds"),
    [(True, False, 170), (False, False, 240), (True, True, 215), (False, True, 285)],
)
def test_a_broken_lift_is_none_and_quiet_hours_take_longer(
    lift_works: bool, quiet: bool, seconds: int
) -> None:
    assert service_seconds(6, True, 10_001, lift_works=lift_works, quiet=quiet) == seconds


def test_more_than_one_can_carry_goes_up_the_stairs_in_several_goes() -> None:
    once, twice = service_seconds(6, False, 25_000), service_seconds(6, False, 25_001)
    assert twice - 90 == 2 * (once - 90)


def test_robots_climb_no_stairs() -> None:
    robot = CourierOffer("r1", "robot", HALL, Window(0, 7_200))
    low = replace(DOOR, order_id="low", floor=1)
    high = replace(DOOR, order_id="high", has_lift=True, lift_works=False)
    problem = problem_for([StoreSite("hall", HALL)], [low, high], [robot])
    plan = insertion(problem)
    assert {each.stop_id: each.reason for each in plan.unserved} == {"high": Reason.NO_SKILL}


def test_cold_goods_have_less_time_on_hot_days() -> None:
    assert cold_limit_seconds("ambient", hot=True) is None
    assert [cold_limit_seconds("chilled", hot) for hot in (False, True)] == [7_200, 3_600]
    assert [cold_limit_seconds("frozen", hot) for hot in (False, True)] == [2_700, 1_800]


def test_an_order_s_cold_room_and_volume_are_its_parts() -> None:
    door = replace(
        DOOR, cold_limits={"hall": 3_600}, cold_boxes={"hall": 1}, volumes={"hall": 9_000}
    )
    (stop,) = problem_for([StoreSite("hall", HALL)], [door], [RIDER]).stops
    (part,) = stop.parts
    assert (part.cold_limit_seconds, part.cold_boxes, part.volume_millilitres) == (3_600, 1, 9_000)


def test_couriers_rest_after_four_hours_and_ride_no_longer_than_eight() -> None:
    tired = replace(RIDER, worked_seconds=3_600, skills=("first aid",))
    (vehicle,) = problem_for([StoreSite("hall", HALL)], [DOOR], [tired]).vehicles
    assert vehicle.rest == Rest(4 * 3600, 20 * 60)
    assert (vehicle.worked_seconds, vehicle.max_duration_seconds) == (3_600, 8 * 3600)
    assert vehicle.skills == ("stairs", "first aid")


def test_every_flight_of_stairs_costs_time() -> None:
    times = [service_seconds(floor, False, 500) for floor in range(1, 8)]
    assert times == sorted(set(times))


def test_the_way_is_the_great_circle_with_the_detour_of_chinese_roads() -> None:
    problem = problem_for([StoreSite("hall", HALL)], [DOOR], [RIDER])
    metres = problem.travels[0].metres[problem.depots[0].location][problem.stops[0].location]
    assert metres == pytest.approx(HALL.metres_to(DOOR.at) * 1.33, abs=1)
    seconds = problem.travels[0].seconds[0][1]
    assert seconds == pytest.approx(metres / (15_000 / 3600), abs=1)


def test_equal_points_share_one_place() -> None:
    problem = problem_for([StoreSite("hall", HALL)], [DOOR], [RIDER])
    assert len(problem.travels[0].metres) == 2
    assert problem.vehicles[0].start == problem.depots[0].location


def test_a_wave_travels_as_points_and_arrives_as_the_same_matrices() -> None:
    stores = [StoreSite("hall", HALL), StoreSite("market", MARKET)]
    problem = problem_for(stores, [DOOR], [RIDER, CourierOffer("c2", "van", MARKET, RIDER.shift)])
    sent = json.dumps(problem_to_json(problem))
    assert "travels" not in json.loads(sent)
    assert problem_from_json(json.loads(sent)) == problem


def test_a_line_from_a_store_that_the_wave_does_not_know_is_refused() -> None:
    with pytest.raises(InvalidProblem):
        problem_for([StoreSite("market", MARKET)], [DOOR], [RIDER])


def test_no_couriers_still_make_a_problem() -> None:
    assert problem_for([StoreSite("hall", HALL)], [DOOR], []).vehicles == ()
