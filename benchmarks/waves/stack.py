"""
A wave on the local stack, from its cut-off to its manifests: `python -m benchmarks.waves.stack`.

`--stops 300` orders of a neighbourhood are placed over HTTP, the clock passes the cut-off, and the
dispatcher starts the wave: the real template, Step Functions and functions. Prints the seconds
until the manifests are out, where the time went, and the kilometres beside those of hand-made
routes. The stack is started on free ports with a folder of its own and stopped at the end; run it
with the tests' environment (`make test` makes it). Exit code 1 when it took more than 60 seconds.
"""

import argparse
import random
import shutil
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from linli.fleet.documents import NEEDED
from linli.kernel.ids import gs1_check_digit, uuid7
from linli.kernel.time import ZONE
from local.stack import Stack

COMMUNITY, LON, LAT = "bench", 121.4737, 31.2304
DEGREES = 0.008
"""Standard deviation of doors about the centre: some 800 m."""
MOST_SECONDS = 60


def main() -> int:
    """Run the benchmark; exit code 1 when the wave took too long."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--stops", type=int, default=300)
    parser.add_argument("--stores", type=int, default=5)
    parser.add_argument("--couriers", type=int, default=30)
    parser.add_argument("--lines", type=int, default=3)
    parser.add_argument("--state", type=Path, default=Path(".local/bench-wave"))
    chosen = parser.parse_args()
    shutil.rmtree(chosen.state, ignore_errors=True)  # What an interrupted run has left.
    with Stack.start(chosen.state) as stack:
        took = Wave(stack, chosen).run()
    shutil.rmtree(chosen.state, ignore_errors=True)
    return 0 if took <= MOST_SECONDS else 1


class Wave:
    """One wave on a stack, through the doors only."""

    def __init__(self, stack: Stack, chosen: argparse.Namespace) -> None:
        self.stack, self.chosen = stack, chosen
        self.client = httpx.Client(base_url=stack.api_url, timeout=60)
        self.chance = random.Random(1)
        self.stores = [self._gtin(f"69066600{n:04d}") for n in range(chosen.stores)]
        self.skus = [self._gtin(f"20066600{n:04d}") for n in range(20)]

    @staticmethod
    def _gtin(body: str) -> str:
        return body + gs1_check_digit(body)

    def call(self, method: str, path: str, role: str, body: Any = None, who: str = "u") -> Any:
        """Ask a door; what it answers."""
        place = body["store_id"] if role == "store" else COMMUNITY
        headers = {"Authorization": f"Bearer {self.stack.token((role, place), subject=who)}"}
        answer = self.client.request(method, path, json=body, headers=headers)
        if not answer.is_success:
            raise SystemExit(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json()

    def run(self) -> float:
        """Furnish, order, pass the cut-off; the seconds until the manifests are out."""
        self.furnish()
        slot_id = self.open_slot()
        began = time.perf_counter()
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda n: self.order(n, slot_id), range(self.chosen.stops)))
        print(f"{self.chosen.stops} orders placed in {time.perf_counter() - began:.1f} s")
        self.stack.set_clock(self.stack.now() + timedelta(hours=6))
        began = time.perf_counter()
        command = {"id": str(uuid7()), "slot_id": slot_id}
        self.call("POST", "/v1/waves", "dispatcher", command)
        wave = self.wait(slot_id, began)
        took = time.perf_counter() - began
        self.tell(wave, slot_id, took)
        return took

    def furnish(self) -> None:
        """Stores with stock, and couriers."""
        names = {"name_zh": "店", "name_en": "Shop"}
        reach = {"pool_metres": 6_000, "aid_metres": 6_000}
        self.call("PUT", f"/v1/communities/{COMMUNITY}", "city", reach)
        for store_id in self.stores:
            place = {"lon": self.near(LON), "lat": self.near(LAT)}
            store = {"community_id": COMMUNITY, "owner_id": "o", **names, **place}
            self.call("PUT", f"/v1/stores/{store_id}", "city", store)
        for sku in self.skus:
            product = {**names, "price_fen": 500, "grams": self.chance.randint(200, 1500)}
            self.call("PUT", f"/v1/products/{sku}", "city", product)
        for n, sku in enumerate(self.skus):
            for m, store_id in enumerate(self.stores):
                if m == n % len(self.stores) or self.chance.random() < 0.6:
                    self.receive(store_id, sku)  # No store has everything.
        for n in range(self.chosen.couriers):
            self.register(n)

    def receive(self, store_id: str, sku: str) -> None:
        """Goods come in."""
        receipt = {
            "id": str(uuid7()),
            "store_id": store_id,
            "sku": sku,
            "units": 10 + self.chosen.stops // 2,
            "lot_id": "L1",
            "expires_on": "2099-01-01",
        }
        self.call("POST", "/v1/stock/receipts", "store", receipt)

    def register(self, n: int) -> None:
        """A courier who rides all day, with every document."""
        courier = {
            "community_id": COMMUNITY,
            "trade": "rider",
            "vehicle": "ebike",
            "start": {"lon": self.near(LON), "lat": self.near(LAT)},
            "shift": {"opens": "00:00", "closes": "23:59"},
        }
        who = f"courier-{n}"
        self.call("PUT", "/v1/couriers/me", "courier", courier, who)
        for kind in NEEDED["ebike"]:
            paper = {"community_id": COMMUNITY, "number": "A-1", "expires_on": "2099-01-01"}
            told = self.call("PUT", f"/v1/couriers/me/documents/{kind}", "courier", paper, who)
            verdict = {"version": told["version"], "verdict": "verified"}
            body = {"id": str(uuid7()), "community_id": COMMUNITY, **verdict}
            self.call("POST", f"/v1/couriers/{who}/documents/{kind}/judge", "dispatcher", body)

    def near(self, centre: float) -> float:
        """A coordinate near the centre."""
        return self.chance.gauss(centre, DEGREES)

    def open_slot(self) -> str:
        """A slot of two hours tomorrow morning whose cut-off is in five hours."""
        now = self.stack.now()
        day = (now + timedelta(hours=20)).astimezone(ZONE).date()
        starts_at = datetime(day.year, day.month, day.day, 10, tzinfo=ZONE)
        slot_id = f"{COMMUNITY}.courier.{starts_at:%Y%m%dT%H%M}"
        slot = {
            "starts_at": starts_at.isoformat(),
            "ends_at": (starts_at + timedelta(hours=2)).isoformat(),
            "cutoff_at": (now + timedelta(hours=5)).isoformat(),
            "capacity_orders": self.chosen.stops,
            "price_fen": 300,
        }
        self.call("PUT", f"/v1/slots/{slot_id}", "dispatcher", slot)
        return slot_id

    def order(self, n: int, slot_id: str) -> None:
        """Resident `n` orders some products at a door of their own."""
        chance = random.Random(n)
        skus = chance.sample(self.skus, self.chosen.lines)
        body = {
            "id": str(uuid7()),
            "community_id": COMMUNITY,
            "deliver_to": {
                "lon": chance.gauss(LON, DEGREES),
                "lat": chance.gauss(LAT, DEGREES),
                "building": str(n),
                "floor": chance.randint(1, 6),
            },
            "lines": [{"sku": sku, "units": chance.randint(1, 2)} for sku in skus],
            "slot_id": slot_id,
        }
        self.call("POST", "/v1/orders", "resident", body, f"resident-{n}")

    def wait(self, wave_id: str, began: float) -> dict[str, Any]:
        """The wave once its manifests are out; prints each state as it comes."""
        seen = ""
        while True:
            wave: dict[str, Any] = self.call("GET", f"/v1/waves/{wave_id}", "dispatcher")
            if wave["state"] != seen:
                seen = wave["state"]
                print(f"{time.perf_counter() - began:6.1f} s  {seen}")
            if seen == "published":
                return wave
            if seen == "failed" or time.perf_counter() - began > 300:
                raise SystemExit(f"the wave is {seen}: {wave['reason']}")
            time.sleep(0.5)

    def tell(self, wave: dict[str, Any], wave_id: str, took: float) -> None:
        """Print what it came to, and how long each task took."""
        machine = self.stack.resources["RouteWaveMachine"]
        arn = f"{machine.replace(':stateMachine:', ':execution:')}:{wave_id}--1"
        client = self.stack.client("stepfunctions")
        history = client.get_execution_history(executionArn=arn, maxResults=500)["events"]
        entered: dict[str, Any] = {}
        for event in history:
            details = event.get("stateEnteredEventDetails")
            if details:
                entered.setdefault(details["name"], event["timestamp"])
            details = event.get("stateExitedEventDetails")
            if details and details["name"] in entered:
                seconds = (event["timestamp"] - entered[details["name"]]).total_seconds()
                print(f"{seconds:6.1f} s  {details['name']}")
        km, by_hand = wave["metres"] / 1000, wave["baseline_metres"] / 1000
        print(
            f"{wave['orders']} orders, {wave['routed_orders']} on {len(wave['routes'])} routes, "
            f"{len(wave['unserved'])} unserved; {km:.1f} km, by hand {by_hand:.1f} km; "
            f"{wave['solver']} {wave['fallback_from'] or ''}"
        )
        print(f"cut-off to manifests: {took:.1f} s (at most {MOST_SECONDS})")


if __name__ == "__main__":
    sys.exit(main())
