"""What of the heat map may be told, where the peaks are, and the share of presales."""

from collections import Counter

import h3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.heat import Peak, Share, peaks, published
from linli.heat.rules import MERGED, K, cell_of

HERE = cell_of(120.16, 30.27)
RING = sorted(str(cell) for cell in h3.grid_disk(HERE, 3))
counts = st.dictionaries(
    st.tuples(st.sampled_from(RING), st.integers(0, 167)), st.integers(1, 12), max_size=60
)


@given(counts)
def test_no_number_below_five_is_told_and_none_is_invented(
    found: dict[tuple[str, int], int],
) -> None:
    told = published(found)
    assert all(area.orders >= K for area in told)
    by_hour: Counter[int] = Counter()
    for (_, hour), orders in found.items():
        by_hour[hour] += orders
    for hour, orders in by_hour.items():
        shown = sum(area.orders for area in told if area.hour_of_week == hour)
        # What is kept back is less than would be a number of its own.
        assert shown == orders or orders - shown < K


def test_few_orders_are_merged_into_their_parent_then_into_the_community() -> None:
    parent = h3.cell_to_parent(HERE, MERGED)
    sister = next(str(c) for c in h3.cell_to_children(parent, 8) if c != HERE)
    far = next(c for c in RING if h3.cell_to_parent(c, MERGED) != parent)
    told = published({(HERE, 9): 3, (sister, 9): 2, (far, 9): 7, (far, 10): 4})
    assert {(area.cell, area.hour_of_week, area.orders) for area in told} == {
        (far, 9, 7),
        (str(parent), 9, 5),
    }


def test_the_evening_peak_of_friday_is_found_as_one() -> None:
    quiet = {(HERE, hour): 10 for hour in range(168) if 8 <= hour % 24 < 21}
    friday = 4 * 24
    busy = quiet | {(HERE, friday + 16): 60, (HERE, friday + 17): 55}
    assert peaks(busy) == [Peak(weekday=4, from_hour=16, until_hour=18, orders=115)]


def test_without_orders_there_is_no_peak() -> None:
    assert peaks({}) == []
    assert peaks({(HERE, 5): 4}) == []  # Too few to be told.


@pytest.mark.parametrize(
    ("share", "units", "fen"),
    [(Share(0, 0, 0, 0), 0.0, 0.0), (Share(10, 2, 1000, 300), 0.2, 0.3)],
)
def test_the_share_of_presales(share: Share, units: float, fen: float) -> None:
    assert (share.unit_share, share.fen_share) == (units, fen)
