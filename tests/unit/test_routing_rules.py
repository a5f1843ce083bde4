"""From orders, stores and couriers to a routing problem."""

import json

import pytest

from linli.kernel.geography import Point
from linli.routing.codec import problem_from_json, problem_to_json
from linli.routing.model import InvalidProblem, Window
from linli.routing.rules import CourierOffer, Doorstep, StoreSite, problem_for, service_seconds

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
