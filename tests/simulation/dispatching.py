"""Routes that are offered, taken, taken back and ridden: who meets whom there."""

from collections import Counter
from collections.abc import Callable, Hashable
from datetime import timedelta
from uuid import UUID

from linli import dispatch, orders, resilience, waves
from linli.credit import Points
from linli.dispatch import Assign, CloseStep, OfferStep, RoundStep, TellActions, Withdraw
from linli.dispatch.answers import offer_to, offers_of
from linli.dispatch.duty import duty_of, held
from linli.dispatch.needs import spans_of
from linli.dispatch.reserved import vehicle_of
from linli.dispatch.rules import greedy, overlaps
from linli.kernel.errors import AlreadyDone, Conflict
from linli.kernel.identity import Caller, Role
from linli.kernel.tables import Table
from linli.resilience import PutReserveVehicle
from linli.waves.model import StartWave
from tests.support import community as here
from tests.support import dispatching as d
from tests.support.community import AFTER, COMMUNITY, COURIERS, DISPATCHER, SLOT_ID
from tests.support.picking import send_off
from tests.support.world import Request, World

OFFER_FOR = timedelta(minutes=3)
LATER, LATE = AFTER + OFFER_FOR, AFTER + timedelta(hours=2)
DRIVER = "driver-1"
WAVE = UUID("01890000-0000-7000-8000-0000000000aa")


class _Held(Conflict):
    """An answer that need not stay: what was taken may be taken back."""

    code = "held"


def _out() -> None:
    """Two routes of a wave whose manifests are out, three couriers, a reserve vehicle."""
    here.open_community(couriers=2)
    placed = [here.place(n) for n in range(4)]
    waves.start(StartWave(id=WAVE, slot_id=SLOT_ID), DISPATCHER, here.InProcess(), AFTER)
    here.register(COURIERS[2], 2)
    for order in placed:
        send_off(orders.read(order.order_id), AFTER)
    city = here.person("city-1", Role.CITY)
    van = {"community_id": COMMUNITY, "kind": "van", "capacity_grams": 500_000}
    van["driver_id"] = DRIVER
    resilience.put_vehicle("van-1", PutReserveVehicle.model_validate(van), city)


def _routes() -> list[str]:
    return [each.route_id for each in waves.routes_of_wave(SLOT_ID)]


def offering(w: World) -> None:
    """
    Three couriers say yes or no to what the machine offers them, from two devices each, while
    offers expire, are asked for again by a machine that repeats itself, are withdrawn or given by
    hand, and the reserve is called.
    """
    w.furnish("offering", _out)
    tokens, machine = d.Waiting(), d.Started()
    routes = _routes()
    declined: set[tuple[str, str]] = set()
    back = w.chance(0.4)
    last = w.chance(0.5)
    step = {"wave_id": SLOT_ID, "run": 1}
    begin = _plain("begin", lambda: dispatch.begin(SLOT_ID, machine, AFTER))
    rounds = [_propose(w, n) for n in ((1, 4) if last else (1, 2))]
    for name in ("machine", "machine again")[: w.rng.choice((1, 2))]:
        w.client(name, begin, *rounds, *[_settle(each, w.chance(0.5)) for each in routes])
    for task in (begin, rounds[-1]):
        w.ask(task)
    _couriers(w, routes, (tokens, declined, back))
    if w.chance(0.5):
        w.client("sweeper", _plain("sweep", lambda: dispatch.sweep(machine, tokens, LATER)))
    if back:
        w.client("dispatcher", _withdraw(w, routes[0], machine, tokens))
    if w.chance(0.4):
        w.client("hand", _assign(w, w.rng.choice(routes), w.rng.choice(COURIERS), back))
    if w.chance(0.4):
        w.client("reserve", _plain("reserve", lambda: _reserve(step)))
        w.client("close", _plain("close", lambda: _close(step)))
    w.run()
    dispatch.sweep(machine, tokens, LATE)
    _check_routes(w)
    _check_offers(w)
    _check_declined(w, declined)


def _couriers(
    w: World, routes: list[str], said: tuple[d.Waiting, set[tuple[str, str]], bool]
) -> None:
    """Each courier says something to each route, from one device or two."""
    for courier in COURIERS:
        for device in range(w.rng.choice((1, 2))):
            words = [_word(w, each, courier, f"{device}", said) for each in routes]
            w.client(f"{courier.subject} on {device}", *w.rng.sample(words, len(words)))


def _plain(name: str, act: Callable[[], object]) -> Request:
    """A task of the machine: its answer is of no account."""

    def send() -> Hashable:
        act()
        return None

    return Request(name, send)


def _propose(w: World, number: int) -> Request:
    """A round, which must ask the same couriers however often it is repeated."""
    asked: set[Hashable] = set()

    def propose() -> None:
        step = RoundStep(wave_id=SLOT_ID, run=1, round=number)
        try:
            found = dispatch.propose(step, greedy, AFTER, OFFER_FOR)
        except waves.Superseded:
            return  # A later run has taken over.
        asked.add(tuple(sorted((each["route_id"], each["offer"]) for each in found["offers"])))
        if len(asked) > 1:
            w.violations.append(f"round {number} asked two ways: {asked}")

    return _plain(f"round {number}", propose)


def _settle(route_id: str, patient: bool) -> Request:
    """The machine has waited for the route's offers long enough; a patient one a little longer."""

    def settle() -> None:
        for offer in offers_of(route_id):
            dispatch.settle(
                OfferStep(route_id=route_id, offer=offer.sk), LATE if patient else LATER
            )

    return _plain(f"settle {route_id} {patient}", settle)


def _word(
    w: World,
    route_id: str,
    courier: Caller,
    device: str,
    said: tuple[d.Waiting, set[tuple[str, str]], bool],
) -> Request:
    tokens, declined, back = said
    yes = w.chance(0.75)

    def send() -> Hashable:
        before = _latest_offer(w, route_id, courier)
        if not yes:
            dispatch.decline(route_id, courier, tokens, AFTER)
            declined.add((route_id, courier.subject))
            _check_once(w, before, _latest_offer(w, route_id, courier))
            raise _Held
        dispatch.accept(route_id, courier, tokens, AFTER)
        _check_once(w, before, _latest_offer(w, route_id, courier))
        if back:
            raise _Held
        return courier.subject

    # Whether it is taken in the end is for good; before, the offer may not have come yet.
    return Request(f"{courier.subject} {device}: {'yes' if yes else 'no'} to {route_id}", send)


def _latest_offer(w: World, route_id: str, courier: Caller) -> tuple[str, str] | None:
    """The courier's latest offer of the route and its state, seen without a call."""
    own = [
        (key[1], item["state"]["S"])
        for key, item in w.db.items(Table.DISPATCH).items()
        if key[0] == f"ROUTE#{route_id}"
        and key[1].startswith("OFFER#")
        and key[1].endswith(courier.subject)
    ]
    return max(own, default=None)


def _check_once(w: World, before: tuple[str, str] | None, after: tuple[str, str] | None) -> None:
    """An offer that had ended has not ended otherwise since."""
    if before and after and before[0] == after[0] and before[1] not in ("open", after[1]):
        w.violations.append(f"offer {before[0]} was {before[1]} and is {after[1]}")


def _withdraw(w: World, route_id: str, machine: d.Started, tokens: d.Waiting) -> Request:
    command = Withdraw(id=w.id(), reason="storm")
    return _plain(
        "withdraw",
        lambda: dispatch.withdraw(route_id, command, DISPATCHER, machine, tokens, AFTER),
    )


def _assign(w: World, route_id: str, courier: Caller, back: bool) -> Request:
    command = Assign(id=w.id(), courier_id=courier.subject)

    def send() -> Hashable:
        held_by = dispatch.assign(route_id, command, DISPATCHER, AFTER).courier_id
        if back:
            raise _Held
        return held_by

    return Request(f"assign {route_id}", send)


def _reserve(step: dict[str, object]) -> None:
    try:
        dispatch.call_reserve(dispatch.RunStep.model_validate(step), AFTER)
    except waves.Superseded:
        return  # A later run has taken over.


def _close(step: dict[str, object]) -> None:
    try:
        dispatch.close(CloseStep.model_validate(step), AFTER)
    except waves.Superseded:
        return  # A later run has taken over.


def _check_routes(w: World) -> None:
    """A route is held by exactly who its row names, and nobody rides two at once."""
    riders = [*(each.subject for each in COURIERS), DRIVER]
    routes = waves.routes_of_wave(SLOT_ID)
    for rider in riders:
        duty = duty_of(rider)
        by_row = {r.route_id for r in routes if r.courier_id == rider and r.state == "taken"}
        listed = {r.route_id for r in waves.routes_of_courier(rider) if r.state == "taken"}
        if not set(held(duty)) == by_row == listed:
            w.violations.append(f"{rider} holds {set(held(duty))}, {listed}; rows say {by_row}")
        spans = spans_of(duty)
        if any(overlaps(spans[:n], *span) for n, span in enumerate(spans)):
            w.violations.append(f"{rider} rides two routes at once")
    for route in routes:
        if route.state == "offered" and route.courier_id is not None:
            w.violations.append(f"{route.route_id} is open and somebody's")
    _check_told(w)


def _check_declined(w: World, declined: set[tuple[str, str]]) -> None:
    """Whoever declined is not asked again, and cannot have said yes after all."""
    for route_id, courier_id in declined:
        offer = offer_to(route_id, courier_id)
        if offer is not None and offer.state == "accepted":
            w.violations.append(f"{courier_id} declined {route_id} and accepted it")


def _check_told(w: World) -> None:
    """Who was told that a route is theirs has it."""
    for name, answers in w.answers.items():
        told = {a.told for a in answers if a.ok}
        if told and ("yes to" in name or name.startswith("assign ")):
            route_id = name.rsplit(" ", 1)[1]
            holder = waves.route_on_desk(route_id).courier_id
            if told != {holder}:
                w.violations.append(f"{name}: told {told}, and {holder} has it")


def _check_offers(w: World) -> None:
    """After the last sweep no offer is open or listed; the reserve rides what its rows say."""
    for route in waves.routes_of_wave(SLOT_ID):
        offers = offers_of(route.route_id)
        open_ = [each.sk for each in offers if each.state == "open"]
        if open_:
            w.violations.append(f"{route.route_id}: still open: {open_}")
        accepted = Counter(each.courier_id for each in offers if each.state == "accepted")
        if sum(accepted.values()) > 1 and not any("withdraw" in name for name in w.answers):
            w.violations.append(f"{route.route_id}: accepted by {dict(accepted)}")
        rides = vehicle_of(route.route_id) is not None and route.courier_id == DRIVER
        if rides != (route.courier_id == DRIVER):
            w.violations.append(f"{route.route_id}: a driver without a vehicle")
    left = [key for key in w.db.items(Table.DISPATCH) if key[0] == "DUE"]
    left += [k for k in w.db.items(Table.DISPATCH) if k[0].startswith("COURIER#") and
             k[1].startswith("OFFER#")]  # fmt: skip
    if left:
        w.violations.append(f"listed as open: {left}")


def riding(w: World) -> None:
    """
    A courier tells how their stops ended, late, twice, from two devices with the same numbers of
    their own, while a dispatcher stops them, another gets what is left and tells of it, too.
    """
    w.furnish("riding", _ridden)
    machine, tokens = d.Started(), d.Waiting()
    first, second = COURIERS[:2]
    route_id = _held_by(first)
    doors = list(waves.route_on_desk(route_id).order_ids)
    for device in ("phone", "tablet"):
        for courier in (first, second):
            tellings = [_tell(w, courier, device, n, each, machine) for n, each in enumerate(doors)]
            w.client(f"{courier.subject} {device}", *tellings)
            if w.chance(0.5):
                w.client(f"{courier.subject} {device} again", *w.rng.sample(tellings, len(doors)))
    if w.chance(0.7):
        w.client("stop", _stop(w, first, machine), _assign(w, route_id, second, back=True))
    if w.chance(0.3):
        w.client("withdraw", _withdraw(w, route_id, machine, tokens))
    w.run()
    dispatch.sweep(machine, tokens, LATE)
    _check_routes(w)
    _check_pay(w, route_id, doors)


def _ridden() -> None:
    _out()
    for n, route_id in enumerate(_routes()):
        if n == 0:
            d.take(route_id, COURIERS[0].subject, AFTER)


def _held_by(courier: Caller) -> str:
    (route,) = waves.routes_of_courier(courier.subject)
    return route.route_id


def _tell(
    w: World, courier: Caller, device: str, seq: int, order_id: str, machine: d.Started
) -> Request:
    kind = w.rng.choice(("delivered", "delivered", "failed"))
    body = {"id": str(w.id()), "seq": seq, "at": AFTER.isoformat(), "kind": kind}
    body |= {"order_id": order_id} | ({"reason": "refused"} if kind == "failed" else {})
    command = TellActions.model_validate(
        {"community_id": COMMUNITY, "device": device, "actions": [body]}
    )

    def send() -> Hashable:
        helpers = dispatch.Helpers(machine, dispatch.offer_as_it_is, lambda *told: None, Points(5))
        (told,) = dispatch.tell(command, courier, helpers, AFTER).results
        if told.state == "later":
            raise AlreadyDone  # Not final: it is told again.
        if told.state == "conflict":
            raise _Held
        return told.order_state

    return Request(f"{courier.subject} {device} {seq}", send)


def _stop(w: World, courier: Caller, machine: d.Started) -> Request:
    command = dispatch.StopCourier(id=w.id(), community_id=COMMUNITY, reason="breakdown")
    return _plain(
        "stop",
        lambda: dispatch.stop(courier.subject, command, machine, dispatch.offer_as_it_is, AFTER),
    )


def _check_pay(w: World, route_id: str, doors: list[str]) -> None:
    """Each door was paid once, to who made it."""
    items = w.db.items(Table.DISPATCH)
    ended = [each for each in doors if orders.read(each).state in orders.STOP_DONE]
    paid = {key[1].removeprefix("PAID#") for key in items if key[0] == f"ROUTE#{route_id}" and
            key[1].startswith("PAID#") and "~" not in key[1]}  # fmt: skip
    if waves.route_on_desk(route_id).state == "done" and paid != set(ended):
        w.violations.append(f"paid for {paid}, made {ended}")
    for order_id in ended:
        if order_id in paid and items[f"ROUTE#{route_id}", f"PAID#{order_id}"]["body"]["S"] != (
            orders.ended_by(order_id)
        ):
            w.violations.append(f"{order_id}: paid to another than who made it")
    _check_incomes(w)


def _check_incomes(w: World) -> None:
    """A week's income is the sum of its lines."""
    items = w.db.items(Table.DISPATCH)
    lines: Counter[str] = Counter()
    for key, item in items.items():
        if key[1].startswith("EARNED#"):
            lines[key[0].removeprefix("COURIER#")] += sum(
                int(item[part]["N"]) for part in ("stops_fen", "route_fen") if part in item
            )
    doors = sum(int(i["stops"]["N"]) for i in items.values() if "stops" in i)
    marks = [k for k in items if k[1].startswith("PAID#") and "~" not in k[1]]
    if doors != len(marks):
        w.violations.append(f"{len(marks)} doors were paid {doors} times")
    incomes: Counter[str] = Counter()
    for key, item in items.items():
        if key[0].startswith("INCOME#"):
            incomes[key[1].split("#")[1]] += int(item["fen"]["N"])
    if lines != incomes:
        w.violations.append(f"incomes {dict(incomes)}, lines {dict(lines)}")
