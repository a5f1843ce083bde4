"""A wave is planned for the day that it is and the couriers as they stand, at once and anew."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from linli import catalogue, dispatch, orders, resilience, slots, waves
from linli.catalogue import PutProduct
from linli.dispatch.duty import change_rest, note
from linli.dispatch.rest import ride
from linli.kernel import editing
from linli.kernel.identity import Role
from linli.kernel.ids import uuid7
from linli.kernel.time import parse_instant
from linli.resilience import Warn
from linli.routing.codec import plan_to_json, problem_from_json
from linli.routing.insertion import insertion
from linli.routing.model import Problem, Vehicle
from linli.routing.rules import COLD_LIMIT_SECONDS, HOT_COLD_LIMIT_SECONDS
from linli.routing.visits import Kind
from linli.waves.changes import Replan
from linli.waves.conditions import Conditions, Standing
from linli.waves.model import ClusterStep, StartWave, Step
from linli.waves.rows import CLUSTERS, ORDERS, BodyRow, RouteRow, framed_key, problem_key, wave_key
from linli.waves.steps import keep_body, read_body
from tests.support import community as here
from tests.support import dispatching, fallback, picking
from tests.support.community import AFTER, COMMUNITY, DISPATCHER, SETTINGS, SLOT_ID, InProcess
from tests.support.engine import Engine, engine
from tests.support.replans import Replanner, ask, change

EARLIER = SLOT_ID.replace("T1000", "T0930")
"""A slot whose routes are ridden while those of the other begin."""
FIRST = Step(wave_id=SLOT_ID, attempt=1)
RIDING = AFTER + timedelta(hours=1, minutes=10)
ANNA, BELA = (each.subject for each in here.COURIERS[:2])
ZONES = ("chilled", "frozen")


@pytest.fixture
def db() -> Iterator[Engine]:
    """Two couriers; one product is kept chilled, the other frozen."""
    with engine() as opened:
        dispatching.furnish_once(opened, "conditions", _furnish)
        yield opened


def _furnish() -> None:
    here.open_community()
    for sku, zone in zip(here.SKUS, ZONES, strict=True):
        known = catalogue.products_by_id([sku])[sku]
        command = PutProduct.model_validate(known.model_dump(exclude={"sku"}) | {"zone": zone})
        catalogue.put_product(sku, command, editing.etag(known))
    catalogue.forget()
    for n in range(4):
        here.place(n)


def allocate() -> None:
    """The wave as it is before its clusters are made."""
    machine = InProcess()
    machine.runs[f"{SLOT_ID}--1"] = False
    waves.start_due(machine, AFTER)
    waves.freeze(FIRST, AFTER)
    waves.allocate(FIRST, AFTER, SETTINGS)


def conditions(now: datetime = AFTER) -> Conditions:
    return dispatch.conditions(SLOT_ID, now)


def posed() -> Problem:
    """The problem of the wave's one cluster."""
    allocate()
    waves.cluster(FIRST, AFTER, conditions())
    return kept(problem_key(1, 0))


def kept(key: str) -> Problem:
    row = BodyRow.get(wave_key(SLOT_ID), key)
    return problem_from_json(json.loads(row.body)["problem"])


def vehicles(problem: Problem) -> dict[str, Vehicle]:
    return {each.id: each for each in problem.vehicles}


def rides_since(courier_id: str, since: datetime) -> None:
    change_rest(courier_id, lambda rest: ride(rest, since))


def limits(problem: Problem) -> set[int | None]:
    return {part.cold_limit_seconds for stop in problem.stops for part in stop.parts}


def warn_of_heat() -> None:
    body = {"id": uuid7(), "community_id": COMMUNITY, "kind": "heat", "level": "blue"}
    command = Warn.model_validate(body | {"issued_at": AFTER})
    city = here.person("city-1", Role.CITY)
    resilience.warn(command, city, fallback.InProcess(AFTER), AFTER)


def test_who_holds_an_earlier_route_rides_for_the_wave_when_that_is_done(db: Engine) -> None:
    held = earlier_route()
    dispatching.take(held, ANNA, AFTER)
    found = vehicles(posed())
    finish_at = waves.route_on_desk(held).finish_at
    ready = found[ANNA].shift.open_seconds
    assert ready - 1 < (finish_at - AFTER).total_seconds() <= ready
    assert found[ANNA].worked_seconds == found[ANNA].worked_today_seconds > 0
    assert (found[BELA].shift.open_seconds, found[BELA].worked_today_seconds) == (0, 0)


def earlier_route() -> str:
    """The only route of a wave half an hour earlier."""
    here.put_slot(EARLIER, 5)
    order = here.place(9, slot_id=EARLIER)
    waves.start(StartWave(id=uuid7(), slot_id=EARLIER), DISPATCHER, InProcess(), AFTER)
    route_id = orders.read(order.order_id).route_id
    assert route_id is not None
    return route_id


def test_who_rides_since_morning_is_planned_as_tired_as_they_are(db: Engine) -> None:
    rides_since(ANNA, AFTER - timedelta(hours=3))
    found = vehicles(posed())
    worked = found[ANNA].worked_seconds, found[ANNA].worked_today_seconds
    assert worked == (3 * 3600, 3 * 3600)


@pytest.mark.parametrize("since_hours", [3, 30])
def test_a_courier_alone_who_rode_for_long_is_given_a_rest_by_the_plan(
    db: Engine, since_hours: int
) -> None:
    """However long, the wave comes out: a device that fell silent must not stop it."""
    note(BELA, stopped="breakdown")
    rides_since(ANNA, AFTER - timedelta(hours=since_hours))
    waves.start(StartWave(id=uuid7(), slot_id=SLOT_ID), DISPATCHER, InProcess(), AFTER)
    view = waves.wave_view(SLOT_ID, DISPATCHER)
    assert (view.state, view.unserved) == ("published", [])
    (line,) = view.routes
    row = RouteRow.get(f"ROUTE#{line.route_id}", "ROUTE")
    kinds = [visit[0] for visit in json.loads(row.visits)]
    late = parse_instant(row.depart_at) - AFTER >= timedelta(minutes=20)
    assert late or str(Kind.REST) in kinds


@pytest.mark.parametrize("told", [{"fatigue": "alarm"}, {"stopped": "storm"}])
def test_who_was_alarmed_or_stopped_is_in_no_cluster_and_no_problem(
    db: Engine, told: dict[str, str]
) -> None:
    note(ANNA, **told)
    assert set(vehicles(posed())) == {BELA}
    (part,) = read_body(SLOT_ID, CLUSTERS)["parts"]
    assert part["couriers"] == [BELA]


def test_who_is_alarmed_after_the_first_run_is_in_no_later_problem(db: Engine) -> None:
    def alarmed_meanwhile(task: str) -> None:
        if task == "check":
            note(ANNA, fatigue="alarm")
            raise RuntimeError

    for machine in (InProcess(before=alarmed_meanwhile), InProcess()):
        waves.start(StartWave(id=uuid7(), slot_id=SLOT_ID), DISPATCHER, machine, AFTER)
    assert set(vehicles(kept(problem_key(1, 0)))) == {ANNA, BELA}
    assert set(vehicles(kept(problem_key(2, 0)))) == {BELA}
    (part,) = read_body(SLOT_ID, CLUSTERS)["parts"]
    assert part["couriers"] == [ANNA, BELA]


def test_a_second_run_poses_the_same_problem(db: Engine) -> None:
    rides_since(ANNA, AFTER - timedelta(hours=1))
    warn_of_heat()
    allocate()
    first = waves.cluster(FIRST, AFTER, conditions())
    before = db.everything()
    assert waves.cluster(FIRST, AFTER, conditions()) == first
    assert db.everything() == before


def test_on_a_hot_day_goods_are_out_of_the_cold_for_less(db: Engine) -> None:
    warn_of_heat()
    assert limits(posed()) == set(HOT_COLD_LIMIT_SECONDS.values())


def test_on_another_day_they_are_not(db: Engine) -> None:
    assert limits(posed()) == set(COLD_LIMIT_SECONDS.values())


def test_conditions_are_one_batch_of_duties_whatever_the_couriers(db: Engine) -> None:
    db.forget_costs()
    found = conditions()
    assert set(found.standings) == {ANNA, BELA}
    assert (db.calls["BatchGetItem"], db.calls["Query"]) == (1, 1)
    assert db.calls["GetItem"] == 2, "the slot, and whether the day is hot"


def published() -> str:
    """The wave is out on one route, which Anna has taken; Bela, who comes later, is idle."""
    note(BELA, stopped="other")
    waves.start(StartWave(id=uuid7(), slot_id=SLOT_ID), DISPATCHER, InProcess(), AFTER)
    note(BELA, stopped="")
    (line,) = waves.wave_view(SLOT_ID, DISPATCHER).routes
    dispatching.take(line.route_id, ANNA, AFTER)
    return line.route_id


def anew(what: Replan) -> Problem:
    """The problem that the change poses."""
    assert ask(Replanner(), what, RIDING).state == "applied"
    return kept(framed_key(str(what.id), 1))


def test_planned_anew_a_rider_is_as_tired_as_they_are(db: Engine) -> None:
    route_id = published()
    rides_since(ANNA, RIDING - timedelta(hours=2))
    order_id = waves.route_on_desk(route_id).order_ids[-1]
    order = orders.read(order_id)
    for line in order.lines:  # Its store finds nothing of it.
        picking.pack(order, AFTER, {line.sku: {"units": 0, "grams": None}})
    (vehicle,) = anew(change("order_cancelled", order_ids=[order_id])).vehicles
    assert (vehicle.id, vehicle.worked_seconds) == (route_id, 2 * 3600)
    assert vehicle.worked_today_seconds == 2 * 3600


def test_planned_anew_the_idle_are_as_tired_as_they_are_and_the_day_as_hot(db: Engine) -> None:
    route_id = published()
    rides_since(BELA, RIDING - timedelta(hours=1))
    warn_of_heat()
    problem = anew(change("courier_stopped", route_ids=[route_id]))
    assert vehicles(problem)[BELA].worked_seconds == 3600
    assert limits(problem) == set(HOT_COLD_LIMIT_SECONDS.values())


def test_planned_anew_no_idle_courier_rides_who_may_not(db: Engine) -> None:
    route_id = published()
    note(BELA, fatigue="alarm")
    what = change("courier_stopped", route_ids=[route_id])
    ask(Replanner(), what, RIDING)
    assert kept(framed_key(str(what.id), 1)).vehicles == ()


@pytest.mark.parametrize(("free", "counted"), [(-1, True), (0, False)])
def test_who_is_busy_through_the_whole_slot_is_shared_out_to_no_cluster(
    db: Engine, free: int, counted: bool
) -> None:
    allocate()
    free_at = slots.read(SLOT_ID).ends_at + timedelta(seconds=free)
    waves.cluster(FIRST, AFTER, Conditions(standings={ANNA: Standing(free_at)}))
    (part,) = read_body(SLOT_ID, CLUSTERS)["parts"]
    assert part["couriers"] == ([ANNA, BELA] if counted else [BELA])


def test_what_a_cluster_leaves_over_is_offered_on_the_same_conditions(db: Engine) -> None:
    """The first of two clusters has no couriers; of the second's, one is alarmed meanwhile."""
    warn_of_heat()
    allocate()
    first, *rest = read_body(SLOT_ID, ORDERS)
    parts = [part([first]), part(rest, ANNA, BELA)]
    keep_body(SLOT_ID, CLUSTERS, {"parts": parts, "held_back": {}})
    for each in waves.cluster(FIRST, AFTER, conditions())["clusters"]:
        plan = plan_to_json(insertion(kept(each["problem_key"])))
        waves.keep_plan(ClusterStep.model_validate({**each, "plan": json.loads(json.dumps(plan))}))
    note(BELA, fatigue="alarm")
    told = waves.bring_leftovers(FIRST, AFTER, conditions())
    assert (told["left_over"], told["brought"]) == (1, 1)
    problem = kept(problem_key(1, 2))
    assert set(vehicles(problem)) == {ANNA}
    assert limits(problem) <= set(HOT_COLD_LIMIT_SECONDS.values())


def part(order_ids: list[str], *couriers: str) -> dict[str, list[str]]:
    return {"orders": order_ids, "couriers": list(couriers), "empties": []}
