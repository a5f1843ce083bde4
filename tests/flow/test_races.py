"""True races: residents on many connections at once, over HTTP, for the last units there are."""

from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, TypeVar

import httpx
import pytest

from linli.kernel.ids import gs1_check_digit, uuid7
from linli.kernel.time import ZONE
from local.stack import Stack

COMMUNITY = "races"
STORES = [body + gs1_check_digit(body) for body in ("690777000001", "690777000002")]
LON, LAT = 113.3, 23.1
BUYERS, UNITS, AT_ONCE = 50, 10, 10
T = TypeVar("T")
R = TypeVar("R")


class Town:
    """A community of its own on the stack, far from those of other tests."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.client = httpx.Client(base_url=stack.api_url, timeout=60)
        self.skus = 0

    def call(
        self, method: str, path: str, role: tuple[str, str], body: Any = None, who: str = "u-1"
    ) -> httpx.Response:
        token = self.stack.token(role, subject=who)
        headers = {"Authorization": f"Bearer {token}"}
        return self.client.request(method, path, json=body, headers=headers)

    def sure(self, method: str, path: str, role: tuple[str, str], body: Any = None) -> Any:
        answer = self.call(method, path, role, body)
        assert answer.is_success, (method, path, answer.status_code, answer.text)
        return answer.json()

    def shelve(self, units: int) -> str:
        """A new product, that many units of it in all, over two stores."""
        self.skus += 1
        body = f"20077700{self.skus:04d}"
        sku = body + gs1_check_digit(body)
        names = {"name_zh": "鲜", "name_en": "Fresh"}
        for n, store_id in enumerate(STORES):
            place = {"lon": LON + 0.003 * n, "lat": LAT}
            store = {"community_id": COMMUNITY, "owner_id": "o", **names, **place}
            self.sure("PUT", f"/v1/stores/{store_id}", ("city", COMMUNITY), store)
        product = {**names, "price_fen": 500, "grams": 400}
        self.sure("PUT", f"/v1/products/{sku}", ("city", COMMUNITY), product)
        shares = (units // 2, units - units // 2) if units else ()
        for store_id, share in zip(STORES, shares, strict=False):
            receipt = {"id": str(uuid7()), "store_id": store_id, "sku": sku, "units": share}
            lot = {"lot_id": "L1", "expires_on": "2099-01-01"}
            self.sure("POST", "/v1/stock/receipts", ("store", store_id), receipt | lot)
        return sku

    def offer(self, hour: int, capacity: int, days: int = 2) -> str:
        """A slot in some days."""
        starts = self.stack.now().astimezone(ZONE).replace(minute=0, second=0, microsecond=0)
        starts = starts.replace(hour=hour) + timedelta(days=days)
        slot_id = f"{COMMUNITY}.courier.{starts:%Y%m%dT%H%M}"
        terms = {
            "starts_at": starts.isoformat(),
            "ends_at": (starts + timedelta(hours=1)).isoformat(),
            "cutoff_at": (starts - timedelta(hours=1)).isoformat(),
            "capacity_orders": capacity,
            "price_fen": 0,
        }
        self.sure("PUT", f"/v1/slots/{slot_id}", ("dispatcher", COMMUNITY), terms)
        return slot_id

    def order(self, sku: str, slot_id: str) -> dict[str, Any]:
        """The body of an order of one unit."""
        to = {"lon": LON, "lat": LAT, "building": "1", "floor": 1, "has_lift": False}
        line = {"sku": sku, "units": 1}
        here = {"community_id": COMMUNITY, "slot_id": slot_id}
        return {"id": str(uuid7()), "deliver_to": to, "lines": [line], **here}

    def presale(self, cycle_id: str, wanted: dict[str, int]) -> dict[str, Any]:
        """The body of a presale order."""
        to = {"lon": LON, "lat": LAT, "building": "1", "floor": 1, "has_lift": False}
        lines = [{"sku": sku, "units": units} for sku, units in wanted.items()]
        return {"id": str(uuid7()), "cycle_id": cycle_id, "deliver_to": to, "lines": lines}

    def place(self, body: dict[str, Any], who: str, path: str = "/v1/orders") -> httpx.Response:
        """Send an order, again while it is told to."""
        for _ in range(8):
            answer = self.call("POST", path, ("resident", COMMUNITY), body, who)
            if answer.status_code < 500:
                return answer
        return answer


def at_once(act: Callable[[T], R], on: Iterable[T]) -> list[R]:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(act, on))


def outcome(answer: httpx.Response) -> str:
    body = answer.json()
    return str(body["state"] if answer.is_success else body["code"])


@pytest.fixture(scope="module")
def town(stack: Stack) -> Town:
    return Town(stack)


def audited(town: Town) -> None:
    answer = town.sure("GET", "/v1/audits", ("auditor", COMMUNITY))
    wrong = [v for v in answer["verdicts"] if v["verdict"] not in ("holds", "no_subject")]
    assert wrong == []
    assert answer["holds"]


@pytest.mark.parametrize("shards", [1, 4], ids=["plain", "split"])
def test_fifty_buyers_of_ten_units_get_ten_orders(town: Town, shards: int) -> None:
    sku, slot_id = town.shelve(UNITS), town.offer(10 + (shards > 1), BUYERS)
    for store_id in STORES:
        path = f"/v1/stock/{store_id}/{sku}/shards"
        town.sure("PUT", path, ("store", store_id), {"shards": shards})
    wishes = [(town.order(sku, slot_id), f"racer-{n}") for n in range(BUYERS)]
    answers = at_once(lambda wish: town.place(*wish), wishes)
    assert Counter(map(outcome, answers)) == {"placed": UNITS, "out_of_stock": BUYERS - UNITS}
    again = at_once(lambda wish: town.place(*wish), wishes[:5])
    assert list(map(outcome, again)) == list(map(outcome, answers[:5]))
    levels = [
        level
        for store_id in STORES
        for level in town.sure("GET", f"/v1/stock/{store_id}", ("store", store_id))["levels"]
        if level["sku"] == sku
    ]
    assert sum(level["held_units"] for level in levels) == UNITS
    assert {(level["atp_units"], level["shards"]) for level in levels} == {(0, shards)}
    audited(town)


def test_two_lines_of_one_product_are_no_way_to_more_of_it(town: Town) -> None:
    """Half of the buyers name the product twice: that is no order, whoever is first."""
    sku, slot_id = town.shelve(UNITS), town.offer(13, BUYERS)
    wishes = [(town.order(sku, slot_id), f"racer-{n}") for n in range(24)]
    for body, _ in wishes[::2]:
        body["lines"] *= 2
    answers = at_once(lambda wish: town.place(*wish), wishes)
    assert Counter(map(outcome, answers)) == {"invalid": 12, "placed": UNITS, "out_of_stock": 2}
    audited(town)


def test_one_order_sent_ten_times_at_once_is_one_order(town: Town) -> None:
    sku, slot_id = town.shelve(UNITS), town.offer(12, BUYERS)
    body = town.order(sku, slot_id)
    answers = at_once(lambda _: town.place(body, "racer-0"), range(10))
    assert {answer.text for answer in answers} == {answers[0].text}
    assert outcome(answers[0]) == "placed"
    slots = town.sure("GET", f"/v1/slots?community_id={COMMUNITY}", ("resident", COMMUNITY))
    (taken,) = [s["taken_orders"] for s in slots["slots"] if s["slot_id"] == slot_id]
    assert taken == 1


def test_the_last_places_of_a_slot_go_to_as_many_orders(town: Town) -> None:
    sku, slot_id = town.shelve(BUYERS), town.offer(14, UNITS)
    wishes = [(town.order(sku, slot_id), f"racer-{n}") for n in range(BUYERS)]
    answers = at_once(lambda wish: town.place(*wish), wishes)
    assert Counter(map(outcome, answers)) == {"placed": UNITS, "slot_full": BUYERS - UNITS}
    audited(town)


def test_a_presale_promises_no_more_than_its_maximum_of_any_line(town: Town) -> None:
    """Half want two of the one product, half one of each; there are seven of the other."""
    skus = [town.shelve(0), town.shelve(0)]
    slot_id = town.offer(16, BUYERS, days=6)
    goods = [
        {"sku": sku, "price_fen": 300, "case_units": 1, "maximum_units": most}
        for sku, most in zip(skus, (20, 7), strict=True)
    ]
    cycle = {"community_id": COMMUNITY, "store_id": STORES[0], "slot_id": slot_id, "goods": goods}
    opens_at = town.stack.now() - timedelta(minutes=1)
    body = cycle | {"opens_at": opens_at.isoformat()}
    town.sure("PUT", "/v1/presale-cycles/races-1", ("dispatcher", COMMUNITY), body)
    wanted = [{skus[0]: 2}, dict.fromkeys(skus, 1)]
    wishes = [(town.presale("races-1", wanted[n % 2]), f"racer-{n}") for n in range(40)]
    answers = at_once(lambda wish: town.place(*wish, path="/v1/presale-orders"), wishes)
    told = Counter((n % 2, outcome(each)) for n, each in enumerate(answers))
    assert told[1, "promised"] <= 7
    units = 2 * told[0, "promised"] + told[1, "promised"]
    assert 19 <= units <= 20, "only a single unit may be left, which nobody wants alone"
    assert set(map(outcome, answers)) == {"promised", "presale_sold_out"}
    audited(town)
