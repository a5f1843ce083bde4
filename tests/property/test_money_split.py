"""Splitting money neither makes nor loses a fen."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.kernel.money import split

WEIGHTS = st.lists(st.integers(0, 10**9), min_size=1, max_size=12)
TOTALS = st.integers(-(10**12), 10**12)


@given(TOTALS, WEIGHTS)
def test_the_parts_add_up_and_each_is_within_a_fen_of_its_share(
    total: int, weights: list[int]
) -> None:
    whole = sum(weights)
    if whole == 0 and total:
        with pytest.raises(ValueError, match="nothing"):
            split(total, weights)
        return
    parts = split(total, weights)
    assert sum(parts) == total
    assert len(parts) == len(weights)
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part * whole - total * weight) < max(whole, 1)
        assert part == 0 or (weight and (part > 0) == (total > 0))


@given(TOTALS, WEIGHTS)
def test_a_refund_is_split_as_its_payment_was(total: int, weights: list[int]) -> None:
    if sum(weights):
        assert split(-total, weights) == [-part for part in split(total, weights)]


@given(st.integers(0, 10**12), WEIGHTS)
def test_who_weighs_more_does_not_get_less(total: int, weights: list[int]) -> None:
    if sum(weights):
        parts = sorted(zip(weights, split(total, weights), strict=True))
        for (light, less), (heavy, more) in pairwise(parts):
            assert less <= more or light == heavy


def test_no_weight_is_negative() -> None:
    with pytest.raises(ValueError, match="negative"):
        split(10, [3, -1])
