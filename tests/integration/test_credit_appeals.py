"""An appeal against a tier: what a person decides is what holds, and the band stays the band."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from linli import cases, catalogue, credit
from linli.cases import DecideCase
from linli.credit import Appeal, Points, Standing
from linli.credit.appeals import HELD_DAYS
from linli.kernel.errors import Contended, Refused
from linli.kernel.identity import Caller, Role
from linli.kernel.ids import uuid7
from linli.kernel.tables import Table
from linli.kernel.transact import transaction
from tests.support import village as v
from tests.support.crowd import CROWD
from tests.support.engine import Engine, engine
from tests.support.http import golden, send

CITY = Caller("city-1", frozenset({(Role.CITY, v.COMMUNITY)}))
EFFECTS = {credit.APPEAL: credit.decide_appeal}
LAST, TONIGHT = CROWD[0], v.NOON + timedelta(hours=15)


@pytest.fixture
def db() -> Iterator[Engine]:
    """Fifty residents, of whom the last eight are in the top tier."""
    with engine() as opened:
        catalogue.forget()
        for n, who in enumerate(CROWD):
            give(who, n + 1)
        credit.resolve(v.COMMUNITY, v.NOON)
        yield opened
        assert credit.audit().breaches == []
        assert list(cases.breaches()) == []


def give(who: str, points: int, now: datetime = v.NOON) -> None:
    done = credit.Done(v.COMMUNITY)
    with transaction() as tx:
        credit.grant(
            tx,
            transfer_id=str(uuid7()),
            resident_id=who,
            points=Points(points),
            deed="helped_elder",
            now=now,
            done=done,
        )


def appeal(who: str) -> str:
    command = Appeal(id=uuid7(), community_id=v.COMMUNITY, reason="我的善行未计入")
    return credit.appeal(command, caller=v.resident(who), now=v.NOON).case_id


def decide(case_id: str, decision: Any = "upheld", now: datetime = v.NOON) -> None:
    command = DecideCase(id=uuid7(), decision=decision, reason="志愿者记录属实")
    cases.decide(case_id, command, caller=CITY, now=now, effects=EFFECTS)


def stands(who: str, now: datetime = v.NOON) -> Standing:
    return credit.standing(v.resident(who), v.COMMUNITY, now)


def tops(now: datetime = v.NOON) -> list[str]:
    return [who for who in CROWD if stands(who, now).tier == "top"]


def test_an_upheld_appeal_raises_at_once_and_says_why_and_until_when(db: Engine) -> None:
    decide(appeal(LAST))
    seen = stands(LAST)
    until = (v.NOON + timedelta(days=HELD_DAYS)).date().isoformat()
    assert (seen.tier, seen.held_until, seen.held_why) == ("top", until, "志愿者记录属实")
    change = seen.changes[0]
    assert change.tier == "top"
    for words in (change.why_en, change.why_zh):
        assert until in words
        assert "志愿者记录属实" in words


def test_a_dismissed_appeal_changes_no_tier(db: Engine) -> None:
    before = db.items(Table.LEDGER)
    decide(appeal(LAST), "dismissed")
    assert db.items(Table.LEDGER) == before
    assert cases.of_party(LAST)[0].reason == "志愿者记录属实"


def test_the_night_keeps_who_is_held_and_the_share_in_its_band(db: Engine) -> None:
    for who in CROWD[:4]:
        decide(appeal(who))
    assert len(tops()) == 12, "until tonight"
    credit.resolve(v.COMMUNITY, TONIGHT)
    assert tops(TONIGHT) == [*CROWD[:4], *CROWD[-5:]], "nine of fifty: no more than 18 %"
    left = stands(CROWD[-6], TONIGHT)
    assert (left.tier, left.changes[0].tier) == ("standard", "standard")
    credit.resolve(v.COMMUNITY, TONIGHT + timedelta(days=1))
    assert len(tops(TONIGHT)) == 9, "nobody flickers"


def test_a_held_tier_is_by_rank_again_after_its_review(db: Engine) -> None:
    decide(appeal(LAST))
    later = v.NOON + timedelta(days=HELD_DAYS)
    for n, who in enumerate(CROWD):
        give(who, n + 1, later)
    credit.resolve(v.COMMUNITY, later)
    assert stands(LAST, later).tier == "top"
    after = later + timedelta(days=1)
    credit.resolve(v.COMMUNITY, after)
    seen = stands(LAST, after)
    assert (seen.tier, seen.held_until) == ("standard", None)
    assert "below" in seen.changes[0].why_en


def test_who_did_no_deeds_for_long_keeps_the_place_that_a_person_gave_them(db: Engine) -> None:
    later = v.NOON + timedelta(days=95)
    for n, who in enumerate(CROWD[1:]):
        give(who, n + 1, later)
    credit.resolve(v.COMMUNITY, later)
    decide(appeal(LAST), now=later)
    credit.resolve(v.COMMUNITY, later + timedelta(hours=15))
    assert stands(LAST, later).tier == "top"


def test_no_more_is_held_than_the_tier_has_places_and_the_case_stays_open(db: Engine) -> None:
    for who in CROWD[:9]:
        decide(appeal(who))
    case_id = appeal(CROWD[10])
    with pytest.raises(Refused) as refusal:
        decide(case_id)
    assert refusal.value.code == "tier_full"
    assert cases.of_party(CROWD[10])[0].state == "open"
    credit.resolve(v.COMMUNITY, TONIGHT)
    assert tops(TONIGHT) == list(CROWD[:9])
    assert stands(CROWD[-1], TONIGHT).entry_points is None, "nobody enters by rank"
    decide(appeal(CROWD[0]), now=TONIGHT)  # Whoever is held may be held anew.


def test_an_appeal_upheld_while_the_tiers_are_solved_is_in_force_whoever_is_first(
    db: Engine,
) -> None:
    who, case_id = CROWD[-8], appeal(CROWD[-8])  # Is in; ten others overtake them tonight.
    for other in CROWD[:10]:
        give(other, 60)
    original, done = db.before_call, list[bool]()

    def between(operation: str) -> None:
        if operation == "TransactWriteItems" and not done:
            done.append(True)
            decide(case_id)

    db.before_call = between
    with pytest.raises(Contended):
        credit.resolve(v.COMMUNITY, TONIGHT)
    db.before_call = original
    credit.resolve(v.COMMUNITY, TONIGHT)
    assert stands(who, TONIGHT).tier == "top"


def test_an_appeal_is_decided_over_http(db: Engine) -> None:
    give("resident-1", 1)
    opened = send("credit", golden("tier_appealed")).body["case_id"]
    answer = golden("case_decided", path={"case_id": opened}, body={"id": str(uuid7())})
    assert send("cases", answer).body["state"] == "decided"
    seen = send("credit", golden("my_tier")).body
    assert (seen["tier"], seen["held_why"]) == ("top", "票据属实")
