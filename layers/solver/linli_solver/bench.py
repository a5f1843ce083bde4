"""
A public instance solved within a time: the race of engines on it, and the heuristic behind them.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from linli_solver.instances.check import faults
from linli_solver.instances.insertion import heuristic
from linli_solver.instances.model import Instance, Routing, rank
from linli_solver.link import Order
from linli_solver.race import Entrant, Outcome, Race, Rank, cores

PYVRP = "linli_solver.search.instances:search"
ORTOOLS = Entrant("ortools", "linli_solver.plain:search")
LARGE = 500
"""Customers from which on searches begin with the heuristic's routing: from nothing they take
seconds to hold at all, and end dearer."""


@dataclass(frozen=True, slots=True)
class Found:
    """
    A routing that holds and the engine that found it; `fallback_from` says why no engine did.

    `failures` are the engines that gave nothing, `history` the seconds and rank of each better
    answer.
    """

    routing: Routing
    engine: str
    fallback_from: str = ""
    failures: dict[str, str] = field(default_factory=dict)
    history: list[tuple[float, Rank]] = field(default_factory=list)


def entrants(count: int) -> list[Entrant]:
    """The processes of a race on `count` cores: PyVRP, each with settings of its own."""
    return [Entrant("pyvrp", PYVRP, n) for n in range(max(1, count))]


def solve(
    instance: Instance,
    *,
    seconds: float,
    seed: int = 1,
    steps: int | None = None,
    chosen: Sequence[Entrant] | None = None,
) -> Found:
    """
    The best routing found within `seconds`; with `steps`, one process and no exchange, so that a
    seed's answer can be repeated.

    Where no engine answers, the heuristic does; its routing may leave customers out, which
    `faults` tells.
    """
    order = Order(time.monotonic() + seconds, seed, 0, steps)
    large = chosen is None and len(instance.customers) >= LARGE and not instance.pairs
    if chosen is None:
        chosen = entrants(cores() if steps is None else 1)

    def judge(routing: Routing) -> Rank | None:
        return None if faults(instance, routing) else rank(instance, routing)

    spare = [heuristic(instance)] if large else []
    if large and judge(spare[0]) is not None:
        order = replace(order, start=spare[0])
    race = Race(instance, order, judge, [ORTOOLS])
    outcome = race.run(chosen, None if large else lambda: spare.append(heuristic(instance)))
    known = judge(spare[0])
    answer: Routing | None = outcome.answer
    if answer is None or outcome.rank is None or (known is not None and known < outcome.rank):
        return Found(spare[0], "heuristic", _why(outcome), outcome.failures, outcome.history)
    return Found(answer, outcome.engine, "", outcome.failures, outcome.history)


def _why(outcome: Outcome) -> str:
    told = [f"{engine}: {why}" for engine, why in outcome.failures.items()]
    return "; ".join(told) or ("dearer" if outcome.answer else "nothing found in time")
