"""Slots against a model: whatever is taken, reserved and changed, no place is given twice."""

from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from linli import slots
from linli.kernel.time import ZONE
from linli.kernel.transact import Transaction, transaction
from linli.slots.model import CapacityBelowTaken, SlotClosed, SlotFull, SlotStillOpen
from tests.support.engine import engine

NOON = datetime(2026, 6, 1, 12, tzinfo=ZONE)
CUTOFF = NOON + timedelta(hours=3)
SLOT = "wulin.courier.20260601T1600"


class Slots(RuleBasedStateMachine):
    """One slot, its places and those who want them."""

    def __init__(self) -> None:
        super().__init__()
        self._engine = engine()
        self._engine.__enter__()
        self.capacity, self.taken, self.reserved, self.open = 3, 0, 0, True
        command = slots.PutSlot(
            starts_at=NOON + timedelta(hours=4),
            ends_at=NOON + timedelta(hours=6),
            cutoff_at=CUTOFF,
            capacity_orders=3,
            price_fen=500,
            steps=(slots.PriceStep(load_percent=50, add_fen=100),),
        )
        slots.put_slot(SLOT, command, now=NOON)

    def teardown(self) -> None:
        self._engine.__exit__(None, None, None)

    def _try(self, change: Any, *, possible: bool) -> bool:
        """Whether it was done, which must be so exactly if it is possible."""
        try:
            with transaction() as tx:
                change(tx)
            done = True
        except SlotFull:
            done = False
        assert done == possible
        return done

    @property
    def free(self) -> bool:
        return self.open and self.taken + self.reserved < self.capacity

    @rule()
    def an_order_takes_a_place(self) -> None:
        self.taken += self._try(lambda tx: slots.take(tx, SLOT, SlotFull()), possible=self.free)

    @rule()
    def a_presale_reserves_a_place(self) -> None:
        reserve = self._try(lambda tx: slots.reserve(tx, SLOT, SlotFull()), possible=self.free)
        self.reserved += reserve

    @precondition(lambda self: self.taken > 0)
    @rule()
    def an_order_ends(self) -> None:
        self.taken -= self._try(lambda tx: slots.give_back(tx, SLOT), possible=True)

    @precondition(lambda self: self.reserved > 0)
    @rule()
    def a_presale_order_ends(self) -> None:
        self.reserved -= self._try(lambda tx: slots.unreserve(tx, SLOT), possible=True)

    @rule()
    def a_presale_order_becomes_an_order(self) -> None:
        possible = self.open and self.reserved > 0

        def turn(tx: Transaction) -> None:
            slots.take_reserved(tx, SLOT, SlotFull())

        if self._try(turn, possible=possible):
            self.taken, self.reserved = self.taken + 1, self.reserved - 1

    @rule(capacity=st.integers(1, 6))
    def a_dispatcher_changes_the_capacity(self, capacity: int) -> None:
        slot = slots.read(SLOT)
        command = slot.terms.model_copy(update={"capacity_orders": capacity})
        try:
            slots.put_slot(SLOT, command, now=NOON, if_match=slots.etag(slot))
            self.capacity = capacity
        except CapacityBelowTaken:
            assert capacity < self.taken + self.reserved
        except SlotClosed:
            assert not self.open

    @rule(early=st.booleans())
    def the_wave_closes_it(self, early: bool) -> None:
        try:
            slots.close(SLOT, CUTOFF - timedelta(seconds=1) if early else CUTOFF)
            self.open = False
        except SlotStillOpen:
            assert early
            assert self.open

    @invariant()
    def places_are_as_many_as_those_who_have_one(self) -> None:
        slot = slots.read(SLOT)
        assert (slot.taken_orders, slot.reserved_orders) == (self.taken, self.reserved)
        assert slot.offered_orders == self.capacity
        assert slot.promised_orders <= slot.offered_orders
        assert slot.price_fen == 500 + 100 * (slot.promised_orders * 2 >= slot.offered_orders)
        assert (slots.due(CUTOFF) == [SLOT]) == self.open


Slots.TestCase.settings = settings(
    max_examples=40,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestSlots = Slots.TestCase
