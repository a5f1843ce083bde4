"""What makes a payment suspicious, and that the score says why."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from linli import risk
from linli.risk import Feature, Rule, Ruleset, Seen, Subject, Verdict
from linli.risk.rules import HOUR_SECONDS

RULES = risk.current()
NOBODY = Seen({}, {}, 0, 0, False, 0)
REGULAR = Seen(
    {"resident": 0, "device": 0, "card": 0},
    {"resident": 1, "device": 1, "card": 1},
    paid_orders=24,
    paid_fen=24 * 6000,
    device_known=True,
    blocked=0,
)


def rule(**more: Any) -> Rule:
    plain = {
        "id": "r",
        "feature": "metres",
        "at_least": 10,
        "points": 7,
        "why_en": "",
        "why_zh": "",
    }
    return Rule.model_validate(plain | more)


def ruleset(*rules: Rule) -> Ruleset:
    return Ruleset(version="t", review_points=10, block_points=20, rules=rules)


def points(seen: Seen, **what: Any) -> int:
    return risk.score(risk.features(seen, **what), RULES).points


def verdict(seen: Seen, **what: Any) -> Verdict:
    return risk.score(risk.features(seen, **what), RULES).verdict


def test_a_regular_customers_usual_order_is_accepted_without_a_point() -> None:
    assert points(REGULAR, fen=5500, metres=40, phone_mismatch=False) == 0


def test_a_first_order_of_a_usual_size_is_accepted() -> None:
    assert verdict(NOBODY, fen=8000, metres=500, phone_mismatch=False) is Verdict.ACCEPT


def test_blocked_ids_are_blocked_however_good_everything_else_looks() -> None:
    assert verdict(replace(REGULAR, blocked=1), fen=100) is Verdict.BLOCK


@pytest.mark.parametrize("kind", ["device", "card"])
def test_a_burst_of_attempts_is_blocked_for_whoever_it_comes_from(kind: risk.Kind) -> None:
    burst = Seen({kind: 12}, {kind: 14}, 0, 0, False, 0)
    assert verdict(burst, fen=9900) is Verdict.BLOCK


def test_a_taken_over_account_is_held() -> None:
    """A known resident's account, a new device far away, ten times the usual amount."""
    stranger = Seen({}, {}, paid_orders=5, paid_fen=5 * 6000, device_known=False, blocked=0)
    score = risk.score(risk.features(stranger, fen=60000, metres=900_000), RULES)
    assert score.verdict in (Verdict.REVIEW, Verdict.BLOCK)
    assert {r.rule for r in score.reasons} >= {"new_device", "far_away", "unlike_history"}


def test_a_score_is_the_sum_of_its_reasons_and_names_its_rules() -> None:
    score = risk.score(
        {"metres": 12, "blocked": 1},
        ruleset(rule(), rule(id="b", feature="blocked", at_least=1, points=5)),
    )
    assert score.points == 12 == sum(reason.points for reason in score.reasons)
    assert [(r.rule, r.value) for r in score.reasons] == [("r", 12), ("b", 1)]
    assert (score.verdict, score.ruleset) == (Verdict.REVIEW, "t")


@pytest.mark.parametrize(
    ("known", "holds"),
    [({"metres": 9}, False), ({"metres": 10}, True), ({}, False)],
)
def test_a_rule_holds_from_its_bound_on_and_never_of_the_unknown(
    known: dict[Feature, int], holds: bool
) -> None:
    assert bool(risk.score(known, ruleset(rule())).reasons) is holds


def test_a_rule_may_ask_for_more_than_one_thing() -> None:
    both = ruleset(rule(also={"amount_fen": 100}, below={"paid_orders": 3}))
    assert risk.score({"metres": 10, "amount_fen": 100, "paid_orders": 2}, both).points == 7
    assert risk.score({"metres": 10, "amount_fen": 99, "paid_orders": 2}, both).points == 0
    assert risk.score({"metres": 10, "amount_fen": 100, "paid_orders": 3}, both).points == 0
    assert risk.score({"metres": 10, "amount_fen": 100}, both).points == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"block_points": 10},
        {"review_points": 0},
        {"rules": (rule(), rule())},
    ],
)
def test_a_ruleset_that_makes_no_sense_is_not_loaded(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Ruleset.model_validate(ruleset(rule()).model_dump() | wrong)


def test_every_rule_explains_itself_in_both_languages() -> None:
    assert all(each.why_en and each.why_zh for each in RULES.rules)


@given(
    now=st.integers(0, 50),
    before=st.integers(0, 50),
    elapsed=st.integers(0, HOUR_SECONDS - 1),
)
def test_a_sliding_window_lies_between_the_fixed_windows_it_is_made_of(
    now: int, before: int, elapsed: int
) -> None:
    count = risk.sliding(now, before, elapsed, HOUR_SECONDS)
    assert now <= count <= now + before
    assert risk.sliding(now, before, 0, HOUR_SECONDS) == now + before


@given(
    known=st.dictionaries(
        st.sampled_from([rule.feature for rule in RULES.rules]), st.integers(-5, 10**6)
    ),
    feature=st.sampled_from(["device_hour", "card_hour", "resident_hour", "blocked", "metres"]),
    more=st.integers(1, 50),
)
def test_more_of_what_is_suspicious_never_looks_better(
    known: dict[Feature, int], feature: Feature, more: int
) -> None:
    worse = {**known, feature: known.get(feature, 0) + more}
    assert (
        risk.score(worse, RULES).points
        >= risk.score({**known, feature: known.get(feature, 0)}, RULES).points
    )


def test_an_id_is_told_apart_by_its_kind_and_never_kept_plain() -> None:
    subject = Subject.of("same", "same", "same")
    assert len({subject.resident, subject.device, subject.card}) == 3
    assert "same" not in repr(subject)
    assert Subject.of("r", "d", None).ids.keys() == {"resident", "device"}
