"""
I5 under faults: payments against the provider's own books.

Residents, the bank, the sweeper, dispatchers and time do what they like in any order. Calls to the
tables may be throttled, fail or time out before or after their effect, or lose the process; calls
to the provider may be lost before or after theirs; notifications are copied, reordered and lost.
At every moment the audit finds nothing; and when the trouble is over, what the provider took and
gave back is what our books say, and an order is paid exactly if its money was kept.
"""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import timedelta
from typing import Any
from uuid import UUID

from botocore.exceptions import BotoCoreError, ClientError
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from linli import payments
from linli.kernel.errors import Contended, Refused
from linli.kernel.ids import uuid7
from linli.payments import PayOrder, RefundOrder, Review
from tests.support.engine import engine
from tests.support.faults import Crash, Fault
from tests.support.paying import (
    DISPATCHER,
    SUSPICIOUS_PHONE,
    differences,
    heal,
    hear,
    may_be_lost,
    resident,
    till,
    wish,
)

Troubles = st.lists(st.sampled_from([None, *Fault]), max_size=4)
Losses = st.lists(st.sampled_from([None, "before", "after"]), max_size=3)
ORDERS = 3


class Shopping(RuleBasedStateMachine):
    """Three orders are paid, or not."""

    attempts: Bundle[tuple[str, PayOrder]] = Bundle("attempts")
    refunds: Bundle[tuple[str, RefundOrder]] = Bundle("refunds")

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.db = self.stack.enter_context(engine())
        self.it = till()
        self.orders: list[str] = []

    @initialize(sold_out=st.booleans())
    def orders_are_placed(self, sold_out: bool) -> None:
        self.it.shop.sold_out = sold_out
        self.orders = [self.it.shop.place(fen=1000 * (n + 1)) for n in range(ORDERS)]

    def teardown(self) -> None:
        try:
            if self.orders:
                heal(self.it)
                assert differences(self.it, self.orders) == []
        finally:
            self.stack.close()

    # What residents do.

    @rule(
        target=attempts,
        n=st.integers(0, ORDERS - 1),
        suspicious=st.booleans(),
        troubles=Troubles,
        losses=Losses,
    )
    def somebody_begins_to_pay(
        self, n: int, suspicious: bool, troubles: list[Fault | None], losses: list[str | None]
    ) -> tuple[str, PayOrder]:
        more: dict[str, Any] = {}
        if suspicious:
            more |= {"payer_phone": SUSPICIOUS_PHONE}
        sent = self.orders[n], wish(device_id=f"device-000{n}", **more)
        self.pay(*sent, troubles, losses)
        return sent

    @rule(sent=attempts, troubles=Troubles, losses=Losses)
    def an_attempt_is_sent_again(
        self,
        sent: tuple[str, PayOrder],
        troubles: list[Fault | None],
        losses: list[str | None],
    ) -> None:
        self.pay(*sent, troubles, losses)

    @rule(sent=attempts, despite=st.booleans())
    def the_money_goes_over(self, sent: tuple[str, PayOrder], despite: bool) -> None:
        trade = self.it.book.trades.get(sent[1].id.hex)
        told = [] if trade is None else self.attempt(*sent)
        if trade is not None and told:
            if despite and trade.state == "CLOSED":
                self.it.book.pay_despite(trade.number, self.it.now)
            else:
                self.it.book.pay(trade.prepay_ids[-1], self.it.now)

    # What the provider and the bank do.

    @rule(sent=attempts)
    def the_bank_declines(self, sent: tuple[str, PayOrder]) -> None:
        if sent[1].id.hex in self.it.book.trades:
            self.it.book.decline(sent[1].id.hex)

    @rule(sent=refunds, status=st.sampled_from(["SUCCESS", "CLOSED"]))
    def a_refund_ends(self, sent: tuple[str, RefundOrder], status: str) -> None:
        for number in list(self.it.book.refunds):
            if number.startswith(str(sent[1].id)):
                self.it.book.settle_refund(number, status)

    @rule(copies=st.integers(0, 5), backwards=st.booleans(), troubles=Troubles)
    def notifications_arrive(
        self, copies: int, backwards: bool, troubles: list[Fault | None]
    ) -> None:
        waiting, self.it.notices[:] = list(self.it.notices), []
        if not copies:
            self.it.notices += [n for n in waiting if not may_be_lost(self.it, n[1])]
        arriving = waiting[:: -1 if backwards else 1] * copies
        for notice in arriving:
            self.ask(lambda notice=notice: self.take(notice), troubles)  # type: ignore[misc]

    # What happens to orders.

    @rule(n=st.integers(0, ORDERS - 1), cancelled=st.booleans())
    def an_order_is_given_up(self, n: int, cancelled: bool) -> None:
        end = self.it.shop.cancel if cancelled else self.it.shop.expire
        end(self.orders[n])

    @rule(
        target=refunds,
        n=st.integers(0, ORDERS - 1),
        fen=st.integers(1, 1500),
        troubles=Troubles,
        losses=Losses,
    )
    def a_dispatcher_pays_back(
        self, n: int, fen: int, troubles: list[Fault | None], losses: list[str | None]
    ) -> tuple[str, RefundOrder]:
        sent = self.orders[n], RefundOrder(id=uuid7(), fen=fen, reason="short_pick")
        self.refund(*sent, troubles, losses)
        return sent

    @rule(sent=refunds, troubles=Troubles)
    def a_refund_is_sent_again(
        self, sent: tuple[str, RefundOrder], troubles: list[Fault | None]
    ) -> None:
        self.refund(*sent, troubles, [])

    @rule(sent=attempts, released=st.booleans(), troubles=Troubles)
    def a_dispatcher_judges(
        self, sent: tuple[str, PayOrder], released: bool, troubles: list[Fault | None]
    ) -> None:
        attempt_id, review = str(sent[1].id), Review(id=uuid7(), reason="-")
        now, it = self.it.now, self.it

        def judge() -> None:
            if released:
                payments.release(attempt_id, review, caller=DISPATCHER, now=now, parties=it.parties)
            else:
                payments.reject(attempt_id, review, caller=DISPATCHER, now=now)

        self.ask(judge, troubles)

    # Time.

    @rule(seconds=st.sampled_from([1, 61, 600, 1900]), troubles=Troubles, losses=Losses)
    def time_passes_and_the_sweeper_runs(
        self, seconds: int, troubles: list[Fault | None], losses: list[str | None]
    ) -> None:
        self.it.now += timedelta(seconds=seconds)
        self.lose(losses)
        self.ask(lambda: payments.sweep(self.it.parties, lambda: self.it.now), troubles)

    @invariant()
    def the_audit_finds_nothing(self) -> None:
        assert payments.breaches() == []

    # How it is asked for.

    def ask(self, act: Callable[[], object], troubles: Sequence[Fault | None]) -> None:
        """Ask until there is an answer, be it a refusal."""
        left = list(troubles)
        self.db.choose_fault = lambda operation: left.pop(0) if left else None
        try:
            for _ in range(len(troubles) + 1):
                try:
                    act()
                except (Crash, ClientError, BotoCoreError, Contended):
                    continue
                except Refused:
                    return
                return
        finally:
            left.clear()

    def pay(
        self,
        order_id: str,
        command: PayOrder,
        troubles: list[Fault | None],
        losses: list[str | None],
    ) -> None:
        self.lose(losses)
        now, it = self.it.now, self.it
        self.ask(
            lambda: payments.pay(command, order_id, caller=resident(), now=now, parties=it.parties),
            troubles,
        )

    def refund(
        self,
        order_id: str,
        command: RefundOrder,
        troubles: list[Fault | None],
        losses: list[str | None],
    ) -> None:
        self.lose(losses)
        now, it = self.it.now, self.it
        self.ask(
            lambda: payments.refund(
                command, order_id, caller=DISPATCHER, now=now, parties=it.parties
            ),
            troubles,
        )

    def take(self, notice: tuple[dict[str, str], str]) -> None:
        self.it.notices.append(notice)
        hear(self.it)

    def lose(self, losses: list[str | None]) -> None:
        left = list(losses)
        self.it.client.trouble = lambda call: left.pop(0) if left else None

    def attempt(self, order_id: str, command: PayOrder) -> list[UUID]:
        """The attempt, if the resident's phone has a handle of it."""
        row = payments.attempts.get(order_id, str(command.id))
        return [command.id] if row is not None and row.handle else []


Shopping.TestCase.settings = settings(
    max_examples=20,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
test_no_fen_is_lost_doubled_or_kept_for_nothing = Shopping.TestCase
