"""A courier's day over an engine: next stop, actions told late and twice, rest, pay, stopping."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from linli import buildings, dispatch, orders, waves
from linli.credit import Points
from linli.dispatch import Helpers, PutPayRule, StopCourier, TellActions
from linli.dispatch.actions import LiftSeen
from linli.dispatch.duty import change_rest, duty_of
from linli.dispatch.needs import rest_of
from linli.dispatch.pay_rules import TooShortNotice
from linli.dispatch.rest import REST, look, ride
from linli.kernel.errors import NotFound
from linli.kernel.identity import Caller, Role
from linli.kernel.ids import uuid7
from linli.orders import Order
from linli.waves.model import StartWave
from tests.support import community as here
from tests.support import dispatching, replans
from tests.support.community import AFTER, COMMUNITY, DISPATCHER, SLOT_ID, InProcess
from tests.support.dispatching import Started
from tests.support.engine import Engine, engine
from tests.support.picking import send_off
from tests.support.riding import ANNA, BELA, ROUTE, furnish_ridden_route

RIDING = AFTER + timedelta(hours=1)
EVENING = AFTER + timedelta(hours=9)
"""When the device finds a network again."""
ON = AFTER.date()


@pytest.fixture
def db() -> Iterator[Engine]:
    """Anna holds the one route of a wave; the stores have handed everything over to her."""
    with engine() as opened:
        furnish_ridden_route(opened)
        yield opened


def helpers(machine: Started | None = None) -> Helpers:
    replans = Started()
    return Helpers(
        machine=machine or Started(),
        hand_on=dispatch.offer_as_it_is,
        report_lift=lambda *told: dispatch.lift_seen(replans, *told),
        reward_points=Points(5),
    )


def action(seq: int, kind: str, at: datetime, **more: Any) -> dict[str, Any]:
    return {"id": str(uuid7()), "seq": seq, "at": at.isoformat(), "kind": kind, **more}


def told(*actions: dict[str, Any], device: str = "phone-1") -> TellActions:
    body = {"community_id": COMMUNITY, "device": device, "actions": actions}
    return TellActions.model_validate(body)


def tell(
    command: TellActions,
    courier: Caller = ANNA,
    now: datetime = EVENING,
    with_: Helpers | None = None,
) -> list[tuple[str, str | None]]:
    """Tell the actions; how each was taken."""
    answer = dispatch.tell(command, courier, with_ or helpers(), now)
    return [(each.state, each.code) for each in answer.results]


def doors() -> list[str]:
    return list(waves.route_on_desk(ROUTE).order_ids)


def minutes(n: float) -> datetime:
    return RIDING + timedelta(minutes=n)


def a_day() -> TellActions:
    """Three deliveries, a door that nobody opens, a rest; as the device kept them."""
    first, second, third, last = doors()
    return told(
        action(1, "arrived", minutes(0), order_id=first),
        action(2, "delivered", minutes(2), order_id=first, proof={"signed_by": "王"}),
        action(3, "delivered", minutes(20), order_id=second, proof={"signed_by": "李"}),
        action(4, "break_started", minutes(25)),
        action(5, "break_ended", minutes(45)),
        action(6, "failed", minutes(60), order_id=third, reason="nobody_home"),
        action(7, "delivered", minutes(80), order_id=last),
    )


def states() -> list[str]:
    return [orders.read(each).state for each in doors()]


def test_a_day_without_network_is_told_at_its_end(db: Engine) -> None:
    day = a_day()
    assert tell(day) == [("applied", None)] * 7
    assert states() == ["delivered", "delivered", "failed", "delivered"]
    assert waves.route_on_desk(ROUTE).state == "done"
    (line,) = dispatch.earnings(ANNA.subject, ON, ON).lines
    metres = waves.route_on_desk(ROUTE).metres
    assert (line.stops, line.route_fen) == (4, 300)
    assert line.stops_fen == 4 * 350 + 80 * metres // 1000
    kept = dispatch.told_by(ANNA.subject, "phone-1")
    assert [each.seq for each in kept] == [7, 6, 5, 4, 3, 2, 1]
    assert kept[0].at.startswith(minutes(80).isoformat()[:19])
    assert kept[0].told_at.startswith(EVENING.isoformat()[:19])


def test_told_again_whole_or_in_parts_or_backwards_it_changes_nothing(db: Engine) -> None:
    day = a_day()
    tell(day)
    before = db.everything()
    assert tell(day) == [("applied", None)] * 7
    for part in (day.actions[:3], day.actions[2:], tuple(reversed(day.actions))):
        assert set(tell(day.model_copy(update={"actions": part}))) == {("applied", None)}
    assert db.everything() == before


def test_actions_count_in_the_devices_order_whatever_the_order_of_the_list(db: Engine) -> None:
    day = a_day()
    shuffled = tuple(sorted(day.actions, key=lambda each: str(each.id)[::-1]))
    assert tell(day.model_copy(update={"actions": shuffled})) == [("applied", None)] * 7
    rest = dispatch.tell(day, ANNA, helpers(), minutes(80)).rest
    assert rest.stretch_seconds == (80 - 45) * 60
    assert rest.day_seconds == (25 + 80 - 45) * 60


def test_each_conflict_is_told_by_its_action_and_keeps_no_other_from_its_turn(
    db: Engine,
) -> None:
    first, second, third, _ = doors()
    dispatch.tell(
        told(action(1, "delivered", minutes(1), order_id=first)), ANNA, helpers(), EVENING
    )
    late = told(
        action(1, "delivered", minutes(2), order_id=first),
        action(2, "failed", minutes(3), order_id=first, reason="refused"),
        action(3, "delivered", minutes(4), order_id=second, box_ids=["06901234500011B1"]),
        action(4, "delivered", EVENING + timedelta(hours=1), order_id=second),
        action(5, "arrived", AFTER - timedelta(days=8), order_id=second),
        action(6, "delivered", minutes(5), order_id=str(uuid7())),
        action(7, "stored", minutes(6), order_id=second),
        action(8, "delivered", minutes(7), order_id=third, proof={"code": "12345678"}),
        action(9, "delivered", minutes(8), order_id=second),
    )
    codes = ["id_reused", "already_settled", "too_many_boxes", "invalid", "too_long_ago"]
    codes += ["not_found", "out_of_order", "wrong_code"]
    assert tell(late) == [*(("conflict", code) for code in codes), ("applied", None)]
    assert orders.read(second).state == "delivered"
    assert orders.read(third).state == "handed_over"


def test_another_device_has_numbers_of_its_own(db: Engine) -> None:
    first, second, *_ = doors()
    one = told(action(1, "delivered", minutes(1), order_id=first))
    other = told(action(1, "delivered", minutes(2), order_id=second), device="tablet")
    assert tell(one) == tell(other) == [("applied", None)]


def test_what_could_not_be_may_become_possible(db: Engine) -> None:
    first, *_ = doors()
    at = EVENING
    code = orders.issue_code(first, resident_id=orders.read(first).resident_id, now=at).code
    wrong = "00000000" if code != "00000000" else "00000001"
    bad = told(action(1, "delivered", at, order_id=first, proof={"code": wrong}))
    assert tell(bad) == tell(bad) == [("conflict", "wrong_code")]
    good = told(action(2, "delivered", at, order_id=first, proof={"code": code}))
    assert tell(good) == tell(good) == [("applied", None)]
    assert tell(bad) == [("conflict", "already_settled")]


def test_only_who_holds_the_route_tells_of_it(db: Engine) -> None:
    first, *_ = doors()
    command = told(action(1, "delivered", minutes(1), order_id=first))
    assert tell(command, BELA) == [("conflict", "not_found")]
    with pytest.raises(NotFound):
        tell(command, here.person("x", Role.COURIER, community="gulou"))
    assert states() == ["handed_over"] * 4


def test_the_next_stop_is_the_first_that_is_left(db: Engine) -> None:
    left = []
    for n, order_id in enumerate(doors()):
        following = dispatch.next_stop(ANNA, RIDING)
        assert following.stop is not None
        assert following.stop.place_id == order_id
        assert following.stop.address is not None
        assert following.arrived_at is None
        tell(told(action(2 * n, "arrived", RIDING, order_id=order_id)), now=RIDING)
        assert dispatch.next_stop(ANNA, RIDING).arrived_at is not None
        tell(told(action(2 * n + 1, "delivered", RIDING, order_id=order_id)), now=RIDING)
        left.append(following.left)
    assert left == [4, 3, 2, 1]
    nothing = dispatch.next_stop(ANNA, RIDING)
    assert (nothing.route_id, nothing.stop) == (None, None)
    assert dispatch.next_stop(BELA, RIDING).route_id is None


def test_collecting_comes_before_the_doors(db: Engine) -> None:
    here.put_slot(slot_id := SLOT_ID.replace("T1000", "T1400"), 5)
    here.place(7, slot_id=slot_id)
    waves.start(StartWave(id=uuid7(), slot_id=slot_id), DISPATCHER, InProcess(), AFTER)
    dispatching.take(f"{slot_id}.1", BELA.subject, AFTER)
    following = dispatch.next_stop(BELA, AFTER)
    assert following.stop is not None
    assert following.stop.kind == "collect"
    assert following.left == 2


def test_four_hours_of_riding_ask_for_a_rest(db: Engine) -> None:
    first, *_ = doors()
    departed = waves.route_on_desk(ROUTE).depart_at
    tell(told(action(1, "arrived", departed, order_id=first)), now=departed)
    late = departed + timedelta(hours=4)
    assert dispatch.next_stop(ANNA, late).rest.state == "rest_due"
    tell(told(action(2, "break_started", late)), now=late)
    assert dispatch.next_stop(ANNA, late + REST).rest.state == "rested"


def stop(machine: Started, **more: Any) -> StopCourier:
    command = StopCourier.model_validate(
        {"id": uuid7(), "community_id": COMMUNITY, "reason": "breakdown", **more}
    )
    for _ in range(2):
        dispatch.stop_by_dispatcher(
            ANNA.subject, command, DISPATCHER, machine, dispatch.offer_as_it_is, RIDING
        )
    return command


def test_a_courier_who_stops_hands_on_what_is_left_and_is_paid_for_what_is_done(
    db: Engine,
) -> None:
    first, *rest = doors()
    done = told(action(1, "delivered", RIDING, order_id=first))
    tell(done, now=RIDING)
    machine = Started()
    stop(machine)
    assert list(machine.runs) == [f"{SLOT_ID}--offers-1"]
    assert waves.route_on_desk(ROUTE).state == "offered"
    with pytest.raises(NotFound):
        waves.manifest_view(ROUTE, ANNA, RIDING)
    assert tell(told(action(2, "delivered", RIDING, order_id=rest[0])), now=RIDING) == [
        ("conflict", "not_found")
    ]
    asked = dispatching.offer_round(SLOT_ID, RIDING)
    assert [each["offer"].rsplit("#")[-1] for each in asked] == [BELA.subject]
    dispatching.take(ROUTE, BELA.subject, RIDING)
    again = told(*(action(n, "delivered", RIDING, order_id=o) for n, o in enumerate(doors())))
    assert tell(again, BELA, RIDING) == [
        ("conflict", "already_settled"), *[("applied", None)] * 3
    ]  # fmt: skip
    assert states() == ["delivered"] * 4
    pay = [dispatch.earnings(each.subject, ON, ON).lines for each in (ANNA, BELA)]
    assert [(line.stops, line.route_fen) for (line,) in pay] == [(1, 300), (3, 300)]


@pytest.mark.parametrize(
    ("kind", "more", "reason"),
    [
        ("sos", {"note": "摔倒", "lon": 120.16, "lat": 30.27}, "sos"),
        ("fatigue", {"state": "alarm"}, "courier_stopped"),
    ],
)
def test_sos_and_alarms_call_a_dispatcher_once_and_let_the_route_go(
    db: Engine, kind: str, more: dict[str, Any], reason: str
) -> None:
    machine = Started()
    command = told(action(1, kind, RIDING, **more))
    for _ in range(2):
        assert tell(command, now=RIDING, with_=helpers(machine)) == [("applied", None)]
    (alert,) = dispatch.alerts_of(DISPATCHER)
    assert (alert.kind, alert.courier_id, alert.route_ids) == (reason, ANNA.subject, (ROUTE,))
    assert waves.route_on_desk(ROUTE).courier_id is None
    assert len(machine.runs) == 1
    duty = duty_of(ANNA.subject)
    assert duty is not None
    assert duty.stopped is not None
    close = dispatch.CloseAlert(id=uuid7(), community_id=COMMUNITY, note="called back")
    closed = dispatch.close_alert(alert.id, close, DISPATCHER, RIDING)
    assert dispatch.close_alert(alert.id, close, DISPATCHER, EVENING) == closed
    resume = dispatch.ResumeCourier(id=uuid7(), community_id=COMMUNITY)
    dispatch.resume(ANNA.subject, resume, DISPATCHER)
    assert dispatch.next_stop(ANNA, RIDING).stopped is None


def test_who_stopped_rides_no_more_and_is_rested_when_they_come_back(db: Engine) -> None:
    change_rest(ANNA.subject, lambda rest: ride(rest, RIDING - timedelta(minutes=30)))
    body = {"id": uuid7(), "community_id": COMMUNITY, "reason": "breakdown"}
    command = StopCourier.model_validate(body)
    for now in (RIDING, EVENING):
        dispatch.stop(ANNA.subject, command, Started(), dispatch.offer_as_it_is, now)
    rest = rest_of(duty_of(ANNA.subject))
    assert (rest.halted_at, rest.day_seconds) == (RIDING, 1800)
    assert look(rest, EVENING).state == "rested"


def test_feeling_tired_stops_nobody(db: Engine) -> None:
    assert tell(told(action(1, "fatigue", RIDING, state="tired")), now=RIDING) == [
        ("applied", None)
    ]
    assert waves.route_on_desk(ROUTE).courier_id == ANNA.subject


def lift(order: Order, *, works: bool) -> dict[str, Any]:
    to = order.deliver_to
    return {"building": to.building, "unit": to.unit, "works": works}


def test_a_courier_who_sees_a_broken_lift_lets_the_routes_be_timed_anew(db: Engine) -> None:
    replans = Started()
    seen: list[LiftSeen] = []

    def report(saw: LiftSeen, community_id: str, caller: Caller, now: datetime) -> None:
        seen.append(saw)
        dispatch.lift_seen(replans, saw, community_id, caller, now)

    order = orders.read(doors()[-1])
    command = told(action(1, "lift", RIDING, **lift(order, works=False)))
    with_ = replace(helpers(), report_lift=report)
    for _ in range(2):
        assert tell(command, now=RIDING, with_=with_) == [("applied", None)]
    assert len(seen) == 1
    assert len(replans.runs) == 1
    (broken,) = buildings.broken_lifts(COMMUNITY, RIDING)
    assert (broken.building, broken.by) == (order.deliver_to.building, ANNA.subject)
    assert buildings.broken_lifts(COMMUNITY, EVENING) == []


def pay(caller: Caller, from_on: date, stop_fen: int, now: datetime) -> list[tuple[Any, int]]:
    rule = PutPayRule(community_id=COMMUNITY, route_fen=0, stop_fen=stop_fen, km_fen=0)
    told = dispatch.put_pay_rule(from_on, rule, caller, now)
    return [(each.from_on, each.stop_fen) for each in told.rules]


def test_a_pay_rule_holds_from_its_day_on_and_never_prices_anew(db: Engine) -> None:
    city = here.person("city-1", Role.CITY)
    before = AFTER - timedelta(days=8)
    assert pay(city, ON, 500, before) == [(None, 350), (ON, 500)]
    assert pay(city, ON, 600, before)[-1] == (ON, 600)  # A week before, it may still change.
    offered = dispatch.my_routes(ANNA).routes[0].pay_fen
    assert offered == 4 * 600
    first, *rest = doors()
    tell(told(action(1, "delivered", RIDING, order_id=first)), now=RIDING)
    for wrong in (ON, ON - timedelta(days=3), ON + timedelta(days=6)):
        with pytest.raises(TooShortNotice):
            pay(city, wrong, 1, RIDING)
    assert pay(city, ON, 600, RIDING) == [(None, 350), (ON, 600)]  # Sent again, no more.
    later = ON + timedelta(days=7)
    assert pay(city, later, 1, RIDING)[-1] == (later, 1)
    tell(told(*(action(n, "delivered", RIDING, order_id=o) for n, o in enumerate(rest, 2))))
    (line,) = dispatch.earnings(ANNA.subject, ON, ON).lines
    assert (line.total_fen, line.stops) == (offered, 4)
    assert line.rule is not None
    assert (line.rule.from_on, line.rule.stop_fen) == (ON, 600)
    for nobody in (DISPATCHER, ANNA, here.person("c", Role.CITY, community="gulou")):
        with pytest.raises(NotFound):
            pay(nobody, later, 1, RIDING)


def _two_on_foot() -> None:
    here.open_community(couriers=2, vehicle="walk")
    for n in range(6):
        here.place(n)
    waves.start(StartWave(id=uuid7(), slot_id=SLOT_ID), DISPATCHER, InProcess(), AFTER)
    for n, who in ((1, ANNA), (2, BELA)):
        dispatching.take(f"{SLOT_ID}.{n}", who.subject, AFTER)


def test_what_was_planned_anew_is_in_the_list_at_once_and_late_words_on_it_are_conflicts() -> None:
    with engine() as opened:
        dispatching.furnish_once(opened, "two on foot", _two_on_foot)
        anna, bela = ROUTE, f"{SLOT_ID}.2"
        moved = list(waves.route_on_desk(anna).order_ids)
        nothing = told(action(1, "break_ended", minutes(0)))
        stands = dispatch.tell(nothing, BELA, helpers(), minutes(1)).routes
        assert [(each.route_id, each.version) for each in stands] == [(bela, 1)]
        asked = replans.change("courier_stopped", route_ids=[anna])
        view = replans.ask(replans.Replanner(), asked, minutes(2))
        assert set(view.moved_orders) == set(moved)
        listed = {each.route_id: each for each in dispatch.my_routes(BELA).routes}
        assert (listed[bela].version, listed[bela].stops) == (2, 6)
        assert dispatch.next_stop(BELA, minutes(3)).version == 2
        late = told(
            *(action(n, "delivered", minutes(1), order_id=o) for n, o in enumerate(moved)),
            device="alone",
        )
        answer = dispatch.tell(late, ANNA, helpers(), minutes(4))
        assert {(each.state, each.code) for each in answer.results} == {("conflict", "not_found")}
        assert answer.routes == []
        kept = dispatch.told_by(ANNA.subject, "alone")
        assert [each.state for each in kept] == ["conflict"] * len(moved)
        for order_id in moved:
            send_off(orders.read(order_id), AFTER)
        mine = [action(n, "delivered", minutes(9), order_id=o) for n, o in enumerate(moved, 2)]
        told_again = dispatch.tell(told(*mine), BELA, helpers(), EVENING)
        assert {each.state for each in told_again.results} == {"applied"}
        assert [each.version for each in told_again.routes] == [2]
        assert tell(late, ANNA) == [("conflict", "not_found")] * len(moved)
