"""
How often an order for one hot SKU gives up, by the orders a second: a model, not a measurement.

`python -m benchmarks.orders.contention [--seconds 400]` with `layers/domain/python` on the path.

DynamoDB refuses a transaction that touches an item which another is just writing. The model: a
transaction keeps its items for `window` seconds from prepare to commit; who comes meanwhile is
refused and tries again as `linli.kernel.transact` does, with its own numbers of attempts and
pauses. Orders arrive at random (Poisson). The window is the one number that is not ours: 6 ms and
30 ms enclose what is known of DynamoDB's transactions, 12 ms is our assumption; the emulator in
this process, which has no network and no replicas, is measured and printed beside them.

With shards the SKU's units of one store lie in N items, and an order starts at one of them by its
id. Only the model knows shards: the product has one item for each SKU and store, which the table
shows to suffice below 20 orders a second on ONE SKU OF ONE STORE.
"""

import argparse
import heapq
import random
import time
from dataclasses import dataclass

from linli import orders
from linli.kernel import transact
from linli.kernel.ids import uuid7
from tests.support import village as v
from tests.support.engine import engine

RATES = (3, 20, 40, 80)
WINDOWS = (0.006, 0.012, 0.03)
SHARDS = (1, 4, 8)
TRIP_SECONDS = 0.004
"""From a refusal to the next attempt's prepare, beside the pause."""


@dataclass(frozen=True)
class Outcome:
    """What came of a run of the model."""

    gave_up: float
    attempts: float
    p99_ms: float


def simulate(rate: float, window: float, shards: int, seconds: float, seed: int = 1) -> Outcome:
    """Orders at `rate` a second on one SKU in `shards` items."""
    rng = random.Random(seed)
    queue: list[tuple[float, int, float, int]] = []
    at = 0.0
    while at < seconds:
        at += rng.expovariate(rate)
        heapq.heappush(queue, (at, 0, at, rng.randrange(shards)))
    orders_made, busy_until = len(queue), [0.0] * shards
    attempts, waits = 0, []
    while queue:
        at, tried, since, shard = heapq.heappop(queue)
        attempts += 1
        if at >= busy_until[shard]:
            busy_until[shard] = at + window
            waits.append(at + window - since)
        elif tried + 1 < transact._ATTEMPTS:
            first, longest = transact._FIRST_PAUSE_SECONDS, transact._LONGEST_PAUSE_SECONDS
            pause = rng.uniform(0, min(longest, first * 2**tried))
            heapq.heappush(queue, (at + TRIP_SECONDS + pause, tried + 1, since, shard))
    waits.sort()
    gave_up = 1 - len(waits) / orders_made
    return Outcome(gave_up, attempts / orders_made, waits[int(0.99 * len(waits))] * 1000)


def measured_window(count: int = 40) -> float:
    """Seconds of an order's transaction, to and fro, in the emulator's engine; the median."""
    with engine() as db:
        v.furnish({(v.STORES[0], v.SKUS[0]): 10_000}, capacity=1000)
        times, call = [], db._call

        def timed(request: object, operation: str) -> object:
            started = time.perf_counter()
            answer = call(request, operation)
            if operation == "TransactWriteItems":
                times.append(time.perf_counter() - started)
            return answer

        db._call = timed  # type: ignore[assignment]
        for _ in range(count):
            who = v.resident("r-an")
            orders.place(v.wish(uuid7()), caller=who, now=v.NOON, settings=v.SETTINGS)
    return sorted(times)[count // 2]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=400.0, help="simulated time of a cell")
    seconds = parser.parse_args().seconds
    own = measured_window()
    print(f"one order's transaction in the emulator's engine: {own * 1000:.1f} ms (median)")
    print(f"{transact._ATTEMPTS} attempts; gives up % / attempts / p99 ms; MODEL\n")
    heads = [f"{w * 1000:.0f} ms x {n} shard{'s' * (n > 1)}" for w in WINDOWS for n in SHARDS]
    print(f"{'orders/s':>8}  " + "".join(f"{head:>20}" for head in heads))
    for rate in RATES:
        cells = [simulate(rate, w, n, seconds) for w in WINDOWS for n in SHARDS]
        shown = [f"{c.gave_up:.2%} {c.attempts:.2f} {c.p99_ms:.0f}" for c in cells]
        print(f"{rate:>8}  " + "".join(f"{cell:>20}" for cell in shown))


if __name__ == "__main__":
    main()
