"""Suggested transfers give as much as can be spared, over the least unit-metres."""

from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from linli.stock.suggest import assign

STORES = ("a", "b", "c", "d")
few = st.dictionaries(st.sampled_from(STORES), st.integers(0, 3), min_size=4, max_size=4)


def cheapest(
    spare: dict[str, int], lacking: dict[str, int], metres: dict[tuple[str, str], int]
) -> tuple[int, int]:
    """(units not given, unit-metres) of the best of all assignments: unit by unit, memoised."""
    units = [taker for taker, n in lacking.items() for _ in range(n)]
    best: dict[tuple[int, ...], tuple[int, int]] = {tuple(spare[s] for s in STORES): (0, 0)}
    for taker in units:
        after: dict[tuple[int, ...], tuple[int, int]] = {}
        for left, (missed, cost) in best.items():
            options = [(left, (missed + 1, cost))]
            for n, giver in enumerate(STORES):
                if left[n] and giver != taker:
                    fewer = (*left[:n], left[n] - 1, *left[n + 1 :])
                    options.append((fewer, (missed, cost + metres[giver, taker])))
            for state, value in options:
                after[state] = min(value, after.get(state, value))
        best = after
    return min(best.values())


@settings(max_examples=150, deadline=None)
@given(few, few, st.lists(st.integers(0, 9), min_size=16, max_size=16))
def test_as_many_units_as_possible_over_the_least_distance(
    spare: dict[str, int], lacking: dict[str, int], numbers: list[int]
) -> None:
    pairs = [(one, other) for one, other in product(STORES, STORES) if one != other]
    metres = dict(zip(pairs, numbers, strict=False))
    flow = assign(spare, lacking, metres)
    assert all(units > 0 for units in flow.values())
    for store in STORES:
        assert sum(n for (giver, _), n in flow.items() if giver == store) <= spare[store]
        assert sum(n for (_, taker), n in flow.items() if taker == store) <= lacking[store]
    given_units = sum(flow.values())
    cost = sum(metres[edge] * units for edge, units in flow.items())
    assert (sum(lacking.values()) - given_units, cost) == cheapest(spare, lacking, metres)
