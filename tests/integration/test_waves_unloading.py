"""Segmented unloading through the batch: drops planned, shown, ridden; what they teach."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any
from uuid import UUID

import pytest

from linli import catalogue, dispatch, orders, waves
from linli.catalogue import PutProduct
from linli.dispatch import TellActions
from linli.kernel.errors import NotFound
from linli.kernel.identity import Caller, Role
from linli.kernel.ids import gs1_check_digit, uuid7
from linli.orders import Order
from linli.routing.unloading import ENOUGH, NEVER, USUAL_GRAMS, Tally, tried_at
from linli.waves.model import ManifestView
from linli.waves.rows import RouteRow, problem_key
from linli.waves.steps import read_body
from linli.waves.unload import UnloadingComplaint, note_tally, threshold_of, unload_of
from tests.support import community as here
from tests.support import dispatching, picking
from tests.support.community import AFTER, COMMUNITY, COURIERS, DISPATCHER, SKUS, SLOT_ID, InProcess
from tests.support.engine import Engine, engine
from tests.support.http import golden, send
from tests.support.picking import send_off
from tests.support.replans import Replanner, ask, change

RICE = "200000000003" + gs1_check_digit("200000000003")
TOWER = {"lon": 120.165, "lat": 30.272, "building": "tower", "unit": "1", "floor": 3}
ROUTE = f"{SLOT_ID}.1"
ANNA = COURIERS[0]
RIDING = AFTER + timedelta(hours=1)


@pytest.fixture
def db(monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")  # As Lambda would; nothing is called.
    with engine() as opened:
        here.open_community(couriers=1)
        furnish_rice()
        yield opened


def furnish_rice() -> None:
    rice = {"name_zh": "米", "name_en": "Rice", "price_fen": 3000, "grams": 5_000}
    catalogue.put_product(RICE, PutProduct.model_validate(rice), None)
    here.receive(here.STORES[0], RICE, 50)


def to_the_tower(n: int, *, rice: int = 1) -> Order:
    lines = [{"sku": SKUS[0], "units": 2}, {"sku": RICE, "units": rice}]
    return here.place(n, deliver_to=TOWER, lines=lines if rice else lines[:1])


def planned() -> ManifestView:
    """The one route of the wave, as its dispatcher sees it."""
    assert waves.start_due(InProcess(), AFTER) == [SLOT_ID]
    view = waves.wave_view(SLOT_ID, DISPATCHER)
    assert (view.state, view.unserved, len(view.routes)) == ("published", [], 1)
    return waves.manifest_view(ROUTE, DISPATCHER, AFTER)


def test_neighbours_large_items_are_drops_of_their_own_after_all_light_ones(db: Engine) -> None:
    both, light = [to_the_tower(n) for n in range(2)], to_the_tower(3, rice=0)
    doors = [visit for visit in planned().visits if visit.kind in ("drop", "deliver")]
    of_both = [visit for visit in doors if visit.place_id != light.order_id]
    assert [visit.kind for visit in of_both] == ["drop", "drop", "deliver", "deliver"]
    for order in both:
        first, last = (visit for visit in doors if visit.place_id == order.order_id)
        assert [(item.sku, item.units) for item in first.items] == [(SKUS[0], 2)]
        assert [(item.sku, item.units) for item in last.items] == [(RICE, 1)]
        assert orders.read(order.order_id).route_id == ROUTE
    assert waves.wave_view(SLOT_ID, DISPATCHER).routed_orders == 3


def test_an_order_without_a_neighbour_comes_in_one_drop(db: Engine) -> None:
    here.place(1, lines=[{"sku": SKUS[0], "units": 1}, {"sku": RICE, "units": 1}])
    to_the_tower(2)
    assert {visit.kind for visit in planned().visits} == {"collect", "deliver"}


def test_where_drops_make_the_problem_too_large_orders_come_in_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept = []
    for count in (2, 0):
        with engine():
            here.open_community(couriers=1)
            furnish_rice()
            for n in range(2):
                to_the_tower(n)
            assert len(drops(planned())) == count
            kept.append(json.dumps(read_body(SLOT_ID, problem_key(1, 0)), separators=(",", ":")))
        swelled = import_module("linli.waves.cluster")
        monkeypatch.setattr(swelled, "MOST_PROBLEM_BYTES", len(kept[0]) - 1)
    assert len(kept[1]) < len(kept[0])


def test_a_courier_rides_both_drops_and_the_unloading_is_counted_once(db: Engine) -> None:
    placed = [to_the_tower(n) for n in range(2)]
    planned()
    dispatching.take(ROUTE, ANNA.subject, AFTER)
    for order in placed:
        send_off(orders.read(order.order_id), AFTER)
    shown = waves.manifest_view(ROUTE, ANNA, AFTER).visits
    assert [visit.kind for visit in shown].count("drop") == 2
    first = next_stop(RIDING)
    assert first.kind == "drop"
    ids = [visit.place_id for visit in shown if visit.kind == "deliver"]
    tell([("arrived", 0, n) for n in ids])
    second = next_stop(RIDING)
    assert (second.kind, [item.sku for item in second.items]) == ("deliver", [RICE])
    tell([("delivered", 6 + 4 * n, each) for n, each in enumerate(ids)], seq=10)
    tell([("delivered", 6 + 4 * n, each) for n, each in enumerate(ids)], seq=10)
    assert {orders.read(each).state for each in ids} == {"delivered"}
    view = waves.unloading_view(COMMUNITY, DISPATCHER)
    (line,) = view.thresholds
    assert (line.unloadings, line.orders, line.complaints) == (1, 2, 0)
    assert line.threshold_grams == unload_of(RouteRow.get(f"ROUTE#{ROUTE}", "ROUTE"))[ids[0]]


def test_a_route_planned_anew_keeps_its_drops(db: Engine) -> None:
    both, gone = [to_the_tower(n) for n in range(2)], here.place(4)
    before = drops(planned())
    for line in gone.lines:
        nothing = {line.sku: {"units": 0, "grams": None}}
        picking.pack(orders.read(gone.order_id), AFTER, nothing)
    what = change("order_cancelled", order_ids=[gone.order_id])
    assert ask(Replanner(), what).state == "applied"
    manifest = waves.manifest_view(ROUTE, DISPATCHER, AFTER)
    assert manifest.version == 2
    assert sorted(drops(manifest)) == sorted(before)
    assert {order_id for order_id, _ in before} == {order.order_id for order in both}
    assert gone.order_id not in {visit.place_id for visit in manifest.visits}


def drops(manifest: ManifestView) -> list[tuple[str, str]]:
    """The first drops of a route, each with the product that it hands over."""
    return [(v.place_id, item.sku) for v in manifest.visits if v.kind == "drop" for item in v.items]


def next_stop(now: datetime) -> Any:
    return dispatch.next_stop(ANNA, now).stop


def tell(deeds: list[tuple[str, int, str]], seq: int = 1) -> None:
    actions = [
        {
            "id": str(UUID(int=UUID(order_id).int ^ seq)),
            "seq": seq + n,
            "at": (RIDING + timedelta(minutes=minute)).isoformat(),
            "kind": kind,
            "order_id": order_id,
        }
        for n, (kind, minute, order_id) in enumerate(deeds)
    ]
    body = {"community_id": COMMUNITY, "device": "phone", "actions": actions}
    now = RIDING + timedelta(hours=1)
    told = dispatch.tell(TellActions.model_validate(body), ANNA, dispatching.helpers(), now)
    assert {each.code for each in told.results} == {None}


def test_complaints_count_once_an_order_and_teach_another_threshold(db: Engine) -> None:
    order = to_the_tower(1)
    to_the_tower(2)
    planned()
    body = {"id": str(uuid7()), "order_id": order.order_id}
    event = golden("unloading_complained", body=body, subject="resident-1")
    for _ in range(2):
        told = send("waves", event)
        assert (told.status, told.body["thresholds"][0]["complaints"]) == (200, 1)
    stranger = golden("unloading_complained", body=body, subject="resident-7")
    assert send("waves", stranger).status == 404
    assert told.body["threshold_grams"] == USUAL_GRAMS


def test_a_wave_unloads_at_what_has_cost_least(db: Engine) -> None:
    for threshold, seconds in ((USUAL_GRAMS, 900), (NEVER, 300)):
        for n in range(ENOUGH):
            one = Tally(1, seconds, 10, 3)
            assert note_tally(COMMUNITY, f"DONE#{threshold}-{n}", threshold, one, AFTER)
            assert not note_tally(COMMUNITY, f"DONE#{threshold}-{n}", threshold, one, AFTER)
    assert threshold_of(COMMUNITY) == NEVER
    for n in range(2):
        to_the_tower(n)
    expected = tried_at(f"{SLOT_ID}/tower", NEVER)
    kinds = {visit.kind for visit in planned().visits}
    assert ("drop" in kinds) == (expected <= 5_000)
    told = send("waves", golden("unloadings_read")).body
    assert told["threshold_grams"] == NEVER
    with pytest.raises(NotFound):
        waves.unloading_view(COMMUNITY, Caller("r", frozenset({(Role.RESIDENT, COMMUNITY)})))


def test_a_complaint_of_an_order_that_came_alone_is_refused(db: Engine) -> None:
    order = here.place(1)
    planned()
    with pytest.raises(NotFound):
        waves.complain(
            UnloadingComplaint(id=uuid7(), order_id=UUID(order.order_id)), DISPATCHER, AFTER
        )
