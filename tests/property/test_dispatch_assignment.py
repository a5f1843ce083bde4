"""The assignment: as many routes as can be, at the least cost, each courier at most once."""

from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from linli.dispatch.rules import Costs, first_come, greedy
from linli_solver.assignment import assign

cells = st.one_of(st.none(), st.integers(0, 5_000))


@st.composite
def matrices(draw: st.DrawFn, most: int = 9) -> Costs:
    rows, columns = draw(st.integers(0, most)), draw(st.integers(1, most))
    return [[draw(cells) for _ in range(columns)] for _ in range(rows)]


def worth(costs: Costs, chosen: dict[int, int]) -> tuple[int, int]:
    """Fewer routes left first, then less cost."""
    spent = [costs[row][column] for row, column in chosen.items()]
    assert None not in spent, "somebody was chosen who cannot"
    return len(costs) - len(chosen), sum(each or 0 for each in spent)


@given(matrices())
@settings(max_examples=150, deadline=None)
def test_each_route_has_one_courier_each_courier_one_route_and_nobody_beats_it(
    costs: Costs,
) -> None:
    chosen = assign(costs)
    assert len(set(chosen.values())) == len(chosen)
    assert set(chosen) <= set(range(len(costs)))
    assert worth(costs, chosen) <= worth(costs, greedy(costs))
    assert worth(costs, chosen) <= worth(costs, first_come(costs))


@given(matrices(most=4))
@settings(max_examples=60, deadline=None)
def test_it_is_the_best_of_all_there_are(costs: Costs) -> None:
    columns = list(range(len(costs[0]) if costs else 0)) + [-1] * len(costs)
    best = min(
        (
            worth(costs, {row: c for row, c in enumerate(some) if c >= 0})
            for some in set(permutations(columns, len(costs)))
            if all(c < 0 or costs[row][c] is not None for row, c in enumerate(some))
        ),
        default=(0, 0),
    )
    assert worth(costs, assign(costs)) == best


@given(matrices())
@settings(max_examples=60, deadline=None)
def test_another_courier_never_makes_it_worse(costs: Costs) -> None:
    more = [[*row, 100] for row in costs]
    assert worth(more, assign(more)) <= worth(costs, assign(costs))
