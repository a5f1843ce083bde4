"""An emergency over an engine: warned once, reserve called up once, paper entered once (I7)."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from linli import orders, resilience, waves
from linli.kernel.errors import IdReused, Invalid, NotFound
from linli.kernel.identity import Role
from linli.kernel.ids import uuid7
from linli.kernel.tables import Table
from linli.orders import Order
from linli.resilience import (
    EmergencyView,
    EndEmergency,
    PutReserveVehicle,
    Reconcile,
    ReconciliationView,
    Warn,
)
from linli.resilience.ending import NotUnderway
from linli.resilience.find import find
from linli.resilience.reserve import Elsewhere
from linli.waves.model import StartWave
from tests.support import community as here
from tests.support.community import AFTER, COMMUNITY, DISPATCHER, SLOT_ID, person
from tests.support.engine import Crash, Engine, Fault, engine
from tests.support.fallback import InProcess
from tests.support.picking import send_off

CITY = person("city-1", Role.CITY)
NOW = AFTER + timedelta(minutes=5)
VAN = PutReserveVehicle(community_id=COMMUNITY, kind="van", capacity_grams=600_000)


@pytest.fixture
def db() -> Iterator[Engine]:
    with engine() as opened:
        here.open_community()
        for n in (1, 2):
            resilience.put_vehicle(f"van-{n}", VAN, CITY)
        yield opened


@pytest.fixture
def placed(db: Engine) -> list[Order]:
    """Orders on their way: the wave has run and its manifests are out."""
    found = [here.place(n) for n in range(4)]
    waves.start(StartWave(id=uuid7(), slot_id=SLOT_ID), DISPATCHER, here.InProcess(), AFTER)
    return [orders.read(order.order_id) for order in found]


def warning(level: str = "orange", **changed: Any) -> Warn:
    said = {
        "id": uuid7(),
        "community_id": COMMUNITY,
        "kind": "storm",
        "level": level,
        "issued_at": NOW - timedelta(minutes=3),
    }
    return Warn.model_validate(said | changed)


def send(command: Warn, machine: InProcess) -> str:
    return resilience.warn(command, CITY, machine, machine.now).emergency_id


def end(emergency_id: str, machine: InProcess, command: EndEmergency | None = None) -> None:
    command = command or EndEmergency(id=uuid7())
    resilience.request_end(emergency_id, command, CITY, machine, machine, machine.now)


def view(emergency_id: str) -> EmergencyView:
    return resilience.emergency(find(emergency_id))


def entry(order: Order, **changed: Any) -> dict[str, Any]:
    said = {"order_id": order.order_id, "outcome": "delivered", "delivered_at": NOW, "by": "r-1"}
    return said | changed


def paper(emergency_id: str, *entries: dict[str, Any], **changed: Any) -> Reconcile:
    said = {"id": uuid7(), "emergency_id": emergency_id, "entries": entries}
    return Reconcile.model_validate(said | changed)


def enter(command: Reconcile, caller: Any = DISPATCHER) -> ReconciliationView:
    return resilience.reconcile(command, caller, orders.deliver_on_paper, waves.finish_if_done, NOW)


def told(order: Order, outcome: str) -> None:
    """The courier's phone gets through after all."""
    send_off(orders.read(order.order_id), NOW)
    orders.deliver(
        str(uuid7()),
        order.order_id,
        courier_id="r-1",
        outcome=outcome,  # type: ignore[arg-type]
        box_ids=[],
        at=NOW,
        now=NOW,
    )


def states(found: ReconciliationView) -> list[tuple[str, str | None]]:
    return [(line.state, line.reason) for line in found.lines]


def test_from_a_warning_to_its_end(placed: list[Order]) -> None:
    machine = InProcess(NOW)
    emergency_id = send(warning(), machine)
    found = view(emergency_id)
    assert found.state == "active"
    assert [each.vehicle_id for each in found.activations] == ["van-1", "van-2"]
    assert found.minutes_to_activation == 3.0
    assert (found.tally.orders, found.tally.outstanding) == (4, 4)
    end(emergency_id, machine)
    found = view(emergency_id)
    assert (found.state, found.ended_how, found.end_requested_by) == ("ended", "city", "city-1")
    assert not [v for v in vehicles() if v.active_in]


def vehicles() -> list[resilience.ReserveVehicle]:
    return [resilience.put_vehicle(f"van-{n}", VAN, CITY) for n in (1, 2)]


def test_a_blue_warning_is_watched_and_calls_nobody_up(db: Engine) -> None:
    machine = InProcess(NOW)
    emergency_id = send(warning("blue"), machine)
    assert (view(emergency_id).state, machine.inputs) == ("watched", {})
    with pytest.raises(NotUnderway):
        end(emergency_id, machine)


def test_the_same_warning_again_changes_nothing_and_answers_the_same(db: Engine) -> None:
    machine, command = InProcess(NOW), warning()
    first = resilience.warn(command, CITY, machine, NOW)
    before = db.everything()
    assert resilience.warn(command, CITY, machine, NOW + timedelta(days=2)) == first
    assert (db.everything(), len(machine.inputs)) == (before, 1)


def test_a_warning_id_is_not_reused_for_another_warning(db: Engine) -> None:
    machine, command = InProcess(NOW), warning()
    send(command, machine)
    with pytest.raises(IdReused):
        send(command.model_copy(update={"level": "red"}), machine)


@pytest.mark.parametrize("minutes", [-24 * 60 - 1, 6])
def test_a_warning_of_yesterday_or_tomorrow_is_refused(db: Engine, minutes: int) -> None:
    machine, before = InProcess(NOW), db.everything()
    with pytest.raises(Invalid):
        send(warning(issued_at=NOW + timedelta(minutes=minutes)), machine)
    assert db.everything() == before


def test_a_worse_warning_joins_the_emergency_that_is_underway(db: Engine) -> None:
    machine = InProcess(NOW)
    emergency_id = send(warning("yellow"), machine)
    assert send(warning("red"), machine) == emergency_id
    assert send(warning("blue"), machine) == emergency_id
    found = view(emergency_id)
    assert (found.level, found.assessment.index, len(machine.inputs)) == ("red", 50, 1)


def test_after_an_emergency_the_next_warning_begins_another(db: Engine) -> None:
    machine = InProcess(NOW)
    first = send(warning(), machine)
    end(first, machine)
    second = send(warning(), machine)
    assert second != first
    assert len(view(second).activations) == 2


@pytest.mark.parametrize("operation", range(1, 30))
def test_a_crash_anywhere_is_healed_by_sending_the_warning_again(
    db: Engine, operation: int
) -> None:
    command, calls = warning(), iter(range(1, 1000))
    db.choose_fault = lambda _: Fault.CRASH_AFTER if next(calls) == operation else None
    machine = InProcess(NOW)
    try:
        send(command, machine)
    except Crash:
        machine = InProcess(NOW)  # Its execution died with the crash, too: it is run afresh.
        db.choose_fault = lambda _: None
        emergency_id = send(command, machine)
        if view(emergency_id).state == "declared" or not machine.inputs:
            machine.start(emergency_id, {"emergency_id": emergency_id})
    db.choose_fault = lambda _: None
    found = view(str(command.id))
    assert found.state == "active"
    assert [each.vehicle_id for each in found.activations] == ["van-1", "van-2"]
    assert {v.active_in for v in vehicles()} == {found.id}


def test_an_emergency_ends_once_and_for_one_command(db: Engine) -> None:
    machine = InProcess(NOW)
    emergency_id, command = send(warning(), machine), EndEmergency(id=uuid7())
    end(emergency_id, machine, command)
    before = db.everything()
    end(emergency_id, machine, command)
    with pytest.raises(NotUnderway):
        end(emergency_id, machine)
    assert (db.everything(), len(machine.answered)) == (before, 1)


def test_the_end_may_be_decided_before_the_machine_waits(db: Engine) -> None:
    machine = InProcess(NOW)
    machine.dead = True
    emergency_id = send(warning(), machine)
    machine.over.clear()  # It is alive, but has not come to its wait.
    end(emergency_id, machine)
    assert view(emergency_id).state == "declared"
    machine.waiting["late"] = emergency_id
    resilience.hold(emergency_id, "late", None, machine)
    assert (view(emergency_id).ended_how, machine.answered) == ("city", ["late"])


def test_the_citys_word_ends_an_emergency_whose_machine_died(db: Engine) -> None:
    machine = InProcess(NOW)
    machine.dead = True
    emergency_id = send(warning(), machine)
    end(emergency_id, machine)
    assert view(emergency_id).ended_how == "city"
    assert send(warning(), InProcess(NOW)) != emergency_id


def test_an_ended_emergency_calls_up_nobody(db: Engine) -> None:
    machine = InProcess(NOW)
    emergency_id = send(warning(), machine)
    end(emergency_id, machine)
    resilience.put_vehicle("van-3", VAN, CITY)
    assert len(resilience.activate(emergency_id, NOW)) == 2
    assert not [v for v in vehicles() if v.active_in]


def test_a_vehicle_in_service_is_not_changed_under_its_crew(db: Engine) -> None:
    send(warning(), InProcess(NOW))
    with pytest.raises(Elsewhere):
        resilience.put_vehicle("van-1", VAN.model_copy(update={"kind": "ebike"}), CITY)


def test_a_pack_stands_as_it_was_printed(placed: list[Order], db: Engine) -> None:
    emergency_id = send(warning(), InProcess(NOW))
    before = db.items(Table.PLANS)
    told(placed[0], "delivered")
    resilience.pack(emergency_id, waves.open_manifests, NOW + timedelta(minutes=9))
    assert db.items(Table.PLANS) == before
    stops = [stop for pack in resilience.packs_of(emergency_id) for stop in pack.stops]
    assert {stop.order_id for stop in stops} == {order.order_id for order in placed}


def test_every_paper_line_ends_applied_once_or_as_a_conflict_with_an_owner(
    placed: list[Order], db: Engine
) -> None:
    machine = InProcess(NOW)
    emergency_id = send(warning(), machine)
    fresh, same, contrary, early = placed
    told(same, "delivered")
    told(contrary, "failed")
    end(emergency_id, machine)
    found = enter(
        paper(
            emergency_id,
            entry(fresh),
            entry(same),
            entry(contrary),
            entry(early, delivered_at=NOW + timedelta(hours=2)),
            entry(fresh, order_id=str(uuid7())),
        )
    )
    assert states(found) == [
        ("applied", None),
        ("applied", "told_before"),
        ("conflict", "already_settled"),
        ("conflict", "invalid"),
        ("conflict", "not_printed"),
    ]
    assert {line.owner for line in found.lines} == {None, "dispatcher-1"}
    assert orders.read(fresh.order_id).state == "delivered"
    assert orders.read(contrary.order_id).state == "failed"
    tally = view(emergency_id).tally
    assert (tally.applied, tally.conflicts, tally.outstanding) == (2, 3, 0)


def test_the_same_paper_again_changes_nothing(placed: list[Order], db: Engine) -> None:
    emergency_id = send(warning(), InProcess(NOW))
    command = paper(emergency_id, entry(placed[0]), entry(placed[1], outcome="failed"))
    first = enter(command)
    before = db.everything()
    assert enter(command) == first
    assert db.everything() == before
    again = enter(command.model_copy(update={"id": uuid7()}))
    assert again.lines == first.lines


def test_two_papers_that_contradict_each_other_leave_an_open_conflict(
    placed: list[Order],
) -> None:
    emergency_id = send(warning(), InProcess(NOW))
    enter(paper(emergency_id, entry(placed[0])))
    second = enter(paper(emergency_id, entry(placed[0], outcome="failed")))
    assert states(second) == [("conflict", "already_settled")]
    assert orders.read(placed[0].order_id).state == "delivered"


@pytest.mark.parametrize("operation", range(1, 26))
def test_a_crash_while_entering_is_healed_by_entering_again(
    placed: list[Order], db: Engine, operation: int
) -> None:
    emergency_id = send(warning(), InProcess(NOW))
    command, calls = paper(emergency_id, entry(placed[0]), entry(placed[1])), iter(range(1, 999))
    db.choose_fault = lambda _: Fault.CRASH_AFTER if next(calls) == operation else None
    try:
        enter(command)
    except Crash:
        db.choose_fault = lambda _: None
        enter(command)
    db.choose_fault = lambda _: None
    assert states(enter(command)) == [("applied", None), ("applied", None)]
    assert view(emergency_id).tally.applied == 2


def test_a_foreign_city_or_dispatcher_finds_nothing(placed: list[Order], db: Engine) -> None:
    machine = InProcess(NOW)
    emergency_id = send(warning(), machine)
    far = [person("city-2", Role.CITY, community="elsewhere")]
    far += [person("dispatcher-2", Role.DISPATCHER, community="elsewhere")]
    before = db.everything()
    for caller in far:
        with pytest.raises(NotFound):
            resilience.warn(warning(), caller, machine, NOW)
        with pytest.raises(NotFound):
            enter(paper(emergency_id, entry(placed[0])), caller)
        with pytest.raises(NotFound):
            resilience.request_end(
                emergency_id, EndEmergency(id=uuid7()), caller, machine, machine, NOW
            )
        with pytest.raises(NotFound):
            resilience.put_vehicle("van-9", VAN, caller)
    assert db.everything() == before


def meanwhile(db: Engine, other: Callable[[], object]) -> None:
    """Let `other` happen right before the next write, after everything was read for it."""
    waiting = [other]

    def look(operation: str) -> None:
        if operation == "TransactWriteItems" and waiting:
            waiting.pop()()

    db.before_call = look


def test_two_warnings_at_once_are_one_emergency(db: Engine) -> None:
    machine, found = InProcess(NOW), []
    meanwhile(db, lambda: found.append(send(warning("yellow"), machine)))
    found.append(send(warning("red"), machine))
    assert found[0] == found[1]
    assert (len(machine.inputs), view(found[0]).level) == (1, "red")


def test_two_runs_of_the_activation_at_once_call_each_vehicle_up_once(db: Engine) -> None:
    machine = InProcess(NOW)
    machine.dead = True
    emergency_id = send(warning(), machine)
    meanwhile(db, lambda: resilience.activate(emergency_id, NOW))
    found = resilience.activate(emergency_id, NOW + timedelta(minutes=1))
    assert [(each.vehicle_id, each.activated_at) for each in found] == [
        ("van-1", NOW),
        ("van-2", NOW),
    ]


def test_an_emergency_that_ends_during_the_activation_leaves_no_vehicle_out(db: Engine) -> None:
    machine = InProcess(NOW)
    machine.dead = True
    emergency_id = send(warning(), machine)
    meanwhile(db, lambda: end(emergency_id, machine))
    assert resilience.activate(emergency_id, NOW) == []
    assert not [v for v in vehicles() if v.active_in]


def test_two_words_to_end_at_once_end_it_for_the_first(db: Engine) -> None:
    machine = InProcess(NOW)
    emergency_id = send(warning(), machine)
    meanwhile(db, lambda: end(emergency_id, machine))
    with pytest.raises(NotUnderway):
        end(emergency_id, machine)
    assert len(machine.answered) == 1


def test_the_same_paper_entered_by_two_at_once_is_applied_once(
    placed: list[Order], db: Engine
) -> None:
    emergency_id = send(warning(), InProcess(NOW))
    found = []
    line = entry(placed[0])
    meanwhile(db, lambda: found.append(enter(paper(emergency_id, line))))
    found.append(enter(paper(emergency_id, line)))
    assert found[0].lines == found[1].lines
    assert states(found[0]) == [("applied", None)]


def test_of_two_words_before_the_machine_waits_the_first_counts(db: Engine) -> None:
    machine = InProcess(NOW)
    machine.dead = True
    emergency_id = send(warning(), machine)
    machine.over.clear()
    first = EndEmergency(id=uuid7())
    meanwhile(db, lambda: end(emergency_id, machine, first))
    with pytest.raises(NotUnderway):
        end(emergency_id, machine)
    assert find(emergency_id).end_id == str(first.id)
