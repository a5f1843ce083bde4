"""The flows: who meets whom, and what they ask for at the same time."""

from collections.abc import Sequence
from uuid import UUID

from linli import orders
from tests.simulation import requests as r
from tests.simulation.crediting import crediting
from tests.simulation.crowding import crowding
from tests.simulation.dispatching import offering, riding
from tests.simulation.moving import moving
from tests.simulation.paying import IN_WAVE, Started, paying, picking_apart
from tests.simulation.preselling import preselling
from tests.simulation.requests import Told
from tests.simulation.returning import returning
from tests.support import picking
from tests.support import village as v
from tests.support.world import Request, World


def selling(w: World) -> None:
    """
    Five orders want more than there is, or a slot with two places; some are sent twice at once,
    cancelled while a wave freezes them, and delivered twice. Goods come in and are lost meanwhile.
    """
    units, capacity = w.rng.choice([(3, 5), (9, 2)])
    opening = {(store_id, sku): units for store_id in v.STORES[:2] for sku in v.SKUS[:2]}
    w.furnish(f"selling {units}", lambda: v.furnish(opening, capacity=capacity))
    told = Told(opening_units=sum(opening.values()))
    for n in range(5):
        _buyer(w, told, n)
    shelf = v.STORES[0], v.SKUS[0]
    moves = [r.receive(w, told, *shelf, 2), r.write_off(w, told, *shelf, w.rng.randint(1, 4))]
    for move in moves:
        w.client(move.name, move)
        w.client(f"{move.name} again", move)
    if w.chance(0.3):
        w.client("close", r.close(v.SLOT, v.LATER))
    w.run()
    r.check(w, told)


def _buyer(w: World, told: Told, n: int) -> None:
    who, order_id = v.RESIDENTS[n % 4], w.id()
    skus = w.rng.sample(v.SKUS[:2], w.rng.randint(1, 2))
    order = r.place(w, told, order_id, who, {sku: w.rng.randint(1, 3) for sku in skus})
    w.client(f"buyer {n}", order, *_after(w, told, order_id, who))
    if w.chance(0.4):
        w.client(f"buyer {n} again", order)


def _after(w: World, told: Told, order_id: UUID, who: str) -> list[Request]:
    """What follows an order; some of it is asked for by somebody else at the same time."""
    cancel, frozen = r.cancel(w, told, order_id, who), r.freeze(order_id, v.SLOT)
    sent = r.send_off(order_id)
    kind = w.rng.choice(["kept", "cancelled", "raced", "delivered", "disputed"])
    if kind == "cancelled":
        w.client(f"{cancel.name} again", cancel)
        return [cancel]
    if kind == "raced":
        w.client(frozen.name, frozen)
        return [cancel]
    if kind == "delivered":
        told_once = r.deliver(w, told, order_id, "delivered" if w.chance(0.6) else "failed")
        w.client(f"{told_once.name} again", frozen, sent, told_once)
        return [frozen, sent, told_once, cancel]
    if kind == "disputed":
        one = r.deliver(w, told, order_id, "delivered")
        other = r.deliver(w, told, order_id, "failed")
        w.client(other.name, frozen, sent, other)
        return [frozen, sent, one]
    return []


def ending(w: World) -> None:
    """
    Three orders are in a wave, one of them with points and a box. Several couriers tell how their
    stops ended, each twice and some otherwise than others, while the residents try to cancel.
    """
    w.furnish("ending", _in_a_wave)
    told = Told(opening_units=9)
    for n, order_id in enumerate(IN_WAVE):
        ends = w.rng.choices(r.OUTCOMES, k=2)
        for end in ends:
            box_ids = [v.box(0)] if n == 0 and end == "delivered" and w.chance(0.5) else []
            delivery = r.deliver(w, told, order_id, end, box_ids)
            w.client(delivery.name, delivery)
            w.client(f"{delivery.name} again", delivery)
        cancel = r.cancel(w, told, order_id, v.RESIDENTS[n])
        w.client(cancel.name, r.freeze(order_id, v.SLOT), cancel)
    w.run()
    r.check(w, told)


def _in_a_wave() -> None:
    v.furnish({(v.STORES[0], v.SKUS[0]): 9})
    v.put_boxes(range(1))
    v.give_points(v.RESIDENTS[0], 5)
    for n, order_id in enumerate(IN_WAVE):
        more = {"spend_points": 2, "boxes": 1} if n == 0 else {}
        command, who = v.wish(order_id, {v.SKUS[0]: 2}, **more), v.resident(v.RESIDENTS[n])
        orders.place(command, caller=who, now=v.NOON, settings=v.SETTINGS)
        orders.freeze(str(order_id), v.SLOT, v.LATER)
        picking.send_off(orders.read(str(order_id)), v.LATER)


def queueing(w: World) -> None:
    """
    There is one unit, or a few. Somebody takes one and gives it back, unless a wave is faster, and
    another comes in; meanwhile an order for one is sent again and again.
    """
    units = w.rng.choice((1, 1, 4))
    w.furnish(f"queueing {units}", lambda: v.furnish({(v.STORES[0], v.SKUS[0]): units}))
    told = Told(opening_units=units)
    first, mine = w.id(), w.id()
    order = r.place(w, told, first, v.RESIDENTS[0], {v.SKUS[0]: 1})
    w.ask(order)
    cancel = r.cancel(w, told, first, v.RESIDENTS[0])
    w.client("first", cancel)
    if w.chance(0.3):
        w.client("wave", r.freeze(first, v.SLOT))
    queued = r.place(w, told, mine, v.RESIDENTS[1], {v.SKUS[0]: 1})
    for n in range(3):
        w.client(
            f"queue {n}", queued, *([r.cancel(w, told, mine, v.RESIDENTS[1])] if n == 2 else [])
        )
    if w.chance(0.5):
        w.client("keeper", r.receive(w, told, v.STORES[0], v.SKUS[0], 1))
    w.run()
    r.check(w, told)


def spending(w: World) -> None:
    """
    Two residents with few points spend them on several orders at once, near the day's cap, while
    orders are cancelled, delivered and failed, deeds are rewarded, and points are held and settled
    without an order.
    """
    people = v.RESIDENTS[:2]
    opening = {(v.STORES[0], v.SKUS[1]): 100}
    points = w.rng.choice((8, 30))
    w.furnish(f"spending {points}", lambda: _with_points(opening, people, points))
    told = Told(opening_units=100)
    placed = {}
    for n in range(3):
        who, order_id, spend = w.rng.choice(people), w.id(), w.rng.randint(3, 14)
        placed[order_id] = who, spend
        order = r.place(w, told, order_id, who, {v.SKUS[1]: 2}, spend_points=spend, boxes=n % 2)
        w.client(f"buyer {n}", order, *_after(w, told, order_id, who))
    awards = {f"award {n}": (w.rng.choice(people), w.rng.randint(4, 10)) for n in range(3)}
    for name, (who, reward) in awards.items():
        deed = r.award(w, name, who, reward)
        w.client(name, deed)
        w.client(f"{name} again", deed)
    held = {w.id(): (w.rng.choice(people), w.rng.randint(2, 14)) for _ in range(2)}
    for transfer_id, (who, alone) in held.items():
        hold = r.hold_points(transfer_id, who, alone)
        one, other = w.rng.sample(r.SETTLINGS, 2)
        w.client(f"{one} {transfer_id}", hold, r.settle(transfer_id, who, one))
        w.client(f"{other} {transfer_id}", hold, r.settle(transfer_id, who, other))
    w.run()
    r.check(w, told)
    earned = [a for name, a in awards.items() if (t := w.told(name)) and t.ok]
    r.check_points(w, people, points, earned, [*placed.items(), *held.items()])


def _with_points(opening: dict[tuple[str, str], int], people: Sequence[str], points: int) -> None:
    v.furnish(opening)
    for who in people:
        v.give_points(who, points)


def lending(w: World) -> None:
    """
    Three orders are to be delivered with three boxes, each of which several couriers believe to
    have; every box that goes out is returned by its holder and by a neighbour, some of them twice.
    """
    w.furnish("lending", _with_boxes)
    told = Told(opening_units=9)
    returns: dict[str, str] = {}
    for n in range(3):
        who, order_id = v.RESIDENTS[n], w.id()
        box_ids = [v.box(m) for m in w.rng.sample(range(3), w.rng.randint(0, 2))]
        order = r.place(w, told, order_id, who, {v.SKUS[0]: 1}, boxes=2)
        frozen = r.freeze(order_id, v.SLOT)
        delivery = r.deliver(w, told, order_id, "delivered", box_ids)
        back = []
        for box_id in box_ids:
            for returner in (who, v.RESIDENTS[3]):
                name = f"return {len(returns)}"
                returns[name] = returner
                back.append(r.give_box_back(w, name, box_id, returner, w.rng.choice(v.STORES)))
        w.client(f"order {n}", order, frozen, r.send_off(order_id), delivery, *back[::2])
        w.client(f"neighbour {n}", delivery, *back[1::2])
        if back:
            w.client(f"back {n} again", *w.rng.sample(back, len(back)))
    w.run()
    r.check(w, told)
    rewards = [(who, 5) for name, who in returns.items() if (t := w.told(name)) and t.ok]
    r.check_points(w, v.RESIDENTS, 0, rewards, [])
    r.check_deposits(w)
    for name in returns:
        if any(answer.told == "not_enough_deposit" for answer in w.answers.get(name, ())):
            w.violations.append(f"{name}: whose deposit it is was forgotten")


def _with_boxes() -> None:
    v.furnish({(v.STORES[0], v.SKUS[0]): 9})
    v.put_boxes(range(3))


def freezing(w: World) -> None:
    """
    A slot closes and its wave freezes while orders are still being placed and cancelled; the
    index of orders shows some of them late. The task is repeated, as the machine may.
    """
    opening = {(v.STORES[0], v.SKUS[0]): 20}
    w.furnish("freezing", lambda: v.furnish(opening, capacity=4))
    w.db.not_yet_indexed = lambda item: w.chance(0.15)
    told, machine = Told(opening_units=20), Started()
    for n in range(w.rng.randint(2, 5)):
        who, order_id = v.RESIDENTS[n % 4], w.id()
        order = r.place(w, told, order_id, who, {v.SKUS[0]: 1})
        then = [r.cancel(w, told, order_id, who)] if w.chance(0.4) else []
        w.client(f"buyer {n}", order, *then)
        if then:
            w.client(f"cancel {n} again", *then)
    start = r.start_wave(w, machine)
    tasks = [r.freeze_wave(f"freeze wave {n}", 1) for n in range(2)]
    too_early = [r.close(v.SLOT, v.NOON)] * w.rng.randint(0, 9)
    w.client("dispatcher", *too_early, start, *tasks)
    w.client("machine", *too_early, *tasks, tasks[0])
    w.run()
    r.check(w, told)
    if machine.names != {f"{v.SLOT}--1"}:
        w.violations.append(f"one wave, started as {machine.names}")


FLOWS = {
    flow.__name__: flow
    for flow in (
        selling,
        queueing,
        ending,
        spending,
        lending,
        freezing,
        crediting,
        preselling,
        moving,
        crowding,
        paying,
        picking_apart,
        returning,
        offering,
        riding,
    )
}
