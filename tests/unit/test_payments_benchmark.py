"""The benchmark's stream is what it says, and its records count as the product's do."""

from dataclasses import replace
from typing import Any

from benchmarks.payments.interception import Records, judge
from benchmarks.payments.stream import DAY, HOUR, KINDS, Tap, stream

TAPS = list(stream(residents=200, days=5, thefts_a_day=8, seed=3))


def tap(at: float, **more: Any) -> Tap:
    return replace(Tap(at, "r", "phone", "card", 3000, 100, False, None), **more)


def test_a_seed_is_one_stream_in_the_order_of_time() -> None:
    assert list(stream(residents=200, days=5, thefts_a_day=8, seed=3)) == TAPS
    assert [each.at for each in TAPS] == sorted(each.at for each in TAPS)


def test_every_kind_of_thief_and_many_residents_are_in_it() -> None:
    assert {each.thief for each in TAPS} == {None, *KINDS}
    assert sum(each.thief is None for each in TAPS) > 150


def test_every_attempt_is_counted_once_under_what_it_was() -> None:
    found = judge(TAPS)
    assert found.of(True) == sum(each.thief is not None for each in TAPS)
    assert found.of(False) == sum(each.thief is None for each in TAPS)
    assert found.of(True) == sum(found.of(True, told) for told in ("accept", "review", "block"))


def test_attempts_of_the_hour_before_count_by_what_is_left_of_it() -> None:
    records = Records()
    for minute in range(4):
        records.count(tap(DAY + 30 * 60 + minute))
    seen = records.seen(tap(DAY + HOUR + 15 * 60))
    assert seen.attempts_hour == {"resident": 3, "device": 3, "card": 3}
    assert records.seen(tap(DAY + 3 * HOUR)).attempts_hour["device"] == 0
