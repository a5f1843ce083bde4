"""Cases over HTTP: opened with their cause, followed by their party, decided once by an owner."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from linli import cases
from linli.cases import AlreadyDecided, AssignCase, Case, DecideCase, Decision
from linli.kernel.errors import AlreadyDone
from linli.kernel.identity import Caller, Role
from linli.kernel.ids import uuid7
from linli.kernel.tables import Table
from linli.kernel.transact import Transaction, transaction
from tests.support.engine import Engine, engine
from tests.support.http import golden, send

NOW = datetime(2026, 6, 1, 4, tzinfo=UTC)
CASE = "01905c2e-8a00-7abc-8def-000000000c01"
CITY = Caller("city-1", frozenset({(Role.CITY, "wulin")}))


@pytest.fixture
def db() -> Iterator[Engine]:
    with engine() as opened:
        yield opened
        assert list(cases.breaches()) == []


def open_one(case_id: str = CASE, party: str = "resident-1") -> None:
    with transaction() as tx:
        cases.open_case(tx, case_id, "deposit", {"box_id": "b"}, party, "wulin", NOW)


def test_a_case_has_an_owner_from_its_first_moment(db: Engine) -> None:
    open_one()
    body = send("cases", golden("case_read")).body
    assert (body["owner"], body["state"]) == ("city@wulin", "open")
    assert [step["step"] for step in body["steps"]] == ["opened"]


def test_a_case_opens_once(db: Engine) -> None:
    open_one()
    with pytest.raises(AlreadyDone):
        open_one()


def test_a_case_is_taken_and_decided_and_its_party_sees_each_step(db: Engine) -> None:
    open_one()
    assert send("cases", golden("case_assigned")).body["owner"] == "city-1"
    assert send("cases", golden("case_decided")).status == 200
    seen = send("cases", golden("my_cases")).body["cases"]
    assert [(c["state"], c["decision"], c["reason"]) for c in seen] == [
        ("decided", "upheld", "票据属实")
    ]
    steps = send("cases", golden("case_read")).body["steps"]
    assert [(s["step"], s["by"]) for s in steps] == [
        ("opened", "resident-1"),
        ("assigned", "city-1"),
        ("upheld", "city-1"),
    ]


def test_waiting_and_decided_cases_are_listed_apart(db: Engine) -> None:
    open_one()
    open_one("other-case-1")
    send("cases", golden("case_decided"))
    waiting = send("cases", golden("cases_listed")).body["cases"]
    decided = golden("cases_listed", query={"community_id": "wulin", "decided": "true"})
    assert [c["case_id"] for c in waiting] == ["other-case-1"]
    assert [c["case_id"] for c in send("cases", decided).body["cases"]] == [CASE]


def test_the_same_decision_sent_again_answers_the_same_and_takes_one_step(db: Engine) -> None:
    open_one()
    first = send("cases", golden("case_decided"))
    assert send("cases", golden("case_decided")).body == first.body
    other = golden("case_decided", body={"decision": "dismissed"})
    assert send("cases", other).code == "id_reused"
    again = golden("case_decided", body={"id": str(uuid7())})
    assert send("cases", again).code == "already_decided"


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"roles": "resident@wulin"}, 403, "forbidden"),
        ({"roles": "city@elsewhere"}, 404, "not_found"),
        ({"subject": "resident-1"}, 403, "not_your_case"),
        ({"path": {"case_id": "none-such-case"}}, 404, "not_found"),
        ({"body": {"decision": "perhaps"}}, 422, "invalid"),
        ({"body": {"reason": ""}}, 422, "invalid"),
    ],
)
def test_who_may_not_decide_changes_nothing(
    db: Engine, change: dict[str, Any], status: int, code: str
) -> None:
    open_one()
    before = db.everything()
    answer = send("cases", golden("case_decided", **change))
    assert (answer.status, answer.code) == (status, code)
    assert db.everything() == before


def test_a_case_that_a_colleague_has_taken_is_the_colleagues(db: Engine) -> None:
    open_one()
    send("cases", golden("case_assigned", subject="city-2"))
    assert send("cases", golden("case_decided")).code == "not_your_case"


def test_a_strangers_case_answers_as_a_missing_one(db: Engine) -> None:
    open_one()
    assert send("cases", golden("case_read", subject="resident-2")).code == "not_found"
    missing = golden("cases_listed", query={"community_id": "elsewhere"})
    assert send("cases", missing).code == "not_found"


def test_what_a_decision_means_is_written_with_it_or_not_at_all(db: Engine) -> None:
    def refund(tx: Transaction, case: Case, decision: Decision, now: datetime) -> None:
        if case.about["box_id"] == "b":
            raise AlreadyDecided("the box is settled")

    open_one()
    before = db.items(Table.CASES)
    command = DecideCase(id=uuid7(), decision="upheld", reason="so")
    with pytest.raises(AlreadyDecided):
        cases.decide(CASE, command, caller=CITY, now=NOW, effects={"deposit": refund})
    assert db.items(Table.CASES) == before


def test_nobody_is_given_a_case_about_themselves(db: Engine) -> None:
    open_one(party="city-2")
    command = AssignCase(id=uuid7(), owner="city-2")
    with pytest.raises(cases.NotYours):
        cases.assign(CASE, command, caller=CITY, now=NOW)


def test_the_audit_sees_a_case_that_lost_its_owner_or_a_step() -> None:
    with engine() as db:
        open_one()
        db.damage(Table.CASES, (f"CASE#{CASE}", "CASE"), lambda i: i.update(owner={"S": ""}))
        db.damage(Table.CASES, (f"CASE#{CASE}", "CASE"), lambda i: i.update(version={"N": "2"}))
        found = list(cases.breaches())
        assert len(found) == 2
