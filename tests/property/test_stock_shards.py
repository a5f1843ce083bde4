"""A split shelf gives what it has and not a unit more, from whichever of its items, at any time."""

from hypothesis import given
from hypothesis import strategies as st

from linli.stock.shards import MOST_SHARDS, Take, begin_at, fair, fill, takes

Splits = st.lists(st.integers(0, 30), min_size=1, max_size=MOST_SHARDS)
Units = st.integers(1, 40)
Kept = st.integers(0, 40)


def meets(shelf: list[int], found: list[Take]) -> bool:
    return all(shelf[take.shard] >= take.least_units for take in found)


def apply(shelf: list[int], found: list[Take]) -> None:
    for take in found:
        shelf[take.shard] -= take.units


@given(split=Splits, units=Units, kept=Kept, first=st.integers(0, 7))
def test_a_promise_is_taken_whole_and_what_is_kept_stays(
    split: list[int], units: int, kept: int, first: int
) -> None:
    found, shelf = takes(split, units, kept, first % len(split)), list(split)
    if sum(split) - units < kept:
        assert found is None
        return
    assert found is not None
    assert meets(shelf, found)
    assert len({take.shard for take in found}) == len(found)
    apply(shelf, found)
    assert min(shelf) >= 0
    assert sum(shelf) == sum(split) - units >= kept


@given(
    split=Splits,
    wants=st.lists(st.tuples(Units, Kept, st.integers(0, 7), st.integers(0, 4)), max_size=12),
)
def test_promises_on_old_news_never_take_what_is_kept(
    split: list[int], wants: list[tuple[int, int, int, int]]
) -> None:
    """
    Each has seen the shelf as it was some promises ago, and takes if its conditions are met now:
    the least that any of them keeps is never touched.
    """
    seen, shelf = [list(split)], list(split)
    least = min((kept for _, kept, _, _ in wants), default=0)
    for units, kept, first, ago in wants:
        news = seen[max(0, len(seen) - 1 - ago)]
        found = takes(news, units, kept, first % len(split))
        if found is not None and meets(shelf, found):
            apply(shelf, found)
            assert sum(shelf) >= min(least, sum(split))
        assert min(shelf) >= 0
        seen.append(list(shelf))


@given(split=Splits, units=st.integers(0, 60))
def test_what_comes_in_fills_the_emptiest(split: list[int], units: int) -> None:
    more = fill(split, units)
    after = [has + add for has, add in zip(split, more, strict=True)]
    assert sum(more) == units
    assert min(more) >= 0
    assert max((a for a, add in zip(after, more, strict=True) if add), default=0) <= (
        min(after) + 1
    )


@given(units=st.integers(0, 60), shards=st.integers(1, MOST_SHARDS))
def test_fair_shares_differ_by_one_at_most(units: int, shards: int) -> None:
    shares = fair(units, shards)
    assert sum(shares) == units
    assert max(shares) - min(shares) <= 1


def test_ids_begin_at_every_shard() -> None:
    begun = [begin_at(f"01890000-0000-7000-8000-{n:012x}", 8) for n in range(64)]
    assert set(begun) == set(range(8))
