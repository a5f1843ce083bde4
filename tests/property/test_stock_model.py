"""
I1 under faults: two stores' shelves against a model of a few plain numbers.

Each step's calls may be throttled, fail or time out before or after their effect, conflict, or
lose the process; whoever asked then asks again until there is an answer, which the model foretells.
After every step the product's levels are the model's, and in the end the audit finds nothing.
"""

import uuid
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from pynamodb.exceptions import PynamoDBException

from linli import catalogue, protection, stock
from linli.catalogue import PutProduct, PutStore
from linli.kernel.errors import Contended, Refused
from linli.kernel.time import local_date
from linli.kernel.transact import transaction
from linli.stock import NotEnoughOnHand, OutOfStock, Source
from linli.stock.audit import booked
from linli.stock.rules import choose_sources
from tests.support.engine import Crash, Fault, engine
from tests.support.village import SKUS, STORES

SKU = SKUS[0]
HERE, THERE = STORES[:2]
Troubles = st.lists(st.sampled_from([None, *Fault]), max_size=4)
Few = st.integers(1, 6)
Either = st.sampled_from((HERE, THERE))


@dataclass(slots=True)
class Shelf:
    """What a store has, as one would note it on paper."""

    lots: Counter[date] = field(default_factory=Counter)
    on_hand: int = 0
    held: int = 0
    inbound: int = 0
    late: int = 0

    def left(self) -> list[date]:
        """The last days of the units on hand: those that expire last are still there."""
        days = sorted(self.lots.elements())
        return days[max(0, len(days) - self.on_hand) :]

    def good(self, until: date) -> int:
        """Units that are good on the day `until`."""
        return sum(day >= until for day in self.left())


@dataclass(slots=True)
class Journey:
    """A transfer."""

    transfer_id: uuid.UUID
    to: str
    state: str = "requested"
    days: list[date] = field(default_factory=list)


class Shelves(RuleBasedStateMachine):
    """Goods come, are promised, sold, lent, counted, and expire; anything may fail."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.db = self.stack.enter_context(engine())
        self.now = datetime(2026, 6, 1, 4, tzinfo=UTC)
        self.number = 0
        self.shelves = {HERE: Shelf(), THERE: Shelf()}
        self.holds: list[Source] = []
        self.journeys: list[Journey] = []

    def teardown(self) -> None:
        for (store_id, _), books in booked().items():
            level = books.level
            assert level.received_units == books.received_units, store_id
            assert level.written_off_units == books.written_off_units, store_id
            assert level.sold_units == books.sold_units, store_id
            assert level.inbound_units == books.inbound_units, store_id
            assert books.astray == ()
            assert all(units == moved >= 0 for _, units, moved in books.lots)
            assert {d: n for d, n in books.dated_units.items() if n} == {
                d: n for d, n in level.dated.items() if n
            }
        self.stack.close()
        catalogue.forget()

    @initialize()
    def open_stores(self) -> None:
        for n, store_id in enumerate((HERE, THERE)):
            names = {"name_zh": "店", "name_en": "Shop", "owner_id": "o", "community_id": "wulin"}
            place = {"lon": 120.16 + 0.001 * n, "lat": 30.27}
            catalogue.put_store(store_id, PutStore.model_validate(names | place), None)
        product = PutProduct(name_zh="货", name_en="Good", price_fen=1, grams=1)
        catalogue.put_product(SKU, product, None)

    # What happens.

    @rule(store_id=Either, units=Few, days=st.integers(-1, 3), troubles=Troubles)
    def goods_come(
        self, store_id: str, units: int, days: int, troubles: list[Fault | None]
    ) -> None:
        last = self.today + timedelta(days=days)
        command = stock.Receipt(
            id=self.new_id(),
            store_id=store_id,
            sku=SKU,
            units=units,
            lot_id=f"L{self.number}",
            expires_on=last,
        )
        answer = self.ask(lambda: stock.receive(command, by="k", now=self.now), troubles)
        if days < 0:
            assert answer == "expired_goods"
            return
        assert isinstance(answer, stock.Level)
        self.shelves[store_id].lots[last] += units
        self.shelves[store_id].on_hand += units

    @rule(units=Few, days=st.integers(0, 3))
    def an_order_is_promised(self, units: int, days: int) -> None:
        until = self.today + timedelta(days=days)
        levels = {(s, SKU): stock.of_store(s)[0] for s in self.shelves if stock.of_store(s)}
        offered = stock.offers(levels, self.now, until)
        free = {s: max(0, x.good(until) - x.held) for s, x in self.shelves.items()}
        assert {s: o.units for (s, _), o in offered.items() if o.units} == {
            s: n for s, n in free.items() if n
        }
        pool = [(_Shop(HERE), 1), (_Shop(THERE), 2)]
        try:
            sources = choose_sources({SKU: units}, pool, offered)
        except OutOfStock:
            assert sum(free.values()) < units
            return
        sources = [source.beginning_at(str(self.new_id())) for source in sources]
        with transaction() as tx:
            for source in sources:
                stock.hold(tx, source, OutOfStock())
        for source in sources:
            self.shelves[source.store_id].held += source.units
        self.holds += sources

    @precondition(lambda self: self.holds)
    @rule(data=st.data(), delivered=st.booleans())
    def a_promise_ends(self, data: st.DataObject, delivered: bool) -> None:
        source = self.holds.pop(data.draw(st.integers(0, len(self.holds) - 1)))
        shelf = self.shelves[source.store_id]
        with transaction() as tx:
            if delivered:
                stock.sell(tx, source, stock.Sale(str(self.new_id()), "c", self.now))
                shelf.on_hand -= source.units
            else:
                stock.release(tx, source)
        shelf.held -= source.units

    @rule(store_id=Either, units=Few, offline=st.booleans(), troubles=Troubles)
    def a_walk_in_buys(
        self, store_id: str, units: int, offline: bool, troubles: list[Fault | None]
    ) -> None:
        line = protection.TillLine(sku=SKU, units=units)
        sale = protection.TillSale(
            id=self.new_id(), store_id=store_id, lines=(line,), sold_at=self.now, offline=offline
        )
        sell: Callable[[], Any] = lambda: protection.sell_at_till(sale, by="t", now=self.now)  # noqa: E731
        answer, shelf = self.ask(sell, troubles), self.shelves[store_id]
        late = max(0, units - (shelf.on_hand - shelf.held))
        if late and not offline:
            assert answer == NotEnoughOnHand.code
            return
        assert isinstance(answer, bool)
        shelf.on_hand -= units - late
        shelf.late += late

    @rule(counted=st.integers(-2, 2), troubles=Troubles)
    def somebody_counts(self, counted: int, troubles: list[Fault | None]) -> None:
        shelf = self.shelves[HERE]
        line = stock.Count(sku=SKU, counted_units=max(0, shelf.on_hand + counted))
        command = stock.Stocktake(id=self.new_id(), store_id=HERE, counts=(line,))
        answer = self.ask(lambda: stock.take_stock(command, by="k", now=self.now), troubles)
        if shelf.on_hand - shelf.held < shelf.on_hand - line.counted_units:
            assert answer == NotEnoughOnHand.code
            return
        assert answer.state == "applied"
        shelf.on_hand = line.counted_units
        shelf.late = 0

    @rule(units=Few, there=Either, troubles=Troubles)
    def a_store_asks_and_the_other_sends(
        self, units: int, there: str, troubles: list[Fault | None]
    ) -> None:
        here = HERE if there == THERE else THERE
        journey = Journey(self.new_id(), there)
        asked = stock.RequestTransfer(
            id=journey.transfer_id, from_store_id=here, to_store_id=there, sku=SKU, units=units
        )
        stock.request(asked, by="k", now=self.now)
        shipping = stock.ShipTransfer(id=self.new_id(), units=units)
        transfer_id = str(journey.transfer_id)
        ship: Callable[[], Any] = lambda: stock.ship(transfer_id, shipping, by="k", now=self.now)  # noqa: E731
        answer, shelf = self.ask(ship, troubles), self.shelves[here]
        good = [day for day in shelf.left() if day >= self.today]
        if len(good) < units or shelf.on_hand - shelf.held < units:
            assert answer == NotEnoughOnHand.code
            return
        assert answer.state == "shipped"
        shelf.on_hand -= units
        shelf.lots.subtract(good[:units])
        self.shelves[there].inbound += units
        journey.days = good[:units]
        self.journeys.append(journey)

    @precondition(lambda self: self.journeys)
    @rule(data=st.data(), troubles=Troubles)
    def it_arrives(self, data: st.DataObject, troubles: list[Fault | None]) -> None:
        journey = self.journeys.pop(data.draw(st.integers(0, len(self.journeys) - 1)))
        came = data.draw(st.integers(0, len(journey.days)))
        command = stock.ReceiveTransfer(id=self.new_id(), units=came, reason="counted")
        transfer_id = str(journey.transfer_id)
        done = self.ask(
            lambda: stock.receive_transfer(transfer_id, command, by="k", now=self.now), troubles
        )
        assert done.lost_units == len(journey.days) - came
        shelf = self.shelves[journey.to]
        shelf.inbound -= len(journey.days)
        shelf.on_hand += came
        shelf.lots.update(journey.days[:came])

    @rule(store_id=Either, shards=st.integers(1, 5), troubles=Troubles)
    def a_shelf_is_split_or_joined(
        self, store_id: str, shards: int, troubles: list[Fault | None]
    ) -> None:
        answer = self.ask(partial(stock.split, store_id, SKU, shards), troubles)
        if not self.shelves[store_id].lots and not self.shelves[store_id].on_hand:
            return
        if isinstance(answer, stock.Level):
            assert answer.open_shards == shards <= len(answer.split)

    @rule(hours=st.sampled_from([5, 24]), troubles=Troubles)
    def time_passes_and_the_sweeper_comes(self, hours: int, troubles: list[Fault | None]) -> None:
        self.now += timedelta(hours=hours)
        for store_id, shelf in self.shelves.items():
            self.ask(partial(stock.sweep_store, store_id, self.now), troubles)
            stock.sweep_store(store_id, self.now)
            expired = sum(day < self.today for day in shelf.left())
            gone = min(expired, shelf.on_hand - shelf.held)
            shelf.on_hand -= gone
            if gone == expired:
                for day in [day for day in shelf.lots if day < self.today]:
                    del shelf.lots[day]

    # What is always so.

    @invariant()
    def the_books_are_the_paper(self) -> None:
        for store_id, shelf in self.shelves.items():
            assert sum(each.units for each in stock.conflicts(store_id)) == shelf.late
            for level in stock.of_store(store_id):
                found = level.on_hand_units, level.held_units, level.inbound_units
                assert found == (shelf.on_hand, shelf.held, shelf.inbound)
                out = level.received_units - level.written_off_units - level.sold_units
                assert level.on_hand_units == out
                assert min(level.split) >= 0

    # How.

    @property
    def today(self) -> date:
        """The local day."""
        return local_date(self.now)

    def new_id(self) -> uuid.UUID:
        self.number += 1
        return uuid.UUID(int=0x01890000_0000_7000_8000_000000000000 + self.number)

    def ask(self, send: Callable[[], Any], troubles: list[Fault | None]) -> Any:
        """Send until answered; each call of the first sendings may meet its trouble."""
        left = iter(troubles)
        self.db.choose_fault = lambda operation: next(left, None)
        try:
            for _ in range(len(troubles) + 2):
                try:
                    return send()
                except Contended:
                    continue
                except Refused as refusal:
                    return refusal.code
                except (Crash, BotoCoreError, ClientError, PynamoDBException):
                    continue
            raise AssertionError("never answered")
        finally:
            self.db.choose_fault = lambda operation: None


@dataclass(frozen=True)
class _Shop:
    store_id: str
    owner_id: str = "o"


Shelves.TestCase.settings = settings(
    max_examples=40,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestShelves = Shelves.TestCase
