"""
Iterated local search over PyVRP's core, one step at a time.

PyVRP's local search (0.14.1, MIT) does the work; what is around it is made for short runs of known
length in several processes. Worse candidates are accepted as in simulated annealing, by a
temperature that falls from `hot` to `cold` mean ways between neighbours as the time runs out
(the schedule of Accorsi and Vigo, *A fast and scalable heuristic for the solution of large-scale
capacitated vehicle routing problems*, Transportation Science 55, 2021): PyVRP's own late
acceptance does not know when it has to be done, and at 10 s mostly is not. Penalties for what does
not hold start at the price of an average stop instead of at half their bound, and are steered so
that a given share of candidates holds. A search can take over another's solution at any step, and
every good route is remembered (`pool`).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
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
    looks at. `perturbations`: most stops that a step disturbs. `hot`, `cold`: the temperature at
    the beginning and the end. `remember`: routes of solutions within this share of the best.
    """

    neighbours: int = 50
    perturbations: int = 25
    hot: float = 0.1
    cold: float = 0.01
    update_every: int = 30
    remember: float = 1.02


class Penalties:
    """Prices of excess load, lateness and excess distance, per unit."""

    HOLD, TOLERANCE = 0.65, 0.05
    UP, DOWN = 2.5, 0.7
    """What a price is multiplied by when nothing holds, and when everything does."""

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
                up = 1 + (self.UP - 1) * missing / self.HOLD
                down = 1 + (1 - self.DOWN) * missing / (1 - self.HOLD)
                price = self._prices[n] * (up if missing > 0 else down)
                self._prices[n] = min(LARGEST_PENALTY, max(SMALLEST_PENALTY, price))
        self._held, self._seen = [0] * len(self._prices), 0
        self.evaluator = self._evaluator(self._prices)

    def _evaluator(self, prices: Sequence[float]) -> Any:
        *loads, late, far = (min(LARGEST_PENALTY, price) for price in prices)
        return CostEvaluator(loads, late, far)


class Search:
    """
    A search in progress over `data` (a `pyvrp.ProblemData`); the same seed gives the same steps.

    `prices` are the first penalties: one for each kind of load, lateness, distance. `way` is what
    a mean way between neighbours costs. `start` is a solution to begin with, complete or not.
    `progress` is the share of the time that has gone, kept by who drives the search.
    """

    def __init__(
        self,
        data: Any,
        seed: int,
        settings: Settings,
        prices: Sequence[float],
        way: float,
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
        first = self._improve(first, self._penalties.highest(), exhaustive=True)
        self.best = self._current = first
        self.best_cost = self._cost(first)
        self.pool.add(first)
        self.steps, self.progress = 0, 0.0
        self._way, self._chance = way, Random(seed)

    def _cost(self, solution: Any) -> int:
        """The cost of a solution that holds; endless for another."""
        cost: int = self._penalties.evaluator.cost(solution)
        return cost

    def step(self) -> bool:
        """One perturbation with its local search; whether the best solution became better."""
        self.steps += 1
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
        self.best, self.best_cost = solution, cost
        self.pool.add(solution)
        return True

    def _accept(self, candidate: Any, evaluator: Any) -> None:
        hot, cold = self._settings.hot, self._settings.cold
        warmth = self._way * hot * (cold / hot) ** min(1.0, self.progress)
        cost, current = (evaluator.penalised_cost(each) for each in (candidate, self._current))
        if cost < current - warmth * math.log(1.0 - self._chance.random()):
            self._current = candidate
            if evaluator.cost(candidate) <= self.best_cost * self._settings.remember:
                self.pool.add(candidate)

    def adopt(self, solution: Any) -> bool:
        """Go on from a solution found elsewhere if it beats the best; whether it does."""
        improved = self._improve(solution, self._penalties.evaluator, exhaustive=True)
        taken = self._keep(solution)
        taken = self._keep(improved) or taken
        if taken:
            self._current = self.best
        return taken
