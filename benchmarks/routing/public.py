"""
Gaps to the best known on public instances: ours, PyVRP alone, plain OR-Tools, and the manual way.

`python -m benchmarks.routing.public --data DIR [--results FILE]` with `layers/domain/python` and
`layers/solver` on the path. DIR holds instances with `.sol` files or a `BKS.json`. One run, the
same cores: the engines take turns on each instance, each with all cores and the seconds; PyVRP
alone is the best of as many seeds as there are cores, at the same time.

Unless instances or seconds are named, all instances run at 10 s with every engine, those that
PyVRP's users would not bring (pick-up and delivery) at 30 s too, and a sample of the others at
30 s without OR-Tools: some 25 minutes for the 23 instances that the goals were set on. FILE keeps
each measurement as a line of JSON; the same command goes on where it was stopped.

Exit code 1 when an answer does not hold or a goal is missed.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.routing.families import SAMPLE, Case, cases
from benchmarks.routing.measured import Measured, Results, summary
from linli_solver.bench import ORTOOLS, solve
from linli_solver.instances.manual import nearest_next
from linli_solver.instances.model import Instance, Routing
from linli_solver.race import Entrant, cores

Way = Callable[[Instance, float, int], Routing]
OURS, PYVRP, PLAIN, MANUAL = "ours", "PyVRP alone", "OR-Tools", "by hand"
ALONE = "benchmarks.routing.peers:pyvrp_alone"
SHORT, LONG = 10.0, 30.0
PAIRED = "Li & Lim"


def ways() -> dict[str, Way]:
    """The engines to compare, by name."""
    alone = [Entrant(PYVRP, ALONE, n) for n in range(cores())]
    return {
        OURS: lambda of, s, seed: solve(of, seconds=s, seed=seed).routing,
        PYVRP: lambda of, s, seed: solve(of, seconds=s, seed=seed, chosen=alone).routing,
        PLAIN: lambda of, s, seed: solve(of, seconds=s, seed=seed, chosen=[ORTOOLS]).routing,
        MANUAL: lambda of, s, seed: nearest_next(of),
    }


@dataclass(frozen=True, slots=True)
class Task:
    """One engine on one instance for so many seconds."""

    case: Case
    seconds: float
    engine: str


def stated(found: Sequence[Case]) -> Iterator[Task]:
    """What runs unless something else is asked for."""
    for case in found:
        yield from (Task(case, SHORT, engine) for engine in ways())
    for case in found:
        if case.family == PAIRED:
            yield from (Task(case, LONG, engine) for engine in ways())
        elif case.name in SAMPLE:
            yield from (Task(case, LONG, engine) for engine in (OURS, PYVRP, MANUAL))


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--results", type=Path, help="measurements, kept and gone on with")
    parser.add_argument("--seconds", type=float, nargs="+", help="for every instance")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="+", help="these instances")
    parser.add_argument("--without", nargs="+", default=[], help="leave an engine out")
    chosen = parser.parse_args()
    found = cases(chosen.data, set(chosen.only) if chosen.only else None)
    tasks = list(stated(found))
    if chosen.seconds:
        tasks = [Task(case, s, each) for s in chosen.seconds for case in found for each in ways()]
    dropped = {each.casefold() for each in chosen.without}
    tasks = [task for task in tasks if task.engine.casefold() not in dropped]
    results = Results(chosen.results)
    print(f"{len(found)} instances, {cores()} cores, gap in % over the best known, seconds taken")
    run(tasks, results, chosen.seed)
    return 0 if summary(results.of(task.case.name for task in tasks)) else 1


def run(tasks: Sequence[Task], results: Results, seed: int) -> None:
    """Measure what is not among the results yet; print each instance's line as it ends."""
    line = ""
    for task in tasks:
        head = f"{task.case.family:16}{task.case.name[:24]:25}{task.seconds:4g} s"
        if head != line[: len(head)]:
            print(line, flush=True)
            line = head
        known = results.known(task.case.name, task.seconds, task.engine, seed)
        if known is None:
            known = measured(task, seed)
            results.add(known)
        gap = "–" if known.gap is None else f"{known.gap:.2f}"
        line += f"{task.engine:>13}{gap:>7} {known.took:5.2f} s"
    print(line, flush=True)


def measured(task: Task, seed: int) -> Measured:
    """Run one task."""
    began = time.monotonic()
    routing = ways()[task.engine](task.case.instance, task.seconds, seed)
    took = time.monotonic() - began
    gap = task.case.gap(routing)
    case = task.case
    return Measured(case.family, case.name, task.seconds, task.engine, seed, gap, took)


if __name__ == "__main__":
    sys.exit(main())
