"""The doors of presale, as API Gateway calls them, from announcement to procurement."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from linli import presale, slots
from linli.kernel.door import settings
from linli.kernel.time import ZONE
from tests.support import village as v
from tests.support.engine import Engine, engine
from tests.support.http import golden, send

SLOT = "wulin.courier.20990605T1600"


@pytest.fixture
def db(monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with engine() as opened:
        v.furnish({})
        starts_at = datetime(2099, 6, 5, 16, tzinfo=ZONE)
        command = slots.PutSlot(
            starts_at=starts_at,
            ends_at=starts_at + timedelta(hours=2),
            cutoff_at=starts_at - timedelta(hours=6),
            capacity_orders=5,
            price_fen=0,
        )
        slots.put_slot(SLOT, command, now=v.NOON)
        yield opened


def test_a_presale_over_http(db: Engine) -> None:
    now = settings().clock.now()
    open_now = {
        "opens_at": (now - timedelta(hours=1)).isoformat(),
        "closes_at": (now + timedelta(hours=1)).isoformat(),
    }
    announced = send("presale", golden("presale_announced", body=open_now))
    assert announced.status == 200
    assert "etag" in announced.headers
    listed = send("presale", golden("presales_listed"))
    assert [c["cycle_id"] for c in listed.body["cycles"]] == ["peaches-w23"]
    placed, again = (send("presale", golden("presale_ordered")) for _ in range(2))
    assert (placed.status, placed.body) == (201, again.body)
    assert placed.body["total_fen"] == 600
    assert send("presale", golden("presale_read")).body["promised_units"] == {v.SKUS[0]: 2}
    assert send("presale", golden("presale_order_read")).body == placed.body
    assert send("presale", golden("presale_order_read", subject="r-2")).status == 404
    other = golden("presale_ordered", body={"pay": "online"})
    assert (send("presale", other).status, send("presale", other).code) == (409, "id_reused")
    assert send("presale", golden("presale_arrived")).code == "cycle_not_open"
    assert send("presale", golden("presale_cancelled")).body["state"] == "cancelled"
    presale.close_presales(now + timedelta(hours=2))
    assert send("presale", golden("presale_read")).body["state"] == "failed"
    assert send("presale", golden("procurements_listed")).body == {"procurements": []}


@pytest.mark.parametrize(
    ("case", "roles", "status"),
    [
        ("presale_announced", "resident@wulin", 403),
        ("presale_announced", "leader@other", 404),
        ("presale_ordered", "leader@wulin", 403),
        ("presale_ordered", "resident@other", 404),
        ("presale_arrived", "store@6901234500011", 404),
        ("procurements_listed", "resident@wulin", 403),
        ("procurements_listed", "leader@other", 404),
        ("presale_read", "resident@other", 200),
    ],
)
def test_who_may_do_what(db: Engine, case: str, roles: str, status: int) -> None:
    assert send("presale", golden("presale_announced")).status == 200
    assert send("presale", golden(case, roles=roles)).status == status


@pytest.mark.parametrize("units", [0, -1, 1.5, 10**12, "2", None, True])
def test_quantities_that_are_none_are_refused(db: Engine, units: object) -> None:
    line = {"sku": v.SKUS[0], "units": units}
    answer = send("presale", golden("presale_ordered", body={"lines": [line]}))
    assert (answer.status, answer.code) == (422, "invalid")


@pytest.mark.parametrize(
    "change",
    [
        {"lines": [{"sku": v.SKUS[0], "units": 1}] * 2},
        {"lines": []},
        {"lines": [{"sku": "2000000000001", "units": 1}]},
        {"cycle_id": "NOT A CYCLE"},
        {"pay": "points"},
        {"deliver_to": {"lon": 30.27, "lat": 120.16, "building": "3"}},
        {"id": "01905c2e-8a00-4000-8000-0000000000a1"},
    ],
)
def test_a_body_that_makes_no_sense_is_refused(db: Engine, change: dict[str, object]) -> None:
    before = db.everything()
    answer = send("presale", golden("presale_ordered", body=change))
    assert (answer.status, answer.code) == (422, "invalid")
    assert db.everything() == before
