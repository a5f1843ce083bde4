"""Stock on the real stack: a store's day through its doors, a race at the till, and the audit."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import httpx
import pytest

from linli.kernel.ids import gs1_check_digit, uuid7
from linli.kernel.time import ZONE
from local.stack import Stack

COMMUNITY = "shiqiao"
STORES = [body + gs1_check_digit(body) for body in ("690777000001", "690777000002")]
HERE, THERE = STORES
SKU = "200777000001" + gs1_check_digit("200777000001")


class Shops:
    """Two stores on the stack, used through the doors only."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.client = httpx.Client(base_url=stack.api_url, timeout=60)

    def call(self, method: str, path: str, who: str, body: Any = None, **query: str) -> Any:
        """`who` is a store's GLN, or a role in the community, or `name@GLN`."""
        subject, _, place = who.rpartition("@")
        grant = ("store", place) if place.isdigit() else (place, COMMUNITY)
        token = self.stack.token(grant, subject=subject or "u-1")
        headers = {"Authorization": f"Bearer {token}"}
        return self.client.request(method, path, json=body, params=query, headers=headers)

    def sure(self, method: str, path: str, who: str, body: Any = None, **query: str) -> Any:
        answer = self.call(method, path, who, body, **query)
        assert answer.is_success, (method, path, answer.status_code, answer.text)
        return answer.json()

    def level(self, store_id: str) -> dict[str, int]:
        levels = self.sure("GET", f"/v1/stock/{store_id}", store_id)["levels"]
        found: dict[str, int] = next(each for each in levels if each["sku"] == SKU)
        return found


@pytest.fixture(scope="module")
def shops(stack: Stack) -> Shops:
    made = Shops(stack)
    stores = "\n".join(
        f"{store_id},{COMMUNITY},o-{n},店,Shop,{120.3 + 0.004 * n},30.4"
        for n, store_id in enumerate(STORES)
    )
    files = {
        "stores": f"store_id,community_id,owner_id,name_zh,name_en,lon,lat\n{stores}",
        "products": f"sku,name_zh,name_en,price_fen,grams,emergency\n{SKU},米,Rice,500,1000,true",
    }
    for kind, text in files.items():
        for dry_run, state in ((True, "checked"), (False, "done")):
            file = {"id": str(uuid7()), "kind": kind, "dry_run": dry_run, "csv": text}
            report = made.sure("POST", "/v1/imports", "city", file)
            assert (report["state"], report["errors"]) == (state, [])
    text = f"store_id,sku,units,lot_id,expires_on\n{HERE},{SKU},40,L1,2099-01-01"
    file = {"id": str(uuid7()), "kind": "receipts", "dry_run": False, "csv": text}
    assert made.sure("POST", "/v1/imports", HERE, file)["applied_rows"] == 1
    return made


def test_where_did_forty_units_go(shops: Shops, stack: Stack) -> None:
    begun = stack.now() - timedelta(minutes=1)
    assert shops.level(HERE)["atp_units"] == 40
    transfer = {"id": str(uuid7()), "from_store_id": HERE, "to_store_id": THERE}
    shops.sure("POST", "/v1/transfers", THERE, transfer | {"sku": SKU, "units": 6})
    path = f"/v1/transfers/{transfer['id']}"
    shops.sure("POST", f"{path}/ship", HERE, {"id": str(uuid7()), "units": 6})
    assert shops.level(THERE)["inbound_units"] == 6
    arrival = {"id": str(uuid7()), "units": 5, "reason": "torn"}
    assert shops.sure("POST", f"{path}/receive", THERE, arrival)["lost_units"] == 1
    count = {"id": str(uuid7()), "store_id": HERE, "counts": [{"sku": SKU, "counted_units": 30}]}
    assert shops.sure("POST", "/v1/stocktakes", HERE, count)["state"] == "waiting"
    decision = {"store_id": HERE, "approve": True}
    path = f"/v1/stocktakes/{count['id']}/decide"
    assert shops.call("POST", path, HERE, decision).json()["code"] == "four_eyes"
    assert shops.sure("POST", path, f"boss@{HERE}", decision)["state"] == "applied"
    shops.sure("PUT", f"/v1/stock/{HERE}/{SKU}/reserve", "city", {"units": 5})
    _race(shops, stack)
    until = (stack.now() + timedelta(minutes=1)).isoformat()
    span = {"from": begun.isoformat(), "to": until}
    moves = shops.sure("GET", f"/v1/stock/{HERE}/{SKU}/moves", HERE, **span)
    kinds = {move["kind"] for move in moves["moves"]}
    assert kinds == {"received", "transfer_out", "stocktaken", "till_sold"}
    level = shops.level(HERE)
    assert moves["units"] == level["atp_units"] + level["held_units"] == 0


def _race(shops: Shops, stack: Stack) -> None:
    """Forty walk-ins at two tills want one of thirty units each, and each is told twice."""
    sales = [
        {
            "id": str(uuid7()),
            "store_id": HERE,
            "lines": [{"sku": SKU, "units": 1}],
            "sold_at": stack.now().isoformat(),
        }
        for _ in range(40)
    ]
    with ThreadPoolExecutor(8) as pool:
        answers = pool.map(lambda sale: shops.call("POST", "/v1/till-sales", HERE, sale), sales * 2)
        told = [answer.status_code for answer in answers]
    assert set(told) <= {201, 409, 503}
    assert (
        sum(one == 201 or two == 201 for one, two in zip(told[:40], told[40:], strict=True)) == 30
    )


def test_the_pool_tells_what_it_can_promise(shops: Shops) -> None:
    query = {"community_id": COMMUNITY, "lon": "120.3", "lat": "30.4", "sku": SKU}
    promise = shops.sure("GET", "/v1/availability", "dispatcher", **query)["promises"][0]
    assert promise["free_units"] == 5
    assert set(promise["stores"]) == set(STORES)


def test_exports_are_csv(shops: Shops) -> None:
    answer = shops.call("GET", "/v1/exports/stock", HERE, store_id=HERE)
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.text.split("\r\n")[1].startswith(f"{HERE},{SKU},0,")


def test_the_schedules_learn_protection_and_sweep(shops: Shops, stack: Stack) -> None:
    sale = {"id": str(uuid7()), "store_id": THERE, "lines": [{"sku": SKU, "units": 2}]}
    noon = (stack.now() - timedelta(days=2)).astimezone(ZONE).replace(hour=12)
    sold_at = noon.isoformat()  # After the day's delivery, whatever hour it is now.
    shops.sure("POST", "/v1/till-sales", THERE, sale | {"sold_at": sold_at})
    assert _each_store(stack, "protect") == "SUCCEEDED"
    protection = shops.sure("GET", f"/v1/stock/{THERE}/{SKU}/protection", THERE)
    assert max(protection["units_by_hour"]) == 2
    assert _each_store(stack, "sweep") == "SUCCEEDED"
    assert _each_store(stack, "dance") == "FAILED"


def _each_store(stack: Stack, work: str) -> str:
    """What the schedule starts, started now; how it ended."""
    machines = stack.client("stepfunctions")
    started = machines.start_execution(
        stateMachineArn=stack.resources["EachStoreMachine"], input=json.dumps({"work": work})
    )
    until = time.monotonic() + 60
    while time.monotonic() < until:
        told = machines.describe_execution(executionArn=started["executionArn"])
        if told["status"] != "RUNNING":
            return str(told["status"])
        time.sleep(0.3)
    raise AssertionError("it does not end")


def test_the_books_add_up(shops: Shops) -> None:
    verdicts = shops.sure("GET", "/v1/audits", "auditor")["verdicts"]
    stock = next(each for each in verdicts if each["guarantee"] == "I1")
    assert stock["verdict"] == "holds", stock
