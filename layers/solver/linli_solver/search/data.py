"""A public instance as PyVRP's data, and its solutions as routings and back."""

from collections.abc import Sequence
from typing import Any

import numpy
from pyvrp._pyvrp import (
    Activity,
    ActivityType,
    Client,
    Depot,
    Location,
    ProblemData,
    Route,
    Shipment,
    Solution,
    VehicleType,
)

from linli_solver.instances.model import NEVER, Instance, Routing

CLOSED = 2**44
"""Distance and duration of an arc that this kind of vehicle may not take."""


class InstanceData:
    """
    An instance's `pyvrp.ProblemData`, and the way between its solutions and routings.

    `vehicle_price` is added to each route's cost in the search, where fewer vehicles come first.
    """

    def __init__(self, instance: Instance, vehicle_price: int = 0) -> None:
        self.instance = instance
        self._paired = {node for pair in instance.pairs for node in pair}
        self._single = [node for node in instance.customers if node not in self._paired]
        self._activities: dict[int, Any] = {
            node: Activity(ActivityType.CLIENT, n) for n, node in enumerate(self._single)
        }
        for n, (pickup, delivery) in enumerate(instance.pairs):
            self._activities[pickup] = Activity(ActivityType.PICKUP, n)
            self._activities[delivery] = Activity(ActivityType.DELIVERY, n)
        self.data = self._data(vehicle_price)

    def _data(self, vehicle_price: int) -> Any:
        instance = self.instance
        profiles = list(dict.fromkeys(fleet.allowed for fleet in instance.fleets))
        points = instance.points or ((0.0, 0.0),) * len(instance.distances)
        return ProblemData(
            [Location(*point) for point in points],
            [self._client(node) for node in self._single],
            [Depot(depot) for depot in instance.depots],
            [self._vehicles(n, profiles, vehicle_price) for n in range(len(instance.fleets))],
            [self._matrix(instance.distances, allowed) for allowed in profiles],
            [self._matrix(instance.durations, allowed) for allowed in profiles],
            [],
            [self._shipment(*pair) for pair in instance.pairs],
        )

    def _client(self, node: int) -> Any:
        of = self.instance
        times = of.services[node], of.opens[node], of.closes[node]
        return Client(node, [of.demands[node]], [], *times)

    def _shipment(self, pickup: int, delivery: int) -> Any:
        of = self.instance
        times = [
            (of.opens[node], of.closes[node], of.services[node]) for node in (pickup, delivery)
        ]
        return Shipment(pickup, delivery, *times[0], *times[1], [of.demands[pickup]])

    def _vehicles(self, n: int, profiles: Sequence[Any], vehicle_price: int) -> Any:
        fleet, of = self.instance.fleets[n], self.instance
        depot = of.depots.index(fleet.depot)
        return VehicleType(
            num_available=len(fleet.members),
            capacity=[fleet.capacity],
            start_depot=depot,
            end_depot=depot,
            fixed_cost=fleet.fixed_cost + vehicle_price,
            tw_early=of.opens[fleet.depot],
            tw_late=of.closes[fleet.depot],
            shift_duration=fleet.max_duration,
            max_distance=fleet.max_distance,
            unit_distance_cost=fleet.unit_cost,
            profile=profiles.index(fleet.allowed),
        )

    def _matrix(self, rows: Any, allowed: frozenset[int] | None) -> Any:
        matrix = numpy.array(rows, dtype=numpy.int64)
        numpy.fill_diagonal(matrix, 0)
        if allowed is not None:
            depots = {*self.instance.depots}
            closed = [n for n in range(len(matrix)) if n not in allowed and n not in depots]
            matrix[:, closed] = matrix[closed, :] = CLOSED
            numpy.fill_diagonal(matrix, 0)
        return matrix

    def prices(self) -> list[float]:
        """
        First penalties: a mean stop's load costs a mean way and a bit, a second what twenty on the
        way cost. They settle within some hundred steps; too low, a short run never holds.
        """
        of = self.instance
        legs = numpy.asarray(of.distances)
        mean_leg = float(legs[legs > 0].mean()) if (legs > 0).any() else 1.0
        loads = [abs(of.demands[node]) for node in of.customers if of.demands[node]]
        mean_load = sum(loads) / len(loads) if loads else 1.0
        unit = sum(fleet.unit_cost for fleet in of.fleets) / len(of.fleets)
        fixed = sum(fleet.fixed_cost for fleet in of.fleets) / len(of.fleets)
        capacity = sum(min(fleet.capacity, NEVER) for fleet in of.fleets) / len(of.fleets)
        load_price = 1.25 * unit * mean_leg / mean_load + fixed / max(1.0, capacity)
        return [load_price, 20 * unit, unit]

    def way(self) -> float:
        """What a mean way to one of the ten nearest costs."""
        legs = numpy.asarray(self.instance.distances).astype(float)
        numpy.fill_diagonal(legs, numpy.inf)
        near = numpy.sort(legs, axis=1)[:, :10]
        unit = sum(fleet.unit_cost for fleet in self.instance.fleets) / len(self.instance.fleets)
        return unit * float(near[numpy.isfinite(near)].mean())

    def routing(self, solution: Any) -> Routing:
        """A solution's routes as nodes."""
        pairs, single = self.instance.pairs, self._single
        found = []
        for route in solution.routes():
            nodes = []
            for each in route:
                if each.is_client():
                    nodes.append(single[each.idx])
                elif not each.is_depot():
                    nodes.append(pairs[each.idx][0 if each.is_pickup() else 1])
            found.append((int(route.vehicle_type()), tuple(nodes)))
        return Routing(tuple(found))

    def solution(self, routing: Routing) -> Any:
        """A routing as a solution of the search."""
        routes = [
            Route(self.data, [self._activities[node] for node in nodes], fleet)
            for fleet, nodes in routing.routes
            if nodes
        ]
        return Solution(self.data, routes)
