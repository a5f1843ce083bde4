"""
A day's 42,000 orders as waves: seconds and cost an order. `python -m benchmarks.waves.day`.

By default a sample (`--waves 3` of 280 waves of 150 orders, as four slots of 70 communities) whose
figures are scaled to the day; `--waves 280 --at-once 2 --seconds 1` plans the whole of it, in some
six minutes of two cores that have nothing else to do, or as much of it as `--minutes` allow. Each
wave's tasks run as the state machine runs them, over DynamoDB in this process. `--seconds` is how
long a cluster is searched (by default as in production: 11 s for 150 stops); `--at-once` that many
waves are planned at the same time. Every order is accounted for, or the exit code is 1. Cost is
that of the seconds that were searched here, and beside it what production's would cost.

Prices (US dollars, us-east-1, x86, read 2026-11 from the sources named): Lambda 0.0000166667 a
GB-second and 0.20 a million requests (aws.amazon.com/lambda/pricing); Step Functions, standard,
0.025 a thousand transitions (aws.amazon.com/step-functions/pricing); DynamoDB on demand 0.625 a
million write units and 0.125 a million read units (aws.amazon.com/dynamodb/pricing/on-demand).
Memory is what `template.yaml` gives each function. A task's seconds are those of this machine.
"""

import argparse
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any, TypeVar

from linli import orders, waves
from linli.kernel.identity import Role
from linli.kernel.ids import uuid7
from linli.orders import PlaceOrder
from linli.routing.codec import plan_to_json, problem_from_json
from linli.routing.model import Problem
from linli.routing.plan import Plan
from linli.routing.solve import solve
from linli.sourcing import Choice, Sourcing
from linli.waves.model import ClusterStep, Step
from linli.waves.rows import BodyRow, wave_key
from linli_solver.allocation import allocate
from linli_solver.engines import race
from tests.support import community as here
from tests.support.community import AFTER, BEFORE, DISPATCHER, SETTINGS, SLOT_ID
from tests.support.engine import engine

DAY_ORDERS, WAVE_ORDERS = 42_000, 150
GB_SECOND, REQUEST, TRANSITION = 0.0000166667, 0.20 / 1e6, 0.025 / 1e3
WRITE_UNIT, READ_UNIT = 0.625 / 1e6, 0.125 / 1e6
MEMORY_MB = {
    "freeze": 512,
    "allocate": 1769,
    "cluster": 1769,
    "solve": 3008,
    "check": 1024,
    "leftovers": 1769,
    "publish": 512,
}
"""As in `template.yaml`."""
TRANSITIONS = 13
"""States that a wave of one cluster enters."""
STEP = Step(wave_id=SLOT_ID, attempt=1)
T = TypeVar("T")


def main() -> int:
    """Run the sample and print the day; exit code 1 when an order is lost."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--waves", type=int, default=3)
    parser.add_argument("--orders", type=int, default=WAVE_ORDERS, help="in each wave")
    parser.add_argument("--at-once", type=int, default=1, help="waves at the same time")
    parser.add_argument("--seconds", type=float, help="of search, instead of production's")
    parser.add_argument("--minutes", type=float, default=600, help="then tell what was planned")
    chosen = parser.parse_args()
    began, count, total = time.perf_counter(), chosen.waves, Counter[str]()
    with ProcessPoolExecutor(chosen.at_once) as pool:
        asked = [chosen.orders] * count, [chosen.seconds] * count
        for n, figures in enumerate(pool.map(one_wave, range(count), *asked), start=1):
            total.update(figures)
            took = time.perf_counter() - began
            if n % 20 == 0:
                print(f"{n} waves, {took:.0f} s", file=sys.stderr)
            if n == count or took > 60 * chosen.minutes:
                pool.shutdown(wait=False, cancel_futures=True)
                break
    tell(total, n, chosen.orders, time.perf_counter() - began)
    return 1 if total["lost"] else 0


def one_wave(n: int, count: int, seconds: float | None) -> dict[str, float]:
    """Order, freeze, allocate, cluster, search, check, publish: the figures of wave `n`."""
    figures: dict[str, float] = {}
    with engine() as db:
        timed(figures, "ordering", lambda: furnish(n, count))
        waves.start_due(_Idle(), AFTER)
        db.forget_costs()
        timed(figures, "freeze", lambda: waves.freeze(STEP, AFTER))
        timed(figures, "allocate", lambda: waves.allocate(STEP, AFTER, SETTINGS, choose))
        told = timed(figures, "cluster", lambda: waves.cluster(STEP, AFTER))
        for cluster in told["clusters"]:
            asked = seconds or cluster["seconds"]
            figures["asked"] = figures.get("asked", 0.0) + cluster["seconds"] - asked
            plan = timed(figures, "solve", lambda each=cluster, s=asked: search(each, s))  # type: ignore[misc]
            step = ClusterStep.model_validate({**cluster, "plan": plan})
            timed(figures, "check", lambda each=step: waves.keep_plan(each))  # type: ignore[misc]
        timed(figures, "leftovers", lambda: waves.bring_leftovers(STEP, AFTER))
        timed(figures, "publish", lambda: waves.publish(STEP, AFTER))
        view = waves.wave_view(SLOT_ID, DISPATCHER)
        brought = view.routed_orders or 0
        return figures | {
            "writes": db.written_units,
            "reads": db.read_units,
            "metres": view.metres or 0,
            "by_hand": view.baseline_metres or 0,
            "unserved": len(view.unserved),
            "lost": count - brought - len(view.unserved),
        }


class _Idle:
    """A machine that is never started: the benchmark runs the tasks itself."""

    def start(self, name: str, payload: dict[str, Any]) -> None:
        """Nothing."""

    def ended(self, name: str) -> bool:
        """Never."""
        return False


def timed(figures: dict[str, float], task: str, act: Callable[[], T]) -> T:
    """Do it, and add the seconds to `task`."""
    began = time.perf_counter()
    done = act()
    figures[task] = figures.get(task, 0.0) + time.perf_counter() - began
    return done


def furnish(n: int, count: int) -> None:
    """Wave `n`'s community with its couriers, and its orders placed."""
    here.open_community(units=4 * count, capacity=count, couriers=0)
    for m in range(max(3, count // 8)):
        here.register(here.person(f"rider-{m}", Role.COURIER), m % 9)
    chance = random.Random(n)
    for m in range(count):
        place(m, chance)


def _away(chance: random.Random) -> float:
    """Degrees from the middle; who lives beyond the pool could not order at all."""
    return max(-0.018, min(0.018, chance.gauss(0, 0.006)))


def place(m: int, chance: random.Random) -> None:
    """An order of two products at a door somewhere."""
    body = {
        "id": uuid7(),
        "community_id": here.COMMUNITY,
        "deliver_to": {
            "lon": here.LON + 0.004 + _away(chance),
            "lat": here.LAT + _away(chance),
            "building": str(m),
            "floor": chance.randint(1, 6),
        },
        "lines": [{"sku": sku, "units": chance.randint(1, 2)} for sku in here.SKUS],
        "slot_id": SLOT_ID,
    }
    caller = here.person(f"resident-{m}", Role.RESIDENT)
    command = PlaceOrder.model_validate(body)
    orders.place(command, caller=caller, now=BEFORE, settings=SETTINGS)


def choose(problem: Sourcing, seconds: float) -> dict[str, Choice]:
    """The solver layer's allocation, as the function calls it."""
    return dict(allocate(problem, seconds=seconds).choices)


def search(cluster: dict[str, Any], seconds: float) -> dict[str, Any]:
    """What the machine and the solver's function do: read the problem, search, write the plan."""
    row = BodyRow.get(wave_key(SLOT_ID), cluster["problem_key"])
    problem = problem_from_json(json.loads(row.body)["problem"])

    def raced(problem: Problem, seconds: float) -> Plan:
        return race(problem, seconds=seconds, seed=problem.seed)

    found: dict[str, Any] = json.loads(json.dumps(plan_to_json(solve(problem, raced, seconds))))
    return found


def tell(total: Counter[str], count: int, each: int, took: float) -> None:
    """Print a wave's mean, and the day that follows from it."""
    placed, scale = count * each, DAY_ORDERS / (count * each)
    print(f"{count} waves of {each} orders, {placed / DAY_ORDERS:.1%} of {DAY_ORDERS:,}")
    for task, memory in MEMORY_MB.items():
        print(f"{task:10}{total[task] / count:8.2f} s a wave at {memory} MB")
    print(f"{'ordering':10}{total['ordering'] / count:8.2f} s a wave, no part of planning it")
    longer = total["asked"] * MEMORY_MB["solve"] / 1024 * GB_SECOND
    cost = {
        "Lambda": lambda_usd(total) + count * len(MEMORY_MB) * REQUEST,
        "Step Functions": count * TRANSITIONS * TRANSITION,
        "DynamoDB": total["writes"] * WRITE_UNIT + total["reads"] * READ_UNIT,
    }
    for name, usd in cost.items():
        print(f"{name:16}{usd / placed * 1000:8.4f} USD a thousand orders")
    usd = sum(cost.values())
    print(f"all             {usd / placed * 1000:8.4f} USD a thousand, {usd * scale:.2f} a day")
    usd += longer
    print(f"searched as in production: {usd / placed * 1000:.4f}, {usd * scale:.2f} a day")
    planning = sum(total[task] for task in MEMORY_MB)
    print(f"{planning / placed:.3f} s of functions an order, {planning * scale / 3600:.1f} h a day")
    saved = 1 - total["metres"] / max(1, total["by_hand"])
    print(f"{total['metres'] / 1000:.1f} km, {saved:.0%} under routes made by hand")
    print(f"{placed} orders, {total['unserved']} unserved, {total['lost']} lost; {took:.0f} s here")


def lambda_usd(total: Counter[str]) -> float:
    """What the tasks' seconds cost at their memory."""
    return sum(total[task] * memory / 1024 * GB_SECOND for task, memory in MEMORY_MB.items())


if __name__ == "__main__":
    sys.exit(main())
