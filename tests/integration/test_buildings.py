"""Lifts and the quiet of buildings over an engine: voices counted once, races, what follows."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from linli import buildings, catalogue, dispatch, orders, waves
from linli.buildings import NotQuietHere, QuietAnswer, QuietComplaint, ReportLift
from linli.dispatch import TellActions
from linli.kernel import door
from linli.kernel.errors import IdReused, NotFound, Refused
from linli.kernel.identity import Role
from linli.kernel.ids import uuid7
from linli.orders import PlaceOrder
from linli.routing.rules import service_seconds
from linli.waves.lifts import as_lifts_stand
from linli.waves.model import StartWave
from tests.support import community as here
from tests.support import dispatching
from tests.support.community import (
    AFTER,
    BEFORE,
    COMMUNITY,
    COURIERS,
    DISPATCHER,
    SETTINGS,
    SLOT_ID,
    InProcess,
)
from tests.support.dispatching import Started
from tests.support.engine import Engine, engine
from tests.support.http import golden, send
from tests.support.picking import send_off

ANNA = COURIERS[0]
RESIDENTS = [here.person(f"resident-{n}", Role.RESIDENT) for n in range(12)]


@pytest.fixture
def db() -> Iterator[Engine]:
    with engine() as opened:
        here.open_community(couriers=1)
        yield opened
    catalogue.forget()


def lift(works: bool = False, unit: str = "1") -> ReportLift:
    said = {"building": "7", "unit": unit, "works": works, "at": AFTER}
    return ReportLift.model_validate({"id": uuid7(), "community_id": COMMUNITY, **said})


def test_of_many_reports_at_once_each_counts_and_one_changes_something(db: Engine) -> None:
    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(lambda who: buildings.report_lift(lift(), who, AFTER), RESIDENTS[:8]))
    assert sum(each.changed for each in told) == 1
    assert [each.broken for each in told] == [True] * 8
    (broken,) = buildings.broken_lifts(COMMUNITY, AFTER)
    assert broken.confirmed_by is None
    confirmed = buildings.report_lift(lift(), ANNA, AFTER)
    assert (confirmed.changed, confirmed.lift.confirmed_by) == (False, ANNA.subject)


def test_a_report_sent_again_answers_the_same_whatever_was_said_meanwhile(db: Engine) -> None:
    report = lift()
    first = buildings.report_lift(report, RESIDENTS[0], AFTER)
    buildings.report_lift(lift(works=True), ANNA, AFTER)
    assert buildings.report_lift(report, RESIDENTS[0], AFTER) == first
    assert buildings.broken_lifts(COMMUNITY, AFTER) == []
    with pytest.raises(IdReused):
        buildings.report_lift(report.model_copy(update={"works": True}), RESIDENTS[0], AFTER)
    with pytest.raises(NotFound):
        buildings.report_lift(lift(), here.person("x", Role.RESIDENT, community="gulou"), AFTER)


def order(quiet: bool = False, building: str = "7") -> PlaceOrder:
    to = {"lon": here.LON, "lat": here.LAT, "building": building, "unit": "1", "floor": 6}
    return PlaceOrder.model_validate(
        {
            "id": uuid7(),
            "community_id": COMMUNITY,
            "deliver_to": {**to, "has_lift": True},
            "lines": [{"sku": here.SKUS[0], "units": 1}],
            "slot_id": SLOT_ID,
            "quiet": quiet,
        }
    )


def place(command: PlaceOrder) -> orders.Order:
    return orders.place(command, caller=RESIDENTS[0], now=BEFORE, settings=SETTINGS)


def test_a_broken_lift_is_stairs_for_the_next_wave_and_stairs_take_longer(db: Engine) -> None:
    placed = place(order())
    wanted = {placed.order_id: placed}
    assert as_lifts_stand(wanted, COMMUNITY, AFTER) == wanted
    buildings.report_lift(lift(), ANNA, AFTER)
    (seen,) = as_lifts_stand(wanted, COMMUNITY, AFTER).values()
    assert not seen.deliver_to.has_lift
    assert service_seconds(6, False, placed.grams) > service_seconds(6, True, placed.grams)
    later = AFTER + timedelta(days=1)
    assert as_lifts_stand(wanted, COMMUNITY, later) == wanted


def test_a_word_that_changes_something_re_times_the_open_waves_once(db: Engine) -> None:
    place(order())
    waves.start(StartWave(id=uuid7(), slot_id=SLOT_ID), DISPATCHER, InProcess(), AFTER)
    machine, report = Started(), lift()
    for _ in range(2):
        dispatch.report_lift(report, ANNA, machine, AFTER)
    dispatch.report_lift(lift(), RESIDENTS[0], machine, AFTER)
    assert len(machine.runs) == 1
    (payload,) = machine.runs.values()
    assert payload["wave_id"] == SLOT_ID
    dispatch.report_lift(lift(works=True), ANNA, machine, AFTER)
    assert len(machine.runs) == 2


def answer(n: int, accepts: bool, building: str = "7") -> QuietAnswer:
    return QuietAnswer(id=uuid7(), community_id=COMMUNITY, building=building, accepts=accepts)


def test_each_resident_has_one_voice_and_may_change_it(db: Engine) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: buildings.answer(answer(n, True), RESIDENTS[n % 4]), range(16)))
    counts = buildings.answer(answer(0, False), RESIDENTS[0])
    assert (counts.yes, counts.no) == (3, 1)


def test_a_quiet_order_goes_where_the_index_holds_and_a_complaint_takes_it_back(
    db: Engine,
) -> None:
    refused = order(quiet=True)
    with pytest.raises(NotQuietHere):
        place(refused)
    for n in range(9):
        buildings.answer(answer(n, True), RESIDENTS[n])
    with pytest.raises(Refused) as again:
        place(refused)  # A refusal is for ever; another order is another matter.
    assert again.value.code == NotQuietHere.code
    assert place(order(quiet=True)).quiet
    with pytest.raises(NotQuietHere):
        place(order(quiet=True, building="8"))
    complaint = QuietComplaint(id=uuid7(), community_id=COMMUNITY, building="7")
    for _ in range(2):
        counts = buildings.complain(complaint, RESIDENTS[9], AFTER)
    assert counts.complaints == 1
    buildings.complain(complaint.model_copy(update={"id": uuid7()}), RESIDENTS[9], AFTER)
    assert not dispatch.quiet_allowed(COMMUNITY, "7")


def test_a_quiet_order_that_was_left_at_its_door_counts_once(db: Engine) -> None:
    for n in range(9):
        buildings.answer(answer(n, True), RESIDENTS[n])
    placed = place(order(quiet=True))
    waves.start(StartWave(id=uuid7(), slot_id=SLOT_ID), DISPATCHER, InProcess(), AFTER)
    dispatching.take(f"{SLOT_ID}.1", ANNA.subject, AFTER)
    send_off(orders.read(placed.order_id), AFTER)
    manifest = waves.manifest_view(f"{SLOT_ID}.1", ANNA, AFTER)
    assert [visit.quiet for visit in manifest.visits if visit.kind == "deliver"] == [True]
    told = {"id": uuid7(), "seq": 1, "at": AFTER, "kind": "delivered"}
    action = {**told, "order_id": placed.order_id, "proof": {"signed_by": "王"}}
    command = TellActions.model_validate(
        {"community_id": COMMUNITY, "device": "phone", "actions": [action]}
    )
    with_ = dispatching.helpers()
    for _ in range(2):
        dispatch.tell(command, ANNA, with_, AFTER)
    assert buildings.quiet_index(COMMUNITY).buildings[0].counts.deliveries == 1


class Doors:
    """The doors of buildings, at hours after `AFTER` by the deployment's clock."""

    def __init__(self, clock: Path) -> None:
        self._clock = clock

    def at(self, hours: float) -> None:
        """Set the clock."""
        now = AFTER + timedelta(hours=hours)
        self._clock.write_text(str(now.timestamp() - time.time()))

    def ask(self, method: str, path: str, who: str, **body: Any) -> Any:
        """The answer to `resident-3` or `courier-1`."""
        roles = f"{who.partition('-')[0]}@{COMMUNITY}"
        event = golden("courier_registered", subject=who, roles=roles)
        event["routeKey"] = event["requestContext"]["routeKey"] = f"{method} {path}"
        event["rawPath"] = event["requestContext"]["http"]["path"] = path
        event["requestContext"]["http"]["method"] = method
        event["queryStringParameters"] = {"community_id": COMMUNITY}
        event["body"] = None
        if method == "POST":
            event["body"] = json.dumps({"id": str(uuid7()), "community_id": COMMUNITY, **body})
        answer = send("buildings", event)
        assert answer.status == 200, answer.body
        return answer.body


@pytest.fixture
def doors(db: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Doors]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")  # As Lambda would; nothing is called.
    monkeypatch.setenv("CLOCK_FILE", str(tmp_path / "clock"))
    door.settings.cache_clear()
    opened = Doors(tmp_path / "clock")
    opened.at(0)
    yield opened
    door.settings.cache_clear()


def test_a_lift_is_broken_for_six_hours_and_for_a_day_once_a_courier_confirms(
    doors: Doors,
) -> None:
    def seen(hours: float) -> list[str]:
        doors.at(hours)
        return [x["building"] for x in doors.ask("GET", "/v1/lifts", "resident-1")["lifts"]]

    for building, at in (("7", AFTER), ("8", AFTER)):
        word = {"building": building, "unit": "1", "works": False, "at": at.isoformat()}
        assert doors.ask("POST", "/v1/lift-reports", "resident-1", **word)["broken"]
    doors.at(5)
    later = (AFTER + timedelta(hours=5)).isoformat()
    word = {"building": "7", "unit": "1", "works": False, "at": later}
    told = doors.ask("POST", "/v1/lift-reports", "courier-1", **word)
    assert (told["lift"]["confirmed_by"], told["changed"]) == ("courier-1", False)
    assert (seen(5.9), seen(6.1), seen(28.9), seen(29.1)) == (["7", "8"], ["7"], ["7"], [])


def test_the_night_opens_by_buildings_then_for_the_community_and_closes_by_complaints(
    doors: Doors,
) -> None:
    def stage() -> str:
        return str(doors.ask("GET", "/v1/quiet", "resident-1")["stage"])

    for building in ("1", "2", "3"):
        for n in range(12):
            doors.ask("POST", "/v1/quiet/answers", f"resident-{n}", building=building, accepts=True)
    assert stage() == "pilot"
    with pytest.raises(NotQuietHere):
        place(order(quiet=True, building="9"))
    for n in range(30):
        buildings.count_quiet_delivery(COMMUNITY, "1", f"order-{n}", AFTER)
    assert stage() == "community"
    assert place(order(quiet=True, building="9")).quiet
    for n in range(2):
        doors.ask("POST", "/v1/quiet/complaints", f"resident-{n}", building="2")
    assert stage() == "pilot"
    with pytest.raises(NotQuietHere):
        place(order(quiet=True, building="9"))
