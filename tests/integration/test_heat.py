"""Orders are counted from the stream, each once; what was counted is read over HTTP."""

import copy
import importlib.util
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from linli import heat, orders, presale
from linli.kernel.ids import uuid7
from linli.kernel.tables import Table
from linli.orders.told import told_by
from linli.stock import hours
from tests.support import presales as p
from tests.support import village as v
from tests.support.engine import Engine, Fault, engine
from tests.support.http import ROOT, golden, send


@pytest.fixture
def db(monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with engine() as opened:
        yield opened


def count(records: list[dict[str, Any]]) -> dict[str, Any]:
    path: Path = ROOT / "functions" / "count_heat" / "handler.py"
    spec = importlib.util.spec_from_file_location("count_heat", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    answer: dict[str, Any] = module.lambda_handler({"Records": records}, None)
    return answer


def place(n: int) -> orders.Order:
    caller = v.resident(v.RESIDENTS[n % 4])
    return orders.place(v.wish(uuid7()), caller=caller, now=v.NOON, settings=v.SETTINGS)


def test_orders_are_counted_once_where_and_when_they_were_placed(db: Engine) -> None:
    v.furnish({(v.STORES[0], v.SKUS[0]): 100})
    for n in range(6):
        place(n)
    cancelled = place(6)
    orders.cancel(cancelled.order_id, resident_id=cancelled.resident_id, now=v.NOON)
    records = db.stream(Table.ORDERS)
    for _ in range(2):
        assert count(records) == {"batchItemFailures": []}
    noon_of_monday = hours.hour_of_week(v.NOON)
    assert noon_of_monday == 12
    assert {hour: n for (_, hour), n in heat.heat_of(v.COMMUNITY).items()} == {12: 7}
    answer = send("heat", golden("heat_read"))
    assert [(a["hour_of_week"], a["orders"]) for a in answer.body["areas"]] == [(12, 7)]
    assert abs(answer.body["areas"][0]["lon"] - v.HOME["lon"]) < 0.02


def test_a_record_that_fails_is_told_again_and_counted_once(db: Engine) -> None:
    v.furnish({(v.STORES[0], v.SKUS[0]): 100})
    for n in range(5):
        place(n)
    records = [r for r in db.stream(Table.ORDERS) if told_by(r)]
    faults = iter([None, Fault.ERROR_AFTER, *[Fault.TIMEOUT_AFTER] * 4])
    db.choose_fault = lambda operation: next(faults, None)
    answer = count(records)
    failed = answer["batchItemFailures"][0]["itemIdentifier"]
    assert failed in {r["dynamodb"]["SequenceNumber"] for r in records}
    db.choose_fault = lambda operation: None
    count(records)
    assert sum(heat.heat_of(v.COMMUNITY).values()) == 5


def test_the_share_of_presales_is_of_what_was_handed_over(db: Engine) -> None:
    p.furnish()
    p.announce()
    order = p.place({p.SKUS[0]: 6})
    presale.close_presales(p.CLOSES)
    p.arrive(p.SKUS[0], 12)
    presale.close_presales(p.ARRIVES)
    records = db.stream(Table.ORDERS)
    mine = [r for r in records if r["dynamodb"]["Keys"]["pk"]["S"] == order.order_id]
    image = mine[-1]  # Before it only the id was taken.
    assert [told_by(record) is None for record in mine] == [True, False]
    told = told_by(image)
    assert told is not None
    assert told.presale
    handed = _handed_over(image)
    usual = _handed_over(image, presale=False)
    count([image, handed, usual, handed])
    day = (v.NOON + timedelta(days=4)).date()
    share = heat.share_of(v.COMMUNITY, v.NOON.date(), day)
    assert (share.presale_units, share.units) == (6, 12)
    assert (share.presale_fen, share.fen) == (1800, 3600)


def _handed_over(image: dict[str, Any], presale: bool = True) -> dict[str, Any]:
    """The record of the order's delivery; or that of an order like it which was no presale."""
    record: dict[str, Any] = copy.deepcopy(image)
    change = record["dynamodb"]
    change["OldImage"] = copy.deepcopy(change["NewImage"])
    change["NewImage"]["state"] = {"S": "delivered"}
    change["ApproximateCreationDateTime"] = (v.NOON + timedelta(days=4)).timestamp()
    if not presale:
        body = json.loads(change["NewImage"]["body"]["S"])
        body |= {"order_id": str(uuid7()), "cycle_id": None}
        change["NewImage"]["body"]["S"] = json.dumps(body)
    return record


@pytest.mark.parametrize(
    ("case", "query", "roles", "status"),
    [
        ("heat_read", None, "dispatcher@other", 404),
        ("heat_read", None, "resident@wulin", 403),
        ("presale_share_read", None, "city@wulin", 200),
        ("presale_share_read", {"from": "2026-07-01"}, "city@wulin", 422),
        ("presale_share_read", {"from": "2020-07-01"}, "city@wulin", 422),
        ("presale_share_read", {"from": "yesterday"}, "city@wulin", 422),
        ("presale_share_read", None, "city@other", 404),
    ],
)
def test_who_may_read_what(
    db: Engine, case: str, query: dict[str, str] | None, roles: str, status: int
) -> None:
    before = golden(case)["queryStringParameters"]
    event = golden(case, roles=roles, query=before | (query or {}))
    assert send("heat", event).status == status
