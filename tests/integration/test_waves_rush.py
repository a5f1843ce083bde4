"""An emergency gets onto a courier's list at once, before everything else."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from linli import catalogue, orders, waves
from linli.catalogue import PutCommunity
from linli.kernel.ids import uuid7
from linli.orders import Order
from linli.waves import NoEmergency
from linli.waves.model import StartWave
from linli.waves.rows import RouteRow
from tests.support import community as here
from tests.support.community import AFTER, COMMUNITY, DISPATCHER, SLOT_ID, InProcess
from tests.support.engine import Engine, engine
from tests.support.replans import Replanner

LATER = f"{COMMUNITY}.courier.20240628T1600"
RIDING = AFTER + timedelta(hours=1, minutes=5)


@pytest.fixture
def db() -> Iterator[Engine]:
    with engine() as opened:
        here.open_community(couriers=1)
        yield opened


def emergency(n: int) -> Order:
    """An emergency order for a slot that is hours away, in a community in emergency mode."""
    mode = PutCommunity(emergency=True)
    catalogue.put_community(COMMUNITY, mode, None)
    catalogue.forget()
    here.put_slot(LATER, 10, AFTER + timedelta(hours=6))
    return here.place(n, slot_id=LATER, emergency=True)


def visits(route_id: str) -> list[tuple[str, str]]:
    found = waves.manifest_view(route_id, DISPATCHER, AFTER).visits
    return [(visit.kind, visit.place_id) for visit in found]


def test_it_is_next_on_the_list_of_who_rides_nearest(db: Engine) -> None:
    for n in range(5):
        here.place(n)
    waves.start(StartWave(id=uuid7(), slot_id=SLOT_ID), DISPATCHER, InProcess(), AFTER)
    (line,) = waves.wave_view(SLOT_ID, DISPATCHER).routes
    row = RouteRow.get(f"ROUTE#{line.route_id}", "ROUTE")
    row.update([RouteRow.state.set("taken"), RouteRow.courier_id.set(row.planned_for)])
    urgent = emergency(9)
    machine = Replanner()
    machine.now = RIDING
    assert waves.rush_due(machine, RIDING) == [urgent.order_id]
    order = orders.read(urgent.order_id)
    assert (order.route_id, order.wave_id, order.state) == (line.route_id, LATER, "routed")
    doors = [place for kind, place in visits(line.route_id) if kind == "deliver"]
    assert doors[0] == urgent.order_id
    assert len(doors) == 6
    before = db.everything()
    assert waves.rush_due(machine, RIDING) == []
    assert waves.rush(urgent.order_id, machine, RIDING) is None
    assert db.everything() == before


def test_its_own_wave_does_not_bring_it_a_second_time(db: Engine) -> None:
    here.place(1)
    waves.start(StartWave(id=uuid7(), slot_id=SLOT_ID), DISPATCHER, InProcess(), AFTER)
    urgent = emergency(9)
    machine = Replanner()
    waves.rush_due(machine, AFTER)
    own = InProcess()
    own.now = AFTER + timedelta(hours=6)
    waves.start(StartWave(id=uuid7(), slot_id=LATER), DISPATCHER, own, own.now)
    view = waves.wave_view(LATER, DISPATCHER)
    assert (view.state, view.orders, view.routes, view.unserved) == ("published", 1, [], [])
    route_id = orders.read(urgent.order_id).route_id
    assert route_id is not None
    assert route_id.startswith(SLOT_ID)


def test_when_nobody_rides_it_is_a_route_of_its_own(db: Engine) -> None:
    urgent = emergency(9)
    machine = Replanner()
    waves.rush_due(machine, AFTER)
    route_id = orders.read(urgent.order_id).route_id
    assert route_id == f"{COMMUNITY}.express.20240628T0000.1"
    assert ("deliver", urgent.order_id) in visits(route_id)


def test_without_any_courier_it_is_asked_again_until_there_is_one() -> None:
    with engine():
        here.open_community(couriers=0)
        urgent = emergency(9)
        machine = Replanner()
        for _ in range(2):
            waves.rush_due(machine, AFTER)
        assert orders.read(urgent.order_id).route_id is None
        here.register(here.COURIERS[0], 0)
        waves.rush_due(machine, AFTER)
        assert orders.read(urgent.order_id).route_id is not None


def test_an_ordinary_order_outranks_nobody(db: Engine) -> None:
    with pytest.raises(NoEmergency):
        waves.rush(here.place(1).order_id, Replanner(), AFTER)


def test_trouble_with_an_emergency_keeps_no_wave_waiting(db: Engine) -> None:
    here.place(1)
    urgent = emergency(9)

    class Broken(Replanner):
        def start(self, name: str, payload: dict[str, Any]) -> None:
            raise RuntimeError

    with pytest.raises(ExceptionGroup):
        waves.see_to_all(InProcess(), Broken(), AFTER)
    assert waves.wave_view(SLOT_ID, DISPATCHER).state == "published"
    seen = waves.see_to_all(InProcess(), Replanner(), AFTER)
    assert seen["emergencies"] == [urgent.order_id]
    assert orders.read(urgent.order_id).route_id is not None
