"""
Boxes come back: to stores, stations, machines and couriers at once, on time and late, while the
sweeper looks after them; one of them is overdue, its deposit converted.
"""

from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from linli import boxes, credit, orders
from linli.boxes.machine_rows import MessageRow, message_key
from linli.boxes.model import PlaceIn
from linli.boxes.rows import RETURNS, ReturnerRow, person
from linli.boxes.station_rows import machine_key
from linli.credit import Points
from linli.kernel import reads
from linli.kernel.errors import Contended
from linli.kernel.identity import Caller, Role
from linli.kernel.ids import gs1_check_digit
from linli.kernel.transact import transaction
from linli.payments.rows import AttemptRow, attempt_sk, of_order
from tests.support import picking
from tests.support import village as v
from tests.support.money import capture
from tests.support.packaging import message
from tests.support.world import Request, World

HERE, THERE = (f"69012345001{n}" + gs1_check_digit(f"69012345001{n}") for n in range(2))
THING = "return-machine-1"
STORE, NEIGHBOUR, REWARD = v.STORES[0], v.RESIDENTS[3], Points(5)
KEEPER, COURIER = v.keeper(STORE), "c-1"
CITY = Caller("y-1", frozenset({(Role.CITY, v.COMMUNITY)}))
OUT, COUNT, FOUGHT = v.NOON - timedelta(days=40), 4, 3
"""Box 0 has been out since then, the others since noon; the last is the courier's alone."""
LENT = ((0,), (1, 3), (2,))
"""Which boxes went out with which order: two of one order may come back together, or apart."""
EMPTIES = UUID("01890000-0000-7000-8000-0000000000e0")


@dataclass(slots=True)
class Home:
    """What came back, as its clients were told."""

    scans: dict[str, str] = field(default_factory=dict)
    """The box by the name of the request."""


def returning(w: World) -> None:
    """Each box is seen by several at once, some of whom tell it twice, and some later."""
    w.furnish("returning", _furnish)
    home = Home()
    for n in range(FOUGHT):
        crowded = _scan(w, home, n, "station", THERE, 230, by=None)  # Nobody's points meet.
        w.client(crowded.name, *([crowded] * w.chance(0.7)))
        ways = [
            _scan(w, home, n, "station", HERE, 60),
            _scan(w, home, n, "store", STORE, 62),
            _counter(w, home, n),
            _machine(w, n, 63),
            _scan(w, home, n, "store", STORE, w.rng.randint(1, 120)),
        ]
        for way in w.rng.sample(ways, w.rng.randint(1, 3)):
            again = [way] if w.chance(0.4) else []
            w.client(way.name, way, *again)
    if w.chance(0.6):
        courier = _courier([w.rng.randrange(FOUGHT), FOUGHT])
        w.client("courier", courier)
        w.client("courier again", courier)
    for n in range(FOUGHT):
        w.client(f"sweeper {n}", _see_to(n, "settle"), *([_see_to(n, "again")] * w.chance(0.5)))
    w.run()
    _check(w, home)


def _furnish() -> None:
    v.furnish({(STORE, v.SKUS[0]): 9})
    for n in range(COUNT):
        command = boxes.RegisterBox(store_id=STORE)
        boxes.register(v.box(n), command, caller=KEEPER, now=OUT)
    for n, station_id in enumerate((HERE, THERE)):
        station = boxes.PutStation(
            community_id=v.COMMUNITY,
            store_id=STORE,
            name_zh="站",
            name_en="Station",
            lon=v.HOME_LON,
            lat=v.HOME_LAT + 0.002 * n,
            capacity_boxes=9 - 8 * n,
        )
        boxes.put_station(station_id, station, caller=CITY, if_match=None)
    boxes.put_machine(THING, boxes.PutMachine(station_id=HERE), caller=KEEPER)
    for n, numbers in enumerate(LENT):
        _lend(n, numbers, OUT if n == 0 else v.NOON)
    for days in (20, 38):
        boxes.see_to(v.box(0), now=OUT + timedelta(days=days), reward_points=REWARD)
    door = {"lon": v.HOME_LON, "lat": v.HOME_LAT, "building": "3"}
    asked = boxes.RequestEmpties.model_validate(
        {
            "id": EMPTIES,
            "community_id": v.COMMUNITY,
            "slot_id": v.SLOT,
            "door": door,
            "box_count": 2,
        }
    )
    boxes.request_empties(asked, caller=v.resident(NEIGHBOUR), now=v.NOON)


def _lend(n: int, numbers: tuple[int, ...], at: datetime) -> None:
    """An order goes out with these boxes, all at one moment; one is paid for in cash."""
    slot_id = f"{v.COMMUNITY}.courier.{at + timedelta(hours=12):%Y%m%dT%H%M}"
    v.offer(slot_id, capacity=100, starts_at=at + timedelta(hours=4), now=at)
    order_id, who = UUID(int=EMPTIES.int + 1 + n), v.RESIDENTS[n]
    pay = "cash" if n == 0 else "online"
    command = v.wish(order_id, slot_id=slot_id, boxes=len(numbers), pay=pay)
    order = orders.place(command, caller=v.resident(who), now=at, settings=v.SETTINGS)
    if pay == "online":
        with transaction() as tx:
            capture(tx, order.order_id, at)
        _by_phone(order.order_id)
    order = picking.send_off(orders.freeze(order.order_id, slot_id, at), at)
    facts = {"courier_id": COURIER, "outcome": "delivered", "at": at, "now": at}
    box_ids = [v.box(number) for number in numbers]
    orders.deliver(str(order_id), order.order_id, box_ids=box_ids, **facts)  # type: ignore[arg-type]


def _by_phone(order_id: str) -> None:
    """An order's money came by the provider, which these flows have not: the books say so."""
    row = AttemptRow(of_order(order_id), attempt_sk(f"{order_id}-cash"))
    with transaction() as tx:
        tx.update(row, [AttemptRow.method.set("wechat_app")])


def _scan(
    w: World,
    home: Home,
    n: int,
    kind: str,
    place_id: str,
    minutes: int,
    by: str | None = NEIGHBOUR,
) -> Request:
    """A keeper tells where a box was seen, some minutes after noon."""
    name, scan_id = f"scan {len(home.scans)}", w.id()
    home.scans[name] = v.box(n)
    command = boxes.Scan(
        id=scan_id,
        box_id=v.box(n),
        place=PlaceIn.model_validate({"kind": kind, "id": place_id}),
        at=v.NOON + timedelta(minutes=minutes),
        store_id=STORE,
        returned_by=by,
    )

    def send() -> Hashable:
        told = boxes.scan(command, caller=KEEPER, now=v.LATER, reward_points=REWARD)
        return told.fate, told.refund_fen, told.reward_points

    return Request(name, send)


def _counter(w: World, home: Home, n: int) -> Request:
    name = f"counter {len(home.scans)}"
    home.scans[name] = v.box(n)
    command = boxes.ReturnBox(id=w.id(), box_id=v.box(n), store_id=STORE, returned_by=NEIGHBOUR)

    def send() -> Hashable:
        told = boxes.take_back(command, caller=KEEPER, now=v.LATER, reward_points=REWARD)
        return "applied", told.refund_fen, told.reward_points

    return Request(name, send)


def _machine(w: World, n: int, minutes: int) -> Request:
    """A machine's message, which is told of by nothing but what it does."""
    at = v.NOON + timedelta(minutes=minutes)
    arrival = message(n, box_id=v.box(n), at=at, store_id=STORE)

    def send() -> Hashable:
        taken = boxes.take_in(arrival, now=v.LATER, reward_points=REWARD)
        return taken.reason

    return Request(f"machine {n}", send)


def _courier(numbers: list[int]) -> Request:
    """A courier tells once, or thinks so, which boxes were taken at the neighbour's door."""

    def act() -> Hashable:
        with transaction() as tx:
            boxes.take_empties(
                tx,
                str(EMPTIES),
                courier_id=COURIER,
                box_ids=[v.box(n) for n in numbers],
                at=v.NOON + timedelta(minutes=64),
                now=v.LATER,
                reward_points=REWARD,
            )
        return None

    def send() -> Hashable:
        try:
            return _patiently(act)
        except boxes.EmptiesGone as gone:
            return None if gone.fields["state"] != "cancelled" else "cancelled"

    return Request("courier", send)


def _see_to(n: int, name: str) -> Request:
    def act() -> Hashable:
        boxes.see_to(v.box(n), now=v.LATER, reward_points=REWARD)
        return None

    return Request(f"{name} {n}", lambda: _patiently(act))


def _patiently(act: Callable[[], Hashable]) -> Hashable:
    """Whoever is told to look again asks again."""
    try:
        return act()
    except boxes.BoxMoved:
        raise Contended from None


def _check(w: World, home: Home) -> None:
    """Nobody's deposit went astray, rewards are for returns, and time runs forward."""
    refunds: Counter[str] = Counter()
    for name, box_id in home.scans.items():
        answer = w.told(name)
        if answer and answer.ok and isinstance(answer.told, tuple):
            refunds[box_id] += answer.told[1]
    for n in range(COUNT):
        _check_box(w, v.box(n), refunds[v.box(n)])
    there = boxes.station(THERE)
    if there.held_boxes > there.capacity_boxes:
        w.violations.append(f"{there.held_boxes} boxes where {there.capacity_boxes} fit")
    for name, answers in w.answers.items():
        if any(answer.told == "not_enough_deposit" for answer in answers):
            w.violations.append(f"{name}: whose deposit it is was forgotten")
    _check_rewards(w, credit.audit().granted_points)
    _check_machine(w)


def _check_machine(w: World) -> None:
    for n in range(FOUGHT):
        told = w.told(f"machine {n}") if f"machine {n}" in w.requests else None
        kept = reads.get(MessageRow, machine_key(THING), message_key(f"{1:010d}.{n:016d}"))
        if told and told.ok and kept is None:
            w.violations.append(f"the message of box {n} was taken in and is nowhere")


def _check_box(w: World, box_id: str, refunded_fen: int) -> None:
    view = boxes.history(box_id, caller=KEEPER)
    moves = [step for step in view.steps if step.version]
    times = [step.seen_at for step in sorted(moves, key=lambda step: step.version or 0)]
    if times != sorted(times):
        w.violations.append(f"{box_id} moved backwards: {times}")
    out = view.custodian is boxes.Custodian.RESIDENT
    if refunded_fen > (0 if out else 1000):
        w.violations.append(f"{box_id} is {view.custodian}, {refunded_fen} fen were refunded")


def _check_rewards(w: World, granted: int) -> None:
    row = reads.get(ReturnerRow, person(NEIGHBOUR), RETURNS)
    counted = int(row.total) if row else 0
    has = credit.statement(NEIGHBOUR, now=v.LATER).balance_points
    if not has == granted == REWARD * counted:
        w.violations.append(f"{NEIGHBOUR} has {has} points of {granted} for {counted} returns")
