"""
How many residents who want to pay end up with a paid order, when the provider has bad luck.

The real use cases and the real adapter over the simulated provider, on the emulator's engine in
this process; time is simulated. A resident taps again after half a minute without an answer, as
long as there is time; the sweeper comes by each minute.
"""

import random
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

from linli import payments
from linli.payments.audit import books
from tests.support.engine import engine
from tests.support.paying import NOW, Till, Trouble, hear, resident, till, wish
from tests.support.quick_sdk import quick_sdk

ORDERS_A_MINUTE = 6
AFTERWARDS = 30
"""Minutes that pass after the last order."""


@dataclass(frozen=True, slots=True)
class Luck:
    """Shares of the provider's calls that go wrong, of notifications lost, and an outage."""

    lost: float
    notices_lost: float
    outage_minutes: int
    declined: float


@dataclass(frozen=True, slots=True)
class Wish:
    """Who wants to pay which order, and how: tapping again is the same attempt."""

    who: str
    order_id: str
    command: payments.PayOrder


def measure(orders: int, luck: Luck, seed: int) -> Counter[str]:
    """What became of that many orders: paid, declined, left, and, if ever, charged twice."""
    rng = random.Random(seed)
    with engine() as db, quick_sdk(db):
        it = till()
        minutes = -(-orders // ORDERS_A_MINUTE)
        dark = range(minutes // 3, minutes // 3 + luck.outage_minutes)
        waiting: list[Wish] = []
        for minute in range(minutes + AFTERWARDS):
            it.now = NOW + timedelta(minutes=minute)
            it.client.trouble = _trouble(rng, luck, minute in dark)
            if minute < minutes:
                waiting += [_placed(it, f"r-{minute}-{n}") for n in range(ORDERS_A_MINUTE)]
            waiting = [each for each in waiting if not _tap(it, rng, luck, each)]
            _time_goes_by(it, rng, luck)
        return _ends()


def _placed(it: Till, who: str) -> Wish:
    return Wish(who, it.shop.place(who, fen=4500, now=it.now), wish(device_id=f"device-of-{who}"))


def _trouble(rng: random.Random, luck: Luck, outage: bool) -> Trouble:
    """What goes wrong with the provider's calls of a minute."""

    def choose(_call: str) -> str | None:
        if outage:
            return "before"
        return rng.choice(["before", "after"]) if rng.random() < luck.lost else None

    return choose


def _tap(it: Till, rng: random.Random, luck: Luck, tap: Wish) -> bool:
    """A resident taps, or taps again; whether they need not any more."""
    try:
        told = payments.pay(
            tap.command, tap.order_id, caller=resident(tap.who), now=it.now, parties=it.parties
        )
    except payments.NoLongerPayable:
        return True
    if told.handle is None:
        return told.state != "unknown"
    number = tap.command.id.hex
    if rng.random() < luck.declined:
        it.book.decline(number)
    else:
        it.book.pay(it.book.trades[number].prepay_ids[-1], it.now)
    return True


def _time_goes_by(it: Till, rng: random.Random, luck: Luck) -> None:
    it.now += timedelta(seconds=40)
    it.notices[:] = [each for each in it.notices if rng.random() >= luck.notices_lost]
    hear(it)
    it.sweep()


def _ends() -> Counter[str]:
    """What became of each order."""
    ended: Counter[str] = Counter()
    for mine in books().values():
        states = {str(row.state) for row in mine.attempts.values()}
        captures = len(mine.took())
        if captures > 1:
            ended["charged twice"] += 1
        ended["paid" if captures else "declined" if "failed" in states else "left"] += 1
    return ended
