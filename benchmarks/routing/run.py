"""
Kilometres on waves of an invented neighbourhood: by hand, by insertion, by engine, by the race.

`python -m benchmarks.routing.run [--seconds 10] [--layer DIR]` with `layers/domain/python` and
`layers/solver` on the path. `--layer` is a built solver layer's `python` folder: its size, and
import times of its parts, are printed too. The waves are seeded; every plan is verified.

Exit code 1 when a plan does not hold, or the race saves less than a quarter of the way by hand.
Public instances: `benchmarks.routing.public`.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks.routing.waves import Wave, wave_problem
from linli.routing.baseline import first_come_nearest_next, insertion
from linli.routing.model import Problem
from linli.routing.plan import Plan
from linli.routing.verify import verify
from linli_solver.engines import ENGINES, Engine, race

WAVES = (
    Wave("one store, 40 stops", 40, 1, 8),
    Wave("two stores, 60 stops", 60, 2, 10),
    Wave("five stores, 60 stops", 60, 5, 10),
    Wave("five stores, 120 stops", 120, 5, 20),
    Wave("five stores, 300 stops", 300, 5, 45),
)
SAVED = 0.25
"""Least share of the manual baseline's way that the race has to save."""
LAYER_MEGABYTES, IMPORT_SECONDS = 140, 0.4
PARTS = {
    "routing (OR-Tools)": "from ortools.constraint_solver import pywrapcp",
    "flow": "from ortools.graph.python import min_cost_flow",
    "linear programs": "from ortools.linear_solver import pywraplp",
    "CP-SAT": "from linli_solver.cp_sat import cp_model; cp_model()",
    "PyVRP's core": "import linli_solver.search.instances",
    "the race": "import linli_solver.engines",
}


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--layer", type=Path, help="a built layer's python folder")
    chosen = parser.parse_args()
    print(f"{'wave':26}{'engine':26}{'km':>8}{'ratio':>7}{'unserved':>9}{'couriers':>9}{'s':>7}")
    held = [run(wave, engines(chosen.seconds)) for wave in WAVES]
    facts = layer_facts(chosen.layer) if chosen.layer else True
    return 0 if all(held) and facts else 1


Way = Callable[[Problem], Plan | None]


def engines(seconds: float) -> dict[str, Way]:
    """The ways to compare, the baseline first, the race last."""
    alone: dict[str, Way] = {each.name: partial(_alone, each, seconds) for each in ENGINES}
    return {
        "first come, nearest next": first_come_nearest_next,
        "insertion": insertion,
        **{f"{name}, {seconds:g} s": way for name, way in alone.items()},
        f"race, {seconds:g} s": lambda problem: race(problem, seconds=seconds),
    }


def _alone(engine: Engine, seconds: float, problem: Problem) -> Plan | None:
    return engine.solve(problem, seconds=seconds, seed=problem.seed, start=None)


def run(wave: Wave, chosen: dict[str, Way]) -> bool:
    """Print each way's plan for one wave; whether all of them hold and the race saves enough."""
    problem = wave_problem(wave)
    base, held, ratio = 0, True, 1.0
    for name, way in chosen.items():
        began = time.perf_counter()
        plan = way(problem)
        took = time.perf_counter() - began
        if plan is None:
            print(f"{wave.name:26}{name:26} no plan")
            continue
        base = base or plan.metres
        violations = verify(problem, plan)
        held = held and not violations
        ratio = plan.metres / base if base else 0.0
        print(
            f"{wave.name:26}{name:26}{plan.metres / 1000:8.1f}{ratio:7.2f}"
            f"{len(plan.unserved):9}{len(plan.routes):9}{took:7.2f}"
            f"{'  DOES NOT HOLD' if violations else ''}",
            flush=True,
        )
    return held and ratio <= 1 - SAVED


def layer_facts(layer: Path) -> bool:
    """Print the layer's megabytes and each part's import time; whether both are within bounds."""
    size = sum(each.stat().st_size for each in layer.rglob("*") if each.is_file()) / 1e6
    print(f"\nlayer {size:.1f} MB (at most {LAYER_MEGABYTES})")
    path = os.pathsep.join([str(layer), *[each for each in sys.path if each]])
    longest = 0.0
    for part, code in PARTS.items():
        seconds = min(_import_seconds(code, path) for _ in range(5))
        longest = max(longest, seconds)
        print(f"  import of {part:22}{seconds:6.3f} s of CPU")
    return size <= LAYER_MEGABYTES and longest <= IMPORT_SECONDS


def _import_seconds(code: str, path: str) -> float:
    """CPU seconds of an import in a fresh interpreter."""
    timed = f"import time; t = time.process_time(); {code}; print(time.process_time() - t)"
    done = subprocess.run(
        [sys.executable, "-c", timed],
        env={**os.environ, "PYTHONPATH": path},
        check=True,
        capture_output=True,
        text=True,
    )
    return float(done.stdout)


if __name__ == "__main__":
    sys.exit(main())
