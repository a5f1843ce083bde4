"""
Kilometres of the hand baseline, the insertion and OR-Tools on a set of waves, in one run.

`python -m benchmarks.routing.run [--seconds 10] [--layer DIR]` with `layers/domain/python` and
`layers/solver` on the path. `--layer` is a built solver layer's `python` folder: its size and
import time are printed too. The waves are invented and seeded; every plan is verified.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.routing.waves import Wave, wave_problem
from linli.routing.baseline import first_come_nearest_next, insertion
from linli.routing.model import Problem
from linli.routing.plan import Plan
from linli.routing.verify import verify

WAVES = (
    Wave("one store, 40 stops", 40, 1, 8),
    Wave("two stores, 60 stops", 60, 2, 10),
    Wave("five stores, 60 stops", 60, 5, 10),
    Wave("five stores, 120 stops", 120, 5, 20),
    Wave("five stores, 300 stops", 300, 5, 45),
)


def main() -> int:
    """Run the benchmark; exit code 1 when a plan does not hold."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--layer", type=Path, help="a built layer's python folder")
    chosen = parser.parse_args()
    print(f"{'wave':26}{'engine':26}{'km':>8}{'ratio':>7}{'unserved':>9}{'couriers':>9}{'s':>7}")
    held = [run(wave, engines(chosen.seconds)) for wave in WAVES]
    if chosen.layer:
        print(json.dumps(layer_facts(chosen.layer)))
    return 0 if all(held) else 1


def engines(seconds: float) -> dict[str, Callable[[Problem], Plan]]:
    """The engines to compare, the baseline first."""
    from linli_solver.route import solve

    return {
        "first come, nearest next": first_come_nearest_next,
        "insertion": insertion,
        f"OR-Tools, {seconds:g} s": lambda problem: solve(problem, seconds=seconds),
    }


def run(wave: Wave, chosen: dict[str, Callable[[Problem], Plan]]) -> bool:
    """Print each engine's plan for one wave; whether all of them hold."""
    problem = wave_problem(wave)
    base, held = 0, True
    for name, engine in chosen.items():
        began = time.perf_counter()
        plan = engine(problem)
        took = time.perf_counter() - began
        base = base or plan.metres
        violations = verify(problem, plan)
        held = held and not violations
        ratio = plan.metres / base if base else 0.0
        print(
            f"{wave.name:26}{name:26}{plan.metres / 1000:8.1f}{ratio:7.2f}"
            f"{len(plan.unserved):9}{len(plan.routes):9}{took:7.2f}"
            f"{'  DOES NOT HOLD' if violations else ''}"
        )
    return held


def layer_facts(layer: Path) -> dict[str, float]:
    """Megabytes of the layer, and seconds of importing it in a fresh interpreter (best of 5)."""
    size = sum(each.stat().st_size for each in layer.rglob("*") if each.is_file())
    path = os.pathsep.join([str(layer), *[each for each in sys.path if each]])
    code = "import time; t=time.perf_counter(); import linli_solver.route; "
    code += "print(time.perf_counter()-t)"
    best = min(
        float(
            subprocess.run(
                [sys.executable, "-c", code],
                env={**os.environ, "PYTHONPATH": path},
                check=True,
                capture_output=True,
                text=True,
            ).stdout
        )
        for _ in range(5)
    )
    return {"layer_megabytes": round(size / 1e6, 1), "import_seconds": round(best, 3)}


if __name__ == "__main__":
    sys.exit(main())
