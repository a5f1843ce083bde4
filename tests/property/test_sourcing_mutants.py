"""Seeded defects of sourcing that its rules must notice; without them they find nothing."""

import random
import sys
from collections import Counter
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from linli.sourcing import Demand, Sourcing, faults, held, outlay, rules
from linli.stock import Shelf
from linli_solver import allocation

grouping = import_module("linli.sourcing.groups")
STORES, SKUS = [f"s{n}" for n in range(4)], [f"k{n}" for n in range(3)]
PROBLEMS = 40
MUTANTS = {
    "a shelf gives more than it has": (
        allocation,
        "self._solver.Add(sum(some) <= room[shelf])",
        "self._solver.Add(sum(some) <= 99)",
    ),
    "what others hold is taken": (
        allocation,
        "            room.subtract(choice)\n",
        "            room.subtract({})\n",
    ),
    "exchanges are written one by one": (
        grouping,
        "if takes[shelf] > problem.free.get(shelf, 0)]",
        "if False]",
    ),
    "a group may cost more": (grouping, "g.saved > 0 and ", ""),
    "an answer is followed though it costs more": (
        rules,
        "return dict(given) if better else kept",
        "return dict(given)",
    ),
    "an answer is followed though it does not hold": (
        rules,
        "if given is None or faults(problem, given):",
        "if given is None:",
    ),
}


def problem_of(seed: int) -> Sourcing:
    """Some orders that hold what they want in odd places, and a little that is free."""
    chance, demands = random.Random(seed), []
    for n in range(chance.randint(2, 6)):
        reach = chance.sample(STORES, 3)
        kept: Counter[Shelf] = Counter()
        for sku in chance.sample(SKUS, chance.randint(1, 2)):
            kept[chance.choice(reach), sku] += chance.randint(1, 3)
        wanted: Counter[str] = Counter()
        for (_, sku), units in kept.items():
            wanted[sku] += units
        metres = {each: chance.choice((100, 500, 1500)) for each in reach}
        allowed = frozenset((store, sku) for store in reach for sku in wanted)
        demands.append(Demand(f"o{n}", dict(wanted), dict(kept), metres, allowed))
    free = {(s, k): chance.choice((0, 0, 1, 2)) for s in STORES for k in SKUS}
    return Sourcing(tuple(demands), free)


def finds(search: Any, groups: Any, kept_sound: Any) -> bool:
    """Whether the rules are broken in any of the problems."""
    return any(_broken(problem_of(n), n, search, groups, kept_sound) for n in range(PROBLEMS))


def _broken(problem: Sourcing, seed: int, search: Any, groups: Any, kept_sound: Any) -> bool:
    choices = search(problem, seconds=1).choices
    if faults(problem, choices):
        return True
    now, total = dict(held(problem)), outlay(problem, held(problem)).total
    chance = random.Random(seed)
    found = groups(problem, _spoilt(problem, choices, chance))
    for group in chance.sample(found, len(found)):
        now |= group.choices
        after = outlay(problem, now).total
        if faults(problem, now) or after >= total:
            return True
        total = after
    dear = kept_sound(problem, _dear(problem))
    wrong = kept_sound(problem, {demand.order_id: {} for demand in problem.demands})
    return outlay(problem, dear).total > outlay(problem, held(problem)).total or bool(
        faults(problem, wrong)
    )


def _spoilt(problem: Sourcing, choices: Any, chance: random.Random) -> Any:
    """An answer that holds, of which some parts may cost more than what is held."""
    spoilt = dict(choices)
    for demand in problem.demands:
        store = chance.choice(sorted(demand.metres))
        other = {(store, sku): units for sku, units in demand.wanted.items()}
        if not faults(problem, spoilt | {demand.order_id: other}):
            spoilt[demand.order_id] = other
    return spoilt


def _dear(problem: Sourcing) -> Any:
    """An answer that holds and costs more than what is held, where there is one."""
    for demand in problem.demands:
        for store in demand.metres:
            other = {(store, sku): units for sku, units in demand.wanted.items()}
            answer = held(problem) | {demand.order_id: other}
            dearer = outlay(problem, answer).total > outlay(problem, held(problem)).total
            if dearer and not faults(problem, answer):
                return answer
    return held(problem)


def mutated(module: ModuleType, old: str, new: str) -> Any:
    """A copy of the module with one change of its source."""
    source = Path(str(module.__file__)).read_text(encoding="utf-8")
    assert source.count(old) == 1, "the mutant aims at the code as it is"
    copy = ModuleType("linli_mutant")
    sys.modules[copy.__name__] = copy  # Dataclasses look their module up.
    exec(compile(source.replace(old, new), copy.__name__, "exec"), copy.__dict__)
    return copy


@pytest.fixture(autouse=True)
def few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small problems have several chunks too."""
    monkeypatch.setattr(allocation, "AT_ONCE", 3)


def test_without_a_defect_nothing_is_found() -> None:
    assert not finds(allocation.allocate, grouping.groups, rules.kept_sound)


@pytest.mark.parametrize("name", MUTANTS)
def test_the_rules_notice(name: str) -> None:
    module, old, new = MUTANTS[name]
    mutant = mutated(module, old, new)
    mutant.AT_ONCE = 3
    search = mutant if module is allocation else allocation
    groups = mutant if module is grouping else grouping
    sound = mutant if module is rules else rules
    assert finds(search.allocate, groups.groups, sound.kept_sound)
