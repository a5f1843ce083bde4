"""
Command line: `python -m linli_solver route [--seconds 10] < problem.json > plan.json`.

Exit code 2 with one line on stderr for a problem that is refused, 3 when no plan was found.
"""

import argparse
import json
import sys

from linli.kernel.errors import Refused
from linli.routing.codec import plan_to_json, problem_from_json
from linli_solver.route import NoSolution, solve


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m linli_solver")
    commands = parser.add_subparsers(dest="command", required=True)
    route = commands.add_parser("route", help="problem as JSON on stdin, plan as JSON on stdout")
    route.add_argument("--seconds", type=float, default=10.0, help="wall time of the search")
    chosen = parser.parse_args(arguments)
    try:
        problem = problem_from_json(json.load(sys.stdin))
        plan = solve(problem, seconds=chosen.seconds)
    except (Refused, json.JSONDecodeError) as refused:
        sys.stderr.write(f"refused: {refused}\n")
        return 2
    except NoSolution as none:
        sys.stderr.write(f"no plan: {none}\n")
        return 3
    json.dump(plan_to_json(plan), sys.stdout, ensure_ascii=False)
    sys.stdout.write("\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
