"""
Routes remembered from good solutions, and the best mix of them: a set-partitioning problem.

Each route is a column. Its linear relaxation (GLOP) prices the stops; columns that can still be in
a mix better than the best known one go to CP-SAT, hinted with that best one. A longer pool never
worsens the answer: the known best is always among its mixes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

MOST_ROUTES, MOST_COLUMNS = 12_000, 1_500


@dataclass(frozen=True, slots=True)
class Column:
    """A route with what it serves (clients from 0, then shipments) and costs."""

    kind: int
    serves: frozenset[int]
    cost: int
    route: Any


class Pool:
    """The cheapest route seen for each kind of vehicle and set of stops; the oldest go first."""

    def __init__(self, data: Any) -> None:
        self._data, self._clients = data, data.num_clients
        self._columns: dict[tuple[int, frozenset[int]], Column] = {}

    def __len__(self) -> int:
        return len(self._columns)

    def add(self, solution: Any) -> None:
        """Remember the routes of a solution that hold by themselves."""
        for route in solution.routes():
            if route.is_feasible():
                column = self.column(route)
                known = self._columns.get((column.kind, column.serves))
                if known is None or column.cost < known.cost:
                    self._columns[column.kind, column.serves] = column
        for oldest in list(self._columns)[: len(self._columns) - MOST_ROUTES]:
            del self._columns[oldest]

    def column(self, route: Any) -> Column:
        """A route as a column."""
        if self._data.num_shipments:
            serves = frozenset(self._index(each) for each in route if not each.is_depot())
        else:
            serves = frozenset([each.idx for each in route][1:-1])
        cost = route.distance_cost() + route.duration_cost() + route.fixed_vehicle_cost()
        return Column(route.vehicle_type(), serves, cost, route)

    def _index(self, activity: Any) -> int:
        index: int = activity.idx
        return index if activity.is_client() else self._clients + index

    def mix(self, best: Any, seconds: float) -> list[Any] | None:
        """
        Routes that are a better solution than `best` together, found within `seconds`.

        Returns:
            None when there are none, or none were found.
        """
        own = [self.column(route) for route in best.routes()]
        known = {(each.kind, each.serves): each for each in own}
        columns = list({**self._columns, **known}.values())
        task = _Task(columns, {*known}, self._free(), self._limits())
        priced = task.prices(seconds / 3)
        if priced is None:
            return None
        kept = task.promising(*priced)
        return [each.route for each in chosen] if (chosen := kept.choose(seconds / 2)) else None

    def _free(self) -> dict[int, int | None]:
        """What leaving each stop out costs; None where it must be served."""
        data = self._data
        optional = [*data.clients(), *data.shipments()]
        return {n: None if each.required else each.prize for n, each in enumerate(optional)}

    def _limits(self) -> list[int]:
        return [kind.num_available for kind in self._data.vehicle_types()]


@dataclass(frozen=True, slots=True)
class _Task:
    """Choose columns that serve each stop once; `known` is the best mix, by its keys."""

    columns: Sequence[Column]
    known: set[tuple[int, frozenset[int]]]
    free: dict[int, int | None]
    limits: Sequence[int]

    def known_cost(self) -> int:
        """What the known mix costs, with what it leaves out."""
        mix = [each for each in self.columns if (each.kind, each.serves) in self.known]
        served = set().union(*(each.serves for each in mix))
        missed = sum(self.free[stop] or 0 for stop in self.free if stop not in served)
        return sum(each.cost for each in mix) + missed

    def _rows(self) -> dict[int, list[int]]:
        rows: dict[int, list[int]] = {stop: [] for stop in self.free}
        for n, column in enumerate(self.columns):
            for stop in column.serves:
                rows[stop].append(n)
        return rows

    def prices(self, seconds: float) -> tuple[list[float], float] | None:
        """Reduced costs of the columns and the relaxation's value; None if it did not end."""
        from ortools.linear_solver import pywraplp  # Late: a short search never mixes.

        solver = pywraplp.Solver.CreateSolver("GLOP")
        solver.SetTimeLimit(max(1, int(seconds * 1000)))
        variables = [solver.NumVar(0, 1, "") for _ in self.columns]
        for variable, column in zip(variables, self.columns, strict=True):
            solver.Objective().SetCoefficient(variable, column.cost)
        for stop, row in self._rows().items():
            constraint = solver.Constraint(1, 1)
            for n in row:
                constraint.SetCoefficient(variables[n], 1)
            if (prize := self.free[stop]) is not None:
                left_out = solver.NumVar(0, 1, "")
                solver.Objective().SetCoefficient(left_out, prize)
                constraint.SetCoefficient(left_out, 1)
        for kind, limit in enumerate(self.limits):
            constraint = solver.Constraint(0, limit)
            for n in self._of(kind):
                constraint.SetCoefficient(variables[n], 1)
        if solver.Solve() != pywraplp.Solver.OPTIMAL:
            return None
        return [variable.reduced_cost() for variable in variables], solver.Objective().Value()

    def _of(self, kind: int) -> Iterable[int]:
        return (n for n, column in enumerate(self.columns) if column.kind == kind)

    def promising(self, reduced: Sequence[float], bound: float) -> "_Task":
        """The task with the columns that may be in a better mix, the likeliest of them."""
        room = self.known_cost() - bound
        order = sorted(range(len(self.columns)), key=lambda n: reduced[n])
        kept = [self.columns[n] for n in order[:MOST_COLUMNS] if reduced[n] <= room]
        chosen = {(each.kind, each.serves): each for each in kept}
        for each in self.columns:
            if (each.kind, each.serves) in self.known:
                chosen[each.kind, each.serves] = each
        return _Task([*chosen.values()], self.known, self.free, self.limits)

    def choose(self, seconds: float) -> list[Column] | None:
        """The best mix by CP-SAT; None when it is no better than the known one."""
        from linli_solver.cp_sat import cp_model

        cp = cp_model()
        model = cp.CpModel()
        use = [model.new_bool_var("") for _ in self.columns]
        costs = [column.cost for column in self.columns]
        missed = []
        for stop, row in self._rows().items():
            literals = [use[n] for n in row]
            if (prize := self.free[stop]) is not None:
                missed.append((prize, model.new_bool_var("")))
                literals.append(missed[-1][1])
            model.add_exactly_one(literals)
        for kind, limit in enumerate(self.limits):
            model.add(sum(use[n] for n in self._of(kind)) <= limit)
        for variable, column in zip(use, self.columns, strict=True):
            model.add_hint(variable, (column.kind, column.serves) in self.known)
        loss = sum(prize * variable for prize, variable in missed)
        model.minimize(sum(c * v for c, v in zip(costs, use, strict=True)) + loss)
        solver = cp.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.linearization_level = 2
        solver.parameters.max_time_in_seconds = max(0.01, seconds)
        status = solver.solve(model)
        if status not in (cp.OPTIMAL, cp.FEASIBLE) or solver.objective_value >= self.known_cost():
            return None
        return [each for each, var in zip(self.columns, use, strict=True) if solver.value(var)]
