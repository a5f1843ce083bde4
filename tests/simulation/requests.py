"""What clients of a simulated world ask for, and what they must find true in the end."""

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from linli import boxes, credit, orders, slots, stock, waves
from linli.credit import AwardDeed, Points
from linli.kernel.errors import AlreadyDone
from linli.kernel.time import local_date
from linli.kernel.transact import Transaction, transaction
from linli.orders import Order
from linli.orders.audit import records
from linli.stock.audit import booked
from linli.waves.model import StartWave, Step
from tests.support import picking
from tests.support import village as v
from tests.support.world import Request, World

Outcome = Literal["delivered", "failed"]
Settling = Literal["post", "void", "expire"]
OUTCOMES: tuple[Outcome, ...] = ("delivered", "failed")
SETTLINGS: tuple[Settling, ...] = ("post", "void", "expire")


@dataclass(slots=True)
class Told:
    """What a flow has asked for, to be compared with what became of it."""

    orders: dict[str, UUID] = field(default_factory=dict)
    cancels: dict[str, UUID] = field(default_factory=dict)
    deliveries: dict[str, tuple[UUID, str]] = field(default_factory=dict)
    received: dict[str, int] = field(default_factory=dict)
    written_off: dict[str, int] = field(default_factory=dict)
    opening_units: int = 0


def place(
    w: World, told: Told, order_id: UUID, who: str, lines: dict[str, int], **more: Any
) -> Request:
    """An order; whatever is answered is for ever."""
    command = v.wish(order_id, lines, **more)
    name = f"place {len(told.orders)}"
    told.orders[name] = order_id

    def send() -> Hashable:
        return promise(
            orders.place(command, caller=v.resident(who), now=v.NOON, settings=v.SETTINGS)
        )

    return Request(name, send, final=None)


def promise(order: Order) -> Hashable:
    """What of an order must never change."""
    sources = tuple((line.sku, line.price_fen, line.sources) for line in order.lines)
    return order.order_id, order.total_fen, sources


def cancel(w: World, told: Told, order_id: UUID, who: str) -> Request:
    """A resident cancels; once it is too late, it stays so."""
    name = f"cancel {len(told.cancels)}"
    told.cancels[name] = order_id

    def send() -> Hashable:
        return orders.cancel(str(order_id), resident_id=who, now=v.NOON).state

    return Request(name, send, final=frozenset({"out_of_order"}))


def freeze(order_id: UUID, wave_id: str) -> Request:
    """A wave takes an order."""

    def send() -> Hashable:
        return orders.freeze(str(order_id), wave_id, v.LATER).wave_id

    return Request(f"freeze {order_id} in {wave_id}", send)


def send_off(order_id: UUID) -> Request:
    """Every store of an order picks its part and hands it over, under ids of their own."""

    def send() -> Hashable:
        order = orders.read(str(order_id))
        for store_id in order.store_ids:
            command_id = UUID(int=order_id.int ^ int(store_id))
            report = picking.report(order, store_id, command_id=command_id)
            orders.pick(report, caller=picking.keeper(store_id), now=v.LATER)
        for store_id in order.store_ids:
            orders.hand_over(str(order_id), store_id, by="k", now=v.LATER)
        return None

    return Request(f"send off {order_id}", send)


def deliver(
    w: World, told: Told, order_id: UUID, outcome: Outcome, box_ids: Sequence[str] = ()
) -> Request:
    """A courier tells how a stop ended."""
    name, delivery_id = f"deliver {len(told.deliveries)}", w.id()
    told.deliveries[name] = order_id, outcome

    def send() -> Hashable:
        order = orders.deliver(
            str(delivery_id),
            str(order_id),
            courier_id="c-1",
            outcome=outcome,
            box_ids=box_ids,
            at=v.LATER,
            now=v.LATER,
        )
        return order.state

    return Request(name, send, final=frozenset({"already_settled"}))


def receive(w: World, told: Told, store_id: str, sku: str, units: int) -> Request:
    """Goods come in."""
    name, command = f"receive {len(told.received)}", v.receipt(w.id(), store_id, sku, units)
    told.received[name] = units

    def send() -> Hashable:
        stock.receive(command, by="k", now=v.NOON)
        return units

    return Request(name, send)


def write_off(w: World, told: Told, store_id: str, sku: str, units: int) -> Request:
    """Goods are lost."""
    name = f"write off {len(told.written_off)}"
    command = stock.WriteOff(id=w.id(), store_id=store_id, sku=sku, units=units, reason="spoilt")
    told.written_off[name] = units

    def send() -> Hashable:
        stock.write_off(command, by="k", now=v.NOON)
        return units

    return Request(name, send, final=None)


def close(slot_id: str, now: datetime) -> Request:
    """A slot's cut-off has passed."""
    return Request(f"close {slot_id} at {now}", lambda: slots.close(slot_id, now).state)


def award(w: World, name: str, who: str, points: int) -> Request:
    """Points for a deed."""
    command = AwardDeed(id=w.id(), resident_id=who, deed="volunteered", points=points)

    def send() -> Hashable:
        return credit.award(command, caller=v.DISPATCHER, now=v.NOON).points

    return Request(name, send, final=frozenset({"earning_cap"}))


def hold_points(transfer_id: UUID, who: str, points: int) -> Request:
    """Points are held by themselves, without an order."""

    def send() -> Hashable:
        try:
            with transaction() as tx:
                credit.hold_points(
                    tx,
                    transfer_id=str(transfer_id),
                    resident_id=who,
                    points=Points(points),
                    on=local_date(v.NOON),
                    cap_points=Points(v.SETTINGS.points_a_day),
                    now=v.NOON,
                )
        except AlreadyDone:
            return points
        return points

    return Request(f"hold {transfer_id}", send)


def settle(transfer_id: UUID, who: str, how: Settling) -> Request:
    """Held points are spent, or given back; answers how they stand for ever after."""

    def send() -> Hashable:
        try:
            with transaction() as tx:
                _settle(tx, str(transfer_id), who, how)
        except credit.TransferSettled:
            return credit.audit().transfers[str(transfer_id)]
        return credit.audit().transfers[str(transfer_id)]

    return Request(f"{how} {transfer_id}", send)


def _settle(tx: Transaction, transfer_id: str, who: str, how: str) -> None:
    if how == "post":
        credit.post(tx, transfer_id=transfer_id, resident_id=who, now=v.NOON)
    elif how == "void":
        credit.void(tx, transfer_id=transfer_id, resident_id=who, now=v.NOON)
    else:
        credit.void(
            tx,
            transfer_id=transfer_id,
            resident_id=who,
            now=v.NOON,
            into=credit.State.EXPIRED,
        )


def give_box_back(w: World, name: str, box_id: str, who: str, store_id: str) -> Request:
    """A resident returns a box, and a store's keeper has it in hand."""
    command = boxes.ReturnBox(id=w.id(), box_id=box_id, store_id=store_id, returned_by=who)

    def send() -> Hashable:
        returned = boxes.take_back(
            command, caller=v.keeper(store_id), now=v.LATER, reward_points=Points(5)
        )
        return returned.model_dump_json()

    return Request(name, send)


def start_wave(w: World, machine: waves.Machine) -> Request:
    """A dispatcher starts the slot's wave."""
    command = StartWave(id=w.id(), slot_id=v.SLOT)

    def send() -> Hashable:
        waves.start(command, v.DISPATCHER, machine, v.LATER)
        return None

    return Request(f"start wave {command.id}", send)


def freeze_wave(name: str, attempt: int) -> Request:
    """The machine's first task: close the slot, freeze its orders."""
    step = Step(wave_id=v.SLOT, attempt=attempt)

    def send() -> Hashable:
        return str(waves.freeze(step, v.LATER)["orders"])

    return Request(name, send)


def check(w: World, told: Told) -> None:
    """Compare what clients were told with what became of it."""
    kept = records()
    for name, order_id in told.orders.items():
        answer, record = w.told(name), kept.get(str(order_id))
        state = record.state if record else None
        if answer is None or answer.ok == (state in (None, "refused")):
            w.violations.append(f"{name}: told {answer}, it is {state}")
        elif record and record.order and answer.told != promise(record.order):
            w.violations.append(f"{name}: promised {answer.told}, kept {record.order}")
    ends = {name: (order_id, "cancelled") for name, order_id in told.cancels.items()}
    for name, (order_id, state) in (ends | told.deliveries).items():
        answer, record = w.told(name), kept.get(str(order_id))
        if answer and answer.ok and (record is None or record.state != state):
            w.violations.append(f"{name}: told {state}, it is {record and record.state}")
    check_goods(w, told)


def check_goods(w: World, told: Told, short_units: int = 0) -> None:
    """
    As many units came in and were lost as clients were told, beside what was there at first and
    what pickers did not find.
    """
    levels = [each.level for each in booked().values()]
    for asked, kept in (
        (told.received, sum(level.received_units for level in levels) - told.opening_units),
        (told.written_off, sum(level.written_off_units for level in levels) - short_units),
    ):
        answers = {name: w.told(name) for name in asked}
        units = sum(n for name, n in asked.items() if (a := answers[name]) and a.ok)
        if units != kept:
            w.violations.append(f"clients were told of {units} units moved, {kept} were")


def check_points(
    w: World,
    people: Sequence[str],
    opening: int,
    earned: Sequence[tuple[str, int]],
    spent: Sequence[tuple[UUID, tuple[str, int]]],
) -> None:
    """
    Everybody has what they began with and were told to have earned, less what was spent: by an
    order that was delivered, or by a hold that was posted.
    """
    ended, transfers = records(), credit.audit().transfers
    expected = Counter(dict.fromkeys(people, opening))
    for who, points in earned:
        expected[who] += points
    for spent_id, (who, points) in spent:
        record, alone = ended.get(str(spent_id)), transfers.get(str(spent_id), ("", 0))
        if (record and record.state == "delivered") or alone[0] == "posted":
            expected[who] -= points
    for who in people:
        has = credit.statement(who, now=v.NOON).balance_points
        if has != expected[who]:
            w.violations.append(f"{who} has {has} points, should have {expected[who]}")


def check_deposits(w: World) -> None:
    """The network owes a deposit for every box that is out."""
    owed = Counter({who: credit.statement(who, now=v.NOON).deposit_fen for who in v.RESIDENTS})
    found = [boxes.read(v.box(n), caller=v.keeper(v.STORES[0])) for n in range(3)]
    out = sum(each.custodian is boxes.Custodian.RESIDENT for each in found)
    if owed.total() != out * v.SETTINGS.deposit_fen:
        w.violations.append(f"owed {dict(owed)} for {out} boxes that are out")


def states() -> Counter[str]:
    """How many orders ended in which state: a flow in which nothing happens proves nothing."""
    return Counter(record.state for record in records().values())
