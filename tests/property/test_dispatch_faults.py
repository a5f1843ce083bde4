"""
Each state of `offer_routes` × error, throttle, time-out and effect-then-crash, once and always:
whatever happens, a route has one courier, or a dispatcher knows that it has none.

The machine is that of `statemachines/`, interpreted with its Retry and Catch, over the real
handlers; afterwards the sweep runs as it does each minute.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from linli import dispatch, resilience, waves
from linli.dispatch import OfferStep
from linli.dispatch.answers import offers_of
from linli.dispatch.duty import duty_of, held
from linli.dispatch.model import Busy, OfferGone
from linli.dispatch.reserved import vehicle_of
from linli.kernel.identity import Role
from linli.kernel.ids import uuid7
from linli.resilience import PutReserveVehicle
from linli.waves.model import StartWave
from tests.support import community as here
from tests.support import dispatching
from tests.support.asl import Asl, How, Trouble, clock_at
from tests.support.community import AFTER, COMMUNITY, COURIERS, DISPATCHER, SLOT_ID, InProcess
from tests.support.dispatching import Waiting
from tests.support.engine import engine

YES, NO, SILENT = (each.subject for each in COURIERS)
DRIVER = "driver-1"
TASKS = (
    "ProposeOffersArn",
    "AwaitAnswerArn",
    "SettleOfferArn",
    "CallReserveArn",
    "CloseOffersArn",
)
FAULTS = [(how, False) for how in How] + [(How.ERROR, True), (How.CRASH_AFTER, True)]
PASSING = (How.THROTTLE, How.TIMEOUT, How.CRASH_AFTER)
"""What is tried again within the same run, or, of a wait, taken for an answer."""


@pytest.fixture(autouse=True)
def world() -> Iterator[None]:
    """Two routes at the same time; one courier says yes, one no, one nothing; a reserve van."""
    with engine() as opened, clock_at(AFTER):
        dispatching.furnish_once(opened, "offer faults", _furnish)
        yield


def _furnish() -> None:
    here.open_community(couriers=2, vehicle="walk")
    for n in range(4):
        here.place(n)
    waves.start(StartWave(id=uuid7(), slot_id=SLOT_ID), DISPATCHER, InProcess(), AFTER)
    here.register(COURIERS[2], 2)
    van = {"community_id": COMMUNITY, "kind": "van", "capacity_grams": 500_000}
    command = PutReserveVehicle.model_validate({**van, "driver_id": DRIVER})
    resilience.put_vehicle("van-1", command, here.person("city-1", Role.CITY))
    assert [each.state for each in waves.routes_of_wave(SLOT_ID)] == ["offered"] * 2


class Couriers:
    """Who answers an offer as soon as it is waited for, each in their way."""

    def __init__(self) -> None:
        self.tokens = Waiting()

    def machine(self) -> Asl:
        """The machine of the offers, which hears what they say."""
        machine = Asl("offer_routes", {"AwaitAnswerArn": self.answer})
        machine.hear = self.tokens.told.get
        return machine

    def answer(self, payload: dict[str, Any]) -> dict[str, Any]:
        """Wait as the task does; then the courier speaks."""
        step = OfferStep.model_validate(payload)
        dispatch.wait(step, self.tokens)
        subject = step.offer.rsplit("#", 1)[1]
        who = next(each for each in COURIERS if each.subject == subject)
        try:
            if subject == YES:
                dispatch.accept(step.route_id, who, self.tokens, AFTER)
            elif subject == NO:
                dispatch.decline(step.route_id, who, self.tokens, AFTER)
        except (Busy, OfferGone, waves.RouteTaken):
            return {}  # They have one, or it is over: what they say changes nothing.
        return {}


def check_each_route_has_one_courier_or_a_dispatcher_knows() -> None:
    told = {n for each in dispatch.alerts_of(DISPATCHER) for n in each.route_ids}
    everybody = [each.subject for each in COURIERS] + [DRIVER]
    holders = Counter(n for each in everybody for n in held(duty_of(each)))
    for route in waves.routes_of_wave(SLOT_ID):
        assert holders[route.route_id] == (route.courier_id is not None)
        won = [each for each in offers_of(route.route_id) if each.state == "accepted"]
        by_offer = [each.courier_id for each in won]
        if route.courier_id == DRIVER:
            assert (by_offer, vehicle_of(route.route_id)) == ([], "van-1")
        elif route.courier_id is not None:
            assert by_offer == [route.courier_id]
        else:
            assert by_offer == []
            assert route.route_id in told, "nobody has it, and nobody knows"
        assert not [each for each in offers_of(route.route_id) if each.state == "open"]


@pytest.mark.parametrize(("how", "always"), FAULTS)
@pytest.mark.parametrize("task", TASKS)
def test_whatever_happens_to_a_task_a_route_has_one_courier_or_a_dispatcher_knows(
    task: str, how: How, always: bool
) -> None:
    couriers = Couriers()
    machine = couriers.machine()
    machine.fault = Trouble(task, how, always)
    dispatch.begin(SLOT_ID, machine, AFTER)
    assert machine.calls[task] > 0, "the fault never came"
    if how in PASSING and not always:
        assert list(machine.runs.values()) == ["SUCCEEDED"]
    machine.fault = None
    for minutes in (20, 21, 22):
        dispatch.sweep(machine, couriers.tokens, AFTER + timedelta(minutes=minutes))
    check_each_route_has_one_courier_or_a_dispatcher_knows()
    if not (always or how in (How.ERROR, How.ERROR_AFTER)):
        taken = {each.courier_id for each in waves.routes_of_wave(SLOT_ID)}
        assert taken == {YES, DRIVER}


def test_what_was_told_again_by_a_machine_that_repeats_itself_changes_nothing() -> None:
    couriers = Couriers()
    machine = couriers.machine()
    dispatch.begin(SLOT_ID, machine, AFTER)
    before = [each.courier_id for each in waves.routes_of_wave(SLOT_ID)]
    twice = couriers.machine()
    for _ in range(2):
        twice.start("redriven", {"wave_id": SLOT_ID, "run": 1, "round": 1})
    assert list(twice.runs.values()) == ["SUCCEEDED"]
    assert [each.courier_id for each in waves.routes_of_wave(SLOT_ID)] == before
    check_each_route_has_one_courier_or_a_dispatcher_knows()
