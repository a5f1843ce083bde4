"""
Goods on the move: stores sell at the till, count, lend each other units and sweep what has expired,
while orders hold, release and sell units of the same two shelves.
"""

from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

from linli import orders, protection, stock
from linli.kernel.ids import uuid7
from linli.stock.audit import booked
from tests.simulation import requests as r
from tests.simulation.requests import Told
from tests.support import village as v
from tests.support.world import Request, World

HERE, THERE = v.STORES[:2]
SKU = v.SKUS[0]
TOMORROW = v.NOON + timedelta(days=1)
OPENING = {(HERE, SKU): 6, (THERE, SKU): 3}


@dataclass(slots=True)
class Goods:
    """What stores have told, by the name of the request."""

    sold: dict[str, int] = field(default_factory=dict)
    shipped: dict[str, UUID] = field(default_factory=dict)
    arrived: dict[str, tuple[UUID, int]] = field(default_factory=dict)
    counted: dict[str, UUID] = field(default_factory=dict)


def moving(w: World) -> None:
    """Everything at once on two shelves; most things are told twice, by two people."""
    shards = w.rng.choice((1, 1, 3))
    w.furnish(f"moving {shards}", lambda: _furnish(shards))
    told, goods = Told(), Goods()
    for n in range(3):
        _buyer(w, told, n)
    for _ in range(3):
        sale = _sell(w, goods, w.rng.choice((HERE, THERE)), w.rng.randint(1, 3))
        w.client(sale.name, sale)
        w.client(f"{sale.name} again", sale)
    for n in range(2):
        _lend(w, goods, n)
    for n in range(2):
        _count(w, goods, n)
    for n in range(2):
        sweep = Request(f"sweep {n}", _sweep)
        w.client(sweep.name, sweep, sweep)
    w.run()
    _check(w, goods)


def _furnish(shards: int) -> None:
    v.furnish(OPENING)
    stock.split(HERE, SKU, shards)
    short = v.receipt(uuid7(), HERE, SKU, 4)
    old = short.model_copy(update={"lot_id": "OLD", "expires_on": date(2026, 6, 1)})
    stock.receive(old, by="k", now=v.NOON)


def _sweep() -> Hashable:
    """The hourly sweep; how much it finds is a matter of the moment."""
    stock.sweep_store(HERE, TOMORROW)
    return None


def _buyer(w: World, told: Told, n: int) -> None:
    who, order_id = v.RESIDENTS[n], w.id()
    order = r.place(w, told, order_id, who, {SKU: w.rng.randint(1, 4)})
    cancel = r.cancel(w, told, order_id, who)
    w.client(f"buyer {n}", order, *([cancel] if w.chance(0.6) else []))


def _sell(w: World, goods: Goods, store_id: str, units: int) -> Request:
    """A walk-in buys."""
    line = protection.TillLine(sku=SKU, units=units)
    offline = w.chance(0.3)
    sale = protection.TillSale(
        id=w.id(), store_id=store_id, lines=(line,), sold_at=v.NOON, offline=offline
    )
    name = f"till {len(goods.sold)}"
    goods.sold[name] = units

    def send() -> Hashable:
        protection.sell_at_till(sale, by="till", now=v.NOON)
        return units

    return Request(name, send, final=None)


def _lend(w: World, goods: Goods, n: int) -> None:
    """One store asks the other; somebody ships, somebody cancels, somebody receives."""
    transfer_id, units = w.id(), w.rng.randint(1, 4)
    asked = stock.RequestTransfer(
        id=transfer_id, from_store_id=HERE, to_store_id=THERE, sku=SKU, units=units
    )
    shipping = stock.ShipTransfer(id=w.id(), units=units)

    def ask() -> Hashable:
        return stock.request(asked, by="k2", now=v.NOON).transfer_id

    def ship() -> Hashable:
        return stock.ship(str(transfer_id), shipping, by="k1", now=v.NOON).shipped_units

    def arrive(name: str) -> Request:
        came = w.rng.randint(0, units)
        arriving = stock.ReceiveTransfer(id=w.id(), units=came, reason="torn")
        goods.arrived[name] = transfer_id, came

        def send() -> Hashable:
            done = stock.receive_transfer(str(transfer_id), arriving, by="k2", now=v.LATER)
            return done.received_units, done.lost_units

        return Request(name, send, final=None)

    def cancel() -> Hashable:
        return stock.cancel_transfer(str(transfer_id)).state

    request = Request(f"ask {n}", ask)
    shipped, dropped = Request(f"ship {n}", ship, final=None), Request(f"drop {n}", cancel)
    goods.shipped[shipped.name] = transfer_id
    w.client(f"giver {n}", request, shipped, arrive(f"arrive {n}"))
    taken = arrive(f"arrive {n} too")
    w.client(f"taker {n}", request, *([dropped] if w.chance(0.4) else []), shipped, taken)


def _count(w: World, goods: Goods, n: int) -> None:
    """Somebody counts; two people decide on a large variance, not always the same."""
    stocktake_id = w.id()
    line = stock.Count(sku=SKU, counted_units=w.rng.randint(3, 12))
    command = stock.Stocktake(id=stocktake_id, store_id=HERE, counts=(line,))

    def count() -> Hashable:
        return stock.take_stock(command, by="counter", now=v.NOON).lines

    def decide(approve: bool) -> Hashable:
        decision = stock.DecideStocktake(store_id=HERE, approve=approve)
        return stock.decide(str(stocktake_id), decision, by="boss", now=v.LATER).state

    counted = Request(f"count {n}", count, final=None)
    goods.counted[counted.name] = stocktake_id
    yes = Request(f"approve {n}", lambda: decide(True))
    no = Request(f"reject {n}", lambda: decide(False))
    w.client(f"counter {n}", counted, yes)
    w.client(f"boss {n}", counted, *w.rng.sample([yes, no], 2))


def _check(w: World, goods: Goods) -> None:
    """What clients were told is on the books, and nothing else is."""
    books = booked()
    held = {store_id: books[store_id, SKU] for store_id in (HERE, THERE)}
    answers = {name: w.told(name) for name in (*goods.sold, *goods.shipped, *goods.arrived)}
    ok = {name for name, answer in answers.items() if answer and answer.ok}
    sold = sum(units for name, units in goods.sold.items() if name in ok)
    delivered = sum(each.delivered_units for each in held.values())
    late = sum(each.late_units for each in held.values())
    if sum(each.sold_units for each in held.values()) - delivered + late != sold:
        w.violations.append(f"tills were told of {sold} units, the books say otherwise")
    remembered = protection.recompute.history
    wanted = sum(
        sum(map(sum, days.values()))
        for store_id in (HERE, THERE)
        for days in remembered(store_id, date(2026, 6, 2)).values()
    )
    if wanted != sold:
        w.violations.append(f"{sold} units sold at the till, {wanted} remembered as demand")
    for name, transfer_id in goods.shipped.items():
        state = stock.transfer(str(transfer_id)).state
        if (name in ok) != (state in ("shipped", "received")):
            w.violations.append(f"{name}: told {answers[name]}, it is {state}")
    for name, (transfer_id, came) in goods.arrived.items():
        kept = stock.transfer(str(transfer_id))
        if name in ok and (kept.state, kept.received_units) != ("received", came):
            w.violations.append(f"{name}: told {answers[name]}, it is {kept}")
    _check_promises(w)


def _check_promises(w: World) -> None:
    """No order holds a unit that nobody can account for."""
    for order in orders.in_slot(v.SLOT):
        for line in order.lines:
            if sum(source.units for source in line.sources) != line.units:
                w.violations.append(f"{order.order_id} is promised other units than it wants")
