"""What deeds earn, by a community's own rules; what is taken back; what a person looks at."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from linli import cases, catalogue, credit
from linli.cases import DecideCase
from linli.catalogue import PutStore
from linli.credit import AwardDeed, Points
from linli.credit.programme import PutProgramme
from linli.credit.watch import decide_review
from linli.kernel.errors import Refused
from linli.kernel.identity import Caller, Role
from linli.kernel.ids import uuid7
from linli.kernel.tables import Table
from linli.kernel.time import rfc3339
from linli.kernel.transact import transaction
from tests.support import village as v
from tests.support.crowd import at_once
from tests.support.engine import Engine, engine
from tests.support.http import golden, send

CITY = Caller("city-1", frozenset({(Role.CITY, "wulin")}))
SHOP = PutStore(
    community_id="wulin", owner_id="o", name_zh="店", name_en="Shop", lon=120.16, lat=30.27
)


@pytest.fixture
def db() -> Iterator[Engine]:
    with engine() as opened:
        catalogue.forget()
        catalogue.put_store(v.STORES[0], SHOP, None)
        yield opened
        assert credit.audit().breaches == []
        assert list(cases.breaches()) == []


def deed(**more: Any) -> AwardDeed:
    body = {"id": str(uuid7()), "resident_id": "ann", "deed": "helped_elder"} | more
    return AwardDeed.model_validate(body)


def award(now: datetime = v.NOON, **more: Any) -> credit.AwardedDeed:
    return credit.award(deed(**more), caller=CITY, now=now)


def refused_for_ever(command: AwardDeed, code: str) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for _ in range(2):
        with pytest.raises(Refused) as refusal:
            credit.award(command, caller=CITY, now=v.NOON)
        assert refusal.value.code == code
        fields = refusal.value.fields
    return fields


# Rules.


def test_a_deed_that_needs_evidence_is_refused_without_it(db: Engine) -> None:
    assert refused_for_ever(deed(deed="watched_over"), "evidence_missing") == {
        "evidence": ["note", "counterpart"]
    }
    assert award(deed="watched_over", note="每日探望", counterpart_id="bo").points == 4


@pytest.mark.parametrize(
    "at", [v.NOON - timedelta(days=7, minutes=1), v.NOON + timedelta(minutes=6)]
)
def test_a_deed_of_too_long_ago_or_yet_to_come_is_refused(db: Engine, at: datetime) -> None:
    refused_for_ever(deed(happened_at=at.isoformat()), "backdated_deed")


def test_a_deed_of_yesterday_counts_against_the_cap_of_the_day_it_is_awarded(db: Engine) -> None:
    yesterday = (v.NOON - timedelta(days=1)).isoformat()
    for _ in range(2):
        award(deed="volunteered", points=10, happened_at=yesterday)
    refused_for_ever(deed(happened_at=yesterday), "earning_cap")


def test_a_deed_done_for_oneself_earns_nothing(db: Engine) -> None:
    refused_for_ever(deed(counterpart_id="ann"), "own_deed")


def test_a_deed_earns_so_often_in_a_window_of_days(db: Engine) -> None:
    def host(days: float) -> int:
        at = v.NOON + timedelta(days=days)
        return award(at, deed="hosted_event", note="端午节").points

    for days in (0, 26, 27, 28):
        host(days)
    for late in (29, 29.999):
        with pytest.raises(credit.EarningCap) as refusal:
            host(late)
        again_at = rfc3339(v.NOON + timedelta(days=30))
        assert refusal.value.fields == {"cap_deeds": 4, "window_days": 30, "again_at": again_at}
    assert host(30) == 8, "the first of them is thirty days ago"
    with pytest.raises(credit.EarningCap):  # A window that stood still would begin anew here.
        host(31)
    assert host(56) == 8


def test_awards_of_one_deed_at_the_same_moment_are_counted_one_by_one(db: Engine) -> None:
    sent = [deed(deed="hosted_event", points=1, note="端午节") for _ in range(8)]
    answers = at_once(lambda n: credit.award(sent[int(n)], caller=CITY, now=v.NOON), "01234567")
    assert sum(isinstance(each, credit.AwardedDeed) for each in answers) == 4
    assert {each.code for each in answers if isinstance(each, Refused)} <= {
        "earning_cap",
        "contended",
    }


def test_the_audit_sees_a_deed_awarded_once_too_often() -> None:
    with engine() as opened:
        for n in range(4):
            award(v.NOON + timedelta(days=n), deed="hosted_event", note="端午节")
        assert credit.audit().breaches == []
        times = ("RESIDENT#ann", "TIMES#hosted_event")
        opened.damage(Table.LEDGER, times, lambda item: item.update(times={"S": "1"}))
        award(v.NOON + timedelta(days=4), deed="hosted_event", note="端午节")
        breaches = credit.audit().breaches
        assert [each for each in breaches if "awarded more than 4 times in 30 days" in each]
        assert [each for each in breaches if "the times kept" in each]


def test_a_refusal_is_kept_even_when_its_cause_has_passed(db: Engine) -> None:
    for _ in range(2):
        award(deed="volunteered", points=10)
    command = deed()
    with pytest.raises(credit.EarningCap):
        credit.award(command, caller=CITY, now=v.NOON)
    with pytest.raises(Refused) as refusal:
        credit.award(command, caller=CITY, now=v.NOON + timedelta(days=1))
    assert refusal.value.code == "earning_cap"
    assert credit.statement("ann", now=v.NOON).balance_points == 20


def test_the_city_changes_what_a_deed_earns_if_it_saw_what_there_was(db: Engine) -> None:
    read = send("credit", golden("credit_programme_read"))
    body = read.body | {"earned_points_a_day": 3}
    del body["community_id"]
    change = golden("credit_programme_set", body=body)
    assert send("credit", change).code == "precondition_required"
    change["headers"]["if-match"] = '"something else"'
    assert send("credit", change).code == "stale"
    change["headers"]["if-match"] = read.headers["etag"]
    changed = send("credit", change)
    assert (changed.status, changed.body["earned_points_a_day"]) == (200, 3)
    assert (
        send("credit", golden("credit_programme_read")).headers["etag"] == (changed.headers["etag"])
    )
    award()
    refused_for_ever(deed(), "earning_cap")
    other = golden("credit_programme_set", roles="city@elsewhere")
    assert send("credit", other).code == "not_found"


def test_a_programme_that_an_older_version_wrote_is_read_with_the_rules_since_and_changed(
    db: Engine,
) -> None:
    written = credit.programme.defaults().model_dump() | {"redemptions_a_day": 1}
    credit.programme.put("wulin", PutProgramme.model_validate(written), "*")
    (key,) = [key for key in db.items(Table.LEDGER) if key[0].startswith("PROGRAMME#")]

    def forget(item: dict[str, Any]) -> None:
        body = json.loads(item["body"]["S"])
        del body["order_points_a_day"]
        item["body"], item["etag"] = {"S": json.dumps(body)}, {"S": '"as it was then"'}

    db.damage(Table.LEDGER, key, forget)
    read = send("credit", golden("credit_programme_read"))
    assert (read.body["redemptions_a_day"], read.body["order_points_a_day"]) == (1, 4000)
    body = {name: value for name, value in read.body.items() if name != "community_id"}
    change = golden("credit_programme_set", body=body | {"order_points_a_day": 7})
    change["headers"]["if-match"] = read.headers["etag"]
    assert send("credit", change).body["order_points_a_day"] == 7


@pytest.mark.parametrize(
    "bad",
    [
        {"low_permille": 170},
        {"order_points_a_day": -1},
        {"deeds": {}},
        {"deeds": {"x": {"points": 5}}},
        {"earned_points_a_day": -1},
        {"redemptions_a_day": 1.5},
        {"surprise": 1},
    ],
)
def test_rules_that_make_no_sense_are_refused(db: Engine, bad: dict[str, Any]) -> None:
    before = db.everything()
    assert send("credit", golden("credit_programme_set", body=bad)).code == "invalid"
    assert db.everything() == before


# What is taken back.


def reversal(deed_id: object, **more: Any) -> Any:
    body = {"id": str(uuid7()), "deed_id": str(deed_id), "resident_id": "ann"} | more
    return send("credit", golden("deed_reversed", body=body))


def test_points_are_taken_back_by_a_new_entry_that_the_resident_sees(db: Engine) -> None:
    kept, gone = award(), award()
    answer = reversal(gone.id)
    assert (answer.status, answer.body["points"]) == (201, 3)
    statement = credit.statement("ann", now=v.NOON)
    assert statement.balance_points == kept.points
    assert {(e.reason, e.points) for e in statement.entries} == {
        ("helped_elder", 3),
        ("活动并未举行", -3),
    }


def test_a_deed_is_taken_back_once(db: Engine) -> None:
    gone, command = award(), str(uuid7())
    first = reversal(gone.id, id=command)
    assert reversal(gone.id, id=command).body == first.body
    assert reversal(gone.id).code == "not_reversible"
    assert reversal(f"{uuid7()}").code == "not_found"


def test_what_is_spent_is_not_taken_back_silently(db: Engine) -> None:
    gone = award(deed="volunteered", points=10)
    ask = credit.RedeemReward(id=uuid7(), community_id="wulin", reward="delivery")
    credit.redeem(ask, caller=v.resident("ann"), now=v.NOON)
    before = db.everything()
    assert reversal(gone.id).code == "not_enough_points"
    assert db.everything() == before


def test_the_id_of_a_reversal_takes_back_one_deed(db: Engine) -> None:
    first, second, command = award(), award(), str(uuid7())
    assert reversal(first.id, id=command).status == 201
    assert reversal(second.id, id=command).code == "id_reused"
    assert reversal(first.id, id=command, reason="x").code == "id_reused"
    assert credit.statement("ann", now=v.NOON).balance_points == second.points


def test_the_id_of_a_redemption_awards_no_deed(db: Engine) -> None:
    award(deed="volunteered", points=10)
    ask = credit.RedeemReward(id=uuid7(), community_id="wulin", reward="delivery")
    credit.redeem(ask, caller=v.resident("ann"), now=v.NOON)
    with pytest.raises(Refused) as refusal:
        award(id=str(ask.id))
    assert refusal.value.code == "id_reused"


def test_a_city_takes_back_deeds_of_its_own_community_alone(db: Engine) -> None:
    gone = award()
    event = golden(
        "deed_reversed",
        body={"deed_id": str(gone.id), "resident_id": "ann", "community_id": "elsewhere"},
        roles="city@elsewhere",
    )
    assert send("credit", event).code == "not_found"


def test_points_that_were_spent_come_back_as_a_new_lot(db: Engine) -> None:
    award(deed="volunteered", points=10)
    ask = credit.RedeemReward(id=uuid7(), community_id="wulin", reward="delivery")
    credit.redeem(ask, caller=v.resident("ann"), now=v.NOON)
    later = v.NOON + timedelta(days=60)
    with transaction() as tx:
        credit.reverse(
            tx,
            transfer_ids=[str(ask.id)],
            resident_id="ann",
            reason="mistake",
            by="city-1",
            now=later,
        )
    lots = credit.statement("ann", now=later).lots
    assert [(lot.last_on, lot.points) for lot in lots] == [("2027-06-30", 4), ("2027-07-31", 6)]


# What a person looks at.


def mutual(times: int, ring: tuple[str, ...] = ("ann", "bo")) -> None:
    for n in range(times):
        for who, other in zip(ring, ring[1:] + ring[:1], strict=True):
            award(v.NOON + timedelta(days=n), resident_id=who, counterpart_id=other)


LATER = v.NOON + timedelta(days=3)


@pytest.mark.parametrize("ring", [("ann", "bo"), ("ann", "bo", "cy")])
def test_a_ring_of_mutual_deeds_is_put_before_a_person_and_costs_nothing_by_itself(
    db: Engine, ring: tuple[str, ...]
) -> None:
    mutual(3, ring)
    before = db.items(Table.LEDGER)
    assert credit.watch("wulin", LATER) == len(ring)
    assert credit.watch("wulin", LATER) == 0, "once a week"
    assert db.items(Table.LEDGER) == before
    mine = cases.of_party("ann")
    assert [(c.kind, c.about["signal"], c.owner) for c in mine] == [
        ("credit_review", "mutual_deeds", "city@wulin")
    ]


def test_a_few_favours_back_and_forth_are_what_neighbours_do(db: Engine) -> None:
    mutual(2)
    for n in range(5):
        award(v.NOON + timedelta(days=n), resident_id="cy", counterpart_id="dee")
    assert credit.watch("wulin", LATER) == 0


def test_one_device_for_many_residents_is_put_before_a_person(db: Engine) -> None:
    for who in ("ann", "bo", "cy"):
        award(resident_id=who, device_id="phone-1")
    award(resident_id="dee", device_id="phone-2")
    assert credit.watch("wulin", LATER) == 3
    assert cases.of_party("ann")[0].about["signal"] == "shared_device"


def test_more_returns_in_an_hour_than_anybody_carries_are_put_before_a_person(
    db: Engine,
) -> None:
    for who, minutes in (("ann", 5), ("bo", 10)):
        for n in range(10):
            with transaction() as tx:
                credit.grant(
                    tx,
                    transfer_id=f"{uuid7()}/reward",
                    resident_id=who,
                    points=Points(5),
                    deed="returned_box",
                    now=v.NOON + timedelta(minutes=minutes * n),
                    done=credit.Done("wulin"),
                )
    assert credit.watch("wulin", LATER) == 1
    assert [c.about["signal"] for c in cases.of_party("ann")] == ["many_returns"]
    assert cases.of_party("bo") == []


@pytest.mark.parametrize(("decision", "points"), [("upheld", 0), ("dismissed", 9)])
def test_a_review_takes_points_back_only_when_a_person_upholds_it(
    db: Engine, decision: str, points: int
) -> None:
    mutual(3)
    credit.watch("wulin", LATER)
    case = cases.of_party("ann")[0]
    command = DecideCase.model_validate(
        {"id": str(uuid7()), "decision": decision, "reason": "查无此事"}
    )
    effects = {credit.REVIEW: decide_review}
    cases.decide(case.case_id, command, caller=CITY, now=LATER, effects=effects)
    statement = credit.statement("ann", now=LATER)
    assert statement.balance_points == points
    assert credit.statement("bo", now=LATER).balance_points == 9


def test_a_review_of_spent_points_stays_open_for_a_person(db: Engine) -> None:
    mutual(3)
    credit.watch("wulin", LATER)
    ask = credit.RedeemReward(id=uuid7(), community_id="wulin", reward="delivery")
    credit.redeem(ask, caller=v.resident("ann"), now=LATER)
    case = cases.of_party("ann")[0]
    command = DecideCase(id=uuid7(), decision="upheld", reason="so")
    with pytest.raises(credit.NotEnoughPoints):
        cases.decide(
            case.case_id,
            command,
            caller=CITY,
            now=LATER,
            effects={credit.REVIEW: decide_review},
        )
    assert cases.of_party("ann")[0].state == "open"


def test_deeds_that_a_person_has_taken_back_are_no_reason_for_another_review(db: Engine) -> None:
    mutual(3)
    for who in ("ann", "cy", "dee"):
        award(LATER, resident_id=who, device_id="phone-1", counterpart_id="bo")
    assert credit.watch("wulin", LATER) == 5, "a ring of two, a device of three"
    mine = cases.of_party("ann")
    assert {case.about["signal"] for case in mine} == {"mutual_deeds", "shared_device"}
    for case in mine:  # They have an entry in common.
        command = DecideCase(id=uuid7(), decision="upheld", reason="so")
        effects = {credit.REVIEW: decide_review}
        cases.decide(case.case_id, command, caller=CITY, now=LATER, effects=effects)
    assert credit.statement("ann", now=LATER).balance_points == 0
    next_week = LATER + timedelta(days=7)
    credit.watch("wulin", next_week)
    assert [case.state for case in cases.of_party("ann")] == ["decided", "decided"]


def test_the_schedules_look_at_every_community(db: Engine) -> None:
    mutual(3)
    assert credit.watch_all(LATER) == {"wulin": 2}
    assert credit.resolve_all(LATER) == {"wulin": 0}


# What time does.


def test_a_hold_that_nobody_settles_lapses_by_itself(db: Engine) -> None:
    award()
    with transaction() as tx:
        credit.hold_points(
            tx,
            transfer_id="h",
            resident_id="ann",
            points=Points(2),
            on=v.NOON.date(),
            cap_points=Points(20),
            now=v.NOON,
            expires_at=v.NOON + timedelta(minutes=30),
        )
    credit.sweep(v.NOON + timedelta(minutes=29))
    assert credit.statement("ann", now=v.NOON).held_points == 2
    credit.sweep(v.NOON + timedelta(minutes=30))
    statement = credit.statement("ann", now=v.NOON)
    assert (statement.held_points, statement.spent_today_points) == (0, 0)
    assert credit.audit().transfers["h"] == ("expired", 0)


def test_points_expire_a_year_after_their_month_and_the_statement_says_so(db: Engine) -> None:
    award(datetime(2026, 6, 30, 15, 59, tzinfo=UTC))  # The last minute of June in Shanghai.
    award(datetime(2026, 6, 30, 16, 1, tzinfo=UTC))
    lots = [(lot.last_on, lot.points) for lot in credit.statement("ann", now=v.NOON).lots]
    assert lots == [("2027-06-30", 3), ("2027-07-31", 3)]
    end = datetime(2027, 6, 30, 16, tzinfo=UTC)
    credit.sweep(end - timedelta(seconds=1))
    assert credit.statement("ann", now=end).balance_points == 6
    credit.sweep(end)
    credit.sweep(end)
    statement = credit.statement("ann", now=end)
    assert statement.balance_points == 3
    assert ("expired", -3) in {(e.reason, e.points) for e in statement.entries}
