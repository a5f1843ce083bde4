"""
Command line of the solver.

`python -m linli_solver route [--seconds 10] [--seed 1] < problem.json > plan.json`: a problem of
`linli.routing.codec` becomes a plan.

`python -m linli_solver bench INSTANCE [--seconds 10] [--seed 1]`: a public instance's solution in
CVRPLIB's form on stdout, everything else on stderr.

Exit code 2 with one line on stderr for what is refused, naming the field; 3 when nothing that
holds was found.
"""

import time

BEGAN = time.monotonic()
"""Before anything else is loaded, so that loading counts as time taken."""

import argparse  # noqa: E402
import json  # noqa: E402
import sys  # noqa: E402
from pathlib import Path  # noqa: E402

from linli.kernel.errors import Refused  # noqa: E402


def main(arguments: list[str] | None = None, began: float | None = None) -> int:
    """Run one command, whose time counts from `began` (`time.monotonic`) on; the exit code."""
    began = time.monotonic() if began is None else began
    parser = argparse.ArgumentParser(prog="python -m linli_solver")
    commands = parser.add_subparsers(dest="command", required=True)
    route = commands.add_parser("route", help="problem as JSON on stdin, plan as JSON on stdout")
    bench = commands.add_parser("bench", help="solve a public instance, print its .sol form")
    bench.add_argument("instance", type=Path)
    for command in (route, bench):
        command.add_argument("--seconds", type=_seconds, default=10.0, help="wall time")
        command.add_argument("--seed", type=int, default=1)
        command.add_argument("--steps", type=int, help="end one search after so many steps instead")
    chosen = parser.parse_args(arguments)
    try:
        return _bench(chosen, began) if chosen.command == "bench" else _route(chosen, began)
    except (Refused, json.JSONDecodeError) as refused:
        sys.stderr.write(f"refused: {refused}\n")
        return 2


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds <= 86_400:
        raise argparse.ArgumentTypeError("not above 0 and up to a day")
    return seconds


def _left(seconds: float, began: float) -> float:
    """What reading has left of the time, at least half of it."""
    return max(seconds / 2, seconds - (time.monotonic() - began))


def _route(chosen: argparse.Namespace, began: float) -> int:
    from linli.routing.codec import plan_to_json, problem_from_json
    from linli.routing.drops import planned_whole
    from linli_solver.engines import race

    problem = problem_from_json(json.load(sys.stdin))
    left = _left(chosen.seconds, began)
    plan = planned_whole(
        problem, lambda whole: race(whole, seconds=left, seed=chosen.seed, steps=chosen.steps)
    )
    if plan.fallback_from:
        sys.stderr.write(f"{plan.solver}, since {plan.fallback_from}\n")
    json.dump(plan_to_json(plan), sys.stdout, ensure_ascii=False)
    sys.stdout.write("\n")
    return 0


def _bench(chosen: argparse.Namespace, began: float) -> int:
    from linli_solver.bench import solve
    from linli_solver.instances.check import faults
    from linli_solver.instances.read import read_instance
    from linli_solver.instances.solution import to_sol

    instance = read_instance(chosen.instance)
    left = _left(chosen.seconds, began)
    found = solve(instance, seconds=left, seed=chosen.seed, steps=chosen.steps)
    told = (
        f"fell back ({found.fallback_from})" if found.fallback_from else str(found.failures or "")
    )
    sys.stderr.write(f"{instance.name}: {found.engine} {told}".rstrip() + "\n")
    for seconds, place in found.history:
        sys.stderr.write(f"  {seconds:7.2f} s  {' '.join(map(str, place))}\n")
    if wrong := faults(instance, found.routing):
        sys.stderr.write(f"nothing that holds was found: {wrong[0]}\n")
        return 3
    sys.stdout.write(to_sol(instance, found.routing))
    return 0


if __name__ == "__main__":
    sys.exit(main(began=BEGAN))
