"""
Vehicle routing by OR-Tools: a first plan, then guided local search to the deadline.

Settings are those that measured best among some eighty trials on the field's own instances:
native matrices instead of Python call-backs, cheapest insertion first, guided local search. This
engine knows every rule of the problem (`docs/routing-model.md`).
"""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from linli.routing.index import Index
from linli.routing.insertion import insertion
from linli.routing.model import Problem
from linli.routing.plan import Plan, Reason, rank
from linli.routing.reasons import alone
from linli.routing.timetable import plan_for
from linli_solver.dimensions import Dimensions
from linli_solver.link import Link, Order
from linli_solver.model import Model, decode, encode, model_of
from linli_solver.repair import finished, repair

SOLVER = "ortools"
OFFER_SECONDS = 0.5
"""Answers are offered to others no more often: each is mended and timed in Python."""


class NoSolution(Exception):
    """The engine ended without a plan; the caller falls back."""


def solve(
    problem: Problem, *, seconds: float, seed: int | None = None, start: Plan | None = None
) -> Plan:
    """
    The best plan found within `seconds` of wall time; stops may be left out at their penalty.

    The search starts from `start`, else from the pure-Python insertion's plan, where the model
    can express it, so it seldom ends dearer.

    Raises:
        NoSolution: Nothing was found in time.
    """
    seed = problem.seed if seed is None else seed
    order = Order(time.monotonic() + seconds, seed, start=start)
    plan = search(problem, order, Link())
    if plan is None:
        raise NoSolution("no plan within the time")
    return plan


def search(problem: Problem, order: Order, link: Link) -> Plan | None:
    """
    The best plan found by the order's deadline, or after its steps; better ones are offered on
    the way. What can be served by no one is left out before the search.
    """
    hopeful = _servable(problem)
    if not hopeful.stops or not hopeful.vehicles:
        return plan_for(problem, SOLVER, [])
    if order.left <= 0:
        return None
    before = order.left
    started = order.start or insertion(problem)
    if order.left < before - order.left:  # To build the search takes about as long again.
        return finished(problem, SOLVER, started.routes)

    def mended(orders: list[list[int]], model: Model) -> Plan:
        found = [decode(model, each) if each else [] for each in orders]
        return plan_for(problem, SOLVER, repair(problem, found))

    model = model_of(hopeful)
    found = _Search(model, order, lambda orders: mended(orders, model)).run(started, link)
    if found is None or rank(problem, found) > rank(problem, started):
        return finished(problem, SOLVER, started.routes)  # Its reasons may be of another fleet.
    return found


def _servable(problem: Problem) -> Problem:
    """The problem without the stops that no courier could serve even alone."""
    index = Index(problem)
    begun = {stop_id for head in index.heads.values() for stop_id in head.served}
    begun |= set(index.holders)
    stops = tuple(s for s in problem.stops if s.id in begun or alone(index, s) is Reason.NO_ROOM)
    return replace(problem, stops=stops)


class _Search:
    """One OR-Tools routing model, built once and searched once."""

    def __init__(
        self, model: Model, order: Order, finish: Callable[[list[list[int]]], Plan]
    ) -> None:
        self._model, self._order, self._finish = model, order, finish
        count = len(model.riders)
        self._index = pywrapcp.RoutingIndexManager(
            len(model.nodes), count, list(model.starts), list(model.ends)
        )
        self._routing = pywrapcp.RoutingModel(self._index)
        Dimensions(model, self._index, self._routing).add_all()
        self._routing.solver().ReSeed(order.seed)

    def run(self, started: Plan, link: Link) -> Plan | None:
        """The plan of the best orders found by the deadline; None when there are none."""
        self._routing.CloseModelWithParameters(self._parameters(1.0))
        first = self._first_plan(started)
        left = self._order.left - self._finishing_seconds()
        if left <= 0 and self._order.steps is None:
            return None
        if self._order.steps is None:
            self._offer_on_the_way(link)
        parameters = self._parameters(left)
        found = None
        if first is not None:
            found = self._routing.SolveFromAssignmentWithParameters(first, parameters)
        if found is None:
            parameters = self._parameters(self._order.left - self._finishing_seconds())
            found = self._routing.SolveWithParameters(parameters)
        if found is None:
            return None
        return self._finish(self._orders(lambda index: found.Value(self._routing.NextVar(index))))

    def _finishing_seconds(self) -> float:
        """What mending and timing the answer may take, at most a tenth of the time left."""
        return min(0.1 * max(0.0, self._order.left), 0.02 + 0.001 * len(self._model.nodes))

    def _offer_on_the_way(self, link: Link) -> None:
        best: list[float] = [float("inf"), time.monotonic()]

        def tell() -> None:
            cost, now = self._routing.CostVar().Max(), time.monotonic()
            if cost < best[0] and now - best[1] >= OFFER_SECONDS:
                best[:] = [cost, now]
                following = self._routing.NextVar
                link.offer(self._finish(self._orders(lambda index: following(index).Value())))

        if type(link) is not Link:  # Nobody listens to the link that leads nowhere.
            self._routing.AddAtSolutionCallback(tell)

    def _first_plan(self, started: Plan) -> Any:
        """The plan to start from as an assignment, or None where the model cannot express it."""
        routes = {route.vehicle_id: route for route in started.routes}
        orders: list[list[int]] = []
        for rider in self._model.riders:
            visits = routes[rider.vehicle.id].visits if rider.vehicle.id in routes else ()
            order = encode(self._model, visits)
            orders.append([self._index.NodeToIndex(n) for n in order])
        return self._routing.ReadAssignmentFromRoutes(orders, True)

    def _orders(self, following: Callable[[int], int]) -> list[list[int]]:
        """Each courier's nodes in their order."""
        orders: list[list[int]] = []
        for vehicle in range(len(self._model.riders)):
            order: list[int] = []
            index = self._routing.Start(vehicle)
            while not self._routing.IsEnd(index):
                order.append(self._index.IndexToNode(index))
                index = following(index)
            orders.append(order[1:])
        return orders

    def _parameters(self, seconds: float) -> Any:
        parameters = pywrapcp.DefaultRoutingSearchParameters()
        first = routing_enums_pb2.FirstSolutionStrategy
        local = routing_enums_pb2.LocalSearchMetaheuristic
        parameters.first_solution_strategy = first.PARALLEL_CHEAPEST_INSERTION
        parameters.local_search_metaheuristic = local.GUIDED_LOCAL_SEARCH
        parameters.time_limit.FromMilliseconds(max(1, int(seconds * 1000)))
        if self._order.steps is not None:
            parameters.solution_limit = self._order.steps
        return parameters
