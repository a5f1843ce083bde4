"""
How often an order for one hot SKU gives up, by the orders a second, with and without shards.

`python -m benchmarks.orders.contention [--seconds 20] [--slots 64]` with `layers/domain/python` on
the path.

**Run for real**: `linli.orders.place` itself, with its reads, its plan, its choice of shards, its
transaction, its repeats with jitter and its planning anew, on the engine that judges our races
(decision 0005): every condition is evaluated, and in the end the audit's sum must be right.

**Modelled**: time. Orders arrive at random (Poisson) on a clock of their own. A call takes
`TRIP_SECONDS` to DynamoDB and back, and a transaction keeps its items for `window` seconds from
prepare to commit; who comes for one of them meanwhile is refused with a conflict, as DynamoDB does.
The window is the one number that is not ours: 6 ms and 30 ms enclose what is known of DynamoDB's
transactions, 12 ms is our assumption.

The orders go to `--slots` slots, as of several communities that a store serves: a slot is an item
that each of its orders writes, so that in one slot alone (`--slots 1`) the slot is what is hot.
"""

import argparse
import heapq
import json
import random
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from linli import orders, stock
from linli.kernel.errors import Contended, Refused
from linli.kernel.ids import uuid7
from linli.kernel.transact import Transaction
from tests.support import village as v
from tests.support.engine import Engine, engine
from tests.support.faults import Fault, spoil
from tests.support.quick_sdk import quick_sdk

RATES = (3, 20, 40, 80)
WINDOWS = (0.006, 0.012, 0.03)
SHARDS = (1, 4, 8)
TRIP_SECONDS = 0.004
HERE, SKU = v.STORES[0], v.SKUS[0]


class Clock:
    """Time that passes when everybody waits: threads take turns, the earliest first."""

    def __init__(self) -> None:
        self.now = 0.0
        self._due: list[tuple[float, int, threading.Semaphore]] = []
        self._idle = threading.Semaphore(0)
        self._number = 0

    def wait(self, seconds: float) -> None:
        """Let that much time pass for the thread that calls."""
        go = threading.Semaphore(0)
        self._push(self.now + seconds, go)
        self._idle.release()
        go.acquire()

    def _push(self, at: float, go: threading.Semaphore) -> None:
        self._number += 1
        heapq.heappush(self._due, (at, self._number, go))

    def at(self, when: float, act: Callable[[], None]) -> None:
        """Begin `act` then."""
        go = threading.Semaphore(0)

        def body() -> None:
            go.acquire()
            try:
                act()
            finally:
                self._idle.release()

        self._push(when, go)
        threading.Thread(target=body, daemon=True).start()

    def run(self) -> None:
        """Until nobody waits any more."""
        while self._due:
            self.now, _, go = heapq.heappop(self._due)
            go.release()
            self._idle.acquire()


@dataclass
class Run:
    """One cell of the table."""

    told: Counter[str] = field(default_factory=Counter)
    attempts: int = 0
    conflicts: int = 0
    waits: list[float] = field(default_factory=list)

    @property
    def gave_up(self) -> float:
        """The share of orders that were told to come again."""
        return self.told["contended"] / max(1, self.told.total())

    @property
    def p99_ms(self) -> float:
        """How long the slowest hundredth of the placed orders took, in milliseconds."""
        waits = sorted(self.waits)
        return waits[int(0.99 * len(waits))] * 1000 if waits else 0.0


def keep_items(db: Engine, clock: Clock, window: float, run: Run) -> None:
    """Let calls take time, and transactions keep their items meanwhile."""
    busy: dict[tuple[str, str], float] = {}
    answer = db._answer

    def slow(request: Any, event_name: str, **more: Any) -> Any:
        clock.wait(TRIP_SECONDS / 2)
        if not event_name.endswith("TransactWriteItems"):
            clock.wait(TRIP_SECONDS / 2)
            return answer(request, event_name, **more)
        run.attempts += 1
        items = _items_of(json.loads(request.body))
        if any(busy.get(item, 0.0) > clock.now for item in items):
            run.conflicts += 1
            clock.wait(TRIP_SECONDS / 2)
            return spoil(Fault.CONFLICT, request, "TransactWriteItems")
        busy.update(dict.fromkeys(items, clock.now + window))
        clock.wait(window)
        told = answer(request, event_name, **more)
        clock.wait(TRIP_SECONDS / 2)
        return told

    db._answer = slow  # type: ignore[method-assign]


def _items_of(body: dict[str, Any]) -> list[tuple[str, str]]:
    found = []
    for write in body["TransactItems"]:
        ((_, action),) = write.items()
        key = action.get("Key") or action["Item"]
        found.append((key["pk"]["S"], key["sk"]["S"]))
    return found


def play(
    rate: float, window: float, shards: int, *, seconds: float, slots: int, units: int = 100_000
) -> Run:
    """Orders of one unit at `rate` a second, for one SKU of one store in `shards` items."""
    rng, run, clock = random.Random(1), Run(), Clock()
    random.seed(1)  # The jitter of the product's own pauses.
    with engine() as db, quick_sdk(db):
        slot_ids = furnish(units, shards, slots)
        keep_items(db, clock, window, run)
        commit: Any = Transaction.commit
        kept, commit.__defaults__ = commit.__defaults__, (clock.wait,)
        try:
            at = 0.0
            while (at := at + rng.expovariate(rate)) < seconds:
                clock.at(at, _order(clock, run, rng.choice(slot_ids), f"r-{rng.random()}"))
            clock.run()
        finally:
            commit.__defaults__ = kept
        del db._answer
        level = stock.levels([(HERE, SKU)])[HERE, SKU]
        assert level.held_units == run.told["placed"], "as many units are held as were promised"
        assert level.atp_units + level.held_units == units
    return run


def furnish(units: int, shards: int, slots: int) -> list[str]:
    """A store with one product, and slots."""
    v.furnish({(HERE, SKU): units}, capacity=10_000)
    found = []
    for n in range(slots):
        starts_at = v.LATER + timedelta(hours=1, minutes=n)
        found.append(f"{v.COMMUNITY}.courier.{starts_at + timedelta(hours=8):%Y%m%dT%H%M}")
        v.offer(found[-1], capacity=10_000, starts_at=starts_at)
    stock.split(HERE, SKU, shards)
    return found


def _order(clock: Clock, run: Run, slot_id: str, who: str) -> Callable[[], None]:
    def act() -> None:
        began = clock.now
        command = v.wish(uuid7(), {SKU: 1}, slot_id=slot_id)
        try:
            orders.place(command, caller=v.resident(who), now=v.NOON, settings=v.SETTINGS)
        except Contended:
            run.told["contended"] += 1
        except Refused as refusal:
            run.told[refusal.code] += 1
        else:
            run.told["placed"] += 1
            run.waits.append(clock.now - began)

    return act


def main() -> None:
    """Print the table, and what happens when the SKU sells out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0, help="of a cell, on its own clock")
    parser.add_argument("--slots", type=int, default=64, help="over which the orders are spread")
    chosen = parser.parse_args()
    how = {"seconds": chosen.seconds, "slots": chosen.slots}
    print("the product's own orders; the time is a model: see `--help`")
    print(f"gives up % / transactions an order / p99 ms; {chosen.slots} slots\n")
    heads = [f"{w * 1000:.0f} ms x {n} shard{'s' * (n > 1)}" for w in WINDOWS for n in SHARDS]
    print(f"{'orders/s':>8}  " + "".join(f"{head:>20}" for head in heads), flush=True)
    for rate in RATES:
        cells = [play(rate, w, n, **how) for w in WINDOWS for n in SHARDS]
        shown = [f"{c.gave_up:.2%} {c.attempts / c.told.total():.2f} {c.p99_ms:.0f}" for c in cells]
        print(f"{rate:>8}  " + "".join(f"{cell:>20}" for cell in shown), flush=True)
    print("\nsold out at 80 orders a second, 12 ms: units, and what the orders were told")
    for shards in SHARDS:
        units = int(40 * chosen.seconds)
        told = play(80, 0.012, shards, units=units, **how).told
        print(f"{shards:>8} shard{'s' * (shards > 1)}: {units} units, {dict(told)}", flush=True)


if __name__ == "__main__":
    main()
