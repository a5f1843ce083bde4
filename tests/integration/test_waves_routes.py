"""Couriers and routes, over an engine: manifests and deliveries."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from linli import orders, waves
from linli.kernel.errors import IdReused, NotFound
from linli.kernel.identity import Caller, Role
from linli.kernel.ids import uuid7
from linli.orders import Order
from linli.waves.model import DeliveryView, ManifestView, ReportDelivery, StartWave
from tests.support import community as here
from tests.support import dispatching
from tests.support.community import AFTER, COMMUNITY, COURIERS, DISPATCHER, SLOT_ID, InProcess
from tests.support.engine import engine
from tests.support.picking import send_off

ANNA, BELA, _ = COURIERS
LATER = AFTER + timedelta(hours=1)


@pytest.fixture
def placed() -> Iterator[list[Order]]:
    """Orders of a community whose wave is out."""
    with engine():
        here.open_community(couriers=1)
        placed = [here.place(n) for n in range(6)]
        waves.start(StartWave(id=uuid7(), slot_id=SLOT_ID), DISPATCHER, InProcess(), AFTER)
        for order in placed:
            send_off(orders.read(order.order_id), AFTER)
        yield placed


def route_id() -> str:
    return waves.wave_view(SLOT_ID, DISPATCHER).routes[0].route_id


def report(courier: Caller, order_id: str, **changes: object) -> DeliveryView:
    body = {"id": uuid7(), "order_id": order_id, "outcome": "delivered", "at": LATER, **changes}
    return waves.report_delivery(ReportDelivery.model_validate(body), courier, LATER)


def doors(manifest: ManifestView) -> list[str]:
    return [visit.place_id for visit in manifest.visits if visit.kind == "deliver"]


def take(courier: Caller) -> None:
    dispatching.take(route_id(), courier.subject, AFTER)


def test_a_foreign_manifest_answers_as_a_missing_one(placed: list[Order]) -> None:
    stranger = here.person("x", Role.COURIER, community="gulou")
    for one, asked in ((stranger, route_id()), (ANNA, route_id()), (ANNA, f"{SLOT_ID}.99")):
        with pytest.raises(NotFound):
            waves.manifest_view(asked, one, AFTER)


def test_the_manifest_says_what_to_collect_and_where_to_hand_it_over(placed: list[Order]) -> None:
    take(ANNA)
    manifest = waves.manifest_view(route_id(), ANNA, AFTER)
    collected, handed = (
        sorted(
            (item.order_id, item.sku, item.units)
            for visit in manifest.visits
            if visit.kind == kind
            for item in visit.items
        )
        for kind in ("collect", "deliver")
    )
    assert collected == handed == sorted((o.order_id, o.lines[0].sku, 1) for o in placed)
    seen: set[str] = set()
    for visit in manifest.visits:
        seen |= set(visit.order_ids) if visit.kind == "collect" else set()
        assert visit.kind == "collect" or visit.place_id in seen
    assert {visit.address.contact_phone for visit in manifest.visits if visit.address} == {None}
    told = manifest.model_dump_json()
    assert not any(str(order.deliver_to.contact_phone) in told for order in placed)
    late = AFTER + timedelta(days=1)  # Never ended, and nobody needs its addresses any more.
    shown = waves.manifest_view(route_id(), ANNA, late)
    assert {visit.address for visit in shown.visits} == {None}


def test_when_the_last_stop_has_ended_the_route_is_done(placed: list[Order]) -> None:
    take(ANNA)
    stops = doors(waves.manifest_view(route_id(), ANNA, AFTER))
    states = [report(ANNA, each).route_state for each in stops[:-1]]
    last = report(ANNA, stops[-1], outcome="failed")
    assert states == ["taken"] * 5
    assert (last.order_state, last.route_state) == ("failed", "done")
    assert {v.address for v in waves.manifest_view(route_id(), ANNA, AFTER).visits} == {None}
    assert waves.open_manifests(COMMUNITY) == []


def test_only_who_holds_the_route_reports_its_stops(placed: list[Order]) -> None:
    order_id = placed[0].order_id
    with pytest.raises(NotFound):
        report(ANNA, order_id)
    take(ANNA)
    with pytest.raises(NotFound):
        report(BELA, order_id)
    with pytest.raises(NotFound):
        report(ANNA, str(uuid7()))
    assert orders.read(order_id).state == "handed_over"


def test_a_report_sent_again_gets_the_same_answer(placed: list[Order]) -> None:
    take(ANNA)
    first = report(ANNA, placed[0].order_id, id=(same := uuid7()))
    assert report(ANNA, placed[0].order_id, id=same) == first
    with pytest.raises(IdReused):
        report(ANNA, placed[0].order_id, id=same, outcome="failed")


def test_a_report_by_paper_ends_the_route_too(placed: list[Order]) -> None:
    for order in placed:
        orders.deliver_on_paper(
            str(uuid7()),
            order.order_id,
            courier_id=None,
            outcome="delivered",
            box_ids=[],
            at=LATER,
            now=LATER,
        )
    assert waves.finish_if_done(route_id(), LATER).state == "done"
    assert waves.finish_if_done(route_id(), LATER + timedelta(hours=1)).done_at is not None
    assert waves.open_manifests(COMMUNITY) == []


def test_open_manifests_hold_what_is_still_to_be_delivered(placed: list[Order]) -> None:
    (offered,) = waves.open_manifests(COMMUNITY)
    assert offered.courier_id is None
    assert {stop.order_id for stop in offered.stops} == {order.order_id for order in placed}
    take(ANNA)
    report(ANNA, offered.stops[0].order_id)
    (manifest,) = waves.open_manifests(COMMUNITY)
    assert manifest.courier_id == ANNA.subject
    assert manifest.stops == offered.stops[1:]
    assert manifest.stops[0].address.contact_phone in {
        order.deliver_to.contact_phone for order in placed
    }
