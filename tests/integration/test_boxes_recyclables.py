"""Other recyclables: points by weight, weighed by somebody else than who brings them."""

from collections.abc import Iterator
from typing import Any

import pytest

from linli import credit
from linli.kernel.ids import uuid7
from tests.support.boxes import HOME, NOW, OTHER
from tests.support.engine import Engine
from tests.support.http import Answer, golden, send
from tests.support.packaging import STATION, put_in, stations


@pytest.fixture
def db() -> Iterator[Engine]:
    with stations() as opened:
        yield opened


def weigh(**body: Any) -> Answer:
    return send("recyclables", golden("recyclables_weighed", body={"id": str(uuid7())} | body))


def points() -> int:
    return credit.statement("resident-1", now=NOW).balance_points


@pytest.mark.parametrize(
    ("material", "grams", "earned"),
    [("cardboard", 3200, 2), ("cardboard", 1499, 0), ("aluminium", 450, 3), ("glass", 4000, 1)],
)
def test_a_weight_earns_whole_points(db: Engine, material: str, grams: int, earned: int) -> None:
    told = weigh(material=material, grams=grams)
    assert (told.status, told.body["points"], points()) == (201, earned, earned)


def test_a_weight_sent_again_counts_once(db: Engine) -> None:
    event = golden("recyclables_weighed")
    first, before = send("recyclables", event), db.everything()
    assert send("recyclables", event).body == first.body
    assert db.everything() == before
    other = send("recyclables", golden("recyclables_weighed", body={"grams": 9000}))
    assert (other.status, other.code) == (409, "id_reused")


def test_a_day_is_bounded_however_much_is_brought(db: Engine) -> None:
    assert [weigh(grams=9000).body["points"] for _ in range(3)] == [6, 4, 0]
    assert points() == 10


def test_what_a_resident_announces_a_machine_weighs(db: Engine) -> None:
    told = send("recyclables", golden("recyclables_announced"))
    assert (told.status, told.body["state"], points()) == (202, "pending", 0)
    said: dict[str, Any] = {"kind": "recyclable", "material": "cardboard", "grams": 3200}
    assert put_in(1, claim=told.body["id"], **said).fate == "weighed"
    assert points() == 2
    assert put_in(1, claim=told.body["id"], **said).fate == "duplicate"
    assert put_in(2, claim=told.body["id"], **said).reason == "unknown_claim"
    assert points() == 2


@pytest.mark.parametrize(
    ("case", "change", "status", "code"),
    [
        ("recyclables_weighed", {"body": {"grams": -1}}, 422, "invalid"),
        ("recyclables_weighed", {"body": {"grams": 0}}, 422, "invalid"),
        ("recyclables_weighed", {"body": {"grams": 50_001}}, 422, "invalid"),
        ("recyclables_weighed", {"body": {"grams": 3.5}}, 422, "invalid"),
        ("recyclables_weighed", {"body": {"grams": None}}, 422, "invalid"),
        ("recyclables_weighed", {"body": {"material": "gold"}}, 422, "invalid"),
        ("recyclables_weighed", {"body": {"resident_id": None}}, 422, "invalid"),
        ("recyclables_weighed", {"body": {"resident_id": "keeper-1"}}, 403, "forbidden"),
        ("recyclables_weighed", {"body": {"store_id": OTHER}}, 404, "not_found"),
        ("recyclables_weighed", {"body": {"store_id": "6901234500035"}}, 422, "unknown_store"),
        ("recyclables_weighed", {"body": {"station_id": STATION}}, 422, "invalid"),
        ("recyclables_announced", {"body": {"grams": 3200}}, 422, "invalid"),
        ("recyclables_announced", {"body": {"resident_id": "resident-2"}}, 403, "forbidden"),
        ("recyclables_announced", {"body": {"station_id": HOME}}, 422, "unknown_station"),
    ],
)
def test_what_makes_no_sense_earns_nothing(
    db: Engine, case: str, change: dict[str, Any], status: int, code: str
) -> None:
    before = db.everything()
    answer = send("recyclables", golden(case, **change))
    assert (answer.status, answer.code) == (status, code)
    assert db.everything() == before


def test_an_announcement_is_used_up_by_who_weighs(db: Engine) -> None:
    claim = send("recyclables", golden("recyclables_announced")).body["id"]
    mine = {"resident_id": None, "claim_id": claim}
    assert weigh(**mine).body["points"] == 2
    again = weigh(**mine)
    assert (again.status, again.code) == (422, "unknown_claim")


def test_a_keeper_weighs_no_announcement_of_their_own(db: Engine) -> None:
    claim = send("recyclables", golden("recyclables_announced")).body["id"]
    body = {"id": str(uuid7()), "resident_id": None, "claim_id": claim}
    before = db.everything()
    event = golden("recyclables_weighed", body=body, subject="resident-1")
    answer = send("recyclables", event)
    assert (answer.status, answer.code) == (403, "forbidden")
    assert db.everything() == before
