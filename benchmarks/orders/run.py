"""
What an order costs: write units, round trips, and the handler's own time, at 1, 5 and 20 lines.

`python -m benchmarks.orders.run [--orders 60]` with `layers/domain/python` on the path and the
development requirements installed. DynamoDB is the emulator's engine in this process, which counts
units as DynamoDB does; time inside it is left out, so that what remains is ours and the SDK's.
The rest of a real order is the network: two round trips.
"""

import argparse
import time
from collections.abc import Callable
from typing import Any

from linli import catalogue, stock
from linli.catalogue import PutProduct
from linli.kernel.ids import gs1_check_digit, uuid7
from tests.support import village as v
from tests.support.engine import Engine, engine
from tests.support.http import golden, send

LINES = (1, 5, 20)
UNITS_EACH = 100_000
WARM = 5


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=60, help="how many orders of each kind")
    count = parser.parse_args().orders
    print("lines  boxes+points  reads  writes  write units  handler ms (median, p95)")
    for lines in LINES:
        for extras in (False, True):
            print(measure(lines, extras, count))


def measure(lines: int, extras: bool, count: int) -> str:
    """One row of the table; `extras`: the order spends points and takes boxes."""
    with engine() as db:
        skus = _furnish(lines)
        for n in range(count + WARM):
            v.give_points(f"r-{n}", 1)
        inside = _time_inside(db)
        times = []
        for n in range(count + WARM):
            event = _event(skus, extras, f"r-{n}")
            if n == WARM:  # Imports, caches and the client are warm.
                db.forget_costs()
            before, started = inside(), time.perf_counter()
            answer = send("orders", event)
            spent = time.perf_counter() - started - (inside() - before)
            assert answer.status == 201, answer.body
            times += [spent * 1000] if n >= WARM else []
        times.sort()
        units = db.written_units / count
        reads, writes = (db.calls[kind] / count for kind in ("BatchGetItem", "TransactWriteItems"))
    shown = "yes" if extras else "no"
    return (
        f"{lines:5}  {shown:>12}  {reads:5.2f}  {writes:6.2f}  {units:11.1f}  "
        f"{times[count // 2]:.1f}, {times[count * 95 // 100]:.1f}"
    )


def _furnish(lines: int) -> list[str]:
    v.furnish({})
    v.offer(v.FUTURE_SLOT, capacity=10_000, starts_at=v.FUTURE_AT)
    bodies = [f"2000000100{n:02d}" for n in range(lines)]
    skus = [body + gs1_check_digit(body) for body in bodies]
    product = PutProduct(name_zh="货", name_en="Good", price_fen=900, grams=500)
    for sku in skus:
        catalogue.put_product(sku, product, None)
        stock.receive(v.receipt(uuid7(), v.STORES[0], sku, UNITS_EACH), by="k", now=v.NOON)
    return skus


def _event(skus: list[str], extras: bool, subject: str) -> dict[str, Any]:
    body: dict[str, Any] = {
        "id": str(uuid7()),
        "lines": [{"sku": sku, "units": 1} for sku in skus],
        "boxes": 2 if extras else 0,
        "spend_points": 1 if extras else 0,
    }
    return golden("order_placed", body=body, subject=subject)


def _time_inside(db: Engine) -> Callable[[], float]:
    """A clock of the seconds that have been spent inside the engine."""
    total = [0.0]
    call = db._call

    def timed(request: Any, operation: str) -> Any:
        started = time.perf_counter()
        try:
            return call(request, operation)
        finally:
            total[0] += time.perf_counter() - started

    db._call = timed  # type: ignore[method-assign]
    return lambda: total[0]


if __name__ == "__main__":
    main()
