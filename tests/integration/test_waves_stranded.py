"""Orders that no route of their wave brings, empties that it fetches, quiet orders that wait."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from linli import boxes, orders, slots, stock, waves
from linli.kernel.errors import NotFound
from linli.kernel.identity import Role
from linli.kernel.ids import uuid7
from linli.kernel.tables import Table
from linli.orders import OnARoute, OutOfOrder
from linli.slots import SlotFull
from linli.waves.lists import ResolveStranded
from linli.waves.model import StartWave
from tests.support import community as here
from tests.support.community import AFTER, COMMUNITY, DISPATCHER, SLOT_ID, InProcess
from tests.support.engine import Engine, engine

NEXT = f"{COMMUNITY}.courier.20240628T1600"


@pytest.fixture
def db() -> Iterator[Engine]:
    """Two orders whose wave came out without a courier."""
    with engine() as opened:
        here.open_community(couriers=0)
        for n in range(2):
            here.place(n)
        run()
        yield opened


def run(slot_id: str = SLOT_ID) -> None:
    command = StartWave(id=uuid7(), slot_id=slot_id)
    waves.start(command, DISPATCHER, InProcess(), AFTER)


def ids() -> list[str]:
    return [each.order_id for each in waves.stranded(DISPATCHER, COMMUNITY)]


def settle(order_id: str, slot_id: str | None = None) -> None:
    command = ResolveStranded(id=uuid7(), slot_id=slot_id)
    waves.resolve(order_id, command, DISPATCHER, AFTER)


def open_next(capacity: int) -> None:
    here.put_slot(NEXT, capacity, AFTER + timedelta(hours=3))


def test_what_no_route_brings_is_on_the_dispatchers_list_with_the_reason(db: Engine) -> None:
    found = waves.stranded(DISPATCHER, COMMUNITY)
    assert [(each.wave_id, each.reason) for each in found] == [(SLOT_ID, "no_courier")] * 2
    with pytest.raises(NotFound):
        waves.stranded(here.person("d", Role.DISPATCHER, community="gulou"), COMMUNITY)
    before = db.everything()
    assert waves.see_to_stranded(AFTER) == []  # There is no slot to move them to.
    assert db.everything() == before


def test_they_go_to_the_next_slot_by_themselves_and_with_its_wave(db: Engine) -> None:
    (first, second) = ids()
    open_next(capacity=1)
    assert waves.see_to_stranded(AFTER) == [first]
    assert waves.see_to_stranded(AFTER) == []
    assert ids() == [second]
    order = orders.read(first)
    assert (order.state, order.slot_id, order.wave_id) == ("placed", NEXT, None)
    assert [slots.slots_of(COMMUNITY)[n].taken_orders for n in range(2)] == [1, 1]
    here.register(here.COURIERS[0], 0)
    machine = InProcess()
    machine.now = AFTER + timedelta(hours=4)
    waves.start_due(machine, machine.now)
    assert orders.read(first).wave_id == NEXT
    assert orders.read(first).route_id is not None
    assert orders.read(second).route_id is None


def test_a_person_moves_or_gives_up_what_is_left_and_once_is_enough(db: Engine) -> None:
    (first, second) = ids()
    with pytest.raises(SlotFull):
        settle(first, NEXT)
    open_next(capacity=1)
    with pytest.raises(NotFound):
        settle(first, f"gulou{NEXT.removeprefix(COMMUNITY)}")
    settle(first, NEXT)
    level = stock.levels([(orders.read(second).store_ids[0], here.SKUS[1])])
    held = next(iter(level.values())).held_units
    settle(second)
    assert orders.read(second).state == "cancelled"
    level = stock.levels(level)
    assert next(iter(level.values())).held_units == held - 1
    before = db.items(Table.ORDERS)
    settle(first, NEXT)
    settle(second)
    kept = {key: item for key, item in db.items(Table.ORDERS).items() if key[1] == "ORDER"}
    assert kept == {key: item for key, item in before.items() if key[1] == "ORDER"}
    assert ids() == []


def test_an_order_that_a_courier_brings_is_not_taken_from_them() -> None:
    with engine():
        here.open_community(couriers=1)
        placed = here.place(1)
        run()
        with pytest.raises(OnARoute):
            orders.withdraw(placed.order_id, lambda tx: None, by="d", reason="", now=AFTER)
        with pytest.raises(NotFound):
            settle(placed.order_id)


def test_only_a_frozen_order_is_postponed(db: Engine) -> None:
    open_next(capacity=5)
    (first, _) = ids()
    settle(first, NEXT)
    with pytest.raises(OutOfOrder):
        orders.postpone(first, SLOT_ID, lambda tx: None, by="d", reason="", now=AFTER)


def test_empties_are_fetched_on_the_way_and_handed_in_at_a_store() -> None:
    with engine():
        here.open_community(couriers=1)
        placed = [here.place(n) for n in range(3)]
        resident = here.person("resident-9", Role.RESIDENT)
        door = {"lon": here.LON, "lat": here.LAT + 0.003, "building": "9", "floor": 2}
        body = {"id": uuid7(), "community_id": COMMUNITY, "slot_id": SLOT_ID, "door": door}
        wish = boxes.RequestEmpties.model_validate(body | {"box_count": 2})
        boxes.request_empties(wish, caller=resident, now=here.BEFORE)
        run()
        told = boxes.read_empties(str(wish.id), caller=resident)
        assert (told.state, told.wave_id) == ("attached", SLOT_ID)
        (route,) = waves.wave_view(SLOT_ID, DISPATCHER).routes
        visits = waves.manifest_view(route.route_id, DISPATCHER, AFTER).visits
        kinds = [visit.kind for visit in visits]
        assert kinds.index("return") > kinds.index("empties") >= 0
        assert [v.place_id for v in visits if v.kind == "empties"] == [str(wish.id)]
        assert {v.place_id for v in visits if v.kind == "deliver"} == {o.order_id for o in placed}


def test_a_quiet_order_to_a_building_below_the_index_waits_for_a_person() -> None:
    with engine() as db:
        here.open_community(couriers=1)
        loud, other = here.place(1), here.place(2)

        def be_quiet(item: dict[str, dict[str, str]]) -> None:
            item["body"]["S"] = json.dumps(json.loads(item["body"]["S"]) | {"quiet": True})

        db.damage(Table.ORDERS, (loud.order_id, "ORDER"), be_quiet)
        run()
        assert [each.reason for each in waves.stranded(DISPATCHER, COMMUNITY)] == ["not_quiet_here"]
        assert orders.read(loud.order_id).route_id is None
        assert orders.read(other.order_id).route_id is not None
