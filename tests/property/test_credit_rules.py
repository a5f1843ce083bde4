"""Tiers, lots, scores and parts of caps, for whatever residents and points there are."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from linli.credit import (
    EarningCap,
    Points,
    ProgrammePointsCap,
    lots,
    quota,
    score,
    tiers,
    window,
)
from linli.credit.coupons import Basket, Terms, worth_fen
from linli.credit.programme import DeedRule
from linli.credit.quota import PARTS, Quota, part_cap
from linli.credit.redeem import PARTS as REWARD_PARTS

People = st.dictionaries(st.text("abcdefgh", min_size=1, max_size=3), st.integers(1, 50))
Day = st.dates(date(2024, 1, 1), date(2044, 12, 31))
LOW, HIGH = 150, 180
NOON = datetime(2026, 6, 1, 4, tzinfo=UTC)


@given(st.integers(0, 3000), st.integers(0, 2**32))
def test_the_share_is_in_its_band_as_soon_as_the_band_has_a_whole_number(n: int, salt: int) -> None:
    weights = {str(k): (k * 2654435761 ^ salt) % 97 + 1 for k in range(n)}
    members = {str(k) for k in range(0, n, 3)}
    share = Fraction(len(tiers.solve(weights, members, LOW, HIGH).top), max(n, 1))
    assert share <= Fraction(HIGH, 1000)
    if n >= tiers.LEAST_ACTIVE:
        assert share >= Fraction(LOW, 1000)


@given(People, st.sets(st.text("abcdefgh", min_size=1, max_size=3)))
def test_solving_again_moves_nobody(weights: dict[str, int], members: set[str]) -> None:
    once = tiers.solve(weights, members, LOW, HIGH).top
    assert tiers.solve(weights, once, LOW, HIGH).top == once


@given(st.integers(0, 400), st.integers(0, 2**32), st.integers(0, 90))
def test_upheld_appeals_take_places_of_the_band_and_widen_it_for_nobody(
    n: int, salt: int, holds: int
) -> None:
    weights = {str(k): (k * 2654435761 ^ salt) % 97 + 1 for k in range(n)}
    members = {str(k) for k in range(0, n, 3)}
    held = {str(k * 7 % max(n, 1)) for k in range(holds)} & weights.keys()
    bare = tiers.solve(weights, members, LOW, HIGH)
    cut = tiers.solve(weights, members, LOW, HIGH, held)
    assert (cut.least, cut.most) == (bare.least, bare.most)
    assert cut.least <= len(cut.top) <= cut.most
    assert held <= cut.top or cut.top <= held, "as many of them as there are places"
    assert tiers.solve(weights, cut.top, LOW, HIGH, held).top == cut.top
    if cut.entry_weight is not None:
        by_rank = [weights[who] for who in cut.top - held - members]
        assert all(weight >= cut.entry_weight for weight in by_rank)


@given(People, st.sets(st.text("abcdefgh", min_size=1, max_size=3)))
def test_nobody_outside_has_more_than_anybody_who_entered(
    weights: dict[str, int], members: set[str]
) -> None:
    cut = tiers.solve(weights, members, LOW, HIGH)
    outside = [weights[who] for who in weights.keys() - cut.top]
    entered = [weights[who] for who in cut.top - members]
    stayed = [weights[who] for who in cut.top & members]
    assert not outside or not entered or max(outside) <= min(entered)
    assert cut.exit_weight is None or not stayed or min(stayed) >= cut.exit_weight


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(1, 40)), max_size=8),
    st.integers(0, 400),
)
def test_what_is_left_of_lots_is_what_a_queue_would_have(
    granted: list[tuple[int, int]], gone: int
) -> None:
    by_month: dict[date, int] = {}
    for month, points in granted:
        last = date(2027, 1 + month, 28)
        by_month[last] = by_month.get(last, 0) + points
    gone = min(gone, sum(by_month.values()))
    queue = [last for last, points in sorted(by_month.items()) for _ in range(points)][gone:]
    left = {lot.last_on: lot.left_points for lot in lots.left(list(by_month.items()), gone)}
    assert left == {last: queue.count(last) for last in by_month}


@given(Day, st.integers(1, 1000), st.integers(1, 1000))
def test_the_weight_of_two_deeds_is_the_weight_of_both(on: date, one: int, other: int) -> None:
    assert score.weight(one, on) + score.weight(other, on) == score.weight(one + other, on)


@given(Day, st.integers(1, 1000))
def test_a_score_is_what_was_earned_today_and_half_of_it_a_half_life_later(
    on: date, points: int
) -> None:
    later = on + timedelta(days=score.HALF_LIFE_DAYS)
    assert score.score_points(score.weight(points, on), on) == points
    assert score.score_points(score.weight(points, on), later) == points // 2
    assert score.weight(10**6, on) < 10**38, "exact in DynamoDB"


@given(st.integers(0, 10**6), st.sampled_from([1, PARTS, REWARD_PARTS]))
def test_the_parts_of_a_days_cap_are_the_cap(a_day: int, count: int) -> None:
    parts = [part_cap(a_day, part, count) for part in range(count)]
    assert sum(parts) == a_day
    assert max(parts) - min(parts) <= 1


@given(
    st.builds(Terms, goods_fen=st.integers(0, 9000), slot_fen=st.integers(0, 9000)),
    st.integers(0, 9000),
    st.integers(0, 9000),
)
def test_a_coupon_takes_off_no_more_than_there_is(terms: Terms, goods: int, slot: int) -> None:
    assert 0 <= worth_fen(terms, Basket(goods, slot, {})) <= goods + slot


@given(
    st.integers(0, 60),
    st.lists(st.integers(0, 20), min_size=PARTS, max_size=PARTS),
    st.integers(1, 20),
    st.text(max_size=3),
)
def test_an_order_takes_its_points_where_some_are_left_and_is_refused_only_if_all_have_less(
    cap: int, counted: list[int], points: int, seed: str
) -> None:
    had = Quota("wulin", date(2026, 6, 1), cap, tuple(counted))
    left = sum(had.left(part) for part in range(PARTS))
    try:
        taken = quota.choose(had, Points(points), seed).points
    except ProgrammePointsCap:
        assert left < points
        return
    assert sum(taken.values()) == points <= left
    assert all(0 < units <= had.left(part) for part, units in taken.items())
    enough = any(had.left(part) >= points for part in range(PARTS))
    assert not enough or len(taken) == 1


@given(
    st.lists(st.integers(0, 40 * 24), max_size=60),
    st.integers(1, 5),
    st.integers(1, 10),
    st.lists(st.integers(0, 2), max_size=60),
)
def test_no_span_of_a_windows_length_has_more_deeds_than_its_rule_allows(
    hours: list[int], most: int, days: int, behind: list[int]
) -> None:
    """Whoever awards may have a clock some hours behind; then it is refused rather than allowed."""
    rule = DeedRule(points=1, most_points=1, a_window=most, window_days=days, late_days=0)
    span, kept, done = days * 24, list[int](), list[int]()
    slow = behind + [0] * len(hours)
    for hour, late in zip(sorted(hours), slow, strict=False):
        at = NOON + timedelta(hours=hour - late)
        since = hour - late - span
        try:
            kept = window.slide(kept, rule, at)
        except EarningCap:
            assert sum(each > since for each in done) >= most
            continue
        assert sum(each > since for each in done) < most
        done.append(hour - late)
    for end in done:
        assert sum(end - span < each <= end for each in done) <= most
