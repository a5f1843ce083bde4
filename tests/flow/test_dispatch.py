"""Offers on the real stack: races over HTTP, task tokens, expiry, re-offers; a courier's day."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from linli.kernel.ids import uuid7
from local.stack import Stack
from tests.flow.test_route_wave import COMMUNITY, Town, eventually, new, offered, pack, published


@pytest.fixture(scope="module")
def town(stack: Stack) -> Town:
    town = Town(stack)
    town.furnish()
    return town


def wave_of(town: Town, orders: int) -> str:
    """A published wave; answers its first route."""
    slot_id = town.open_slot()
    for n in range(orders):
        town.order(n, slot_id)
    town.pass_cutoff()
    assert town.ask(slot_id).status_code == 202
    return str(eventually(published(town, slot_id))["routes"][0]["route_id"])


def say(town: Town, route_id: str, word: str, courier: str) -> str:
    """A courier's word on a route; answers the refusal's code, or ok."""
    answer = town.call("POST", f"/v1/routes/{route_id}/{word}", "courier", new(), courier)
    return "ok" if answer.is_success else str(answer.json()["code"])


def run_view(town: Town, route_id: str) -> dict[str, Any]:
    path = f"/v1/waves/{route_id.rpartition('.')[0]}/offers"
    found: dict[str, Any] = town.sure("GET", path, "dispatcher")
    return found


def test_a_route_moves_on_from_no_to_silence_to_whom_it_finds(town: Town) -> None:
    """One says no, one lets it pass; the third is asked by the same run, which then closes."""
    route_id = wave_of(town, 2)
    first = eventually(lambda: offered(town, route_id))
    assert say(town, route_id, "decline", first) == "ok"
    assert say(town, route_id, "accept", first) == "offer_gone"
    second = eventually(lambda: offered(town, route_id))
    assert second != first
    town.stack.set_clock(town.stack.now() + timedelta(minutes=4))
    assert say(town, route_id, "accept", second) == "offer_gone"
    sweep(town)
    third = eventually(lambda: offered(town, route_id))
    assert {first, second, third} == {"courier-0", "courier-1", "courier-2"}
    words = [("accept", third), ("accept", third), ("accept", first), ("decline", third)]
    with ThreadPoolExecutor(4) as pool:
        said = list(pool.map(lambda word: say(town, route_id, *word), words))
    assert said[2] in ("offer_gone", "route_taken")
    assert said[:2].count("ok") + (said[3] == "ok") * 2 == 2, "yes from both devices, or no"
    if said[3] == "ok":
        town.sure("POST", f"/v1/routes/{route_id}/assign", "dispatcher",
                  {**new(), "courier_id": third})  # fmt: skip
    view = eventually(lambda: v if (v := run_view(town, route_id))["state"] == "closed" else None)
    assert view["run"] == 1
    ends = {each["courier_id"]: each["state"] for each in view["offers"]}
    assert (ends[first], ends[second]) == ("declined", "expired")
    assert town.wave(view["wave_id"])["routes"][0]["courier_id"] == third


def sweep(town: Town) -> None:
    """The schedule of this minute."""
    function = town.stack.resources["SweepOffersFunction"]
    called = town.stack.client("lambda").invoke(FunctionName=function, Payload=b"{}")
    assert "FunctionError" not in called, called["Payload"].read()


PICTURE = b"\xff\xd8 a doorstep"


def photograph(town: Town, route_id: str, order_id: str, courier: str) -> str:
    """Ask for a picture's key and put one there, as a device does; answers the key."""
    body = {**new(), "order_id": order_id, "kind": "photo", "content_type": "image/jpeg"}
    asked = town.sure("POST", f"/v1/routes/{route_id}/proofs", "courier",
                      {**body, "size_bytes": len(PICTURE)}, courier)  # fmt: skip
    for picture, status in ((PICTURE + b"!", 403), (PICTURE, 200), (PICTURE, 412)):
        put = httpx.put(asked["url"], headers=asked["headers"], content=picture)
        assert put.status_code == status, put.text
    bare = asked["url"].partition("?")[0]
    assert httpx.get(bare).status_code == httpx.put(bare, content=PICTURE).status_code == 403
    return str(asked["key"])


def seen_by_the_dispatcher(town: Town, route_id: str) -> list[bytes]:
    """The pictures of a route's proofs."""
    proofs = town.sure("GET", f"/v1/routes/{route_id}/proofs", "dispatcher")["proofs"]
    return [httpx.get(each["photo"]["url"]).content for each in proofs if each["photo"]]


def masked_call(town: Town, order_id: str, courier: str) -> str | None:
    """What a call to the order's resident reaches, through a line that the courier is lent."""
    asked = town.call("POST", "/v1/calls", "courier", {**new(), "order_id": order_id}, courier)
    if not asked.is_success:
        return str(asked.json()["code"])
    number, _, extension = asked.json()["dial"].removeprefix("tel:").partition(";ext=")
    line = {"community_id": COMMUNITY, "number": number, "extension": extension}
    return str(town.sure("POST", "/v1/calls/connect", "switchboard", line)["connect_to"])


def test_a_courier_tells_their_day_and_calls_for_help(town: Town, stack_log: Path) -> None:
    """Stops told without network, twice; a lift; then SOS, and another courier rides on."""
    route_id = wave_of(town, 3)
    holder = eventually(lambda: offered(town, route_id))
    assert say(town, route_id, "accept", holder) == "ok"
    manifest = town.sure("GET", f"/v1/routes/{route_id}", "courier", subject=holder)
    pack(town, route_id, manifest)
    doors = [visit["place_id"] for visit in manifest["visits"] if visit["kind"] == "deliver"]
    stop = town.sure("GET", "/v1/couriers/me/next-stop", "courier", subject=holder)
    assert stop["stop"]["place_id"] == doors[0]
    assert masked_call(town, doors[1], holder) == "no_line_free"
    pool = {"numbers": ["+8617000000001"], "extensions": 10}
    town.sure("PUT", f"/v1/call-pools/{COMMUNITY}", "city", pool)
    assert str(masked_call(town, doors[1], holder)).startswith("+861380000")
    key = photograph(town, route_id, doors[0], holder)
    now = town.stack.now().isoformat()
    building = stop["stop"]["address"]["building"]
    told = [
        {"kind": "arrived", "order_id": doors[0]},
        {"kind": "delivered", "order_id": doors[0], "proof": {"photo_key": key}},
        {"kind": "delivered", "order_id": str(uuid7())},
        {"kind": "lift", "building": building, "unit": "", "works": False},
        {"kind": "sos", "note": "轮胎", "lon": 120.16, "lat": 30.27},
    ]
    actions = [{**new(), "seq": n, "at": now, **each} for n, each in enumerate(told)]
    body = {"community_id": COMMUNITY, "device": "phone", "actions": actions}
    first = town.sure("POST", "/v1/couriers/me/actions", "courier", body, holder)
    states = [(each["state"], each["code"]) for each in first["results"]]
    ok = ("applied", None)
    assert states == [ok, ok, ("conflict", "not_found"), ok, ok]
    again = town.sure("POST", "/v1/couriers/me/actions", "courier", body, holder)
    assert again["results"] == first["results"]
    assert seen_by_the_dispatcher(town, route_id) == [PICTURE]
    assert key not in stack_log.read_text(encoding="utf-8", errors="replace")
    lifts = town.sure("GET", f"/v1/lifts?community_id={COMMUNITY}", "courier")["lifts"]
    assert [each["building"] for each in lifts] == [building]
    (alert,) = [a for a in town.sure("GET", "/v1/alerts", "dispatcher")["alerts"]
                if a["kind"] == "sos"]  # fmt: skip
    assert alert["courier_id"] == holder
    pay = town.sure(
        "GET", "/v1/couriers/me/earnings?from_on=2020-01-01&to_on=2100-01-01", "courier",
        subject=holder,
    )  # fmt: skip
    assert [line["stops"] for line in pay["lines"] if line["route_id"] == route_id] == [1]
    left = set(doors[1:])
    eventually(lambda: True if all(moved(town, each, route_id, holder) for each in left) else None)


def moved(town: Town, order_id: str, route_id: str, holder: str) -> bool:
    """Whether the order has left the courier who stopped, by the plan that the SOS asked for."""
    wave = town.wave(route_id.rpartition(".")[0])
    mine = {route["route_id"] for route in wave["routes"] if route["courier_id"] == holder}
    for route in wave["routes"]:
        if route["route_id"] in mine or route["state"] == "done":
            continue
        manifest = town.sure("GET", f"/v1/routes/{route['route_id']}", "dispatcher")
        if order_id in [v["place_id"] for v in manifest["visits"] if v["kind"] == "deliver"]:
            return True
    return False


def test_quiet_is_for_buildings_that_bear_it(town: Town) -> None:
    slot_id = town.open_slot()
    body = {
        "id": str(uuid7()),
        "community_id": COMMUNITY,
        "deliver_to": {"lon": 120.16, "lat": 30.27, "building": "Q", "floor": 1},
        "lines": [{"sku": town.sure("GET", "/v1/products", "city")["products"][0]["sku"],
                   "units": 1}],
        "slot_id": slot_id,
        "quiet": True,
    }  # fmt: skip
    refused = town.call("POST", "/v1/orders", "resident", body)
    assert (refused.status_code, refused.json()["code"]) == (409, "not_quiet_here")
    for n in range(9):
        said = {**new(), "community_id": COMMUNITY, "building": "Q", "accepts": True}
        town.sure("POST", "/v1/quiet/answers", "resident", said, f"resident-{n}")
    index = town.sure("GET", f"/v1/quiet?community_id={COMMUNITY}", "resident")
    assert [(b["building"], b["allowed"]) for b in index["buildings"]] == [("Q", True)]
    placed = town.sure("POST", "/v1/orders", "resident", {**body, **new()})
    assert placed["state"] == "placed"
