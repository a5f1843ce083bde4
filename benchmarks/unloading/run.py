"""
Segmented unloading, simulated: what a threshold between large and light items does.

`python -m benchmarks.unloading.run [--seed 1]` with `layers/domain/python` on the path. Buildings,
orders and items are invented and seeded; a bag and a trolley are handled by the rules below. The
threshold is learnt from one half of the unloadings and judged on others. Prints, beside the
source's figures (unloading +55 %, complaints −42 % once the threshold was balanced), ours.

Every constant is an assumption, and what comes out follows from them: with `--awkward 35 --split
0.06` (large items cost little extra, two rings annoy much) one drop is best, and is learnt.
"""

import argparse
import random
from collections.abc import Sequence
from dataclasses import dataclass

from linli.routing.unloading import (
    NEVER,
    THRESHOLDS,
    Unloading,
    judged,
    tallied,
    threshold_grams,
)

FIRST_TRY = 500
"""The first idea: everything of a pound and more is large."""
BAG_GRAMS, TROLLEY_GRAMS = 12_000, 80_000
BAG_SECONDS, TROLLEY_SECONDS = 90, 200
"""To the doors and back once, with a bag, or with a trolley that is set up and taken down."""
DOOR_SECONDS, ITEM_SECONDS, AWKWARD_SECONDS = 25, 3, 75
AWKWARD_GRAMS = 3_000
"""Items over this fit no bag with others: each is a go of its own to one door, unless on the
trolley."""
COMPLAINT, COMPLAINT_PER_HOUR, COMPLAINT_SPLIT = 0.02, 0.10, 0.03
"""Complaints: some always, more for each hour until the order is complete, and for two rings."""


@dataclass(frozen=True, slots=True)
class Assumed:
    """What an awkward item takes by itself, and how many more complain who are rung at twice."""

    awkward_seconds: int = AWKWARD_SECONDS
    split: float = COMPLAINT_SPLIT


USUAL = Assumed()


@dataclass(frozen=True, slots=True)
class Building:
    """The items' masses of each order for one building."""

    orders: tuple[tuple[int, ...], ...]


def building(chance: random.Random) -> Building:
    """Three to nine orders of some items: mostly a few hundred grams, some rice, oil and water."""
    orders = []
    for _ in range(chance.randint(3, 9)):
        light = [round(chance.lognormvariate(5.9, 0.7)) for _ in range(chance.randint(2, 9))]
        large = [chance.choice((2_500, 5_000, 5_500, 10_000)) for _ in range(chance.randint(0, 2))]
        orders.append((*light, *large))
    return Building(tuple(orders))


def unloaded(at: Building, threshold: int, chance: random.Random, assumed: Assumed) -> Unloading:
    """One unloading: the light drop first, then the large one."""
    light = [[g for g in order if g < threshold] for order in at.orders]
    large = [[g for g in order if g >= threshold] for order in at.orders]
    noise = chance.lognormvariate(0, 0.15)
    bag, trolley = noise * bag_seconds(light, assumed), noise * trolley_seconds(large)
    complaints = 0
    for few, many in zip(light, large, strict=True):
        complete = bag + trolley if many else bag
        rate = COMPLAINT + COMPLAINT_PER_HOUR * complete / 3_600
        rate += assumed.split if few and many else 0
        complaints += chance.random() < rate
    items = sum(len(order) for order in at.orders)
    return Unloading(threshold, round(bag + trolley), items, len(at.orders), complaints)


def bag_seconds(orders: Sequence[Sequence[int]], assumed: Assumed) -> float:
    """With a bag over the shoulder: as many goes as its load needs, and awkward items apart."""
    masses = [grams for order in orders for grams in order]
    if not masses:
        return 0
    goes = -(-sum(masses) // BAG_GRAMS)
    awkward = sum(grams > AWKWARD_GRAMS for grams in masses)
    doors = sum(bool(order) for order in orders)
    moves = BAG_SECONDS * goes + assumed.awkward_seconds * awkward
    return moves + DOOR_SECONDS * doors + ITEM_SECONDS * len(masses)


def trolley_seconds(orders: Sequence[Sequence[int]]) -> float:
    """With a trolley: few goes, whatever the items are."""
    masses = [grams for order in orders for grams in order]
    if not masses:
        return 0
    goes = -(-sum(masses) // TROLLEY_GRAMS)
    doors = sum(bool(order) for order in orders)
    return TROLLEY_SECONDS * goes + DOOR_SECONDS * doors + ITEM_SECONDS * len(masses)


def history(seed: int, each: int, assumed: Assumed = USUAL) -> list[Unloading]:
    """`each` unloadings at each threshold, at buildings drawn without regard to it."""
    chance = random.Random(f"unloading:{seed}")
    return [unloaded(building(chance), t, chance, assumed) for t in THRESHOLDS for _ in range(each)]


def main() -> int:
    """Learn, judge on other unloadings, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--unloadings", type=int, default=1_000, help="at each threshold")
    parser.add_argument("--awkward", type=int, default=AWKWARD_SECONDS, help="seconds an item")
    parser.add_argument("--split", type=float, default=COMPLAINT_SPLIT, help="complaints more")
    chosen = parser.parse_args()
    assumed = Assumed(chosen.awkward, chosen.split)
    learnt = threshold_grams(tallied(history(chosen.seed, chosen.unloadings, assumed)))
    others = history(chosen.seed + 1, chosen.unloadings, assumed)
    fresh = {each.threshold_grams: each for each in judged(tallied(others))}
    print(f"{'threshold':>12}{'items/h':>10}{'complaints':>12}{'¥/1,000 orders':>16}")
    for threshold in THRESHOLDS:
        row = fresh[threshold]
        name = "one drop" if threshold == NEVER else f"{threshold} g"
        mark = "  <- learnt" if threshold == learnt else ""
        print(f"{name:>12}{row.items_per_hour:10.0f}{row.complaint_rate:12.1%}"
              f"{row.cost_fen / 100:16.0f}{mark}")  # fmt: skip
    best, none, first = fresh[learnt], fresh[NEVER], fresh[FIRST_TRY]
    faster = best.items_per_hour / none.items_per_hour - 1
    calmer = best.complaint_rate / first.complaint_rate - 1
    print(f"unloading, learnt against one drop: {faster:+.0%} (source +55 %)")
    print(
        f"complaints, learnt against the first try of {FIRST_TRY} g: {calmer:+.0%} (source −42 %)"
    )
    print(f"complaints, against one drop: {best.complaint_rate / none.complaint_rate - 1:+.0%}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
