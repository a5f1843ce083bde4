"""Credit over HTTP, event in, answer out."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from linli import credit
from linli.credit import Points
from linli.credit.statement import PAGE
from linli.kernel.ids import uuid7
from linli.kernel.tables import Table
from linli.kernel.transact import transaction
from tests.support.engine import Engine, engine
from tests.support.http import Answer, golden, send


@pytest.fixture
def db() -> Iterator[Engine]:
    with engine() as opened:
        yield opened
        assert credit.audit().breaches == []


def award(**body: Any) -> Answer:
    return send("credit", golden("deed_awarded", body=body))


def mine(subject: str = "resident-1", **query: str) -> Answer:
    return send("credit", golden("my_credit", subject=subject, query=query or None))


def refused(db: Engine, event: dict[str, Any], status: int, code: str) -> Answer:
    before = effects(db)
    answer = send("credit", event)
    assert (answer.status, answer.code) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert effects(db) == before, "a refusal changed something"
    return answer


def effects(db: Engine) -> Any:
    """Everything but the record that a deed was refused."""
    everything = db.everything()
    ledger = everything[Table.LEDGER]
    everything[Table.LEDGER] = {k: item for k, item in ledger.items() if "refusal" not in item}
    return everything


def test_a_resident_who_has_nothing_has_an_empty_statement(db: Engine) -> None:
    answer = mine()
    assert answer.status == 200
    assert answer.body == {
        "balance_points": 0,
        "held_points": 0,
        "available_points": 0,
        "spent_today_points": 0,
        "deposit_fen": 0,
        "lots": [],
        "entries": [],
        "cursor": None,
    }


def test_a_deed_earns_points_that_the_resident_sees(db: Engine) -> None:
    answer = award()
    assert (answer.status, answer.body["points"]) == (201, 3)
    assert db.written_units == 16, "deed, entry, balance, lot, score and two caps; two indexes"
    seen = mine().body
    assert (seen["balance_points"], seen["available_points"]) == (3, 3)
    assert [(e["reason"], e["points"], e["fen"], e["state"]) for e in seen["entries"]] == [
        ("helped_elder", 3, None, "posted")
    ]


def test_a_statement_is_the_residents_own(db: Engine) -> None:
    award()
    assert mine("resident-2").body["entries"] == []


def test_the_same_award_sent_again_is_answered_the_same_and_counts_once(db: Engine) -> None:
    first = award()
    assert award().body == first.body
    assert mine().body["balance_points"] == 3


@pytest.mark.parametrize(
    "other", [{"resident_id": "resident-2"}, {"deed": "volunteered"}, {"points": 1}]
)
def test_an_id_is_not_used_for_two_awards(db: Engine, other: dict[str, Any]) -> None:
    award()
    refused(db, golden("deed_awarded", body=other), 409, "id_reused")


def test_an_id_is_not_used_by_two_authorities(db: Engine) -> None:
    award()
    refused(db, golden("deed_awarded", subject="dispatcher-2"), 409, "id_reused")


def test_a_day_of_deeds_has_a_cap(db: Engine) -> None:
    for _ in range(2):
        award(id=str(uuid7()), deed="volunteered", points=10)
    event = golden("deed_awarded", body={"id": str(uuid7())})
    answer = refused(db, event, 409, "earning_cap")
    assert answer.body["cap_points"] == 20
    assert award(id=str(uuid7()), resident_id="resident-2").status == 201


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"body": {"deed": "juggling"}}, 422, "unknown_deed"),
        ({"body": {"deed": "returned_box"}}, 422, "unknown_deed"),
        ({"body": {"points": 4}}, 422, "too_many_points"),
        ({"body": {"points": 0}}, 422, "invalid"),
        ({"body": {"points": -3}}, 422, "invalid"),
        ({"body": {"points": 1.5}}, 422, "invalid"),
        ({"body": {"points": "3"}}, 422, "invalid"),
        ({"body": {"points": True}}, 422, "invalid"),
        ({"body": {"points": 10**30}}, 422, "invalid"),
        ({"body": {"fen": 300}}, 422, "invalid"),
        ({"body": {"at": "2020-01-01T00:00:00Z"}}, 422, "invalid"),
        ({"body": {"id": "0b9f3a52-64a6-4d0d-9a35-6f5d3c2b1a00"}}, 422, "invalid"),
        ({"body": {"resident_id": "#POINTS"}}, 422, "invalid"),
        ({"body": {"community_id": "elsewhere"}}, 404, "not_found"),
        ({"subject": "resident-1"}, 403, "own_deed"),
        ({"roles": "resident@wulin"}, 403, "forbidden"),
        ({"roles": "store@6901234500011"}, 403, "forbidden"),
        ({"roles": "dispatcher@wulin city@elsewhere"}, 422, "invalid"),
    ],
)
def test_an_award_that_makes_no_sense_changes_nothing(
    db: Engine, change: dict[str, Any], status: int, code: str
) -> None:
    refused(db, golden("deed_awarded", **change), status, code)


def test_who_serves_two_communities_names_one(db: Engine) -> None:
    event = golden(
        "deed_awarded", body={"community_id": "wulin"}, roles="dispatcher@wulin city@elsewhere"
    )
    assert send("credit", event).status == 201


def test_only_residents_have_credit(db: Engine) -> None:
    refused(db, golden("my_credit", roles="courier@wulin"), 403, "forbidden")


def test_a_long_statement_comes_in_pages_without_gap_or_repeat(db: Engine) -> None:
    ids = [str(uuid7()) for _ in range(PAGE + 7)]
    for transfer_id in ids:
        with transaction() as tx:
            credit.grant(
                tx,
                transfer_id=transfer_id,
                resident_id="resident-1",
                points=Points(1),
                deed="gift",
                now=datetime(2024, 6, 28, tzinfo=UTC),
            )
    first = mine().body
    second = mine(cursor=first["cursor"]).body
    shown = [entry["id"] for entry in first["entries"] + second["entries"]]
    assert shown == sorted(ids, reverse=True)
    assert (len(first["entries"]), second["cursor"]) == (PAGE, None)
    running = [entry["balance_points"] for entry in first["entries"] + second["entries"]]
    assert running == list(range(PAGE + 7, 0, -1)), "the balance runs on over the pages"


@pytest.mark.parametrize("cursor", ["!!", "x" * 301, "5LiN", "a", "T3JkZXIjMQ"])
def test_a_made_up_cursor_is_refused(db: Engine, cursor: str) -> None:
    refused(db, golden("my_credit", query={"cursor": cursor}), 422, "invalid")


def test_a_refusal_speaks_chinese_to_who_prefers_it(db: Engine) -> None:
    answer = refused(db, golden("deed_awarded", body={"deed": "juggling"}), 422, "unknown_deed")
    assert answer.body["title"] == "没有对应的积分规则"


def test_a_running_balance_skips_what_is_pending_and_keeps_points_and_money_apart(
    db: Engine,
) -> None:
    now, who = datetime(2024, 6, 28, tzinfo=UTC), "resident-1"

    def write(act: Any) -> None:
        with transaction() as tx:
            act(tx)

    points, few = Points(5), Points(2)
    grant: dict[str, Any] = {"resident_id": who, "points": points, "deed": "gift", "now": now}
    write(lambda tx: credit.grant(tx, transfer_id="1", **grant))
    hold: dict[str, Any] = {
        "resident_id": who,
        "on": now.date(),
        "cap_points": Points(20),
        "now": now,
    }
    write(lambda tx: credit.hold_points(tx, transfer_id="2", points=few, **hold))
    fen = credit.Fen(1000)
    write(lambda tx: credit.hold_deposit(tx, transfer_id="3", resident_id=who, fen=fen, now=now))
    write(lambda tx: credit.post(tx, transfer_id="3", resident_id=who, now=now))
    write(lambda tx: credit.grant(tx, transfer_id="4", **grant))
    shown = [(e["id"], e["balance_points"], e["balance_fen"]) for e in mine().body["entries"]]
    assert shown == [("4", 10, None), ("3", None, 1000), ("2", 5, None), ("1", 5, None)]
