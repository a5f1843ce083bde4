"""Something changes while routes are ridden: who is concerned gets another plan, nobody else."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from importlib import import_module

import pytest

from linli import boxes, catalogue, dispatch, fleet, orders, waves
from linli.dispatch.duty import duty_of, held
from linli.kernel.errors import IdReused, NotFound
from linli.kernel.geography import Point
from linli.kernel.identity import Role
from linli.kernel.ids import uuid7
from linli.kernel.time import parse_instant
from linli.waves import NotPublished, Replan
from linli.waves.changes import ReplanStep
from linli.waves.model import ReportDelivery, StartWave
from linli.waves.replan import name_of
from linli.waves.rows import RouteRow, WaveRow
from linli.waves.ways import metres_along
from tests.support import community as here
from tests.support import dispatching, picking
from tests.support.community import AFTER, COMMUNITY, DISPATCHER, SLOT_ID, InProcess
from tests.support.engine import Crash, Engine, Fault, engine
from tests.support.http import golden, send
from tests.support.picking import send_off
from tests.support.replans import Replanner, ask, change

RIDING = AFTER + timedelta(hours=1, minutes=10)


@pytest.fixture
def db() -> Iterator[Engine]:
    """Nine orders on the routes of three couriers who walk, so that each has some."""
    with engine() as opened:
        here.open_community(couriers=3, vehicle="walk")
        for n in range(9):
            here.place(n)
        waves.start(StartWave(id=uuid7(), slot_id=SLOT_ID), DISPATCHER, InProcess(), AFTER)
        assert len(route_ids()) > 1
        yield opened


def route_ids() -> list[str]:
    return [line.route_id for line in waves.wave_view(SLOT_ID, DISPATCHER).routes]


def doors(route_id: str) -> list[str]:
    visits = waves.manifest_view(route_id, DISPATCHER, AFTER).visits
    return [visit.place_id for visit in visits if visit.kind == "deliver"]


def take_all() -> None:
    for route_id in route_ids():
        row = RouteRow.get(f"ROUTE#{route_id}", "ROUTE")
        row.update([RouteRow.state.set("taken"), RouteRow.courier_id.set(row.planned_for)])


def everything_once(placed: int = 9) -> None:
    """Each order is on exactly the route that it says."""
    found = [(order_id, route_id) for route_id in route_ids() for order_id in doors(route_id)]
    assert len({order_id for order_id, _ in found}) == len(found) == placed
    assert all(orders.read(order_id).route_id == route_id for order_id, route_id in found)


def test_a_courier_who_stops_before_collecting_is_replaced_by_the_others(db: Engine) -> None:
    take_all()
    stopped, *others = route_ids()
    moved = doors(stopped)
    told = ask(Replanner(), change("courier_stopped", route_ids=[stopped]))
    assert told.state == "applied", told
    assert set(told.moved_orders) == set(moved)
    everything_once()
    assert doors(stopped) == []
    view = waves.wave_view(SLOT_ID, DISPATCHER)
    assert {line.route_id: line.state for line in view.routes}[stopped] == "done"
    for route_id in others:
        row = RouteRow.get(f"ROUTE#{route_id}", "ROUTE")
        assert (row.version or 1) == (2 if set(doors(route_id)) & set(moved) else 1)


def test_a_change_told_twice_changes_nothing_and_an_id_is_one_changes(db: Engine) -> None:
    take_all()
    machine, what = Replanner(), change("courier_stopped", route_ids=[route_ids()[0]])
    first = ask(machine, what)
    before = db.everything()
    assert ask(machine, what) == first
    machine.runs.clear()  # Even if the machine forgot that it ran.
    waves.frame_replan(step_of(what), AFTER)
    waves.swap_routes(step_of(what), AFTER)
    assert db.everything() == before
    with pytest.raises(IdReused):
        ask(machine, change("courier_stopped", route_ids=[route_ids()[1]], id=what.id))


def step_of(what: Replan) -> ReplanStep:
    return ReplanStep(wave_id=SLOT_ID, replan_id=str(what.id))


def test_only_a_dispatcher_of_the_community_and_only_a_published_wave(db: Engine) -> None:
    what = change("courier_stopped", route_ids=[route_ids()[0]])
    stranger = here.person("d", Role.DISPATCHER, community="gulou")
    with pytest.raises(NotFound):
        waves.replan_for(SLOT_ID, what, stranger, Replanner(), AFTER)
    with pytest.raises(NotFound):
        waves.replan_for("wulin.courier.20990101T0000", what, DISPATCHER, Replanner(), AFTER)
    row = WaveRow.get(f"WAVE#{SLOT_ID}", "WAVE")
    row.update([WaveRow.state.set("allocated")])
    with pytest.raises(NotPublished):
        waves.replan_for(SLOT_ID, what, DISPATCHER, Replanner(), AFTER)


def test_what_is_aboard_is_taken_over_where_its_courier_stands(db: Engine) -> None:
    take_all()
    stopped, *_ = route_ids()
    first, *_ = aboard = doors(stopped)
    for order_id in aboard:
        send_off(orders.read(order_id), RIDING)
    deliver(stopped, first)
    at = {"lon": here.LON + 0.002, "lat": here.LAT}
    told = ask(Replanner(), change("courier_stopped", route_ids=[stopped], place=at), RIDING)
    assert (told.state, told.unserved) == ("applied", [])
    assert set(told.moved_orders) == set(aboard[1:])
    assert doors(stopped) == [first]
    for order_id in aboard[1:]:
        order = orders.read(order_id)
        assert order.state == "handed_over"
        visits = waves.manifest_view(str(order.route_id), DISPATCHER, RIDING).visits
        kinds = [(v.kind, v.place_id) for v in visits if order_id in v.order_ids]
        assert kinds[-2:] == [("take_over", stopped), ("deliver", order_id)]
        (meeting,) = {v.meet.lon for v in visits if v.meet is not None}
        assert meeting == at["lon"]
    everything_once()


def test_goods_once_taken_over_are_with_their_new_courier_in_whatever_is_planned_next(
    db: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")  # As Lambda would; nothing is called.
    take_all()
    stopped, *_ = route_ids()
    aboard = doors(stopped)
    for order_id in aboard:
        send_off(orders.read(order_id), RIDING)
    ask(Replanner(), change("courier_stopped", route_ids=[stopped]), RIDING)
    taker = str(orders.read(aboard[0]).route_id)
    body = {"id": str(uuid7()), "route_id": taker, "from_route_id": stopped}
    body |= {"at": RIDING.isoformat()}
    courier = RouteRow.get(f"ROUTE#{taker}", "ROUTE").courier_id
    for _ in range(2):
        told = send("waves", golden("taken_over", body=body, subject=courier))
        assert (told.status, list(told.body["from_routes"])) == (200, [stopped])
    stranger = send("waves", golden("taken_over", body=body, subject="courier-9"))
    assert stranger.status == 404
    wrong = golden("taken_over", body=body | {"from_route_id": taker}, subject=courier)
    assert send("waves", wrong).status == 404
    mine = [n for n in aboard if orders.read(n).route_id == taker]
    late = RIDING + timedelta(minutes=20)
    ask(Replanner(), change("courier_stopped", route_ids=[taker]), late)
    for order_id in mine:
        third = str(orders.read(order_id).route_id)
        assert third not in (stopped, taker)
        visits = waves.manifest_view(third, DISPATCHER, late).visits
        met = [v.place_id for v in visits if v.kind == "take_over" and order_id in v.order_ids]
        assert met == [taker], "nobody is sent to the first meeting again"
    everything_once()


def test_a_route_planned_anew_tells_its_whole_length_and_when_its_courier_is_free(
    db: Engine,
) -> None:
    route_id = max(route_ids(), key=lambda each: len(doors(each)))
    rider = RouteRow.get(f"ROUTE#{route_id}", "ROUTE").planned_for
    dispatching.take(route_id, rider, AFTER)
    before, mine = span_held(rider), doors(route_id)
    send_off(orders.read(mine[0]), RIDING)
    give_up(mine[-1])
    what = change("order_cancelled", order_ids=[mine[-1]])
    assert ask(Replanner(), what, RIDING).state == "applied"
    row = RouteRow.get(f"ROUTE#{route_id}", "ROUTE")
    visits = waves.manifest_view(route_id, DISPATCHER, RIDING).visits
    stores = {each.store_id: each.point for each in catalogue.stores(COMMUNITY)}
    start = next(c.start.point for c in fleet.couriers(COMMUNITY) if c.courier_id == rider)
    ways = [start, *(stores.get(v.place_id) or point_of(v.place_id) for v in visits)]
    assert row.metres == metres_along(ways)
    begun, ended = parse_instant(row.depart_at), parse_instant(row.finish_at)
    assert row.seconds == int((ended - begun).total_seconds())
    assert span_held(rider) == before
    for _ in range(2):
        dispatch.retime(route_id)
        assert span_held(rider) == [row.depart_at, row.finish_at] != before


def span_held(courier_id: str) -> list[str]:
    (span,) = held(duty_of(courier_id)).values()
    return span


def point_of(order_id: str) -> Point:
    return orders.read(order_id).deliver_to.point


def test_empties_come_after_what_is_left_in_their_time_when_a_route_is_planned_anew() -> None:
    with engine():
        here.open_community(couriers=1)
        placed = [here.place(n) for n in range(4)]
        resident = here.person("resident-9", Role.RESIDENT)
        door = {"lon": here.LON, "lat": here.LAT + 0.003, "building": "9", "floor": 2}
        body = {"id": uuid7(), "community_id": COMMUNITY, "slot_id": SLOT_ID, "door": door}
        wish = boxes.RequestEmpties.model_validate(body | {"box_count": 2})
        boxes.request_empties(wish, caller=resident, now=here.BEFORE)
        waves.start(StartWave(id=uuid7(), slot_id=SLOT_ID), DISPATCHER, InProcess(), AFTER)
        take_all()
        (route_id,) = route_ids()
        give_up(doors(route_id)[1])
        what = change("order_cancelled", order_ids=[p.order_id for p in placed])
        assert ask(Replanner(), what, RIDING).state == "applied"
        visits = waves.manifest_view(route_id, DISPATCHER, RIDING).visits
        assert [v.kind for v in visits][-2:] == ["empties", "return"]
        times = [parse_instant(at) for v in visits for at in (v.arrive_at, v.start_at, v.leave_at)]
        assert times == sorted(times)
        row = RouteRow.get(f"ROUTE#{route_id}", "ROUTE")
        assert parse_instant(row.finish_at) == times[-1]
        assert (row.stops, len(doors(route_id))) == (4, 3)


def deliver(route_id: str, order_id: str) -> None:
    """The courier of the route reports a stop."""
    row = RouteRow.get(f"ROUTE#{route_id}", "ROUTE")
    courier = here.person(str(row.courier_id), Role.COURIER)
    body = {"id": uuid7(), "order_id": order_id, "outcome": "delivered", "at": RIDING}
    waves.report_delivery(ReportDelivery.model_validate(body), courier, RIDING)


def test_delivered_stops_and_the_next_one_stay_whatever_changes(db: Engine) -> None:
    take_all()
    route_id = max(route_ids(), key=lambda each: len(doors(each)))
    mine = doors(route_id)
    for order_id in mine:
        send_off(orders.read(order_id), RIDING)
    deliver(route_id, mine[0])
    at = orders.read(mine[-1]).deliver_to
    closed = {"lon": at.lon + 0.0004, "lat": at.lat, "radius_metres": 30}
    told = ask(Replanner(), change("road_closed", closed=closed), RIDING)
    assert told.state in ("applied", "unchanged")
    after = doors(route_id)
    assert after[:2] == mine[:2]
    assert sorted(after) == sorted(mine)


def test_behind_a_broken_lift_only_the_routes_that_go_there_are_timed_anew() -> None:
    with engine():
        here.open_community(couriers=2, vehicle="walk")
        for n in range(6):
            to = {"lon": here.LON + 0.001 * n, "lat": here.LAT, "building": str(n), "floor": 20}
            here.place(n, deliver_to=to | {"has_lift": True})
        waves.start(StartWave(id=uuid7(), slot_id=SLOT_ID), DISPATCHER, InProcess(), AFTER)
        take_all()
        before = {each: seconds_at(each, "3") for each in route_ids()}
        told = ask(Replanner(), change("lift_changed", building="3"))
        (route_id,) = told.routes
        assert seconds_at(route_id, "3") > before[route_id] + 100
        row = {each: RouteRow.get(f"ROUTE#{each}", "ROUTE").version for each in route_ids()}
        assert {each for each, version in row.items() if version} == {route_id}


def seconds_at(route_id: str, building: str) -> float:
    """How long the courier is to be at the building's doors."""
    visits = waves.manifest_view(route_id, DISPATCHER, AFTER).visits
    return sum(
        (parse_instant(v.leave_at) - parse_instant(v.start_at)).total_seconds()
        for v in visits
        if v.address is not None and v.address.building == building
    )


def test_a_cancelled_order_leaves_its_route_and_nobody_else_is_touched(db: Engine) -> None:
    take_all()
    route_id = route_ids()[0]
    gone = doors(route_id)[-1]
    give_up(gone)
    told = ask(Replanner(), change("order_cancelled", order_ids=[gone]))
    assert (told.state, told.routes, told.moved_orders) == ("applied", [route_id], [])
    assert gone not in doors(route_id)
    versions = {each: RouteRow.get(f"ROUTE#{each}", "ROUTE").version for each in route_ids()}
    assert {each for each, version in versions.items() if version} == {route_id}


def give_up(order_id: str) -> None:
    """Its store finds nothing of it, so it fails before anybody comes for it."""
    order = orders.read(order_id)
    for line in order.lines:
        picking.pack(order, AFTER, {line.sku: {"units": 0, "grams": None}})
    assert orders.read(order_id).state == "failed"


def test_an_order_that_comes_in_addition_goes_to_who_can_carry_it() -> None:
    with engine():
        here.open_community(couriers=1)
        for n in range(3):
            here.place(n)
        heavy = here.place(5, lines=[{"sku": here.SKUS[1], "units": 26}])
        waves.start(StartWave(id=uuid7(), slot_id=SLOT_ID), DISPATCHER, InProcess(), AFTER)
        take_all()
        before = doors(route_ids()[0])
        told = ask(Replanner(), change("order_added", order_ids=[heavy.order_id]))
        assert [(each.order_id, each.reason) for each in told.unserved] == [
            (heavy.order_id, "no_skill")
        ]
        here.register(here.COURIERS[1], 1, skills=["heavy_goods"])
        told = ask(Replanner(), change("order_added", order_ids=[heavy.order_id]))
        assert (told.state, told.moved_orders) == ("applied", [heavy.order_id])
        order = orders.read(heavy.order_id)
        assert RouteRow.get(f"ROUTE#{order.route_id}", "ROUTE").planned_for == "courier-2"
        assert doors(route_ids()[0]) == before
        everything_once(4)


def test_what_has_moved_meanwhile_is_framed_anew(db: Engine) -> None:
    take_all()
    stopped = route_ids()[0]
    late: list[str] = doors(stopped)[:1]

    def before(task: str) -> None:
        if task == "swap" and late:
            send_off(orders.read(late[0]), AFTER)
            paper(late.pop())

    told = ask(Replanner(before), change("courier_stopped", route_ids=[stopped]))
    assert told.state == "applied"
    everything_once()
    assert len(doors(stopped)) == 1  # What was delivered by the old courier stays theirs.


def paper(order_id: str) -> None:
    """Told late, on paper: it was delivered."""
    orders.deliver_on_paper(
        str(uuid7()),
        order_id,
        courier_id=None,
        outcome="delivered",
        box_ids=[],
        at=AFTER,
        now=AFTER,
    )


def test_what_keeps_moving_is_given_up_and_the_routes_stay(db: Engine) -> None:
    take_all()
    before = [doors(each) for each in route_ids()]

    def restless(task: str) -> None:
        if task == "swap":
            row = RouteRow.get(f"ROUTE#{route_ids()[0]}", "ROUTE")
            row.update([RouteRow.version.set(int(row.version or 1) + 1)])

    told = ask(Replanner(restless), change("courier_stopped", route_ids=[route_ids()[0]]))
    assert (told.state, told.reason[:11] if told.reason else "") == ("failed", "RoutesMoved")
    assert [doors(each) for each in route_ids()] == before


@pytest.mark.parametrize("fault", [Fault.CRASH_BEFORE, Fault.CRASH_AFTER, Fault.THROTTLE])
def test_a_crash_at_any_call_swaps_all_routes_or_none(fault: Fault) -> None:
    for nth in range(0, 40, 8):
        with engine() as db:
            here.open_community(couriers=2, vehicle="walk")
            placed = [here.place(n) for n in range(5)]
            waves.start(StartWave(id=uuid7(), slot_id=SLOT_ID), DISPATCHER, InProcess(), AFTER)
            take_all()
            machine, stopped = Replanner(), route_ids()[0]
            what = change("courier_stopped", route_ids=[stopped])
            db.choose_fault = at_call(nth, fault)
            with suppress(Crash):
                ask(machine, what)
            db.choose_fault = lambda operation: None
            machine.runs = dict.fromkeys(machine.runs, False)
            everything_once(len(placed))
            again = Replanner()
            waves.see_to_replans(again, AFTER)
            told = ask(again, what)
            assert told.state == "applied", (nth, told)
            everything_once(len(placed))
            assert doors(stopped) == []


def at_call(nth: int, fault: Fault) -> Callable[[str], Fault | None]:
    left = [nth]

    def choose(operation: str) -> Fault | None:
        left[0] -= 1
        return fault if left[0] == -1 else None

    return choose


def test_a_request_whose_machine_died_is_ended_and_one_that_never_ran_is_run(db: Engine) -> None:
    take_all()
    machine = Replanner()
    what = change("courier_stopped", route_ids=[route_ids()[0]])
    machine.runs[name_of(SLOT_ID, str(what.id))] = True  # It died before its first task.
    assert ask(machine, what).state == "requested"
    assert waves.see_to_replans(machine, AFTER) == [f"{SLOT_ID}#{what.id}"]
    assert ask(machine, what).state == "failed"
    assert waves.see_to_replans(machine, AFTER) == []


def test_without_the_solver_the_plan_is_made_by_insertion(db: Engine) -> None:
    take_all()

    def broken(task: str) -> None:
        if task == "solve":
            raise ValueError

    told = ask(Replanner(broken), change("courier_stopped", route_ids=[route_ids()[0]]))
    assert told.state == "applied"
    everything_once()


def test_orders_beyond_one_write_are_told_after_it_by_whoever_comes(
    db: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with a van's fifty orders: here one fits into the routes' own write."""
    swap = import_module("linli.waves.swap")
    monkeypatch.setattr(swap, "MOST_TURNED", 1)
    take_all()
    stopped = max(route_ids(), key=lambda each: len(doors(each)))
    moved = doors(stopped)
    machine, what = Replanner(), change("courier_stopped", route_ids=[stopped])
    told_rest = swap._turn_rest
    monkeypatch.setattr(swap, "_turn_rest", lambda *_: 1 / 0)  # The function dies in between.
    assert ask(machine, what).state == "applied"
    assert sum(orders.read(n).route_id == stopped for n in moved) == len(moved) - 1
    monkeypatch.setattr(swap, "_turn_rest", told_rest)
    waves.see_to_replans(machine, AFTER)
    everything_once()
    assert waves.see_to_replans(machine, AFTER) == []
