"""Each rule of a rich wave, by hand on six places in a row, for the fallback and the search."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from linli.routing.insertion import insertion
from linli.routing.model import (
    EMERGENCY,
    Part,
    Problem,
    Rest,
    Return,
    Travel,
    Underway,
    Window,
)
from linli.routing.plan import Kind, Plan, Reason, work_seconds
from linli.routing.prompts import prompt_at
from linli.routing.verify import verify
from linli_solver.route import solve
from tests.support.routing import (
    FAR_STORE,
    LINE,
    RIDER,
    STORE,
    collect,
    deliver,
    done,
    door,
    hand_in,
    wave,
)

Engine = Callable[[Problem], Plan]


def searched(problem: Problem) -> Plan:
    return solve(problem, seconds=0.4)


pytestmark = pytest.mark.parametrize("engine", [insertion, searched])
OTHER = replace(RIDER, id="other")


def planned(engine: Engine, problem: Problem) -> Plan:
    plan = engine(problem)
    assert verify(problem, plan) == []
    return plan


def steps(plan: Plan, vehicle_id: str = "rider") -> list[tuple[str, str]]:
    routes = {route.vehicle_id: route for route in plan.routes}
    return [(str(v.kind), v.place_id) for v in routes[vehicle_id].visits]


def reasons(plan: Plan) -> dict[str, Reason]:
    return {each.stop_id: each.reason for each in plan.unserved}


def test_who_has_the_skill_serves(engine: Engine) -> None:
    couriers = (RIDER, replace(OTHER, skills=("stairs",), start=5))
    plan = planned(engine, wave(door("high", 1, skills=("stairs",)), couriers=couriers))
    assert [route.vehicle_id for route in plan.routes] == ["other"]


def test_what_must_not_get_warm_is_collected_last(engine: Engine) -> None:
    """Straight on is 500 m: but then the milk from the near store would be 760 s on its way."""
    milk = Part("store", 500, cold_limit_seconds=700)
    ices = door("ices", 4, parts=(milk, Part("far-store", 500)))
    plan = planned(engine, wave(ices))
    assert steps(plan) == [("collect", "far-store"), ("collect", "store"), ("deliver", "ices")]
    relaxed = door("ices", 4, parts=(replace(milk, cold_limit_seconds=760), ices.parts[1]))
    assert planned(engine, wave(relaxed)).metres == 600


def test_cold_boxes_are_the_vehicle_s_and_are_shared(engine: Engine) -> None:
    frozen = [door(f"f{n}", n, parts=(Part("store", 1, cold_boxes=1),)) for n in (1, 2)]
    plan = planned(engine, wave(*frozen, couriers=(replace(RIDER, capacity_cold_boxes=1),)))
    assert plan.unserved == ()
    assert steps(plan).count(("collect", "store")) == 2


def test_what_a_stop_returns_is_handed_in_after_its_door(engine: Engine) -> None:
    empties = door("empties", 3, parts=(), returns=(Return("store", 600, 1),))
    both = door("both", 4, returns=(Return("far-store", 600, 1),))
    plan = planned(engine, wave(empties, both))
    assert plan.unserved == ()
    doors = steps(plan)
    assert doors.index(("deliver", "empties")) < doors.index(("return", "store"))
    assert doors.index(("deliver", "both")) < doors.index(("return", "far-store"))


def test_empties_take_the_room_that_deliveries_left(engine: Engine) -> None:
    """Five boxes of room: five are brought, and only then are two empties taken."""
    full = door("full", 1, parts=(Part("store", 1, 5),))
    empties = door("empties", 2, parts=(), returns=(Return("far-store", 600, 2),))
    plan = planned(engine, wave(full, empties))
    assert plan.unserved == ()


def test_a_transfer_between_stores_and_a_locker_drop_are_stops(engine: Engine) -> None:
    transfer = door("transfer", 5, parts=(Part("store", 4_000),))
    locker = door("locker", 2, service_seconds=10)
    plan = planned(engine, wave(transfer, locker))
    assert plan.unserved == ()
    assert plan.metres == 500


def test_after_too_much_work_comes_a_rest(engine: Engine) -> None:
    rider = replace(RIDER, rest=Rest(after_seconds=400, rest_seconds=120))
    plan = planned(engine, wave(door("near", 2), door("end", 5), couriers=(rider,)))
    assert plan.unserved == ()
    assert ("rest", "") in steps(plan)
    assert plan.routes[0].seconds == 60 + 200 + 30 + 120 + 300 + 30


def test_who_has_worked_rests_sooner(engine: Engine) -> None:
    """590 s of work are allowed in a row; who has done one second of it already rests."""
    fresh = replace(RIDER, rest=Rest(after_seconds=590, rest_seconds=120))
    assert ("rest", "") not in steps(planned(engine, wave(door("end", 5), couriers=(fresh,))))
    worked = replace(fresh, worked_seconds=1)
    assert ("rest", "") in steps(planned(engine, wave(door("end", 5), couriers=(worked,))))


def test_after_eight_hours_of_the_day_the_courier_is_told(engine: Engine) -> None:
    rider = replace(RIDER, worked_today_seconds=8 * 3600 - 100)
    route = planned(engine, wave(door("end", 5), couriers=(rider,))).routes[0]
    assert prompt_at(rider, route) == route.depart_seconds + 100
    assert prompt_at(RIDER, route) is None


def test_lateness_is_paid_only_where_the_way_is_dearer(engine: Engine) -> None:
    """The far door is due first; going there first costs 200 m more, or 20 fen."""
    near, far = door("near", 1), door("far", 3, due_seconds=360)
    late = replace(far, late_fen_per_minute=5)
    patient = planned(engine, wave(near, late, couriers=(replace(RIDER, fen_per_km=1_000),)))
    assert steps(patient)[1:] == [("deliver", "near"), ("deliver", "far")]
    assert patient.cost.late_fen == 3
    hurried = planned(engine, wave(near, replace(far, late_fen_per_minute=600)))
    assert steps(hurried)[1:] == [("deliver", "far"), ("deliver", "near")]
    assert hurried.cost.late_fen == 0


def test_an_emergency_comes_before_everything(engine: Engine) -> None:
    """Both ordinary doors are dearer to leave out, and on the way: still they wait or stay."""
    soon = Window(0, 400)
    near = [door(f"n{n}", 1, window=soon, service_seconds=90) for n in (1, 2)]
    rush = door(
        "rush", 3, due_seconds=360, priority=EMERGENCY, penalty_fen=1, window=Window(0, 1_800)
    )
    plan = planned(engine, wave(*near, rush))
    assert steps(plan) == [("collect", "store"), ("deliver", "rush")]
    assert set(reasons(plan).values()) == {Reason.NOT_WORTH}


def test_what_is_not_worth_its_way_is_left_out(engine: Engine) -> None:
    """Five hundred metres at 100 fen a kilometre are 50 fen."""
    for prize, served in ((49, False), (51, True)):
        plan = planned(engine, wave(door("far", 5, penalty_fen=prize)))
        assert reasons(plan) == ({} if served else {"far": Reason.NOT_WORTH})


def test_goods_are_not_collected_before_the_store_opens(engine: Engine) -> None:
    late = replace(STORE, window=Window(1_000, 2_000))
    problem = replace(wave(door("near", 1)), depots=(late, FAR_STORE))
    plan = planned(engine, problem)
    assert plan.routes[0].visits[0].start_seconds == 1_000


def test_work_is_shared_where_balance_counts(engine: Engine) -> None:
    doors = [door(f"d{n}", 1, service_seconds=600) for n in range(4)]
    alone = planned(engine, wave(*doors, couriers=(RIDER, OTHER)))
    assert len(alone.routes) == 1
    shared = planned(engine, wave(*doors, couriers=(RIDER, OTHER), balance_fen_per_hour=3_600))
    if engine is searched:  # The fallback only tells what the imbalance costs.
        assert [len(route.stop_ids) for route in shared.routes] == [2, 2]
    longest = max(work_seconds(wave(*doors, couriers=(RIDER, OTHER)), r) for r in shared.routes)
    assert shared.cost.balance_fen == longest


MID = Underway(
    visits=(done(collect("store", "a", "b"), 0, 60), done(deliver("a"), 160, 30)),
    at=1,
    now_seconds=200,
    locked=(deliver("b"),),
)
DOORS = (door("a", 1), door("b", 4), door("c", 1))


def test_what_has_happened_stands_and_the_next_stop_stays_next(engine: Engine) -> None:
    """The new stop is where the courier is; the locked one is far off, and still comes first."""
    riding = replace(RIDER, underway=MID)
    plan = planned(engine, wave(*DOORS, couriers=(riding,)))
    assert plan.routes[0].visits[:2] == MID.visits
    assert steps(plan)[2] == ("deliver", "b")
    assert steps(plan)[-1] == ("deliver", "c")


def test_a_locked_stop_is_served_though_it_is_late(engine: Engine) -> None:
    late = replace(RIDER, underway=MID, shift=Window(0, 300))
    doors = (DOORS[0], replace(DOORS[1], window=Window(0, 250)), DOORS[2])
    plan = planned(engine, wave(*doors, couriers=(late,)))
    assert steps(plan)[2:] == [("deliver", "b")]
    assert set(reasons(plan)) == {"c"}


def test_goods_aboard_stay_with_their_courier(engine: Engine) -> None:
    """The other courier stands at the door, but the goods are with the first."""
    unlocked = replace(RIDER, underway=replace(MID, locked=()))
    plan = planned(engine, wave(*DOORS[:2], couriers=(unlocked, replace(OTHER, start=4))))
    assert steps(plan)[2:] == [("deliver", "b")]


def test_goods_of_a_courier_who_has_stopped_are_said_to_be_so(engine: Engine) -> None:
    stopped = replace(RIDER, underway=replace(MID, locked=()), shift=Window(0, 201))
    plan = planned(engine, wave(*DOORS[:2], couriers=(stopped, OTHER)))
    assert reasons(plan) == {"b": Reason.COURIER_STOPPED}


def test_empties_that_are_aboard_are_handed_in_even_after_the_shift(engine: Engine) -> None:
    a = door("a", 1, returns=(Return("store", 600, 1),))
    riding = replace(RIDER, underway=replace(MID, locked=()), shift=Window(0, 200))
    visits = (done(collect("store", "a"), 0, 60), MID.visits[1])
    riding = replace(riding, underway=Underway(visits, 1, 200))
    plan = planned(engine, wave(a, couriers=(riding,)))
    assert plan.routes[0].visits[-1].call == hand_in("store", "a")


HOPELESS = {
    Reason.NO_SKILL: wave(door("x", 1, skills=("stairs",))),
    Reason.TOO_BULKY: wave(
        door("x", 1, parts=(Part("store", 1, 0, 9),)),
        couriers=(replace(RIDER, capacity_millilitres=8),),
    ),
    Reason.NO_COLD_BOX: wave(door("x", 1, parts=(Part("store", 1, cold_boxes=1),))),
    Reason.TOO_WARM: wave(door("x", 5, parts=(Part("store", 1, cold_limit_seconds=589),))),
    Reason.TOO_HEAVY: wave(door("x", 1, parts=(), returns=(Return("store", 5_001),))),
    Reason.SHIFT_TOO_SHORT: wave(
        door("x", 5), couriers=(replace(RIDER, rest=Rest(after_seconds=499, rest_seconds=1)),)
    ),
    Reason.WINDOW_MISSED: replace(
        wave(door("x", 1)), depots=(replace(STORE, location=3, window=Window(0, 299)), FAR_STORE)
    ),
    Reason.NO_COURIER: wave(door("x", 1), couriers=()),
}


@pytest.mark.parametrize("reason", HOPELESS)
def test_what_nobody_can_serve_is_left_out_with_its_reason(engine: Engine, reason: Reason) -> None:
    assert reasons(planned(engine, HOPELESS[reason])) == {"x": reason}


def test_a_walker_and_a_rider_have_their_own_times(engine: Engine) -> None:
    slow = tuple(tuple(4 * each for each in row) for row in LINE)
    walker = replace(RIDER, id="walker", profile="walk", fen_per_km=1)
    travels = (Travel("e_bike", LINE, LINE), Travel("walk", LINE, slow))
    doors = door("soon", 5, window=Window(0, 600)), door("later", 1, service_seconds=600)
    problem = Problem((STORE,), doors, (walker, RIDER), travels)
    plan = planned(engine, problem)
    assert steps(plan, "rider")[-1] == ("deliver", "soon")
    assert steps(plan, "walker")[-1] == ("deliver", "later")
    assert {v.kind for route in plan.routes for v in route.visits} == {Kind.COLLECT, Kind.DELIVER}
