"""Orders that are paid online, and orders that are picked short: who meets whom there."""

from collections.abc import Hashable
from typing import Any
from uuid import UUID

from linli import orders
from linli.kernel.errors import Contended
from linli.kernel.transact import transaction
from linli.orders import Order
from linli.orders.audit import records
from tests.simulation import requests as r
from tests.simulation.requests import Told
from tests.support import picking
from tests.support import village as v
from tests.support.money import capture
from tests.support.world import Request, World

IN_WAVE = [UUID(f"01890000-0000-7000-8000-00000000000{n}") for n in range(3)]


class Started:
    """A machine that knows which runs were started, and runs nothing."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def start(self, name: str, payload: dict[str, Any]) -> None:
        """Note the run."""
        self.names.add(name)

    def ended(self, name: str) -> bool:
        """No run ends by itself."""
        return False


def paying(w: World) -> None:
    """
    Four orders are to be paid, for goods that do not reach for all of them. They are paid late, the
    sweeper comes by, some are changed or cancelled, and a wave freezes what it may.
    """
    opening = {(v.STORES[0], v.SKUS[0]): 4, (v.STORES[1], v.SKUS[0]): 3}
    w.furnish("paying", lambda: _with_points(opening))
    machine = Started()
    for n in range(4):
        who, order_id = v.RESIDENTS[n], w.id()
        order = _place(order_id, who, spend_points=n % 3, boxes=n % 2)
        changed = _change(w, order_id, who, {v.SKUS[0]: w.rng.randint(1, 4)})
        ends = w.rng.choice(([], [changed], [_cancel(order_id, who)]))
        w.client(f"buyer {n}", order, *ends)
        if w.chance(0.8):
            w.client(f"pay {n}", order, _pay(order_id))
    for n in range(2):
        w.client(f"sweeper {n}", *[_sweep(f"sweep {n}.{m}") for m in range(3)])
    if w.chance(0.4):
        w.client("wave", r.start_wave(w, machine), r.freeze_wave("freeze", 1))
    w.run()
    _check(w, Told(opening_units=7))


def _with_points(opening: dict[tuple[str, str], int]) -> None:
    v.furnish(opening)
    for who in v.RESIDENTS:
        v.give_points(who, 4)


def picking_apart(w: World) -> None:
    """
    Two paid orders from two stores are picked short by both at the same time, while they are
    routed, handed over, cancelled, and ended by a courier and by paper.
    """
    w.furnish("picking", _to_pick)
    told = Told(opening_units=12)
    for n, order_id in enumerate(IN_WAVE[:2]):
        for store in range(2):
            report = _pick(order_id, store, w.rng.choice((None, None, 0, 1)))
            w.client(f"store {store} of {n}", report, _hand_over(order_id))
            w.client(f"store {store} of {n} again", report)
            if w.chance(0.3):
                w.client(f"another picker {store} of {n}", _pick(order_id, store, 1, again=2))
        w.client(f"router {n}", _route(order_id))
        w.client(f"canceller {n}", _cancel(order_id, v.RESIDENTS[n]))
        end = r.deliver(w, told, order_id, w.rng.choice(("delivered", "failed")))
        w.client(f"courier {n}", _hand_over(order_id), _hand_over(order_id), end)
        if w.chance(0.2):
            w.client(f"paper {n}", _on_paper(w, order_id))
    w.run()
    _check(w, told)


def _to_pick() -> None:
    v.furnish({(store_id, v.SKUS[0]): 4 for store_id in v.STORES})
    for n, order_id in enumerate(IN_WAVE[:2]):
        v.give_points(v.RESIDENTS[n], 9)
        command = v.wish(order_id, {v.SKUS[0]: 5 + n}, spend_points=9, pay="online")
        who = v.resident(v.RESIDENTS[n])
        orders.place(command, caller=who, now=v.NOON, settings=v.SETTINGS)
        with transaction() as tx:
            capture(tx, str(order_id), v.NOON)
        orders.freeze(str(order_id), v.SLOT, v.LATER)


def _place(order_id: UUID, who: str, **more: Any) -> Request:
    """An order that may change: its id alone is what is told for ever."""
    command = v.wish(order_id, {v.SKUS[0]: 2}, pay="online", **more)

    def send() -> Hashable:
        caller = v.resident(who)
        return orders.place(command, caller=caller, now=v.NOON, settings=v.SETTINGS).order_id

    return Request(f"place {order_id}", send, final=None)


def _pay(order_id: UUID) -> Request:
    """
    A payment's result comes in: noted in the payment's own transaction; late money tries to have
    the order after all, else goes back, which the payment remembers.
    """
    decided: list[str] = []

    def send() -> Hashable:
        for _ in range(3):
            if decided:
                return decided[0]
            try:
                with transaction() as tx:
                    capture(tx, str(order_id), v.LATE)
                return "paid"
            except orders.NoLongerPayable:
                if orders.read(str(order_id)).payment == "paid":
                    return "paid"  # Its own row would have told so: it is in that transaction.
                if not orders.revive(str(order_id), v.LATE, v.SETTINGS):
                    decided.append("paid back")
        raise Contended

    return Request(f"pay {order_id}", send)


def _sweep(name: str) -> Request:
    def send() -> Hashable:
        orders.sweep(v.LATE)
        return None

    return Request(name, send)


def _cancel(order_id: UUID, who: str) -> Request:
    def send() -> Hashable:
        return orders.cancel(str(order_id), resident_id=who, now=v.NOON).state

    return Request(f"cancel {order_id}", send)


def _change(w: World, order_id: UUID, who: str, lines: dict[str, int]) -> Request:
    told = [{"sku": sku, "units": units} for sku, units in lines.items()]
    command = orders.ChangeLines.model_validate({"id": w.id(), "lines": told})

    def send() -> Hashable:
        facts = {"resident_id": who, "now": v.NOON, "settings": v.SETTINGS}
        orders.change(str(order_id), command, **facts)  # type: ignore[arg-type]
        return None

    return Request(f"change {order_id}", send)


def _pick(order_id: UUID, n: int, units: int | None, again: int = 0) -> Request:
    """
    Store `n` of an order tells its part, of which at most so many units a line are there; `again`
    makes it another report.
    """
    command_id = UUID(int=order_id.int ^ (n + 1 + 16 * again))

    def send() -> Hashable:
        order = orders.read(str(order_id))
        store_id = order.store_ids[n]
        found = {} if units is None else _at_most(order, store_id, units)
        report = picking.report(order, store_id, found, command_id)
        orders.pick(report, caller=picking.keeper(store_id), now=v.LATER)
        return None

    return Request(f"pick {n} of {order_id}, {again}", send, final=frozenset({"already_picked"}))


def _hand_over(order_id: UUID) -> Request:
    def send() -> Hashable:
        for store_id in orders.read(str(order_id)).store_ids:
            orders.hand_over(str(order_id), store_id, by="k", now=v.LATER)
        return None

    return Request(f"hand over {order_id}", send)


def _at_most(order: Order, store_id: str, units: int) -> dict[str, dict[str, int]]:
    return {
        line.sku: {"units": min(units, source.units)}
        for line in order.lines
        for source in line.sources
        if source.store_id == store_id
    }


def _route(order_id: UUID) -> Request:
    def send() -> Hashable:
        return orders.mark_routed(str(order_id), f"{v.SLOT}.1", v.LATER).route_id

    return Request(f"route {order_id}", send)


def _on_paper(w: World, order_id: UUID) -> Request:
    delivery_id = str(w.id())

    def send() -> Hashable:
        told = {"courier_id": None, "outcome": "delivered", "box_ids": (), "at": v.LATER}
        order = orders.deliver_on_paper(delivery_id, str(order_id), now=v.LATER, **told)  # type: ignore[arg-type]
        return order.progress.outcome

    return Request(f"paper {order_id}", send, final=frozenset({"already_settled"}))


def _check(w: World, told: Told) -> None:
    """
    Who was told that they paid has an order that says so; who was told that their money goes back
    has none; and an order keeps of what was paid exactly what it costs.
    """
    short_units = 0
    for order_id, record in records().items():
        order, answer = record.order, w.told(f"pay {order_id}")
        if order is None:
            continue
        kept = order.progress
        if order.payment == "paid" and kept.paid_fen - kept.refund_fen != order.final_fen:
            w.violations.append(f"{order_id} costs {order.final_fen}: {kept}")
        if order.payment != "paid" and (kept.paid_fen or kept.refund_fen):
            w.violations.append(f"{order_id} was not paid: {kept}")
        if answer and answer.ok and (answer.told == "paid") != (order.payment == "paid"):
            w.violations.append(f"{order_id}: told {answer.told}, it is {order.payment}")
        short_units += sum(line.short_units for part in kept.parts for line in part.lines)
    r.check_goods(w, told, short_units)
