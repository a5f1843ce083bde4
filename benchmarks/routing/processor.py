"""
Gaps at a given *processor* time: what a race of two gives on a machine that nobody else uses.

`python -m benchmarks.routing.processor --data DIR [--seconds 10] [--only NAME…]`. Two of our
searches take turns in one process, each on its own processor clock, and meet and mix as in a race;
PyVRP alone runs two seeds, one after the other, each for the same processor time, the best counts.
Use it where the machine is shared and wall time says little.
"""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

from pyvrp._pyvrp import Solution
from pyvrp.solve import solve

from benchmarks.routing.families import SAMPLE, Case, cases
from linli_solver.instances.model import Instance, Routing, rank
from linli_solver.search.data import InstanceData
from linli_solver.search.drive import MEETINGS, MIXES
from linli_solver.search.ils import Search
from linli_solver.search.instances import variants_for, vehicle_price

TURN = 8
"""Steps in one turn."""


class Runner:
    """One search with the processor time that it has used."""

    def __init__(self, form: InstanceData, seconds: float, variant: int) -> None:
        began = time.process_time()
        settings = variants_for(form.instance)[variant]
        seed = 1 + 1000 * variant
        self.search = Search(form.data, seed, settings, form.prices(), form.way())
        self.seconds, self.used = seconds, time.process_time() - began
        self._met = self._mixed = 0

    def turn(self, other: "Runner") -> None:
        """Some steps, and what is due: a meeting with the other, a mix of the pool."""
        began, search = time.process_time(), self.search
        search.progress = self.used / self.seconds
        for _ in range(TURN):
            search.step()
        if self._met < len(MEETINGS) and search.progress >= MEETINGS[self._met]:
            self._met += 1
            if other.search.best_cost < search.best_cost:
                search.adopt(other.search.best)
        if self._mixed < len(MIXES) and search.progress >= MIXES[self._mixed][0]:
            share, self._mixed = MIXES[self._mixed][1], self._mixed + 1
            if search.best.is_feasible():
                routes = search.pool.mix(search.best, share * self.seconds)
                if routes is not None:
                    search.adopt(Solution(search.data, routes))
        self.used += time.process_time() - began


def ours(instance: Instance, seconds: float) -> Routing:
    """The better of two searches after that much processor time each."""
    form = InstanceData(instance, vehicle_price(instance))
    pair = [Runner(form, seconds, variant) for variant in (0, 1)]
    while min(runner.used for runner in pair) < seconds:
        pair.sort(key=lambda runner: runner.used)
        pair[0].turn(pair[1])
    return form.routing(min(pair, key=lambda each: each.search.best_cost).search.best)


def alone(instance: Instance, seconds: float) -> Routing:
    """The better of two seeds of PyVRP's own `solve` after that much processor time each."""
    form = InstanceData(instance, vehicle_price(instance))
    found = []
    for seed in (1, 1001):
        until = time.process_time() + seconds
        result = solve(
            form.data,
            lambda cost, until=until: time.process_time() >= until,
            seed=seed,
            collect_stats=False,
        )
        found.append((not result.is_feasible(), form.routing(result.best)))
    return min(found, key=lambda each: (each[0], rank(instance, each[1])))[1]


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--only", nargs="+")
    chosen = parser.parse_args()
    show(cases(chosen.data, set(chosen.only or SAMPLE)), chosen.seconds)


def show(found: Sequence[Case], seconds: float) -> None:
    """Print each instance's two gaps in % over the best known."""
    for case in found:
        told = []
        for way in (ours, alone):
            gap = case.gap(way(case.instance, seconds))
            told.append("–" if gap is None else f"{gap:.2f}")
        print(f"{case.family:16}{case.name[:24]:25} ours {told[0]:>6}  PyVRP alone {told[1]:>6}")


if __name__ == "__main__":
    main()
