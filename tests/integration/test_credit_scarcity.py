"""Scarcity: rewards under caps that hold for fifty at once, and a top tier that keeps its share."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from linli import catalogue, credit
from linli.credit import Points, RedeemReward, programme
from linli.credit.programme import PutProgramme
from linli.kernel.errors import Refused
from linli.kernel.ids import uuid7
from linli.kernel.tables import Table
from linli.kernel.transact import transaction
from tests.support import village as v
from tests.support.crowd import CROWD, at_once
from tests.support.engine import Engine, engine
from tests.support.http import golden, send


@pytest.fixture
def db() -> Iterator[Engine]:
    with engine() as opened:
        catalogue.forget()
        yield opened
        assert credit.audit().breaches == []


def set_programme(**more: Any) -> None:
    body = programme.defaults().model_dump() | more
    programme.put(v.COMMUNITY, PutProgramme.model_validate(body), "*")


def rewards(**more: Any) -> dict[str, Any]:
    """The default rewards, with `delivery` changed."""
    default: dict[str, Any] = programme.defaults().model_dump()["rewards"]
    return default | {"delivery": default["delivery"] | more}


def give(who: str, points: int, now: datetime = v.NOON) -> None:
    with transaction() as tx:
        credit.grant(
            tx,
            transfer_id=str(uuid7()),
            resident_id=who,
            points=Points(points),
            deed="helped_elder",
            now=now,
            done=credit.Done(v.COMMUNITY),
        )


def command(reward: str = "delivery") -> RedeemReward:
    return RedeemReward(id=uuid7(), community_id=v.COMMUNITY, reward=reward)


def redeem(who: str, asked: RedeemReward | None = None, now: datetime = v.NOON) -> credit.Redeemed:
    return credit.redeem(asked or command(), caller=v.resident(who), now=now)


def test_points_buy_a_coupon_that_the_resident_then_has(db: Engine) -> None:
    give("r-an", 10)
    redeemed = redeem("r-an")
    statement = credit.statement("r-an", now=v.NOON)
    assert (statement.balance_points, redeemed.points) == (4, 6)
    assert [(c.id, c.kind) for c in credit.list_coupons("r-an")] == [
        (redeemed.coupon_id, "delivery")
    ]


def test_the_same_redemption_sent_again_is_answered_the_same_and_counts_once(db: Engine) -> None:
    give("r-an", 20)
    asked = command()
    assert redeem("r-an", asked) == redeem("r-an", asked)
    assert credit.statement("r-an", now=v.NOON).balance_points == 14


@pytest.mark.parametrize(
    ("points", "reward", "code"),
    [
        (5, "delivery", "not_enough_points"),
        (50, "priority_slot", "top_tier_only"),
        (50, "golden_goose", "unknown_coupon"),
    ],
)
def test_a_refused_redemption_changes_nothing_and_stays_refused(
    db: Engine, points: int, reward: str, code: str
) -> None:
    give("r-an", points)
    before, asked = db.items(Table.LEDGER), command(reward)
    for _ in range(2):
        with pytest.raises(Refused) as refusal:
            redeem("r-an", asked)
        assert refusal.value.code == code
        give("r-bo", 1)
    after = {k: i for k, i in db.items(Table.LEDGER).items() if "refusal" not in i}
    assert {k: i for k, i in after.items() if "r-an" in k[0]} == {
        k: i for k, i in before.items() if "r-an" in k[0]
    }


def test_a_resident_takes_so_many_rewards_a_day_and_more_tomorrow(db: Engine) -> None:
    give("r-an", 30)
    redeem("r-an")
    redeem("r-an")
    with pytest.raises(credit.RedemptionCap):
        redeem("r-an")
    assert redeem("r-an", now=v.NOON + timedelta(days=1)).points == 6


def test_fifty_at_once_take_no_more_than_the_day_has(db: Engine) -> None:
    set_programme(rewards=rewards(a_day=23))
    for who in CROWD:
        give(who, 6)
    answers = at_once(redeem)
    assert sum(isinstance(each, credit.Redeemed) for each in answers) == 23
    refused = {each.code for each in answers if isinstance(each, Refused)}
    assert refused == {"programme_cap"}, "nobody was turned away by mere contention"


def neighbours(scores: dict[str, int], now: datetime = v.NOON) -> None:
    """Residents with deeds of so many points."""
    for who, points in scores.items():
        give(who, points, now)


def top(subject: str) -> bool:
    return credit.standing(v.resident(subject), v.COMMUNITY, v.NOON).tier == "top"


def test_the_top_tiers_share_is_in_its_band_and_those_who_moved_are_told_why(db: Engine) -> None:
    neighbours({who: n + 1 for n, who in enumerate(CROWD)})
    assert credit.resolve(v.COMMUNITY, v.NOON) == 8  # 15 % of 50 is 7.5.
    best = credit.standing(v.resident("r-49"), v.COMMUNITY, v.NOON)
    assert (best.tier, best.score_points, best.top_residents, best.active_residents) == (
        "top",
        50,
        8,
        50,
    )
    assert [(c.tier, "50" in c.why_en, "50" in c.why_zh) for c in best.changes] == [
        ("top", True, True)
    ]
    other = credit.standing(v.resident("r-00"), v.COMMUNITY, v.NOON)
    assert (other.tier, other.entry_points, other.changes) == ("standard", 43, [])


def test_solving_again_moves_nobody(db: Engine) -> None:
    neighbours({who: n + 1 for n, who in enumerate(CROWD)})
    credit.resolve(v.COMMUNITY, v.NOON)
    assert credit.resolve(v.COMMUNITY, v.NOON + timedelta(days=1)) == 0


def test_who_falls_a_little_behind_stays_and_who_falls_far_behind_leaves(db: Engine) -> None:
    neighbours({who: n + 1 for n, who in enumerate(CROWD)})
    credit.resolve(v.COMMUNITY, v.NOON)
    give("r-41", 3)  # 42 + 3 overtakes r-42, which is still among the first nine.
    assert credit.resolve(v.COMMUNITY, v.NOON + timedelta(minutes=1)) == 1
    assert top("r-41")
    assert top("r-42")
    give("r-40", 9)
    assert credit.resolve(v.COMMUNITY, v.NOON + timedelta(minutes=2)) == 2
    left = credit.standing(v.resident("r-42"), v.COMMUNITY, v.NOON)
    assert left.tier == "standard"
    assert "below" in left.changes[0].why_en


def test_who_does_no_deeds_for_long_leaves_the_top_tier_and_fades(db: Engine) -> None:
    neighbours({who: n + 1 for n, who in enumerate(CROWD)})
    credit.resolve(v.COMMUNITY, v.NOON)
    later = v.NOON + timedelta(days=91)
    neighbours(dict.fromkeys(CROWD[:40], 5), later)
    credit.resolve(v.COMMUNITY, later)
    gone = credit.standing(v.resident("r-49"), v.COMMUNITY, later)
    assert (gone.tier, gone.score_points) == ("standard", 24)
    assert "while" in gone.changes[0].why_en


def test_a_solution_that_broke_off_half_way_goes_on_from_there(db: Engine) -> None:
    neighbours({who: n + 1 for n, who in enumerate(CROWD)})
    writes = iter(range(100))
    original = db.before_call

    def break_off(operation: str) -> None:
        if operation == "TransactWriteItems" and next(writes) == 4:
            raise RuntimeError("the process is gone")

    db.before_call = break_off
    with pytest.raises(RuntimeError):
        credit.resolve(v.COMMUNITY, v.NOON)
    db.before_call = original
    credit.resolve(v.COMMUNITY, v.NOON)
    assert sum(top(who) for who in CROWD) == 8


def test_the_top_tier_may_take_its_own_reward(db: Engine) -> None:
    neighbours({who: n + 1 for n, who in enumerate(CROWD)})
    credit.resolve(v.COMMUNITY, v.NOON)
    assert redeem("r-49", command("priority_slot")).points == 12


def test_an_appeal_is_a_case_with_an_owner_and_is_opened_once(db: Engine) -> None:
    give("resident-1", 3)
    first = send("credit", golden("tier_appealed"))
    assert (first.status, send("credit", golden("tier_appealed")).body) == (201, first.body)
    seen = send("cases", golden("my_cases")).body["cases"]
    assert [(c["kind"], c["owner"], c["about"]["tier"]) for c in seen] == [
        ("tier_appeal", "city@wulin", "standard")
    ]
    assert send("credit", golden("tier_appealed", body={"reason": "x"})).code == "id_reused"
    assert send("credit", golden("tier_appealed", subject="stranger")).code == "not_found"


def test_tier_coupons_and_redemption_answer_over_http(db: Engine) -> None:
    give("resident-1", 10)
    assert send("credit", golden("reward_redeemed")).status == 201
    assert len(send("credit", golden("my_coupons")).body["coupons"]) == 1
    assert send("credit", golden("my_tier")).body["tier"] == "standard"
    elsewhere = golden("my_tier", query={"community_id": "elsewhere"})
    assert send("credit", elsewhere).code == "not_found"
    for bad in ({"reward": "-"}, {"points": 5}, {"fen": 100}, {"id": "7"}):
        assert send("credit", golden("reward_redeemed", body=bad)).code == "invalid"


def test_the_audit_sees_an_exceeded_cap_and_a_tier_beyond_its_band() -> None:
    with engine() as db:
        catalogue.forget()
        neighbours({who: n + 1 for n, who in enumerate(CROWD)})
        credit.resolve(v.COMMUNITY, v.NOON)
        redeem("r-49")
        for key, item in db.items(Table.LEDGER).items():
            if key[0].startswith("SCORES#") and "tier" not in item:
                db.damage(Table.LEDGER, key, lambda i: i.update(tier={"S": "top"}))
                break
        for key in db.items(Table.LEDGER):
            if key[0].startswith("QUOTA#"):
                db.damage(Table.LEDGER, key, lambda i: i.update(counted={"N": "9999"}))
        found = " ".join(credit.audit().breaches)
        assert "in the top tier, solved were 8" in found
        assert "over the cap" in found
