"""A wave's orders move to better sources: fewer stores, nearer ones, and never a unit too many."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

import pytest

from linli import orders, stock, waves
from linli.kernel.identity import Role
from linli.kernel.ids import uuid7
from linli.orders import Order, PlaceOrder
from linli.orders.rules import sources_of
from linli.sourcing import Choice, Sourcing
from linli.waves.model import StartWave, Step
from linli.waves.steps import read_body
from linli_solver.allocation import allocate
from tests.support import community as here
from tests.support.community import AFTER, BEFORE, DISPATCHER, SETTINGS, SKUS, SLOT_ID, STORES
from tests.support.engine import Crash, Engine, Fault, engine

NEAR, MIDDLE, FAR = STORES
FIRST = Step(wave_id=SLOT_ID, attempt=1)


def choose(problem: Sourcing, seconds: float) -> Mapping[str, Choice]:
    return allocate(problem, seconds=seconds).choices


@pytest.fixture
def db() -> Iterator[Engine]:
    """A door at the near store; each store has five of each product."""
    with engine() as opened:
        here.open_community(units=5)
        yield opened


def place(n: int, wanted: Mapping[str, int]) -> Order:
    """An order of resident `n`, at the near store's door."""
    body = {
        "id": uuid7(),
        "community_id": here.COMMUNITY,
        "deliver_to": {"lon": here.LON, "lat": here.LAT, "building": "1", "floor": 1},
        "lines": [{"sku": sku, "units": units} for sku, units in wanted.items()],
        "slot_id": SLOT_ID,
    }
    caller = here.person(f"resident-{n}", Role.RESIDENT)
    command = PlaceOrder.model_validate(body)
    return orders.place(command, caller=caller, now=BEFORE, settings=SETTINGS)


def run(allocator: Any = choose) -> dict[str, Any]:
    machine = here.InProcess()
    machine.allocator = allocator
    waves.start(StartWave(id=uuid7(), slot_id=SLOT_ID), DISPATCHER, machine, AFTER)
    told: dict[str, Any] = read_body(SLOT_ID, "SOURCES")
    return told


def held(order: Order) -> dict[tuple[str, str], int]:
    found = orders.read(order.order_id)
    return {(source.store_id, source.sku): source.units for source in sources_of(found)}


def level(store_id: str, sku: str) -> tuple[int, int]:
    found = stock.levels([(store_id, sku)])[store_id, sku]
    return found.atp_units, found.held_units


def test_goods_that_came_in_since_are_taken_from_the_nearest_store(db: Engine) -> None:
    first = place(1, {SKUS[0]: 5})
    second = place(2, {SKUS[0]: 5})
    assert held(second) == {(MIDDLE, SKUS[0]): 5}
    here.receive(NEAR, SKUS[0], 5)
    assert run()["moved"] == 1
    assert held(first) == held(second) == {(NEAR, SKUS[0]): 5}
    assert (level(NEAR, SKUS[0]), level(MIDDLE, SKUS[0])) == ((0, 10), (5, 0))
    told = orders.history(second.order_id, DISPATCHER)
    assert ("allocate", "frozen") in {(turn.turn, turn.before) for turn in told}
    lots = stock.allocated(SLOT_ID, NEAR, SKUS[0])
    assert {share.order_id for share in lots} == {first.order_id, second.order_id}


def test_orders_exchange_units_of_which_none_is_free(db: Engine) -> None:
    """The first holds what would spare the second another store; nobody else has any left."""
    waste(MIDDLE, SKUS[0], 4)
    first = place(1, {SKUS[0]: 1})
    second = place(2, {SKUS[0]: 5, SKUS[1]: 1})
    stores = {store_id for store_id, _ in held(second)}
    assert (held(first), stores) == ({(NEAR, SKUS[0]): 1}, {FAR})
    assert level(NEAR, SKUS[0]) == (4, 1)
    told = run()
    assert (told["moved"], held(first)) == (2, {(MIDDLE, SKUS[0]): 1})
    assert held(second) == {(NEAR, SKUS[0]): 5, (NEAR, SKUS[1]): 1}
    assert (level(NEAR, SKUS[0]), level(MIDDLE, SKUS[0])) == ((0, 5), (0, 1))
    assert level(FAR, SKUS[0]) == (5, 0)


def waste(store_id: str, sku: str, units: int) -> None:
    """Goods are lost."""
    command = stock.WriteOff(id=uuid7(), store_id=store_id, sku=sku, units=units, reason="spoilt")
    stock.write_off(command, by="clerk", now=BEFORE)


def test_what_is_protected_for_walk_ins_is_left_to_them(db: Engine) -> None:
    place(1, {SKUS[0]: 5})
    second = place(2, {SKUS[0]: 5})
    here.receive(NEAR, SKUS[0], 5)
    stock.put_protection(NEAR, SKUS[0], 1)
    told = run()
    assert (told["moved"], held(second)) == (0, {(MIDDLE, SKUS[0]): 5})
    assert level(NEAR, SKUS[0]) == (5, 5)


@pytest.mark.parametrize("allocator", [None, lambda problem, seconds: 1 / 0, lambda p, s: {}])
def test_without_an_answer_that_holds_orders_keep_what_they_were_promised(
    db: Engine, allocator: Any
) -> None:
    place(1, {SKUS[0]: 5})
    second = place(2, {SKUS[0]: 5})
    here.receive(NEAR, SKUS[0], 5)
    run(allocator)
    assert held(second) == {(MIDDLE, SKUS[0]): 5}
    assert orders.read(second.order_id).route_id is not None


def test_units_that_somebody_took_meanwhile_stay_with_them(db: Engine) -> None:
    place(1, {SKUS[0]: 5})
    second = place(2, {SKUS[0]: 5})
    here.receive(NEAR, SKUS[0], 5)

    def slow(problem: Sourcing, seconds: float) -> Mapping[str, Choice]:
        waste(NEAR, SKUS[0], 3)
        return choose(problem, seconds)

    told = run(slow)
    assert (told["moved"], told["failed"]) == (0, 1)
    assert held(second) == {(MIDDLE, SKUS[0]): 5}
    assert level(NEAR, SKUS[0]) == (2, 5)


@pytest.mark.parametrize("fault", [Fault.CRASH_BEFORE, Fault.CRASH_AFTER])
def test_a_crash_while_sources_move_loses_no_unit(fault: Fault) -> None:
    for nth in range(0, 24, 4):
        with engine() as db:
            here.open_community(units=5)
            placed = [place(n, {SKUS[0]: 5}) for n in range(2)]
            here.receive(NEAR, SKUS[0], 5)
            begin()
            db.choose_fault = at_call(nth, fault)
            with suppress(Crash):
                waves.allocate(FIRST, AFTER, SETTINGS, choose)
            db.choose_fault = lambda operation: None
            waves.allocate(FIRST, AFTER, SETTINGS, choose)
            units = sum(units for order in placed for units in held(order).values())
            assert units == 10
            for store_id in (NEAR, MIDDLE, FAR):
                mine = sum(held(order).get((store_id, SKUS[0]), 0) for order in placed)
                assert level(store_id, SKUS[0])[1] == mine
            assert held(placed[1]) == {(NEAR, SKUS[0]): 5}


def at_call(nth: int, fault: Fault) -> Callable[[str], Fault | None]:
    left = [nth]

    def choose_fault(operation: str) -> Fault | None:
        left[0] -= 1
        return fault if left[0] == -1 else None

    return choose_fault


def begin() -> None:
    """Freeze the wave and run no further task."""
    machine = here.InProcess()
    machine.runs[f"{SLOT_ID}--1"] = False
    waves.start_due(machine, AFTER)
    waves.freeze(FIRST, AFTER)
