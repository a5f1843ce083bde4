"""
Vehicle routing by OR-Tools: insertion for a first plan, then guided local search to the deadline.

Settings are those that measured best among some eighty trials on the field's own instances:
native matrices instead of Python call-backs, cheapest insertion first, guided local search.
"""

import time
from collections.abc import Sequence
from typing import Any

from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from linli.routing.insertion import insertion
from linli.routing.model import HORIZON_SECONDS, Problem
from linli.routing.plan import Call, Plan, Reason, Route
from linli.routing.timetable import plan_for, reason_alone, route_for
from linli_solver.model import Model, decode, encode, metres_matrix, model_of, seconds_matrix
from linli_solver.repair import repair

SOLVER = "ortools"
SPLIT_METRES = 20_000
"""What splitting a stop between two couriers costs in the search, as a way."""


class NoSolution(Exception):
    """The engine ended without a plan; the caller falls back."""


def solve(problem: Problem, *, seconds: float, seed: int | None = None) -> Plan:
    """
    The best plan found within `seconds` of wall time; stops may be left out at their penalty.

    The search starts from the pure-Python insertion's plan where the model can express it, so
    it seldom ends dearer. `seed` is accepted for the interface; this search has no randomness,
    but where it stops depends on the machine's speed.

    Raises:
        NoSolution: Nothing was found in time, or the found order cannot be timed.
    """
    deadline = time.monotonic() + seconds
    hopeful = _servable(problem)
    if not hopeful.stops or not hopeful.vehicles:
        return plan_for(problem, SOLVER, [])
    model = model_of(hopeful)
    orders = _Search(model).run(deadline)
    found = [decode(model, order) if order else [] for order in orders]
    calls = found if model.plain else repair(hopeful, found)
    return plan_for(problem, SOLVER, _routes(hopeful, calls))


def _servable(problem: Problem) -> Problem:
    """The problem without the stops that no courier could serve even alone."""
    stops = tuple(s for s in problem.stops if reason_alone(problem, s) is Reason.NO_ROOM)
    return Problem(problem.depots, stops, problem.vehicles, problem.travels, problem.seed)


def _routes(problem: Problem, found: Sequence[Sequence[Call]]) -> list[Route]:
    routes: list[Route] = []
    for vehicle, calls in zip(problem.vehicles, found, strict=True):
        if not calls:
            continue
        route = route_for(problem, vehicle, calls)
        if isinstance(route, Reason):
            raise NoSolution(f"the route of {vehicle.id} cannot be timed: {route}")
        routes.append(route)
    return routes


class _Search:
    """One OR-Tools routing model, built once and searched once."""

    def __init__(self, model: Model) -> None:
        self._model = model
        count = len(model.problem.vehicles)
        self._index = pywrapcp.RoutingIndexManager(
            len(model.nodes), count, list(model.starts), list(model.ends)
        )
        self._routing = pywrapcp.RoutingModel(self._index)
        self._add_costs_and_time()
        self._add_load("grams", [v.capacity_grams for v in model.problem.vehicles])
        self._add_load("boxes", [v.capacity_boxes for v in model.problem.vehicles])
        self._add_pairs()
        self._add_penalties()

    def _add_costs_and_time(self) -> None:
        problem, transits = self._model.problem, {}
        for travel in problem.travels:
            metres = metres_matrix(self._model, travel)
            seconds = seconds_matrix(self._model, travel)
            transits[travel.profile] = (metres, self._routing.RegisterTransitMatrix(seconds))
        costs: dict[tuple[str, int], int] = {}
        for n, vehicle in enumerate(problem.vehicles):
            key = vehicle.profile, vehicle.fen_per_km
            if key not in costs:  # Thousandths of a fen: metres times fen per kilometre.
                metres = transits[vehicle.profile][0]
                rated = [[each * vehicle.fen_per_km for each in row] for row in metres]
                costs[key] = self._routing.RegisterTransitMatrix(rated)
            self._routing.SetArcCostEvaluatorOfVehicle(costs[key], n)
            self._routing.SetFixedCostOfVehicle(vehicle.fixed_fen * 1000, n)
        evaluators = [transits[vehicle.profile][1] for vehicle in problem.vehicles]
        wait = 2 * HORIZON_SECONDS
        self._routing.AddDimensionWithVehicleTransits(evaluators, wait, wait, False, "time")
        self._add_windows()

    def _add_windows(self) -> None:
        time_of = self._routing.GetDimensionOrDie("time")
        for n, node in enumerate(self._model.nodes):
            if node.delivers:
                window = self._model.problem.stops[node.stop].window
                cumul = time_of.CumulVar(self._index.NodeToIndex(n))
                cumul.SetRange(window.open_seconds, window.close_seconds)
        for n, vehicle in enumerate(self._model.problem.vehicles):
            shift = vehicle.shift
            for index in (self._routing.Start(n), self._routing.End(n)):
                time_of.CumulVar(index).SetRange(shift.open_seconds, shift.close_seconds)
            time_of.SetSpanUpperBoundForVehicle(vehicle.max_duration_seconds, n)

    def _add_load(self, name: str, capacities: list[int]) -> None:
        loads = [getattr(node, name) for node in self._model.nodes]
        if not any(loads):
            return
        unary = self._routing.RegisterUnaryTransitVector(loads)
        self._routing.AddDimensionWithVehicleCapacity(unary, 0, capacities, True, name)

    def _add_pairs(self) -> None:
        time_of = self._routing.GetDimensionOrDie("time")
        for pair in self._model.pairs:
            first, second = (self._index.NodeToIndex(n) for n in pair)
            self._routing.AddPickupAndDelivery(first, second)
            solver = self._routing.solver()
            solver.Add(self._routing.VehicleVar(first) == self._routing.VehicleVar(second))
            solver.Add(time_of.CumulVar(first) <= time_of.CumulVar(second))

    def _add_penalties(self) -> None:
        """Leaving a stop out costs its penalty, splitting it between couriers a long way."""
        doors: dict[int, list[int]] = {}
        for n, node in enumerate(self._model.nodes):
            index = self._index.NodeToIndex(n)
            if node.delivers:
                doors.setdefault(node.stop, []).append(index)
            elif node.collects:
                self._routing.AddDisjunction([index], 0)
        dearest = max(vehicle.fen_per_km for vehicle in self._model.problem.vehicles)
        for stop, indices in doors.items():
            penalty = self._model.problem.stops[stop].penalty_fen * 1000
            for n, index in enumerate(indices):
                share = penalty // len(indices) + (penalty % len(indices) if n == 0 else 0)
                self._routing.AddDisjunction([index], share)
            if len(indices) > 1:
                self._routing.AddSoftSameVehicleConstraint(indices, SPLIT_METRES * dearest)

    def run(self, deadline: float) -> list[list[int]]:
        """
        Search until the deadline; each courier's nodes in their order.

        Raises:
            NoSolution: Nothing was found in time.
        """
        self._routing.CloseModelWithParameters(_parameters(1.0))
        start = self._first_plan()
        left = deadline - time.monotonic()
        if left <= 0:
            raise NoSolution("no time left to search")
        parameters = _parameters(left)
        found = None
        if start is not None:
            found = self._routing.SolveFromAssignmentWithParameters(start, parameters)
        if found is None:
            found = self._routing.SolveWithParameters(parameters)
        if found is None:
            raise NoSolution("no plan within the time")
        return [self._order(found, n) for n in range(len(self._model.problem.vehicles))]

    def _first_plan(self) -> Any:
        """The insertion's plan as an assignment, or None where this model cannot express it."""
        routes = {route.vehicle_id: route for route in insertion(self._model.problem).routes}
        orders: list[list[int]] = []
        for vehicle in self._model.problem.vehicles:
            visits = routes[vehicle.id].visits if vehicle.id in routes else ()
            order = encode(self._model, visits)
            orders.append([self._index.NodeToIndex(n) for n in order])
        return self._routing.ReadAssignmentFromRoutes(orders, True)

    def _order(self, found: Any, vehicle: int) -> list[int]:
        order: list[int] = []
        index = self._routing.Start(vehicle)
        while not self._routing.IsEnd(index):
            order.append(self._index.IndexToNode(index))
            index = found.Value(self._routing.NextVar(index))
        return order[1:]


def _parameters(seconds: float) -> Any:
    parameters = pywrapcp.DefaultRoutingSearchParameters()
    first = routing_enums_pb2.FirstSolutionStrategy
    local = routing_enums_pb2.LocalSearchMetaheuristic
    parameters.first_solution_strategy = first.PARALLEL_CHEAPEST_INSERTION
    parameters.local_search_metaheuristic = local.GUIDED_LOCAL_SEARCH
    parameters.time_limit.FromMilliseconds(max(1, int(seconds * 1000)))
    return parameters
