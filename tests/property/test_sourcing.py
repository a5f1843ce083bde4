"""Whatever a wave holds and whatever is free: sources get no worse, and no shelf gives too much."""

from collections import Counter
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linli.sourcing import Demand, Group, Sourcing, faults, groups, held, kept_sound, outlay
from linli.stock import Shelf
from linli_solver.allocation import allocate

STORES = tuple(f"store-{n}" for n in range(5))
SKUS = tuple(f"sku-{n}" for n in range(4))
RULE = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


@st.composite
def sourcings(draw: st.DrawFn) -> Sourcing:
    """Up to a dozen orders, each holding what it wants somewhere, and some stock beside."""
    demands = []
    for n in range(draw(st.integers(1, 12))):
        skus = draw(st.lists(st.sampled_from(SKUS), min_size=1, max_size=3, unique=True))
        reach = draw(st.lists(st.sampled_from(STORES), min_size=1, max_size=4, unique=True))
        metres = {each: draw(st.integers(0, 3_000)) for each in reach}
        stores = reach[: draw(st.integers(1, min(3, len(reach))))]
        kept: Counter[Shelf] = Counter()
        for sku in skus:
            for _ in range(draw(st.integers(1, 3))):
                kept[draw(st.sampled_from(stores)), sku] += draw(st.integers(1, 3))
        wanted: Counter[str] = Counter()
        for (_, sku), units in kept.items():
            wanted[sku] += units
        shelves = [(store, sku) for store in reach for sku in skus]
        allowed = frozenset(draw(st.sets(st.sampled_from(shelves))))
        demands.append(Demand(f"order-{n}", dict(wanted), dict(kept), metres, allowed))
    free = {
        (store, sku): draw(st.integers(0, 6))
        for store in STORES
        for sku in SKUS
        if draw(st.booleans())
    }
    return Sourcing(tuple(demands), free)


@RULE
@given(sourcings())
def test_sources_are_never_worse_than_held_and_never_beyond_what_is_free(
    problem: Sourcing,
) -> None:
    found = allocate(problem, seconds=2)
    assert faults(problem, found.choices) == []
    before, after = outlay(problem, held(problem)).total, outlay(problem, found.choices).total
    assert after <= before
    assert found.bound_metres is not None
    assert found.bound_metres <= after


@RULE
@given(sourcings(), st.data())
def test_any_of_the_groups_alone_fit_and_save(problem: Sourcing, data: st.DataObject) -> None:
    """Whichever groups are written, in whatever order, and whichever fail: nobody is short."""
    found = groups(problem, allocate(problem, seconds=2).choices)
    written = data.draw(st.permutations(found))
    count = data.draw(st.integers(0, len(written)))
    now = dict(held(problem))
    total = outlay(problem, now).total
    for group in written[:count]:
        now |= group.choices
        assert faults(problem, now) == []
        assert outlay(problem, now).total == total - group.saved < total
        total -= group.saved
        assert_change(problem, group)


def assert_change(problem: Sourcing, group: Group) -> None:
    kept = {demand.order_id: demand.held for demand in problem.demands}
    change: Counter[Shelf] = Counter()
    for order_id, choice in group.choices.items():
        change.update(choice)
        change.subtract(kept[order_id])
    assert {shelf: units for shelf, units in change.items() if units} == dict(group.change)
    assert all(units <= problem.free.get(shelf, 0) for shelf, units in group.change.items())


@RULE
@given(sourcings())
def test_an_answer_that_does_not_hold_or_costs_more_is_not_followed(problem: Sourcing) -> None:
    kept = held(problem)
    assert kept_sound(problem, None) == kept
    first = problem.demands[0]
    short = dict(kept) | {first.order_id: {}}
    assert kept_sound(problem, short) == kept
    assert kept_sound(replace(problem, demands=()), {}) == {}
