"""
Who supplies which line: one min-cost flow over all orders of a wave, then small exact models.

The flow knows ways and stock but no split: its cost spreads a store's way over the lines that it
gives, which no answer can undercut, so it is also the bound. Split costs are put right by mixed
integer programs (SCIP through OR-Tools' plain interface: neither numpy nor pandas) of some orders
at a time with the others as they are; none makes the answer worse, and the first is what is held.
"""

import math
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ortools.graph.python import min_cost_flow
from ortools.linear_solver import pywraplp

from linli.sourcing import Choice, Demand, Sourcing, faults, held, outlay
from linli.sourcing.model import SPLIT_METRES
from linli.stock import Shelf
from linli.stock.rules import MOST_SPLIT

SOLVER = "flow+scip"
AT_ONCE = 40
"""Orders of one exact model: 100 were optimal in 0.3 s, 300 were not in 10 s (measured)."""
FINE = 1_000
"""Flow costs are integers: parts of a metre that a line's share is rounded down to."""
_SHORTEST_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Allocation:
    """
    The sources of each order. No answer costs less than `bound_metres` (None: the flow ended
    before it was known).
    """

    choices: Mapping[str, Choice]
    bound_metres: int | None
    solver: str = SOLVER


def allocate(problem: Sourcing, *, seconds: float = 5.0) -> Allocation:
    """
    The cheapest sources found within `seconds`; never dearer than those that are held.

    No randomness: the same problem gives the same answer, unless time runs out.
    """
    deadline = time.monotonic() + seconds
    best = held(problem)
    flowing, bound = _flow(problem)
    if flowing is not None and not faults(problem, flowing):
        best = min(best, flowing, key=lambda choices: outlay(problem, choices).total)
    for chunk in _chunks(problem):
        left = deadline - time.monotonic()
        if left < _SHORTEST_SECONDS:
            break
        best = best | _exact(problem, chunk, best, left)
    return Allocation(best, bound)


def _flow(problem: Sourcing) -> tuple[dict[str, Choice] | None, int | None]:
    """Each line from where its share of the way is least, and what that costs: the bound."""
    flow, room = min_cost_flow.SimpleMinCostFlow(), problem.room
    shelves = {shelf: n for n, shelf in enumerate(sorted(room))}
    sink = len(shelves)
    for shelf, n in shelves.items():
        flow.add_arc_with_capacity_and_unit_cost(n, sink, room[shelf], 0)
    lines = [(demand, *line) for demand in problem.demands for line in demand.wanted.items()]
    arcs: dict[int, tuple[Demand, Shelf]] = {}
    for node, (demand, sku, units) in enumerate(lines, start=sink + 1):
        flow.set_node_supply(node, units)
        for shelf in _shelves(demand, sku):
            if shelf in shelves:
                to, cost = shelves[shelf], _share(demand, shelf, units)
                arc = flow.add_arc_with_capacity_and_unit_cost(node, to, units, cost)
                arcs[arc] = demand, shelf
    flow.set_node_supply(sink, -sum(units for _, _, units in lines))
    if flow.solve() != flow.OPTIMAL:
        return None, None
    found: dict[str, dict[Shelf, int]] = {d.order_id: {} for d in problem.demands}
    for arc, (demand, shelf) in arcs.items():
        if flow.flow(arc):
            found[demand.order_id][shelf] = flow.flow(arc)
    bound = -(-flow.optimal_cost() // FINE) - SPLIT_METRES * len(problem.demands)
    return dict(found), int(bound)


def _share(demand: Demand, shelf: Shelf, units: int) -> int:
    """What a unit of a line costs: the store's cost over all lines and all units of the line."""
    whole = demand.metres[shelf[0]] + SPLIT_METRES
    return math.floor(whole * FINE / (len(demand.wanted) * units))


def _shelves(demand: Demand, sku: str) -> list[Shelf]:
    return sorted(shelf for shelf in {*demand.allowed, *demand.held} if shelf[1] == sku)


def _chunks(problem: Sourcing) -> Iterator[list[Demand]]:
    """
    Orders that compete, some at a time: those that hold of the same shelves stand together; in a
    second round the borders lie elsewhere.
    """
    heavy = Counter(shelf for demand in problem.demands for shelf in demand.held)

    def rank(demand: Demand) -> tuple[Any, ...]:
        main = max(demand.held, key=lambda shelf: (heavy[shelf], shelf))
        return main, min(demand.metres.values()), demand.order_id

    ranked = sorted(problem.demands, key=rank)
    for start in (0, -AT_ONCE // 2):
        for first in range(start, len(ranked), AT_ONCE):
            chunk = ranked[max(0, first) : first + AT_ONCE]
            if chunk:
                yield chunk


def _exact(
    problem: Sourcing, chunk: Sequence[Demand], best: Mapping[str, Choice], seconds: float
) -> dict[str, Choice]:
    """The best choices of the orders of `chunk` while all others stay; `{}` if none was found."""
    room = Counter(problem.room)
    mine = {demand.order_id for demand in chunk}
    for order_id, choice in best.items():
        if order_id not in mine:
            room.subtract(choice)
    before = sum(_cost(demand, best[demand.order_id]) for demand in chunk)
    model = _Model(chunk, room)
    found = model.solve(seconds)
    if found is None or sum(_cost(d, found[d.order_id]) for d in chunk) >= before:
        return {}
    return found


def _cost(demand: Demand, choice: Choice) -> int:
    stores = {store_id for store_id, _ in choice}
    return sum(demand.metres[each] + SPLIT_METRES for each in stores)


class _Model:
    """
    Binary: a store supplies an order. Continuous: units by order and shelf, whole by themselves,
    for once the stores are chosen each SKU is a transport problem.
    """

    def __init__(self, demands: Sequence[Demand], room: Mapping[Shelf, int]) -> None:
        self._solver = pywraplp.Solver.CreateSolver("SCIP")
        self._demands = demands
        self._units: dict[tuple[str, Shelf], Any] = {}
        self._given: dict[Shelf, list[Any]] = defaultdict(list)
        objective = self._solver.Objective()
        for demand in demands:
            self._add(demand, room, objective)
        for shelf, some in self._given.items():
            self._solver.Add(sum(some) <= room[shelf])
        objective.SetMinimization()

    def _add(self, demand: Demand, room: Mapping[Shelf, int], objective: Any) -> None:
        stores = {store_id for store_id, _ in {*demand.allowed, *demand.held}}
        open_ = {each: self._solver.BoolVar("") for each in sorted(stores)}
        for store_id, chosen in open_.items():
            objective.SetCoefficient(chosen, demand.metres[store_id] + SPLIT_METRES)
        most = max(MOST_SPLIT, len({store_id for store_id, _ in demand.held}))
        self._solver.Add(sum(open_.values()) <= most)
        for sku, units in demand.wanted.items():
            parts = []
            for shelf in _shelves(demand, sku):
                bound = min(units, max(0, room[shelf]))
                part = self._solver.NumVar(0, bound, "")
                self._solver.Add(part <= bound * open_[shelf[0]])
                self._units[demand.order_id, shelf] = part
                self._given[shelf].append(part)
                parts.append(part)
            self._solver.Add(sum(parts) == units)

    def solve(self, seconds: float) -> dict[str, Choice] | None:
        """The choices, or None if none was found in time."""
        self._solver.SetTimeLimit(max(1, int(seconds * 1000)))
        if self._solver.Solve() not in (pywraplp.Solver.OPTIMAL, pywraplp.Solver.FEASIBLE):
            return None
        found: dict[str, dict[Shelf, int]] = {d.order_id: {} for d in self._demands}
        for (order_id, shelf), part in self._units.items():
            units = round(part.solution_value())
            if abs(part.solution_value() - units) > 0.01:
                return None  # A vertex is whole; anything else is an early end.
            if units:
                found[order_id][shelf] = units
        if any(_short(demand, found[demand.order_id]) for demand in self._demands):
            return None
        return dict(found)


def _short(demand: Demand, choice: Choice) -> bool:
    got: Counter[str] = Counter()
    for (_, sku), units in choice.items():
        got[sku] += units
    return got != Counter(demand.wanted)
