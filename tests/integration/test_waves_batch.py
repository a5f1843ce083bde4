"""A wave from its cut-off to manifests, over an engine, with whatever may go wrong on the way."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from pynamodb.exceptions import PynamoDBException

from linli import orders, slots, waves
from linli.kernel.errors import IdReused, NotFound
from linli.kernel.identity import Role
from linli.kernel.ids import uuid7
from linli.kernel.tables import Table
from linli.orders import Order
from linli.orders.rows import OrderRow
from linli.slots import UnknownSlot
from linli.slots.model import SlotStillOpen
from linli.waves import NotYetVisible, Superseded
from linli.waves.model import ClusterStep, StartWave, Step, WaveView
from linli.waves.rows import CLUSTERS, RouteRow
from linli.waves.steps import keep_body
from tests.support import community as here
from tests.support import dispatching
from tests.support.community import AFTER, BEFORE, DISPATCHER, SETTINGS, SLOT_ID, InProcess
from tests.support.engine import Crash, Engine, Fault, engine

FIRST = Step(wave_id=SLOT_ID, attempt=1)


@pytest.fixture
def db() -> Iterator[Engine]:
    with engine() as opened:
        here.open_community()
        yield opened


def wave() -> WaveView:
    return waves.wave_view(SLOT_ID, DISPATCHER)


def ask(machine: InProcess, command: StartWave | None = None) -> StartWave:
    command = command or StartWave(id=uuid7(), slot_id=SLOT_ID)
    waves.start(command, DISPATCHER, machine, machine.now)
    return command


def check_nothing_is_lost(placed: list[Order]) -> None:
    """I6: each order is in the one wave, and on one route or named as unserved there."""
    assert wave().state == "published"
    on_routes: Counter[str] = Counter()
    for line in wave().routes:
        for visit in waves.manifest_view(line.route_id, DISPATCHER, AFTER).visits:
            if visit.kind == "deliver":
                on_routes[visit.place_id] += 1
                assert orders.read(visit.place_id).route_id == line.route_id
    unserved = {each.order_id for each in wave().unserved}
    assert not unserved & set(on_routes)
    assert on_routes + Counter(unserved) == Counter(order.order_id for order in placed)
    assert {orders.read(order.order_id).wave_id for order in placed} == {SLOT_ID}


def test_at_the_cut_off_every_order_goes_into_the_wave_and_onto_one_route(db: Engine) -> None:
    placed = [here.place(n) for n in range(12)]
    assert waves.start_due(InProcess(), AFTER) == [SLOT_ID]
    check_nothing_is_lost(placed)
    view = wave()
    assert (view.orders, view.routed_orders, view.unserved) == (12, 12, [])
    assert 0 < (view.metres or 0) < (view.baseline_metres or 0)
    assert sum(pick.units for pick in view.picks) == 12


def test_before_the_cut_off_nothing_starts(db: Engine) -> None:
    here.place(1)
    before = db.everything()
    machine = InProcess()
    assert waves.start_due(machine, BEFORE) == []
    machine.now = BEFORE
    with pytest.raises(SlotStillOpen):
        ask(machine)
    assert db.everything() == before


def test_only_a_dispatcher_of_the_community_starts_its_waves(db: Engine) -> None:
    command = StartWave(id=uuid7(), slot_id=SLOT_ID)
    stranger = here.person("d", Role.DISPATCHER, community="gulou")
    with pytest.raises(NotFound):
        waves.start(command, stranger, InProcess(), AFTER)
    with pytest.raises(UnknownSlot):
        ask(InProcess(), StartWave(id=uuid7(), slot_id="wulin.courier.20990101T0000"))


def test_a_wave_that_is_out_runs_no_more(db: Engine) -> None:
    here.place(1)
    machine = InProcess()
    ask(machine)
    routes = db.items(Table.WAVES).keys()
    waves.start_due(machine, AFTER + timedelta(minutes=1))
    ask(machine)
    assert list(machine.runs) == [f"{SLOT_ID}--1"]
    new = db.items(Table.WAVES).keys() - routes
    assert {pk.split("#")[0] for pk, _ in new} == {"COMMAND"}


def test_the_same_command_again_leads_to_no_further_run(db: Engine) -> None:
    here.place(1)
    machine = InProcess(before=failing("allocate", ValueError))
    command = ask(machine)
    assert (wave().state, wave().reason) == ("failed", "ValueError: allocate")
    ask(machine, command)
    assert list(machine.runs) == [f"{SLOT_ID}--1"]
    machine.before = lambda task: None
    ask(machine)
    assert list(machine.runs) == [f"{SLOT_ID}--1", f"{SLOT_ID}--2"]
    assert (wave().state, wave().attempt, wave().reason) == ("published", 2, None)
    with pytest.raises(IdReused):
        ask(machine, StartWave(id=command.id, slot_id="wulin.courier.20240628T1200"))


def failing(task: str, kind: type[Exception]) -> Callable[[str], None]:
    def before(name: str) -> None:
        if name == task:
            raise kind(task)

    return before


@pytest.mark.parametrize("task", ["freeze", "allocate", "cluster", "check", "publish"])
def test_whatever_task_fails_the_next_run_takes_every_order(db: Engine, task: str) -> None:
    placed = [here.place(n) for n in range(6)]
    machine = InProcess(before=failing(task, RuntimeError))
    waves.start_due(machine, AFTER)
    assert (wave().state, wave().routes) == ("failed", [])
    machine.before = lambda name: None
    waves.start_due(machine, AFTER + timedelta(minutes=1))
    assert wave().attempt == 2
    check_nothing_is_lost(placed)


def test_the_schedule_gives_up_after_three_runs_and_a_dispatcher_does_not(db: Engine) -> None:
    placed = [here.place(1)]
    machine = InProcess(before=failing("allocate", RuntimeError))
    for _ in range(5):
        waves.start_due(machine, AFTER)
    assert wave().attempt == 3
    machine.before = lambda name: None
    ask(machine)
    assert wave().attempt == 4
    check_nothing_is_lost(placed)


def test_a_run_that_was_ended_from_outside_is_followed_by_the_next(db: Engine) -> None:
    placed = [here.place(1)]
    machine = InProcess()
    machine.runs[f"{SLOT_ID}--1"] = True  # It died before its first task.
    waves.start_due(machine, AFTER)
    assert wave().state == "started"
    waves.start_due(machine, AFTER)
    assert wave().attempt == 2
    check_nothing_is_lost(placed)


def test_a_run_that_is_under_way_is_left_alone(db: Engine) -> None:
    here.place(1)
    machine = InProcess()
    machine.runs[f"{SLOT_ID}--1"] = False
    waves.start_due(machine, AFTER)
    waves.start_due(machine, AFTER)
    ask(machine)
    assert (wave().attempt, wave().state) == (1, "started")


@pytest.mark.parametrize("fault", [Fault.CRASH_BEFORE, Fault.CRASH_AFTER])
def test_a_crash_at_any_call_of_a_run_loses_no_order(fault: Fault) -> None:
    crashes = 0
    for nth in range(0 if fault is Fault.CRASH_BEFORE else 3, 200, 6):
        with engine() as db:
            here.open_community()
            placed = [here.place(n) for n in range(3)]
            machine = InProcess()
            db.choose_fault = at_call(nth, fault)
            with suppress(Crash):
                waves.start_due(machine, AFTER)
            if not db.faults:
                break  # The run has fewer calls than that.
            crashes += 1
            machine.runs = dict.fromkeys(machine.runs, True)
            ask(machine)
            check_nothing_is_lost(placed)
    assert crashes > 5


def at_call(nth: int, fault: Fault) -> Callable[[str], Fault | None]:
    left = [nth]

    def choose(operation: str) -> Fault | None:
        left[0] -= 1
        return fault if left[0] == -1 else None

    return choose


def test_repeating_any_task_changes_nothing(db: Engine) -> None:
    for n in range(5):
        here.place(n)
    machine = InProcess()
    begin(machine)
    again(lambda: waves.freeze(FIRST, AFTER), db)
    again(lambda: waves.allocate(FIRST, AFTER, SETTINGS), db)
    (cluster,) = again(lambda: waves.cluster(FIRST, AFTER), db)["clusters"]
    kept = ClusterStep.model_validate({**cluster, "plan": None, "error": "Timeout"})
    again(lambda: waves.keep_plan(kept), db)
    again(lambda: waves.publish(FIRST, AFTER), db)
    assert wave().fallback_from == "solver_failed:Timeout"


def begin(machine: InProcess) -> None:
    """Start the wave without running any of its tasks."""
    machine.runs[f"{SLOT_ID}--1"] = False
    waves.start_due(machine, AFTER)


def again(task: Callable[[], dict[str, Any]], db: Engine) -> dict[str, Any]:
    first = task()
    before = db.everything()
    assert task() == first
    assert db.everything() == before
    return first


def test_publishing_twice_at_once_or_after_acceptance_takes_no_route_back(db: Engine) -> None:
    here.place(1)
    machine = InProcess()
    ask(machine)
    (line,) = wave().routes
    dispatching.take(line.route_id, here.COURIERS[0].subject, AFTER)
    before = db.everything()
    waves.publish(FIRST, AFTER)
    assert db.everything() == before
    assert wave().routes[0].state == "taken"


def test_a_later_run_shuts_out_the_earlier_one(db: Engine) -> None:
    here.place(1)
    machine = InProcess(before=failing("allocate", RuntimeError))
    ask(machine)
    machine.runs[f"{SLOT_ID}--2"] = False
    ask(machine)
    before = db.everything()
    late: list[Callable[[], object]] = [
        lambda: waves.freeze(FIRST, AFTER),
        lambda: waves.allocate(FIRST, AFTER, SETTINGS),
        lambda: waves.cluster(FIRST, AFTER),
        lambda: waves.keep_plan(ClusterStep(wave_id=SLOT_ID, attempt=1, cluster=0)),
        lambda: waves.publish(FIRST, AFTER),
    ]
    for task in late:
        with pytest.raises(Superseded):
            task()
    assert db.everything() == before


def test_an_order_that_the_index_does_not_show_yet_is_waited_for(db: Engine) -> None:
    placed = [here.place(n) for n in range(3)]
    begin(InProcess())
    row = OrderRow.get(placed[1].order_id, "ORDER")
    row.update([OrderRow.slot_id.remove()])  # As if the index had not heard of it yet.
    with pytest.raises(NotYetVisible) as refusal:
        waves.freeze(FIRST, AFTER)
    assert refusal.value.fields == {"found": 2, "taken": 3}
    row.update([OrderRow.slot_id.set(SLOT_ID)])
    assert waves.freeze(FIRST, AFTER)["orders"] == 3


def test_a_cancelled_order_is_not_waited_for(db: Engine) -> None:
    placed = [here.place(n) for n in range(3)]
    orders.cancel(placed[0].order_id, resident_id="resident-0", now=BEFORE)
    ask(InProcess())
    check_nothing_is_lost(placed[1:])
    assert orders.read(placed[0].order_id).wave_id is None


def test_an_empty_slot_becomes_an_empty_wave(db: Engine) -> None:
    ask(InProcess())
    view = wave()
    assert (view.state, view.orders, view.routes, view.metres) == ("published", 0, [], 0)


def test_without_couriers_the_wave_comes_out_and_says_why_each_order_stays() -> None:
    with engine():
        here.open_community(couriers=0)
        placed = [here.place(n) for n in range(2)]
        ask(InProcess())
        check_nothing_is_lost(placed)
        assert {each.reason for each in wave().unserved} == {"no_courier"}
        assert {orders.read(order.order_id).state for order in placed} == {"frozen"}


def test_a_plan_that_does_not_hold_is_replaced_by_one_that_does(db: Engine) -> None:
    placed = [here.place(n) for n in range(4)]
    machine = InProcess()
    begin(machine)
    waves.freeze(FIRST, AFTER)
    waves.allocate(FIRST, AFTER, SETTINGS)
    (cluster,) = waves.cluster(FIRST, AFTER)["clusters"]
    empty = {
        "solver": "broken",
        "routes": [],
        "unserved": [],
        "metres": 0,
        "cost": {"distance_fen": 0, "fixed_fen": 0, "unserved_fen": 0},
    }
    waves.keep_plan(ClusterStep.model_validate({**cluster, "plan": empty}))
    waves.publish(FIRST, AFTER)
    assert (wave().solver, wave().fallback_from) == ("insertion", "plan_rejected:not_served")
    check_nothing_is_lost(placed)


def test_a_wave_that_runs_late_is_still_delivered(db: Engine) -> None:
    placed = [here.place(n) for n in range(3)]
    machine = InProcess()
    machine.now = AFTER + timedelta(hours=4)
    ask(machine)
    check_nothing_is_lost(placed)
    assert wave().unserved == []


def test_one_wave_in_trouble_keeps_no_other_waiting(db: Engine) -> None:
    here.place(1)
    other = "wulin.courier.20240628T0900"
    here.put_slot(other, 5)

    class Picky(InProcess):
        def start(self, name: str, payload: dict[str, Any]) -> None:
            if name.startswith(other):
                raise PynamoDBException("no")
            super().start(name, payload)

    with pytest.raises(ExceptionGroup):
        waves.start_due(Picky(), AFTER)
    assert wave().state == "published"
    assert slots.close(SLOT_ID, AFTER).state == "closed"


def in_two_parts(far: list[Order], near: list[Order], riders: int) -> Callable[[str], None]:
    """As if a first run had given all `riders` to the second of two clusters."""
    names = [courier.subject for courier in here.COURIERS[:riders]]
    parts = [
        {"orders": [order.order_id for order in some], "couriers": crew, "empties": []}
        for some, crew in ((far, []), (near, names))
    ]

    def before(task: str) -> None:
        if task == "cluster":
            keep_body(SLOT_ID, CLUSTERS, {"parts": parts, "held_back": {}})

    return before


def test_what_its_cluster_leaves_over_others_bring_who_have_time_left(db: Engine) -> None:
    placed = [here.place(n) for n in range(8)]
    ask(InProcess(before=in_two_parts(placed[:3], placed[3:], 2)))
    check_nothing_is_lost(placed)
    assert (wave().routed_orders, wave().unserved) == (8, [])
    spans = sorted(
        (row.planned_for, row.depart_at, row.finish_at)
        for row in (RouteRow.get(f"ROUTE#{line.route_id}", "ROUTE") for line in wave().routes)
    )
    for (one, _, finish), (other, depart, _) in pairwise(spans):
        assert one != other or finish <= depart, "nobody rides two routes at once"


def test_what_nobody_brings_is_left_over_with_its_reason() -> None:
    with engine():
        here.open_community(couriers=0)
        placed = [here.place(n) for n in range(4)]
        ask(InProcess(before=in_two_parts(placed[:2], placed[2:], 0)))
        check_nothing_is_lost(placed)
        assert [each.reason for each in wave().unserved] == ["no_courier"] * 4


AWAY = {"start": {"lon": here.LON + 2, "lat": here.LAT}}
"""Some 190 km from every door."""
HEAVY = {"lines": [{"sku": here.SKUS[1], "units": 45}]}
LOADED = {"lines": [{"sku": here.SKUS[1], "units": 20}]}
IN_VAIN: dict[str, tuple[dict[str, Any], dict[str, Any], set[str], bool]] = {
    "nobody can be there in time": (AWAY, {}, {"window_missed", "shift_too_short"}, False),
    "more than anybody carries": ({}, LOADED, {"too_heavy"}, True),
    "heavier than who is not trained lifts": ({}, HEAVY, {"no_skill"}, True),
    "heavier than who is trained carries": (
        {"skills": ["heavy_goods"]},
        HEAVY,
        {"too_heavy"},
        True,
    ),
    "more boxes than anybody holds": (
        {"capacity_boxes": 1},
        {"boxes": 2},
        {"too_many_boxes"},
        True,
    ),
    "everybody's day is over": (
        {"shift": ("08:00", "09:30")},
        {},
        {"shift_too_short", "window_missed"},
        False,
    ),
}


@pytest.mark.parametrize(("rider", "wish", "reasons", "others"), IN_VAIN.values(), ids=IN_VAIN)
def test_the_wave_comes_out_and_says_why_it_does_not_bring_what_cannot_be(
    rider: dict[str, Any], wish: dict[str, Any], reasons: set[str], *, others: bool
) -> None:
    with engine():
        here.open_community(couriers=0, units=90)
        here.register(here.COURIERS[0], 0, "walk", **rider)
        odd, plain = here.place(2, **wish), here.place(4)
        assert waves.start_due(InProcess(), AFTER) == [SLOT_ID]
        check_nothing_is_lost([odd, plain])
        why = {each.order_id: each.reason for each in wave().unserved}
        assert why[odd.order_id] in reasons
        assert (plain.order_id not in why) == others
