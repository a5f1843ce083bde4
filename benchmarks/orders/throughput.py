"""
Orders a second over HTTP on the local stack, with 1 and with 8 clients.

`python -m benchmarks.orders.throughput [--seconds 15]` with `layers/domain/python` on the path.
It starts a stack of its own on free ports and ends it. What it measures is this machine: every
function is a process here, and the emulator of DynamoDB, of API Gateway and of Lambda share its
cores. It shows that nothing of ours serialises, and what a laptop can play; it says nothing of AWS.
"""

import argparse
import os
import shutil
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import httpx

from linli.kernel.ids import uuid7
from linli.kernel.time import ZONE
from local.paths import PRIVATE
from local.stack import Stack
from tests.support import village as v

CLIENTS = (1, 8)
SKUS = v.SKUS


def main() -> None:
    """Start a stack, furnish it, measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=15.0, help="of each measurement")
    seconds = min(30.0, parser.parse_args().seconds)
    state_dir = PRIVATE / f"bench-orders-{os.getpid()}"
    try:
        with Stack.start(state_dir) as stack:
            slot_id = furnish(stack)
            print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before")
            print("clients  orders  orders/s  median ms  p95 ms  other answers")
            for clients in CLIENTS:
                print(measure(stack, slot_id, clients, seconds))
    finally:
        shutil.rmtree(state_dir, ignore_errors=True)


def furnish(stack: Stack) -> str:
    """A store, four products with plenty of stock, and a slot for tomorrow."""
    starts_at = (stack.now().astimezone(ZONE) + timedelta(days=1)).replace(
        hour=10, minute=0, second=0, microsecond=0
    )
    slot_id = f"{v.COMMUNITY}.courier.{starts_at:%Y%m%dT%H%M}"
    store = {"community_id": v.COMMUNITY, "owner_id": "o-1", "name_zh": "店", "name_en": "Shop"}
    good = {"name_zh": "货", "name_en": "Good", "price_fen": 900, "grams": 500}
    slot = {
        "starts_at": starts_at.isoformat(),
        "ends_at": (starts_at + timedelta(hours=2)).isoformat(),
        "cutoff_at": (starts_at - timedelta(hours=1)).isoformat(),
        "capacity_orders": 10_000,
        "price_fen": 0,
    }
    place = {"lon": v.HOME["lon"], "lat": v.HOME["lat"]}
    city = stack.token(("city", v.COMMUNITY), ("store", v.STORES[0]), subject="c-1")
    with httpx.Client(base_url=stack.api_url, timeout=60, headers=bearer(city)) as http:
        check(http.put(f"/v1/stores/{v.STORES[0]}", json=store | place))
        check(http.put(f"/v1/slots/{slot_id}", json=slot))
        for sku in SKUS:
            check(http.put(f"/v1/products/{sku}", json=good))
            receipt = {
                "id": str(uuid7()),
                "store_id": v.STORES[0],
                "sku": sku,
                "units": 100_000,
                "lot_id": "L1",
                "expires_on": str((starts_at + timedelta(days=30)).date()),
            }
            check(http.post("/v1/stock/receipts", json=receipt))
    return slot_id


def measure(stack: Stack, slot_id: str, clients: int, seconds: float) -> str:
    """One row: so many clients order as fast as they are answered."""
    token = stack.token(("resident", v.COMMUNITY), subject="r-1")
    with httpx.Client(
        base_url=stack.api_url,
        timeout=60,
        headers=bearer(token),
        limits=httpx.Limits(max_connections=clients),
    ) as http:
        for _ in range(clients):  # The first calls start processes.
            order(http, slot_id, 0)
        until = time.monotonic() + seconds
        with ThreadPoolExecutor(clients) as pool:
            told = list(pool.map(lambda n: _client(http, slot_id, n, until), range(clients)))
    times = sorted(spent for mine, _ in told for spent in mine)
    others = [status for _, mine in told for status in mine]
    return (
        f"{clients:7}  {len(times):6}  {len(times) / seconds:8.1f}  "
        f"{statistics.median(times) * 1000:9.0f}  {times[len(times) * 95 // 100] * 1000:6.0f}  "
        f"{ {status: others.count(status) for status in sorted(set(others))} or 'none' }"
    )


def _client(
    http: httpx.Client, slot_id: str, n: int, until: float
) -> tuple[list[float], list[int]]:
    times, others = [], []
    while time.monotonic() < until:
        started = time.monotonic()
        status = order(http, slot_id, n)
        if status == 201:
            times.append(time.monotonic() - started)
        else:
            others.append(status)
    return times, others


def order(http: httpx.Client, slot_id: str, n: int) -> int:
    """Place an order of one line."""
    body: dict[str, Any] = v.order(uuid7(), {SKUS[n % len(SKUS)]: 1}, slot_id=slot_id)
    return http.post("/v1/orders", json=body).status_code


def check(answer: httpx.Response) -> None:
    """Break off if the stack cannot be furnished."""
    assert answer.is_success, f"{answer.request.url}: {answer.text}"


def bearer(token: str) -> dict[str, str]:
    """The header that says who calls."""
    return {"Authorization": f"Bearer {token}"}


if __name__ == "__main__":
    main()
