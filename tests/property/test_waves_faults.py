"""
Each state of the machines × error, throttle, time-out and effect-then-crash: no order is lost.

The machines are those of `statemachines/`, interpreted with their Retry and Catch, over the real
handlers. After the trouble the schedule runs as it does each minute, and everything is in place.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest

from linli import audit, orders, waves
from linli.kernel.ids import uuid7
from linli.waves.model import StartWave
from linli.waves.rows import CLUSTERS, RouteRow
from linli.waves.steps import keep_body
from linli.waves.views import order_ids_of
from tests.support import community as here
from tests.support.asl import Asl, How, Trouble, by_insertion, clock_at, done
from tests.support.community import AFTER, DISPATCHER, SLOT_ID
from tests.support.engine import engine
from tests.support.replans import change

ORDERS = 4
WAVE_TASKS = (
    "FreezeWaveArn",
    "AllocateWaveArn",
    "ClusterWaveArn",
    "getItem",
    "SolveRoutesArn",
    "CheckPlanArn",
    "BringLeftoversArn",
    "PublishRoutesArn",
    "StartOffersArn",
)
REPLAN_TASKS = ("FrameReplanArn", "getItem", "SolveRoutesArn", "SwapRoutesArn")
FAULTS = [(how, False) for how in How] + [(How.ERROR, True), (How.CRASH_AFTER, True)]
PASSING = (How.THROTTLE, How.TIMEOUT, How.CRASH_AFTER)
"""What is tried again within the same run."""
STANDING_IN = {"SolveRoutesArn": by_insertion, "StartOffersArn": done}


@pytest.fixture(autouse=True)
def world() -> Iterator[None]:
    with engine(), clock_at(AFTER):
        here.open_community(couriers=2, vehicle="walk")
        placed = [here.place(n).order_id for n in range(ORDERS)]
        riders = [courier.subject for courier in here.COURIERS[:2]]
        keep_clusters([(placed[:1], []), (placed[1:], riders)])
        yield


def keep_clusters(parts: list[tuple[list[str], list[str]]]) -> None:
    """As if a first run had parted the wave so: what the first has, only the second can bring."""
    kept = [{"orders": some, "couriers": riders, "empties": []} for some, riders in parts]
    keep_body(SLOT_ID, CLUSTERS, {"parts": kept, "held_back": {}})


def check_nothing_is_lost() -> None:
    view = waves.wave_view(SLOT_ID, DISPATCHER)
    assert view.state == "published"
    doors: Counter[str] = Counter()
    for line in view.routes:
        row = RouteRow.get(f"ROUTE#{line.route_id}", "ROUTE")
        for order_id in order_ids_of(row):
            doors[order_id] += 1
            assert orders.read(order_id).route_id == line.route_id
    left_out = Counter(each.order_id for each in view.unserved)
    assert sum((doors + left_out).values()) == ORDERS
    assert set((doors + left_out).values()) == {1}


@pytest.mark.parametrize(("how", "always"), FAULTS)
@pytest.mark.parametrize("task", WAVE_TASKS)
def test_whatever_happens_to_a_task_of_the_batch_no_order_is_lost(
    task: str, how: How, always: bool
) -> None:
    machine = Asl("route_wave", dict(STANDING_IN))
    machine.fault = Trouble(task, how, always)
    waves.start_due(machine, AFTER)
    assert machine.calls[task] > 0, "the fault never came"
    if how in PASSING and not always and task != "getItem":
        assert list(machine.runs.values()) == ["SUCCEEDED"]
    for minute in range(1, 3):
        machine.fault = None
        waves.start_due(machine, AFTER + timedelta(minutes=minute))
    check_nothing_is_lost()
    if not (task == "BringLeftoversArn" and (always or how not in PASSING)):
        assert waves.wave_view(SLOT_ID, DISPATCHER).unserved == []
    verdicts = audit.run(20, sleep=lambda seconds: None)
    assert {each.verdict for each in verdicts} <= {"holds", "no_subject"}, verdicts


@pytest.mark.parametrize(("how", "always"), FAULTS)
def test_whatever_happens_while_a_failed_run_is_noted_the_next_one_goes_on(
    how: How, always: bool
) -> None:
    machine = Asl("route_wave", dict(STANDING_IN))
    machine.fault = Trouble("CheckPlanArn", How.ERROR, always=True)
    machine.also = Trouble("ReleaseWaveArn", how, always)
    waves.start_due(machine, AFTER)
    assert machine.calls["ReleaseWaveArn"] > 0, "the fault never came"
    assert next(iter(machine.runs.values())).startswith("FAILED")
    machine.fault = machine.also = None
    for minute in range(1, 3):
        waves.start_due(machine, AFTER + timedelta(minutes=minute))
    check_nothing_is_lost()


def test_every_task_of_both_machines_is_struck() -> None:
    known = {*WAVE_TASKS, *REPLAN_TASKS, "ReleaseWaveArn", "GiveUpReplanArn"}
    assert Asl("route_wave").tasks() | Asl("replan_routes").tasks() == known


def test_a_run_that_fails_for_good_says_why() -> None:
    machine = Asl("route_wave", dict(STANDING_IN))
    machine.fault = Trouble("ClusterWaveArn", How.ERROR, always=True)
    waves.start_due(machine, AFTER)
    view = waves.wave_view(SLOT_ID, DISPATCHER)
    assert (view.state, view.reason) == ("failed", "RuntimeError: injected")
    assert list(machine.runs.values()) == ["FAILED RuntimeError"]
    assert machine.calls["ReleaseWaveArn"] == 1


@pytest.mark.parametrize(("how", "always"), FAULTS)
@pytest.mark.parametrize("task", REPLAN_TASKS)
def test_whatever_happens_to_a_task_of_planning_anew_no_order_is_lost(
    task: str, how: How, always: bool
) -> None:
    command = StartWave(id=uuid7(), slot_id=SLOT_ID)
    waves.start(command, DISPATCHER, Asl("route_wave", dict(STANDING_IN)), AFTER)
    stopped = waves.wave_view(SLOT_ID, DISPATCHER).routes[0].route_id
    machine = Asl("replan_routes", dict(STANDING_IN))
    machine.fault = Trouble(task, how, always)
    what = change("courier_stopped", route_ids=[stopped])
    waves.replan_for(SLOT_ID, what, DISPATCHER, machine, AFTER)
    check_nothing_is_lost()
    machine.fault = None
    waves.see_to_replans(machine, AFTER)
    told = waves.replan_view(SLOT_ID, str(what.id), DISPATCHER)
    assert told.state in ("applied", "failed")
    again = change("courier_stopped", route_ids=[stopped])
    waves.replan_for(SLOT_ID, again, DISPATCHER, machine, AFTER)
    view = {line.route_id: line for line in waves.wave_view(SLOT_ID, DISPATCHER).routes}
    assert view[stopped].state == "done"
    check_nothing_is_lost()


@pytest.mark.parametrize(("how", "always"), FAULTS)
def test_whatever_happens_while_planning_anew_is_given_up_its_request_comes_to_an_end(
    how: How, always: bool
) -> None:
    command = StartWave(id=uuid7(), slot_id=SLOT_ID)
    waves.start(command, DISPATCHER, Asl("route_wave", dict(STANDING_IN)), AFTER)
    stopped = waves.wave_view(SLOT_ID, DISPATCHER).routes[0].route_id
    machine = Asl("replan_routes", dict(STANDING_IN))
    machine.fault = Trouble("SwapRoutesArn", How.ERROR, always=True)
    machine.also = Trouble("GiveUpReplanArn", how, always)
    what = change("courier_stopped", route_ids=[stopped])
    waves.replan_for(SLOT_ID, what, DISPATCHER, machine, AFTER)
    assert machine.calls["GiveUpReplanArn"] > 0, "the fault never came"
    machine.fault = machine.also = None
    waves.see_to_replans(machine, AFTER)
    told = waves.replan_view(SLOT_ID, str(what.id), DISPATCHER)
    assert told.state == "failed"
    assert waves.see_to_replans(machine, AFTER) == []
    check_nothing_is_lost()
