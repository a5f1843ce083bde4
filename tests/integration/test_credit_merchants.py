"""Accounts of merchants and of the programme: who may read them, how they are settled."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from linli import credit, leaders
from linli.credit import Fen, MerchantAccount, PayMerchant
from linli.kernel.errors import Refused
from linli.kernel.identity import Caller, Role
from linli.kernel.ids import gs1_check_digit, uuid7
from linli.kernel.tables import Table
from linli.kernel.transact import transaction
from linli.leaders import PutLeader
from tests.support import village as v
from tests.support.crowd import at_once
from tests.support.engine import Engine, engine
from tests.support.http import golden, send

STORE, OTHER = v.STORES[:2]
CITY = Caller("city-1", frozenset({(Role.CITY, v.COMMUNITY)}))
NOBODYS = "699999999999" + gs1_check_digit("699999999999")
ENTRIES = 53


@pytest.fixture
def db() -> Iterator[Engine]:
    with engine() as opened:
        v.furnish({})
        yield opened
        assert credit.audit().breaches == []


def owe(fen: int, owner_id: str = "o-0", order_id: str | None = None) -> None:
    order = order_id or str(uuid7())
    with transaction() as tx:
        credit.reimburse(
            tx,
            order_id=order,
            community_id=v.COMMUNITY,
            fen_by_owner={owner_id: fen},
            now=v.NOON,
        )


def pay(fen: int, **more: Any) -> credit.PaidMerchant:
    command = PayMerchant.model_validate({"id": uuid7(), "store_id": STORE, "fen": fen} | more)
    return credit.pay(command, caller=CITY, now=v.NOON + timedelta(minutes=1))


def account(cursor: str | None = None) -> MerchantAccount:
    return credit.account(STORE, caller=v.keeper(STORE), cursor=cursor)


def test_a_merchant_reads_what_is_owed_page_by_page_with_the_balance_after_each(
    db: Engine,
) -> None:
    for n in range(ENTRIES):
        owe(100 + n, order_id=f"01890000-0000-7000-8000-{n:012}")
    owe(9999, "o-1")
    first = account()
    owed = sum(100 + n for n in range(ENTRIES))
    assert (first.owed_fen, first.paid_fen, len(first.entries)) == (owed, 0, 50)
    rest = account(first.cursor)
    assert (len(rest.entries), rest.cursor) == (ENTRIES - 50, None)
    entries = [*first.entries, *rest.entries]
    assert [entry.balance_fen for entry in entries] == [
        sum(100 + m for m in range(n + 1)) for n in reversed(range(ENTRIES))
    ]
    assert {(entry.reason, entry.points) for entry in entries} == {("discount", None)}


@pytest.mark.parametrize("cursor", ["!", "AAAA", "eyJ4IjoxfQ", "x" * 300])
def test_a_cursor_that_is_none_of_ours_is_refused(db: Engine, cursor: str) -> None:
    with pytest.raises(Refused) as refusal:
        account(cursor)
    assert refusal.value.code == "invalid"


def test_what_was_paid_is_owed_no_longer_and_stands_in_the_account(db: Engine) -> None:
    owe(1000)
    paid = pay(600)
    seen = account()
    assert (paid.owner_id, seen.owed_fen, seen.paid_fen) == ("o-0", 400, 600)
    assert [(e.reason, e.fen, e.balance_fen) for e in seen.entries] == [
        ("paid", -600, 400),
        ("discount", 1000, 1000),
    ]


def test_no_more_is_paid_than_is_owed(db: Engine) -> None:
    owe(1000)
    pay(600)
    before = db.items(Table.LEDGER)
    with pytest.raises(credit.MoreThanOwed) as refusal:
        pay(401)
    assert refusal.value.fields == {"owed_fen": 400}
    assert db.items(Table.LEDGER) == before


def test_a_payment_sent_again_is_made_once_and_its_id_is_of_no_other(db: Engine) -> None:
    owe(1000)
    payout_id = uuid7()
    assert pay(600, id=payout_id) == pay(600, id=payout_id)
    assert account().owed_fen == 400
    for fen, store_id in ((100, STORE), (600, OTHER)):
        with pytest.raises(Refused) as refusal:
            pay(fen, id=payout_id, store_id=store_id)
        assert refusal.value.code == "id_reused"


def test_payments_at_the_same_moment_pay_no_more_than_is_owed(db: Engine) -> None:
    owe(1000)
    answers = at_once(lambda n: pay(300), "01234567")
    made = sum(isinstance(each, credit.PaidMerchant) for each in answers)
    assert 1 <= made <= 3
    assert {each.code for each in answers if isinstance(each, Refused)} <= {
        "more_than_owed",
        "contended",
    }
    assert account().owed_fen == 1000 - 300 * made


@pytest.mark.parametrize(
    ("subject", "roles"),
    [
        ("keeper-2", f"store@{OTHER}"),
        ("city-2", "city@elsewhere"),
    ],
)
def test_a_foreign_account_answers_as_a_missing_one(db: Engine, subject: str, roles: str) -> None:
    owe(1000)
    foreign = golden("merchant_account_read", subject=subject, roles=roles)
    missing = golden("merchant_account_read", path={"store_id": NOBODYS})
    answers = [send("credit", foreign), send("credit", missing)]
    assert answers[0].code == answers[1].code == "not_found"
    if roles.startswith("city"):
        for case in ("programme_account_read", "merchant_paid"):
            assert send("credit", golden(case, roles=roles)).code == "not_found"


def test_keeper_and_city_read_the_account_over_http_and_the_city_settles_it(db: Engine) -> None:
    owe(2500)
    assert send("credit", golden("merchant_paid")).status == 201
    for roles in (f"store@{STORE}", "city@wulin"):
        seen = send("credit", golden("merchant_account_read", roles=roles))
        assert (seen.status, seen.body["owed_fen"], seen.body["paid_fen"]) == (200, 1500, 1000)
    for roles in ("resident@wulin", "dispatcher@wulin", f"store@{STORE}"):
        assert send("credit", golden("merchant_paid", roles=roles)).code == "forbidden"
    for bad in ({"fen": 0}, {"fen": 1.5}, {"fen": -5}, {"fen": 10**9}, {"points": 5}):
        assert send("credit", golden("merchant_paid", body=bad)).code == "invalid"


def test_the_city_reads_what_its_programme_has_come_to(db: Engine) -> None:
    leader = Caller("l-1", frozenset({(Role.LEADER, v.COMMUNITY)}))
    leaders.put_leader(PutLeader(community_id=v.COMMUNITY, building="3"), caller=leader)
    owe(1000)
    owe(500, "o-1")
    pay(300)
    with transaction() as tx:
        for n, fen in enumerate((70, 20)):
            credit.promise_commission(
                tx,
                transfer_id=f"c-{n}",
                leader_id="l-1",
                community_id=v.COMMUNITY,
                fen=Fen(fen),
                now=v.NOON,
            )
    with transaction() as tx:
        whose = credit.leader_holder("l-1")
        credit.post(tx, transfer_id="c-0", resident_id=whose, now=v.NOON)
    seen = send("credit", golden("programme_account_read")).body
    assert {name: seen[name] for name in seen if name.endswith("_fen")} == {
        "discounts_fen": 1500,
        "commissions_fen": 70,
        "promised_fen": 20,
        "balance_fen": -1570,
    }
    dues = [
        (m["owner_id"], m["earned_fen"], m["paid_fen"], m["owed_fen"]) for m in seen["merchants"]
    ]
    assert dues[:2] == [("o-0", 1000, 300, 700), ("o-1", 500, 0, 500)]


@pytest.mark.parametrize(
    ("key", "damage", "says"),
    [
        (("RESIDENT#merchant/wulin/o-0", "PAID"), {"spent_units": {"N": "7"}}, "transfers say"),
        (("TRANSFERS#merchant/wulin/o-0", "o/discount/o-0"), {"posted_units": {"N": "9"}}, "more"),
        (("TRANSFERS#merchant/wulin/o-0", "o/discount/o-0"), {"credit": {"S": "x/y"}}, "wrong"),
    ],
)
def test_the_audit_sees_a_merchant_paid_beyond_what_was_owed(
    key: tuple[str, str], damage: dict[str, Any], says: str
) -> None:
    with engine() as db:
        v.furnish({})
        owe(1000, order_id="o")
        pay(600)
        assert credit.audit().breaches == []
        db.damage(Table.LEDGER, key, lambda item: item.update(damage))
        assert [each for each in credit.audit().breaches if says in each]
