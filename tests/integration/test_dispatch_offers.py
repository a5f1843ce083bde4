"""Offers over an engine: who is asked, how each ends, and that a route has one courier."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from linli import dispatch, fleet, orders, resilience, waves
from linli.dispatch import Assign, CloseStep, OfferStep, RoundStep, Withdraw
from linli.dispatch.answers import offer_to
from linli.dispatch.duty import note
from linli.dispatch.model import Busy, NotFit, NotHeld, NotOffered, OfferGone
from linli.dispatch.rules import greedy
from linli.kernel.errors import IdReused, NotFound
from linli.kernel.identity import Caller, Role
from linli.kernel.ids import uuid7
from linli.resilience import PutReserveVehicle
from linli.waves import RouteTaken
from linli.waves.model import StartWave
from tests.support import community as here
from tests.support import dispatching
from tests.support.community import AFTER, COMMUNITY, COURIERS, DISPATCHER, SLOT_ID, InProcess
from tests.support.dispatching import Started, Waiting
from tests.support.engine import Engine, engine

ANNA, BELA, CARL = COURIERS
ROUTE = f"{SLOT_ID}.1"
OFFER_FOR = timedelta(minutes=3)
LATER = AFTER + OFFER_FOR
TOKENS = Waiting()


@pytest.fixture
def db() -> Iterator[Engine]:
    """A community with three couriers whose wave is out, on one route."""
    with engine() as opened:
        dispatching.furnish_once(opened, "offers", _furnish)
        yield opened


def _furnish() -> None:
    here.open_community(couriers=1)  # Who would ride alone makes one route of it.
    for n in range(4):
        here.place(n)
    waves.start(StartWave(id=uuid7(), slot_id=SLOT_ID), DISPATCHER, InProcess(), AFTER)
    assert [r.state for r in waves.wave_view(SLOT_ID, DISPATCHER).routes] == ["offered"]
    for n in range(1, 3):
        here.register(COURIERS[n], n)


def ask(number: int = 1) -> list[str]:
    """Make a round's offers; answers who is asked."""
    offers = dispatching.offer_round(SLOT_ID, AFTER, number=number, offer_for=OFFER_FOR)
    return [offer["offer"].rsplit("#", 1)[1] for offer in offers]


def who(courier_id: str) -> Caller:
    return next(each for each in COURIERS if each.subject == courier_id)


def holder() -> str | None:
    return waves.route_on_desk(ROUTE).courier_id


def test_a_round_asks_one_courier_and_asks_the_same_again(db: Engine) -> None:
    (asked,) = ask()
    before = db.everything()
    assert ask() == [asked]
    assert db.everything() == before
    (route,) = dispatch.my_routes(who(asked)).routes
    assert (route.route_id, route.state, route.mine) == (ROUTE, "offered", False)
    assert route.expires_at is not None
    others = [each for each in COURIERS if each.subject != asked]
    assert [dispatch.my_routes(each).routes for each in others] == [[], []]


def test_who_is_asked_takes_it_and_again_changes_nothing(db: Engine) -> None:
    (asked,) = ask()
    dispatch.accept(ROUTE, who(asked), TOKENS, AFTER)
    before = db.everything()
    dispatch.accept(ROUTE, who(asked), TOKENS, LATER)
    assert db.everything() == before
    assert holder() == asked
    (route,) = dispatch.my_routes(who(asked)).routes
    assert (route.state, route.mine, route.expires_at) == ("taken", True, None)


def test_who_is_not_asked_gets_nothing_whatever_they_say(db: Engine) -> None:
    (asked,) = ask()
    other = next(each for each in COURIERS if each.subject != asked)
    stranger = here.person("x", Role.COURIER, community="gulou")
    before = db.everything()
    with pytest.raises(NotOffered):
        dispatch.accept(ROUTE, other, TOKENS, AFTER)
    with pytest.raises(NotOffered):
        dispatch.decline(ROUTE, other, TOKENS, AFTER)
    with pytest.raises(NotFound):
        dispatch.accept(ROUTE, stranger, TOKENS, AFTER)
    assert db.everything() == before
    dispatch.accept(ROUTE, who(asked), TOKENS, AFTER)
    with pytest.raises(RouteTaken):
        dispatch.accept(ROUTE, other, TOKENS, AFTER)


def test_a_declined_offer_moves_on_and_does_not_come_back(db: Engine) -> None:
    (first,) = ask()
    dispatch.decline(ROUTE, who(first), TOKENS, AFTER)
    dispatch.decline(ROUTE, who(first), TOKENS, AFTER)
    with pytest.raises(OfferGone):
        dispatch.accept(ROUTE, who(first), TOKENS, AFTER)
    (second,) = ask(2)
    assert second != first
    dispatch.decline(ROUTE, who(second), TOKENS, AFTER)
    (third,) = ask(3)
    assert {first, second, third} == {each.subject for each in COURIERS}
    dispatch.decline(ROUTE, who(third), TOKENS, AFTER)
    assert ask(4) == []


def test_an_offer_ends_at_its_time_by_the_clock_alone(db: Engine) -> None:
    (first,) = ask()
    with pytest.raises(OfferGone):
        dispatch.accept(ROUTE, who(first), TOKENS, LATER)
    dispatch.sweep(Started(), TOKENS, LATER - timedelta(seconds=1))
    assert dispatch.my_routes(who(first)).routes != []
    dispatch.sweep(Started(), TOKENS, LATER)
    assert dispatch.my_routes(who(first)).routes == []
    offer = offer_to(ROUTE, first)
    assert offer is not None
    assert offer.state == "expired"
    assert ask(2) != [first]


def test_in_the_last_round_several_are_asked_and_the_first_has_it(db: Engine) -> None:
    assert len(ask()) == 1
    dispatch.sweep(Started(), TOKENS, LATER)  # It lets the offer pass, and is asked again.
    assert sorted(ask(4)) == [each.subject for each in COURIERS]

    def grab(rival: Caller) -> str | None:
        try:
            dispatch.accept(ROUTE, rival, TOKENS, AFTER)
        except (RouteTaken, OfferGone):
            return None
        return rival.subject

    with ThreadPoolExecutor(6) as pool:
        won = {each for each in pool.map(grab, COURIERS * 2) if each is not None}
    assert won == {holder()}
    for loser in COURIERS:
        if loser.subject != holder():
            assert dispatch.my_routes(loser).routes == []
            offer = offer_to(ROUTE, loser.subject)
            assert offer is not None
            assert offer.state == "lost"


def step_of(asked: Caller) -> OfferStep:
    """What the machine knows of the courier's offer."""
    offer = offer_to(ROUTE, asked.subject)
    assert offer is not None
    return OfferStep(route_id=ROUTE, offer=offer.sk)


Turn = Callable[[Caller], object]
RIVALS: dict[str, Turn] = {
    "expiry": lambda asked: dispatch.sweep(Started(), TOKENS, LATER),
    "the machine's patience": lambda asked: dispatch.settle(step_of(asked), LATER),
    "withdrawal": lambda asked: dispatch.withdraw(
        ROUTE, Withdraw(id=uuid7(), reason="storm"), DISPATCHER, Started(), TOKENS, AFTER
    ),
    "declining on another device": lambda asked: dispatch.decline(ROUTE, asked, TOKENS, AFTER),
    "a dispatcher's hand": lambda asked: dispatch.assign(
        ROUTE,
        Assign(id=uuid7(), courier_id=next(c.subject for c in COURIERS if c != asked)),
        DISPATCHER,
        AFTER,
    ),
}


@pytest.mark.parametrize("repeat", range(4))
@pytest.mark.parametrize("rival", RIVALS)
def test_accepting_against_everything_else_ends_one_way(
    db: Engine, rival: str, repeat: int
) -> None:
    (first,) = ask()
    asked = who(first)

    def accept() -> str:
        try:
            dispatch.accept(ROUTE, asked, TOKENS, AFTER)
        except (OfferGone, RouteTaken) as refused:
            return refused.code
        return "accepted"

    def against() -> str:
        try:
            RIVALS[rival](asked)
        except (OfferGone, RouteTaken) as refused:
            return refused.code
        return "done"

    with ThreadPoolExecutor(2) as pool:
        said = [pool.submit(each) for each in ((accept, against), (against, accept))[repeat % 2]]
        told = {each.result() for each in said}
    offer = offer_to(ROUTE, first)
    assert offer is not None
    if holder() == first:
        assert offer.state == "accepted"
        assert "accepted" in told
    else:
        assert offer.state != "accepted" or rival == "withdrawal"
        assert "accepted" not in told or rival == "withdrawal"
    held = [c.subject for c in COURIERS if dispatch_holds(c)]
    assert held == [holder()] if holder() else held == []


def dispatch_holds(courier: Caller) -> bool:
    return any(route.mine for route in dispatch.my_routes(courier).routes)


def test_two_routes_at_the_same_time_are_too_many_for_one(db: Engine) -> None:
    (asked,) = ask()
    other = second_wave(db)
    dispatch.accept(ROUTE, who(asked), TOKENS, AFTER)
    with pytest.raises(Busy):
        dispatch.assign(other, Assign(id=uuid7(), courier_id=asked), DISPATCHER, AFTER)
    assert waves.route_on_desk(other).courier_id is None


@pytest.mark.parametrize("repeat", range(3))
def test_two_devices_of_one_courier_take_one_of_two_routes_at_the_same_time(
    db: Engine, repeat: int
) -> None:
    both = [ROUTE, second_wave(db)]

    def give(route_id: str) -> str:
        try:
            dispatching.take(route_id, ANNA.subject, AFTER)
        except Busy as busy:
            return busy.code
        return "held"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(give, both)) == ["busy", "held"]
    assert sum(waves.route_on_desk(each).courier_id is not None for each in both) == 1


def second_wave(db: Engine) -> str:
    """Another wave at the same hour; answers its route."""
    slot_id = SLOT_ID.replace("T1000", "T1001")
    here.put_slot(slot_id, 5)
    order = here.place(9, slot_id=slot_id)
    waves.start(StartWave(id=uuid7(), slot_id=slot_id), DISPATCHER, InProcess(), AFTER)
    route_id = orders.read(order.order_id).route_id
    assert route_id is not None
    return route_id


def test_papers_that_expire_or_are_rejected_close_the_road(db: Engine) -> None:
    verdict = fleet.JudgeDocument(id=uuid7(), community_id=COMMUNITY, version=1, verdict="rejected")
    for courier in COURIERS[:2]:
        fleet.judge(courier.subject, "health", verdict, DISPATCHER, AFTER)
    late = fleet.PutDocument(community_id=COMMUNITY, number="B-1", expires_on=AFTER.date())
    handed = fleet.hand_in(CARL.subject, "plate", late, AFTER)
    assert ask() == []
    verdict = verdict.model_copy(update={"version": handed.version, "verdict": "verified"})
    fleet.judge(CARL.subject, "plate", verdict, DISPATCHER, AFTER)
    assert fleet.available(COMMUNITY, AFTER) != []
    assert fleet.available(COMMUNITY, AFTER + timedelta(days=1)) == []
    with pytest.raises(fleet.HandedInAgain):
        fleet.judge(CARL.subject, "plate", verdict.model_copy(update={"version": 1}),
                    DISPATCHER, AFTER)  # fmt: skip


def _reject(asked: Caller) -> None:
    verdict = fleet.JudgeDocument(id=uuid7(), community_id=COMMUNITY, version=1, verdict="rejected")
    fleet.judge(asked.subject, "health", verdict, DISPATCHER, AFTER)


def _lapse(asked: Caller) -> None:
    """A renewed paper is not valid on the day of the route."""
    last = AFTER.date() - timedelta(days=1)
    late = fleet.PutDocument(community_id=COMMUNITY, number="B-1", expires_on=last)
    version = fleet.hand_in(asked.subject, "identity", late, AFTER).version
    verdict = {"community_id": COMMUNITY, "version": version, "verdict": "verified"}
    command = fleet.JudgeDocument.model_validate({"id": uuid7(), **verdict})
    fleet.judge(asked.subject, "identity", command, DISPATCHER, AFTER)


def _smaller(asked: Caller) -> None:
    known = fleet.courier(COMMUNITY, asked.subject)
    assert known is not None
    told = known.model_dump(exclude={"courier_id"}) | {"capacity_grams": 1}
    fleet.put_courier(asked.subject, fleet.PutCourier.model_validate(told))


CEASED: dict[str, tuple[Callable[[Caller], object], str]] = {
    "a document was rejected": (_reject, "documents_or_day"),
    "a document has lapsed": (_lapse, "documents_or_day"),
    "their day has ended": (
        lambda asked: fleet.end(asked.subject, AFTER.date(), COMMUNITY),
        "documents_or_day",
    ),
    "they are stopped": (lambda asked: note(asked.subject, stopped="sos"), "fatigue"),
    "they ride a smaller vehicle": (_smaller, "too_small"),
}


@pytest.mark.parametrize("case", CEASED)
def test_who_may_no_longer_ride_does_not_take_what_they_were_offered(db: Engine, case: str) -> None:
    (first,) = ask()
    happens, why = CEASED[case]
    happens(who(first))
    with pytest.raises(NotFit) as refused:
        dispatch.accept(ROUTE, who(first), TOKENS, AFTER)
    assert refused.value.fields == {"obstacle": why}
    assert holder() is None
    dispatch.sweep(Started(), TOKENS, LATER)
    assert first not in ask(2)


def test_who_is_away_or_has_ended_their_day_is_not_asked(db: Engine) -> None:
    on = AFTER.date()
    away = fleet.DeclareShift(community_id=COMMUNITY, opens=None, closes=None)
    evening = {"opens": "17:00", "closes": "21:00"}
    fleet.declare(ANNA.subject, on, away)
    fleet.declare(BELA.subject, on, fleet.DeclareShift(community_id=COMMUNITY, **evening))
    assert ask() == [CARL.subject]
    fleet.end(CARL.subject, on, COMMUNITY)
    dispatch.decline(ROUTE, CARL, TOKENS, AFTER)
    assert ask(2) == []
    fleet.declare(BELA.subject, on, fleet.DeclareShift(
        community_id=COMMUNITY, opens="08:00", closes="21:00"))  # fmt: skip
    assert ask(3) == [BELA.subject]


def test_the_machine_hears_of_every_end_whoever_is_first(db: Engine) -> None:
    (asked,) = ask()
    offer = offer_to(ROUTE, asked)
    assert offer is not None
    tokens = Waiting()
    step = OfferStep(route_id=ROUTE, offer=offer.sk, token="t-1")
    dispatch.wait(step, tokens)
    assert tokens.told == {}
    dispatch.accept(ROUTE, who(asked), tokens, AFTER)
    assert tokens.told == {"t-1": '{"state": "accepted"}'}
    dispatch.wait(step.model_copy(update={"token": "t-2"}), tokens)
    assert tokens.told["t-2"] == '{"state": "accepted"}'
    assert dispatch.settle(step, LATER)["state"] == "accepted"


def test_reserve_vehicles_take_what_nobody_took_and_the_rest_is_told_of(db: Engine) -> None:
    step = dispatch.begin(SLOT_ID, Started(), AFTER)
    assert step is not None
    driven = {"community_id": COMMUNITY, "kind": "van", "capacity_grams": 300_000}
    city = here.person("city-1", Role.CITY)
    for vehicle_id, driver in (("van-0", None), ("van-1", "driver-1")):
        command = PutReserveVehicle.model_validate(driven | {"driver_id": driver})
        resilience.put_vehicle(vehicle_id, command, city)
    assert dispatch.call_reserve(step, AFTER)["given"] == 1
    assert dispatch.call_reserve(step, AFTER)["given"] == 0
    assert holder() == "driver-1"
    dispatch.close(CloseStep(**step.model_dump()), AFTER)
    view = dispatch.run_view(SLOT_ID, DISPATCHER)
    assert (view.state, view.taken, view.reserve, view.uncovered) == ("closed", 1, 1, 0)
    assert dispatch.alerts_of(DISPATCHER) == []


def test_a_route_that_nobody_has_is_told_of_once_and_can_be_given_by_hand(db: Engine) -> None:
    step = dispatch.begin(SLOT_ID, Started(), AFTER)
    assert step is not None
    for _ in range(2):
        dispatch.close(CloseStep(**step.model_dump()), AFTER)
    (alert,) = dispatch.alerts_of(DISPATCHER)
    assert (alert.kind, alert.route_ids) == ("uncovered_routes", (ROUTE,))
    machine = Started()
    dispatch.sweep(machine, TOKENS, LATER)
    assert machine.runs == {}, "what a run has given up on is a dispatcher's"
    dispatching.take(ROUTE, ANNA.subject, AFTER)
    assert holder() == ANNA.subject


def test_a_hand_gives_to_nobody_who_may_not_ride(db: Engine) -> None:
    verdict = fleet.JudgeDocument(id=uuid7(), community_id=COMMUNITY, version=1, verdict="rejected")
    fleet.judge(ANNA.subject, "health", verdict, DISPATCHER, AFTER)
    with pytest.raises(NotFit):
        dispatching.take(ROUTE, ANNA.subject, AFTER)
    with pytest.raises(NotFound):
        dispatching.take(ROUTE, "nobody", AFTER)
    with pytest.raises(NotFound):
        dispatch.assign(ROUTE, Assign(id=uuid7(), courier_id=BELA.subject), ANNA, AFTER)


def test_a_withdrawn_route_is_offered_to_others(db: Engine) -> None:
    (first,) = ask()
    dispatch.accept(ROUTE, who(first), TOKENS, AFTER)
    step = dispatch.begin(SLOT_ID, Started(), AFTER)
    assert step is not None
    dispatch.close(CloseStep(**step.model_dump()), AFTER)
    machine, command = Started(), Withdraw(id=uuid7(), reason="the courier called")
    for _ in range(2):
        dispatch.withdraw(ROUTE, command, DISPATCHER, machine, TOKENS, AFTER)
    assert holder() is None
    assert list(machine.runs) == [f"{SLOT_ID}--offers-2"]
    assert not dispatch_holds(who(first))
    with pytest.raises(IdReused):
        dispatch.withdraw(ROUTE, command.model_copy(update={"reason": "x"}), DISPATCHER, machine,
                          TOKENS, AFTER)  # fmt: skip
    asked = RoundStep(wave_id=SLOT_ID, run=2, round=1)
    (offer,) = dispatch.propose(asked, greedy, AFTER, OFFER_FOR)["offers"]
    assert offer["route_id"] == ROUTE


def test_a_run_that_died_is_begun_again_and_only_the_last_one_writes(db: Engine) -> None:
    machine = Started()
    first = dispatch.begin(SLOT_ID, machine, AFTER)
    machine.over = set(machine.runs)
    dispatch.sweep(machine, TOKENS, AFTER)
    assert list(machine.runs) == [f"{SLOT_ID}--offers-1", f"{SLOT_ID}--offers-2"]
    assert first is not None
    with pytest.raises(waves.Superseded):
        dispatch.propose(RoundStep(**first.model_dump(), round=1), greedy, AFTER, OFFER_FOR)
    with pytest.raises(waves.Superseded):
        dispatch.close(CloseStep(**first.model_dump()), AFTER)


def test_a_wave_whose_offers_nobody_began_is_found_by_the_sweep(db: Engine) -> None:
    assert waves.unoffered_waves() == [SLOT_ID]
    machine = Started()
    for _ in range(2):
        dispatch.sweep(machine, TOKENS, AFTER)
    assert list(machine.runs) == [f"{SLOT_ID}--offers-1"]
    assert waves.unoffered_waves() == []


def test_a_route_that_is_done_is_held_by_nobody(db: Engine) -> None:
    dispatching.take(ROUTE, ANNA.subject, AFTER)
    for order_id in waves.route_on_desk(ROUTE).order_ids:
        orders.deliver_on_paper(
            str(uuid7()), order_id, courier_id=None, outcome="delivered", box_ids=[], at=AFTER,
            now=AFTER,
        )  # fmt: skip
    waves.finish_if_done(ROUTE, AFTER)
    with pytest.raises(NotHeld):
        dispatch.withdraw(ROUTE, Withdraw(id=uuid7(), reason="x"), DISPATCHER, Started(), TOKENS,
                          AFTER)  # fmt: skip
    dispatch.begin(SLOT_ID, Started(), AFTER)
    dispatch.sweep(Started(), TOKENS, AFTER)
    on = AFTER.date()
    assert dispatch.earnings(ANNA.subject, on, on).lines[0].stops == 4
