"""
The engines for a wave behind one interface, and the race between them.

No engine is enough: PyVRP is the strongest where windows, capacities and distance decide; ruin and
recreate in pure Python (`rebuild`) knows every rule and is the strongest where lateness, cold
limits, returns or routes under way count, and on large waves, which it divides; OR-Tools models
the balance of work and routes that are no sequence of trips. Those that fit the problem best run at
once, one on each core, each takes over what another found where it can, and the better plan that
holds wins; the others are in reserve. Behind all stands the insertion.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from linli.routing.insertion import insertion
from linli.routing.model import Problem
from linli.routing.plan import Plan, rank
from linli.routing.verify import verify
from linli_solver.link import Link, Order
from linli_solver.race import Entrant, Outcome, Race, Rank, cores
from linli_solver.worker import search_of

ALONE_SECONDS = 1.5
"""Below this a process would hardly have begun: one engine runs in this one instead."""
LARGE, DIVIDED = 100, 400
"""Stops beyond which `rebuild` has at least two processes, and beyond which they divide the wave
between them: with 300 stops that ended a little dearer than two seeds, with 600 2 % cheaper."""
RELOCATED_A_SECOND = 100
"""With more stops for each second, engines polish the first plan, not the insertion itself."""


@dataclass(frozen=True, slots=True)
class Engine:
    """
    A way to make plans: its name, its search (`module:function`, loaded when it is used, since its
    library may be absent), and whether it knows routes that are under way.
    """

    name: str
    search: str
    begun: bool = True

    def supports(self, problem: Problem) -> str | None:
        """Why the problem is not for this engine; None when it is."""
        if not self.begun and any(each.underway is not None for each in problem.vehicles):
            return "routes are under way"
        return None

    def solve(
        self, problem: Problem, *, seconds: float, seed: int, start: Plan | None
    ) -> Plan | None:
        """The best plan found in that time, None for none; it may raise anything."""
        order = Order(time.monotonic() + seconds, seed, start=start)
        plan: Plan | None = search_of(self.search)(problem, order, Link())
        return plan


PYVRP = Engine("pyvrp", "linli_solver.search.problems:search", begun=False)
REBUILD = Engine("rebuild", "linli_solver.rebuilding:search")
ORTOOLS = Engine("ortools", "linli_solver.route:search")
ENGINES = (PYVRP, REBUILD, ORTOOLS)


def race(
    problem: Problem,
    *,
    seconds: float,
    seed: int = 1,
    start: Plan | None = None,
    steps: int | None = None,
    engines: Sequence[Engine] = ENGINES,
) -> Plan:
    """
    The best plan within `seconds`; it always comes and always holds.

    `start` is the running plan, if any. With `steps`, one search of so many steps runs alone, and
    a seed's plan can be repeated. Where no engine does better, the insertion's plan comes, and
    `fallback_from` says why.
    """
    deadline = time.monotonic() + seconds
    able = _preferred(problem, engines)
    spare = _spare(problem, start, seconds, bool(able))
    known = judged(problem, spare)
    if seconds < ALONE_SECONDS and steps is None:
        outcome = _alone(problem, able, deadline, seed, spare)
    else:
        order = Order(deadline, seed, 0, steps, spare)
        chosen = _entrants(problem, able, 1 if steps is not None else cores())
        running = {each.engine for each in chosen}
        reserve = [_entrant(engine) for engine in able if engine.name not in running]
        contest = Race(problem, order, lambda plan: judged(problem, plan), reserve)
        outcome = contest.run(chosen)
    found: Plan | None = outcome.answer
    if found is not None and (known is None or (outcome.rank or ()) <= known):
        return replace(found, solver=outcome.engine, fallback_from="")
    return replace(spare, fallback_from=_why(outcome, able))


def judged(problem: Problem, plan: Plan) -> Rank | None:
    """The plan's rank by the domain's own check; None when it does not hold."""
    return None if verify(problem, plan) else rank(problem, plan)


def _spare(problem: Problem, start: Plan | None, seconds: float, able: bool) -> Plan:
    """The running plan if it still holds, else the insertion's, without polish in a hurry."""
    if start is not None and judged(problem, start) is not None:
        return start
    hurry = able and len(problem.stops) > seconds * RELOCATED_A_SECOND
    return insertion(problem, 0) if hurry else insertion(problem)


def _preferred(problem: Problem, engines: Sequence[Engine]) -> list[Engine]:
    """The engines that can solve the problem, the likeliest to do best first."""
    able = [engine for engine in engines if engine.supports(problem) is None]
    if _rich(problem) or len(problem.stops) > LARGE:
        order = [REBUILD.name, ORTOOLS.name, PYVRP.name]
        able.sort(key=lambda engine: order.index(engine.name))
    return able


def _rich(problem: Problem) -> bool:
    """Whether the problem says what PyVRP does not know, as far as it has been seen to matter."""
    late = any(stop.late_fen_per_minute or stop.priority for stop in problem.stops)
    parts = (part for stop in problem.stops for part in stop.parts)
    return (
        late
        or any(vehicle.underway is not None for vehicle in problem.vehicles)
        or any(part.cold_limit_seconds is not None for part in parts)
        or any(stop.returns for stop in problem.stops)
    )


def _entrants(problem: Problem, able: Sequence[Engine], count: int) -> list[Entrant]:
    """
    A process for each core: of each engine one, then more of the first.

    A large problem has two or more processes of `rebuild`, a very large one is divided among them.
    """
    found = [_entrant(engine) for engine in able[:count]]
    if not found:
        return []
    first = found[0]
    if first.engine == REBUILD.name and len(problem.stops) > LARGE and count > 1:
        several = max(2, count - len(found) + 1)
        parts = several if len(problem.stops) > DIVIDED else 1
        shared = [replace(first, variant=n, parts=parts) for n in range(several)]
        return [*shared, *found[1 : 1 + count - several]]
    return [*found, *(replace(first, variant=n) for n in range(1, count - len(found) + 1))]


def _entrant(engine: Engine) -> Entrant:
    return Entrant(engine.name, engine.search)


def _alone(
    problem: Problem, able: Sequence[Engine], deadline: float, seed: int, spare: Plan
) -> Outcome:
    """The engines one after another in this process until one answers, or time is up."""
    outcome = Outcome()
    for engine in able:
        seconds = deadline - time.monotonic()
        if seconds <= 0:
            break
        try:
            plan = engine.solve(problem, seconds=seconds, seed=seed, start=spare)
        except Exception as failure:  # An engine's failure is the next one's turn.
            outcome.failures[engine.name] = type(failure).__name__
            continue
        found = None if plan is None else judged(problem, plan)
        if found is not None:
            outcome.answer, outcome.rank, outcome.engine = plan, found, engine.name
            return outcome
        outcome.failures[engine.name] = "no plan that holds"
    return outcome


def _why(outcome: Outcome, able: Sequence[Engine]) -> str:
    if outcome.answer is not None:
        return "plan_dearer"
    told = [f"{name}: {why}" for name, why in outcome.failures.items()]
    return ("; ".join(told) or ("nothing in time" if able else "engine_absent"))[:120]
