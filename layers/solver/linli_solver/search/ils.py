"""
Iterated local search over PyVRP's core, one step at a time.

The steps are those of `pyvrp.IteratedLocalSearch` 0.14.1 (MIT): a perturbed local search, late
acceptance (Burke and Bykov, *The late acceptance hill-climbing heuristic*, EJOR 258, 2017), and
penalties for what does not hold, steered so that a given share of candidates holds. Ours differs
where short runs and several processes need it: penalties start at the price of an average stop
instead of at half their bound (from where a 10 s run has no time to come down), the search can
take over another's solution at any step, and every good route is remembered (`pool`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pyvrp._pyvrp import CostEvaluator, RandomNumberGenerator, Solution
from pyvrp.search import (
    OPERATORS,
    LocalSearch,
    NeighbourhoodParams,
    PerturbationManager,
    PerturbationParams,
    compute_neighbours,
)

from linli_solver.search.pool import Pool

LARGEST_PENALTY, SMALLEST_PENALTY = 1e8, 0.1


@dataclass(frozen=True, slots=True)
class Settings:
    """
    What differs between the processes of a race. `neighbours`: how many nearest places a move
    looks at. `history`: steps back that late acceptance compares with. `perturbations`: most
    stops that a step disturbs. `remember`: routes of solutions within this share of the best.
    """

    neighbours: int = 50
    history: int = 300
    perturbations: int = 25
    restart_after: int = 150_000
    update_every: int = 500
    remember: float = 1.02


class Penalties:
    """Prices of excess load, lateness and excess distance, per unit."""

    UP, DOWN, HOLD, TOLERANCE = 1.5, 0.9, 0.65, 0.05

    def __init__(self, first: Sequence[float], update_every: int) -> None:
        self._prices = [min(LARGEST_PENALTY, max(SMALLEST_PENALTY, each)) for each in first]
        self._held = [0] * len(self._prices)
        self._seen, self._every = 0, update_every
        self.evaluator = self._evaluator(self._prices)

    def highest(self) -> Any:
        """An evaluator under which hardly anything that does not hold is worth its price."""
        return self._evaluator([price * 1000 for price in self._prices])

    def register(self, candidate: Any) -> None:
        """Count what holds in a candidate; every so often move the prices."""
        violations = (*candidate.excess_load(), candidate.time_warp(), candidate.excess_distance())
        for n, violation in enumerate(violations):
            self._held[n] += violation == 0
        self._seen += 1
        if self._seen == self._every:
            self._update()

    def _update(self) -> None:
        for n, held in enumerate(self._held):
            missing = self.HOLD - held / self._seen
            if abs(missing) >= self.TOLERANCE:
                price = self._prices[n] * (self.UP if missing > 0 else self.DOWN)
                self._prices[n] = min(LARGEST_PENALTY, max(SMALLEST_PENALTY, price))
        self._held, self._seen = [0] * len(self._prices), 0
        self.evaluator = self._evaluator(self._prices)

    def _evaluator(self, prices: Sequence[float]) -> Any:
        *loads, late, far = (min(LARGEST_PENALTY, price) for price in prices)
        return CostEvaluator(loads, late, far)


class Search:
    """
    A search in progress over `data` (a `pyvrp.ProblemData`); the same seed gives the same steps.

    `prices` are the first penalties: one for each kind of load, lateness, distance. `start` is a
    solution to begin with, complete or not.
    """

    def __init__(
        self,
        data: Any,
        seed: int,
        settings: Settings,
        prices: Sequence[float],
        start: Any | None = None,
    ) -> None:
        random = RandomNumberGenerator(seed=seed)
        neighbours = compute_neighbours(data, NeighbourhoodParams(0.2, settings.neighbours, True))
        disturb = PerturbationManager(PerturbationParams(1, settings.perturbations))
        self._improve = LocalSearch(data, random, neighbours, disturb)
        for operator in OPERATORS:
            if operator.supports(data):
                self._improve.add_operator(operator(data))
        self.data, self._settings = data, settings
        self._penalties = Penalties(prices, settings.update_every)
        self.pool = Pool(data)
        first = Solution.make_random(data, random) if start is None else start
        self._start(self._improve(first, self._penalties.highest(), exhaustive=True))
        self.steps = 0

    def _start(self, solution: Any) -> None:
        self.best = self._current = self._first = solution
        self.best_cost = self._cost(solution)
        self._history: list[Any] = [None] * self._settings.history
        self._at = self._idle = 0

    def _cost(self, solution: Any) -> int:
        """The cost of a solution that holds; endless for another."""
        cost: int = self._penalties.evaluator.cost(solution)
        return cost

    def step(self) -> bool:
        """One perturbation with its local search; whether the best solution became better."""
        self.steps += 1
        self._idle += 1
        if self._idle > self._settings.restart_after:
            self._restart()
        evaluator = self._penalties.evaluator
        candidate = self._improve(self._current, evaluator, exhaustive=False)
        self._penalties.register(candidate)
        better: bool = evaluator.cost(candidate) < self.best_cost
        if better:
            candidate = self._improve_best(candidate)
        self._accept(candidate, evaluator)
        return better

    def _improve_best(self, candidate: Any) -> Any:
        """Search a new best solution to its end; the result may no longer hold."""
        self._keep(candidate)
        thorough = self._improve(candidate, self._penalties.evaluator, exhaustive=True)
        self._keep(thorough)
        return thorough

    def _keep(self, solution: Any) -> bool:
        cost = self._cost(solution)
        if cost >= self.best_cost:
            return False
        self.best, self.best_cost, self._idle = solution, cost, 0
        self.pool.add(solution)
        return True

    def _accept(self, candidate: Any, evaluator: Any) -> None:
        slot = self._at % len(self._history)
        late = self._history[slot]
        bound = evaluator.penalised_cost(self._first if late is None else late)
        cost, current = (evaluator.penalised_cost(each) for each in (candidate, self._current))
        if cost < bound or cost < current:
            self._current, current = candidate, cost
            if evaluator.cost(candidate) <= self.best_cost * self._settings.remember:
                self.pool.add(candidate)
        if late is None or current < bound:
            self._history[slot] = self._current
        self._at += 1

    def _restart(self) -> None:
        self._current, self._idle = self.best, 0
        self._history = [None] * self._settings.history

    def adopt(self, solution: Any) -> bool:
        """Go on from a solution found elsewhere if it beats the best; whether it does."""
        improved = self._improve(solution, self._penalties.evaluator, exhaustive=True)
        taken = self._keep(solution)
        taken = self._keep(improved) or taken
        if taken:
            self._current = self.best
        return taken
