"""
Seconds asked and seconds taken: whether a plan comes when it was asked for.

`python -m benchmarks.routing.deadlines [--seconds 2 5 10 30] [--stops 50 150 300 600]
[--instances FILE…]` with `layers/domain/python` and `layers/solver` on the path. Waves in which
every rule is in use are raced in this process; instances are solved by the command line, from its
start to its end. Last, what the insertion alone takes of a processor.

Exit code 1 when anything took over 5 % (and a tenth of a second for what a process takes to
start) more than asked, or does not hold.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.routing.waves import rich_problem
from linli.routing.insertion import insertion
from linli.routing.verify import verify
from linli_solver.engines import race

OVER, START_SECONDS = 0.05, 0.1


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, nargs="+", default=[2.0, 5.0, 10.0, 30.0])
    parser.add_argument("--stops", type=int, nargs="*", default=[50, 150, 300, 600])
    parser.add_argument("--instances", type=Path, nargs="*", default=[])
    chosen = parser.parse_args()
    held = [wave(stops, seconds) for stops in chosen.stops for seconds in chosen.seconds]
    held += [instance(path, seconds) for path in chosen.instances for seconds in chosen.seconds]
    fallback(chosen.stops)
    return 0 if all(held) else 1


def told(name: str, asked: float, took: float, more: str) -> bool:
    """Print one line; whether the deadline was kept."""
    over = took / asked - 1
    print(f"{name:32}{asked:6g} s asked{took:8.2f} s taken{100 * over:+7.1f} %  {more}", flush=True)
    return took <= asked * (1 + OVER) + START_SECONDS


def wave(stops: int, seconds: float) -> bool:
    """Race one rich wave."""
    problem = rich_problem(stops)
    began = time.monotonic()
    plan = race(problem, seconds=seconds)
    took = time.monotonic() - began
    wrong = verify(problem, plan)
    more = f"{plan.solver} {plan.fallback_from} {plan.metres / 1000:.1f} km"
    kept = told(f"wave of {stops} stops", seconds, took, more + (" DOES NOT HOLD" if wrong else ""))
    return kept and not wrong


def instance(path: Path, seconds: float) -> bool:
    """Run the command line on one instance."""
    command = [sys.executable, "-m", "linli_solver", "bench", str(path)]
    search = os.pathsep.join(each for each in sys.path if each)
    began = time.monotonic()
    done = subprocess.run(
        [*command, "--seconds", str(seconds)],
        env={**os.environ, "PYTHONPATH": search},
        capture_output=True,
        text=True,
        check=False,
    )
    took = time.monotonic() - began
    last = (done.stdout or done.stderr).strip().splitlines()[-1:]
    return told(path.stem[:32], seconds, took, " ".join(last)) and done.returncode == 0


def fallback(sizes: Sequence[int]) -> None:
    """Print what the insertion takes, which answers when no engine does."""
    for stops in sizes:
        problem = rich_problem(stops)
        began = time.process_time()
        plan = insertion(problem)
        took = time.process_time() - began
        print(
            f"insertion of {stops} stops: {took:.2f} s of a processor, {plan.metres / 1000:.1f} km"
        )


if __name__ == "__main__":
    sys.exit(main())
