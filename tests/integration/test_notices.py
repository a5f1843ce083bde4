"""Residents are told of what concerns them, once, in both languages; events name nobody."""

import importlib
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import yaml

from linli import boxes, cases, notices, payments
from linli.boxes import events as of_boxes
from linli.cases import events as of_cases
from linli.credit.keys import tier_changes_of
from linli.credit.rows import TierChangeRow
from linli.kernel.ids import uuid7
from linli.kernel.tables import Table
from linli.kernel.transact import transaction
from linli.notices import KINDS
from linli.notices.read import PAGE, Notice
from linli.notices.take import take_event, take_tier_change
from linli.payments import events as of_payments
from tests.support import packaging as p
from tests.support.boxes import BOX, HOME, NOW, deliver
from tests.support.engine import TEMPLATE, Engine
from tests.support.http import Answer, golden, send

DAY = timedelta(days=1)


@pytest.fixture
def db() -> Iterator[Engine]:
    with p.stations() as opened:
        yield opened


def news(db: Engine) -> list[dict[str, Any]]:
    """Every event of the streams that go to the bus, as the bus has it."""
    told = []
    for table, subject in (
        (Table.BOXES, of_boxes),
        (Table.PAYMENTS, of_payments),
        (Table.CASES, of_cases),
    ):
        told += [subject.event_of(record) for record in db.stream(table)]
    return [json.loads(json.dumps(event)) for event in told if event is not None]


def hear(db: Engine) -> None:
    for event in news(db):
        take_event(event, now=NOW)


def inbox(who: str = "resident-1") -> list[Notice]:
    return notices.notices(who).notices


def kinds(who: str = "resident-1") -> list[str]:
    return [each.kind.removeprefix("linli.") for each in inbox(who)][::-1]


def test_a_box_that_stays_out_is_told_of_thrice_and_once_more_when_it_is_back(db: Engine) -> None:
    with transaction() as tx:
        payments.collect(
            tx, order_id="o1", resident_id="resident-1", community_id="wulin", fen=1000, now=NOW
        )
    deliver("o1", "resident-1", BOX)
    texts = []
    for days in (13, 15, 20, 27, 28, 29, 31):
        boxes.sweep(NOW + days * DAY, reward_points=p.REWARD)
        for _ in range(2):
            hear(db)
        texts += [each.text_en for each in inbox() if each.text_en not in texts]
    assert sorted(kinds()) == ["BoxOverdue", "ConversionAhead", "DepositConverted"]
    assert ["2024-07-28" in text for text in texts] == [True, True, False]
    assert ["¥10.00" in text for text in texts] == [True, True, True]
    command = boxes.ReturnBox(id=uuid7(), box_id=BOX, store_id=HOME)
    boxes.take_back(command, caller=p.KEEPER, now=NOW + 32 * DAY, reward_points=p.REWARD)
    (waiting,) = payments.payouts(caller=p.KEEPER)
    word = payments.PayOut(id=uuid7(), store_id=HOME)
    payments.pay_out("o1", waiting.refund_id, word, caller=p.KEEPER, now=NOW + 33 * DAY)
    for _ in range(2):
        hear(db)
    assert sorted(kinds())[-2:] == ["DepositConverted", "PaymentRefunded/deposit"]
    assert "BoxReturned" not in kinds(), "it came back as a lost one"
    assert inbox("keeper-1") == []


def test_who_has_brought_a_box_back_is_not_reminded_of_it(db: Engine) -> None:
    deliver("o1", "resident-1", BOX)
    boxes.sweep(NOW + 15 * DAY, reward_points=p.REWARD)
    command = boxes.ReturnBox(id=uuid7(), box_id=BOX, store_id=HOME)
    boxes.take_back(command, caller=p.KEEPER, now=NOW + 16 * DAY, reward_points=p.REWARD)
    hear(db)
    assert kinds() == ["BoxReturned"]


@pytest.mark.parametrize("decision", ["upheld", "dismissed"])
def test_whom_a_case_concerns_is_told_of_its_decision_and_nobody_of_the_reason(
    db: Engine, decision: str
) -> None:
    deliver("o1", "resident-1", BOX)
    asked = boxes.DisputeBox(id=uuid7(), about="other", says="-")
    told = boxes.dispute(BOX, asked, caller=p.RESIDENT, now=NOW)
    body = {"id": uuid7(), "decision": decision, "reason": "a private matter"}
    city = p.CITY
    cases.decide(told.case_id, cases.DecideCase.model_validate(body), caller=city, now=NOW)
    hear(db)
    (mine,) = inbox()
    assert (mine.kind, mine.about) == (f"linli.CaseDecided/{decision}", {"case_id": told.case_id})
    text = json.dumps(news(db))
    assert [word in text for word in ("private", "resident-1")] == [False, False]


def test_who_changes_tier_is_told_why_once(db: Engine) -> None:
    change = TierChangeRow(tier_changes_of("wulin", "resident-1"), "2024-06-28T02:00:00Z")
    change.tier, change.why, change.score, change.entry, change.exit = "top", "entered", 9, 8, 7
    with transaction() as tx:
        tx.put(change)
    records = db.stream(Table.LEDGER)
    fates = [take_tier_change(r, now=NOW) for r in (*records, *records)]
    assert fates == ["told", "again"]
    (mine,) = inbox()
    assert [text.count("9") for text in (mine.text_en, mine.text_zh)] == [1, 1]
    assert mine.about["tier"] == "top"


def test_a_batch_tells_what_it_can_and_gives_back_the_rest(db: Engine) -> None:
    deliver("o1", "resident-1", BOX)
    boxes.sweep(NOW + 15 * DAY, reward_points=p.REWARD)
    good = [
        {"messageId": f"{n}", "body": json.dumps({"detail": e})} for n, e in enumerate(news(db))
    ]
    odd = [{"messageId": "odd", "body": "{"}, {"messageId": "none", "body": '{"detail": {}}'}]
    told = send_batch([*odd, *good])
    assert [each["itemIdentifier"] for each in told["batchItemFailures"]] == ["odd", "none"]
    assert kinds() == ["BoxOverdue"]


def send_batch(records: list[dict[str, Any]]) -> dict[str, Any]:
    module = importlib.import_module("functions.take_notices.handler")
    answer: dict[str, Any] = module.lambda_handler({"Records": records}, None)
    return answer


def ask(path: str = "", **change: Any) -> Answer:
    case = "notice_read" if path else "notices_mine"
    if path:
        change["path"] = {"notice_id": path}
    return send("notices", golden(case, subject="resident-1", **change))


def test_an_inbox_is_read_page_by_page_and_by_its_owner_alone(db: Engine) -> None:
    for n in range(PAGE + 3):
        with transaction() as tx:
            cases.open_case(tx, f"case-{n:04d}", "other", {}, "resident-1", "wulin", NOW)
        event = {
            "id": str(n),
            "type": "linli.CaseDecided",
            "time": f"2024-06-28T02:00:{n:02d}Z",
            "data": {"case_id": f"case-{n:04d}", "decision": "upheld"},
        }
        assert take_event(event, now=NOW) == "told"
    first = ask().body
    rest = ask(query={"cursor": first["cursor"]}).body
    seen = [each["about"]["case_id"] for each in first["notices"] + rest["notices"]]
    assert seen == [f"case-{n:04d}" for n in reversed(range(PAGE + 3))]
    assert rest["cursor"] is None
    newest = first["notices"][0]["id"]
    for _ in range(2):
        assert ask(newest).body["notices"][0]["read_at"]
    assert ask().body["notices"][1]["read_at"] is None
    assert ask(str(uuid7())).code == "not_found"
    stranger = send("notices", golden("notice_read", subject="u-2", path={"notice_id": newest}))
    assert stranger.code == "not_found"


def test_the_bus_passes_on_what_residents_are_told_of_and_nothing_else() -> None:
    template = yaml.load(TEMPLATE.read_text(), Loader=yaml.BaseLoader)
    pattern = template["Resources"]["NoticesRule"]["Properties"]["EventPattern"]
    by_bus = {key.partition("/")[0] for key, kind in KINDS.items() if kind.subject != "tier"}
    assert set(pattern["detail-type"]) == by_bus


def figures(text: str) -> set[str]:
    return {part.split("}")[0] for part in text.split("{")[1:]}


@pytest.mark.parametrize("key", KINDS)
def test_each_notice_has_words_in_both_languages_of_the_same_figures(key: str) -> None:
    kind = KINDS[key]
    assert all((kind.title_en, kind.title_zh, kind.text_en, kind.text_zh))
    assert figures(kind.text_en) == figures(kind.text_zh) or kind.subject == "tier"
