"""
OR-Tools on public instances: the reserve where PyVRP is absent or fails, and the benchmark's peer.

Settings that measured best in some eighty trials: native matrices, cheapest insertion in parallel
first, guided local search after. Every fleet, depot, window, duration and pair of `Instance` is
modelled.
"""

import time
from typing import Any

from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from linli_solver.instances.model import NEVER, Instance, Routing
from linli_solver.link import Link, Order

HORIZON = 2**41
VEHICLES_ARE_DEAR = 10_000
"""Units of distance that a route costs where fewer routes come first."""


def search(instance: Instance, order: Order, link: Link) -> Routing | None:
    """The best routing found by the order's deadline; better ones are told on the way."""
    return _Model(instance, order).run(link)


class _Model:
    def __init__(self, instance: Instance, order: Order) -> None:
        self._of, self._order = instance, order
        self._vehicles = [n for n, fleet in enumerate(instance.fleets) for _ in fleet.members]
        # More vehicles than customers only make the model larger.
        spare = len(instance.customers)
        if len(instance.fleets) == 1:
            self._vehicles = self._vehicles[:spare]
        homes = [instance.fleets[kind].depot for kind in self._vehicles]
        size = len(instance.distances)
        self._index = pywrapcp.RoutingIndexManager(size, len(homes), homes, homes)
        self._routing = pywrapcp.RoutingModel(self._index)
        self._add_costs()
        self._add_loads()
        self._add_bounds()
        self._add_pairs()

    def _add_costs(self) -> None:
        of, matrices = self._of, {}
        distances = [[int(each) for each in row] for row in of.distances]
        for vehicle, kind in enumerate(self._vehicles):
            fleet = of.fleets[kind]
            if fleet.unit_cost not in matrices:
                rows = [[leg * fleet.unit_cost for leg in row] for row in distances]
                matrices[fleet.unit_cost] = self._routing.RegisterTransitMatrix(rows)
            self._routing.SetArcCostEvaluatorOfVehicle(matrices[fleet.unit_cost], vehicle)
            dear = VEHICLES_ARE_DEAR * of.scale if of.fewest_vehicles else 0
            self._routing.SetFixedCostOfVehicle(fleet.fixed_cost + dear, vehicle)
        if any(fleet.max_distance < NEVER for fleet in of.fleets):
            transit = self._routing.RegisterTransitMatrix(distances)
            bounds = [of.fleets[kind].max_distance for kind in self._vehicles]
            self._routing.AddDimensionWithVehicleCapacity(transit, 0, bounds, True, "distance")

    def _add_loads(self) -> None:
        loads = list(self._of.demands)
        transit = self._routing.RegisterUnaryTransitVector(loads)
        bounds = [self._of.fleets[kind].capacity for kind in self._vehicles]
        self._routing.AddDimensionWithVehicleCapacity(transit, 0, bounds, True, "load")

    def _add_bounds(self) -> None:
        of, routing = self._of, self._routing
        for vehicle, kind in enumerate(self._vehicles):
            for node in of.customers if of.fleets[kind].allowed is not None else ():
                if not of.fleets[kind].serves(node):
                    routing.VehicleVar(self._index.NodeToIndex(node)).RemoveValue(vehicle)
        if of.timed:
            self._add_times()

    def _add_times(self) -> None:
        of, routing = self._of, self._routing
        rows = [[of.services[a] + int(leg) for leg in row] for a, row in enumerate(of.durations)]
        transit = routing.RegisterTransitMatrix(rows)
        routing.AddDimension(transit, HORIZON, HORIZON, False, "time")
        time_of = routing.GetDimensionOrDie("time")
        for node in of.customers:
            window = of.opens[node], of.closes[node]
            time_of.CumulVar(self._index.NodeToIndex(node)).SetRange(*window)
        for vehicle, kind in enumerate(self._vehicles):
            fleet = of.fleets[kind]
            for end in (routing.Start(vehicle), routing.End(vehicle)):
                window = of.opens[fleet.depot], of.closes[fleet.depot]
                time_of.CumulVar(end).SetRange(*window)
            if fleet.max_duration < NEVER:
                time_of.SetSpanUpperBoundForVehicle(fleet.max_duration, vehicle)

    def _add_pairs(self) -> None:
        routing, solver = self._routing, self._routing.solver()
        if not self._of.pairs:
            return
        routing.AddConstantDimension(1, len(self._of.distances) + 1, True, "rank")
        ranks = routing.GetDimensionOrDie("rank")
        for pair in self._of.pairs:
            first, second = (self._index.NodeToIndex(node) for node in pair)
            routing.AddPickupAndDelivery(first, second)
            solver.Add(routing.VehicleVar(first) == routing.VehicleVar(second))
            solver.Add(ranks.CumulVar(first) <= ranks.CumulVar(second))

    def run(self, link: Link) -> Routing | None:
        """Search to the deadline."""
        left = self._order.deadline - time.monotonic()
        if left <= 0:
            return None
        best = [None]

        def tell() -> None:
            cost = self._routing.CostVar().Max()
            if best[0] is None or cost < best[0]:
                best[0] = cost
                link.offer(self._routing_of(lambda index: self._routing.NextVar(index).Value()))

        self._routing.AddAtSolutionCallback(tell)
        found = self._routing.SolveWithParameters(_parameters(left))
        if found is None:
            return None
        return self._routing_of(lambda index: found.Value(self._routing.NextVar(index)))

    def _routing_of(self, following: Any) -> Routing:
        routes = []
        for vehicle, kind in enumerate(self._vehicles):
            nodes, index = [], following(self._routing.Start(vehicle))
            while not self._routing.IsEnd(index):
                nodes.append(int(self._index.IndexToNode(index)))
                index = following(index)
            if nodes:
                routes.append((kind, tuple(nodes)))
        return Routing(tuple(routes))


def _parameters(seconds: float) -> Any:
    parameters = pywrapcp.DefaultRoutingSearchParameters()
    first = routing_enums_pb2.FirstSolutionStrategy
    local = routing_enums_pb2.LocalSearchMetaheuristic
    parameters.first_solution_strategy = first.PARALLEL_CHEAPEST_INSERTION
    parameters.local_search_metaheuristic = local.GUIDED_LOCAL_SEARCH
    parameters.time_limit.FromMilliseconds(max(1, int(seconds * 1000)))
    return parameters
