"""A presale in trouble: it is ordered, paid, cancelled, closed and served, all at the same time."""

from collections.abc import Hashable
from datetime import datetime
from uuid import UUID

from linli import presale
from linli.kernel.errors import AlreadyDone
from linli.kernel.transact import transaction
from linli.orders import NoLongerPayable
from linli.payments.audit import books
from linli.presale.audit import cycles
from tests.support import presales as p
from tests.support import village as v
from tests.support.money import capture
from tests.support.world import Request, World, audit_now


def preselling(w: World) -> None:
    """
    Five residents want more than the cycle has, or than its slot has places; some orders are sent
    twice, some paid, some cancelled, while two runs of the schedule close the cycle. Goods come
    in once or twice, and two runs of the schedule make orders of them until the slot's cut-off.
    """
    minimum, capacity = w.rng.choice([(0, 2), (0, 10), (900, 10)])
    w.furnish(f"preselling {minimum} {capacity}", lambda: _furnish(minimum, capacity))
    if w.chance(0.3):
        w.db.not_yet_indexed = lambda item: w.chance(0.15)
    placed, paid = {}, {}
    for n in range(6):
        order_id, online = w.id(), w.chance(0.5)
        order = _place(w, f"presale {n}", order_id, v.RESIDENTS[n % 4], online)
        placed[order.name] = order_id
        then = []
        if online and w.chance(0.8):
            paid[f"pay {n}"] = order_id
            then.append(_pay(f"pay {n}", order_id))
        if w.chance(0.3):
            then.append(_cancel(f"cancel {n}", order_id, v.RESIDENTS[n % 4]))
        late = n > 3
        w.client(order.name, order, *([] if late else then))
        if w.chance(0.4):
            w.client(f"{order.name} again", order, *then)
        if n == 3:
            w.baton.run()  # The last ones and their payments meet the close.
        if late:
            w.client(f"{order.name} late", *then)
    _close_and_serve(w)
    w.run()
    _end(w, placed, paid)


def _close_and_serve(w: World) -> None:
    """Two runs of the schedule close the cycle; goods come in, and two more make orders."""
    close, serve = _close("close", p.CLOSES), _close("serve", p.ARRIVES)
    for n in range(2):
        w.client(f"schedule {n}", *[close] * w.rng.randint(1, 3))
    w.baton.run()
    arrivals = [_arrive(w, f"arrival {n}", p.SKUS[n % 2], w.rng.choice((2, 4))) for n in range(3)]
    for n in range(2):
        w.client(f"later {n}", close, *arrivals, serve, arrivals[0], serve)


def _furnish(minimum: int, capacity: int) -> None:
    p.furnish(capacity=capacity)
    goods = [
        {
            "sku": sku,
            "price_fen": p.PRICE_FEN,
            "case_units": 4,
            "maximum_units": 9 if capacity == 2 else 3,
        }
        for sku in p.SKUS
    ]
    p.announce(goods=goods, minimum_fen=minimum)


def _place(w: World, name: str, order_id: UUID, who: str, online: bool) -> Request:
    skus = w.rng.sample(p.SKUS, w.rng.randint(1, 2))
    lines = {sku: w.rng.randint(1, 3) for sku in skus}

    def send() -> Hashable:
        order = p.place(lines, who, order_id, pay="online" if online else "cash")
        return order.order_id, order.total_fen, order.lines

    return Request(name, send, final=None)


def _pay(name: str, order_id: UUID) -> Request:
    """The provider says that an order was paid: perhaps twice."""

    def send() -> Hashable:
        order = presale.read_order(str(order_id))
        if order.paid_fen:
            return order.paid_fen
        try:
            with transaction() as tx:
                capture(tx, str(order_id), p.OPENS)
        except (
            AlreadyDone,
            NoLongerPayable,
        ):  # Or this very payment was noted before, and its answer lost.
            if not presale.read_order(str(order_id)).paid_fen:
                raise
        return order.total_fen

    return Request(name, send)


def _cancel(name: str, order_id: UUID, who: str) -> Request:
    def send() -> Hashable:
        return presale.cancel(str(order_id), resident_id=who, now=p.OPENS).state

    return Request(name, send, final=frozenset({"cycle_not_open"}))


def _close(name: str, now: datetime) -> Request:
    def send() -> Hashable:
        presale.close_presales(now)
        return None

    return Request(name, send)


def _arrive(w: World, name: str, sku: str, units: int) -> Request:
    command = p.arrival(sku, units, w.id())

    def send() -> Hashable:
        presale.arrive(command, caller=v.keeper(v.STORES[0]), now=p.ARRIVES)
        return units

    return Request(name, send)


def _end(w: World, placed: dict[str, UUID], paid: dict[str, UUID]) -> None:
    """The cut-off of the slot ends whatever is left; then everybody has what they were told."""
    for _ in range(2):
        presale.close_presales(p.CUTOFF)
    w.violations += audit_now()
    record = cycles()[p.CYCLE]
    if record.cycle.state not in ("failed", "done"):
        w.violations.append(f"the cycle is {record.cycle.state} after its slot's cut-off")
    kept = {UUID(order.order_id): order for order in record.orders}
    _check_told(w, kept, placed, paid)
    money = books()
    for order in kept.values():
        kept_fen = money[order.order_id].kept_fen if order.order_id in money else 0
        if kept_fen != (order.paid_fen if order.state == "ordered" else 0):
            w.violations.append(f"{kept_fen} fen were kept of {order}")


def _check_told(
    w: World,
    kept: dict[UUID, presale.PresaleOrder],
    placed: dict[str, UUID],
    paid: dict[str, UUID],
) -> None:
    for name, order_id in placed.items():
        told, order = w.told(name), kept.get(order_id)
        if told is None or told.ok != (order is not None):
            w.violations.append(f"{name}: told {told}, kept {order}")
        elif order is not None and order.state == "promised":
            w.violations.append(f"{name}: still waits")
    for name, order_id in paid.items():
        told, order = w.told(name), kept.get(order_id)
        if told and told.ok and (order is None or order.paid_fen != told.told):
            w.violations.append(f"{name}: told {told}, kept {order}")
