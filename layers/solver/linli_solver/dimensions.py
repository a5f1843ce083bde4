"""
What binds and costs in the search: time, loads, cold limits, rests, skills, lateness, balance.

Every transit is a native matrix or vector: call-backs into Python would take most of the time.
Costs are thousandths of a fen.
"""

from typing import Any

from linli.routing.model import HORIZON_SECONDS, Stop
from linli_solver.model import (
    AT_STORE,
    Model,
    Role,
    handling_seconds,
    metres_matrix,
    seconds_matrix,
)
from linli_solver.riders import Rider

SPLIT_METRES = 20_000
"""What splitting a stop between two couriers costs in the search, as a way."""
LATE_URGENT, LEVEL, LEFT_OUT = 10**8, 100, 10**4
"""A second of an urgent stop's lateness weighs as much as an ordinary stop left out (1,000 yuan);
each level of priority a hundred times that; leaving it out ten thousand seconds."""
LEVELS = 3
MEASURES = ("grams", "boxes", "millilitres", "cold_boxes")


class Dimensions:
    """Adds the rules of a model to OR-Tools' routing model, each by one method."""

    def __init__(self, model: Model, manager: Any, routing: Any) -> None:
        self._model, self._problem = model, model.problem
        self._manager, self._routing = manager, routing
        self._levels = sorted({s.priority for s in model.problem.stops if s.priority})
        self._transits: dict[str, int] = {}

    def add_all(self) -> None:
        """Every rule of the problem."""
        self._add_ways()
        self._add_windows()
        self._add_shifts()
        for n, name in enumerate(MEASURES):
            self._add_load(n, name)
        self._add_pairs()
        self._add_couriers()
        self._add_penalties()
        self._add_balance()

    def _node(self, n: int) -> int:
        return int(self._manager.NodeToIndex(n))

    @property
    def _time(self) -> Any:
        return self._routing.GetDimensionOrDie("time")

    def _add_ways(self) -> None:
        costs: dict[tuple[str, int], int] = {}
        metres = {}
        for travel in self._problem.travels:
            metres[travel.profile] = metres_matrix(self._model, travel)
            seconds = seconds_matrix(self._model, travel)
            self._transits[travel.profile] = self._routing.RegisterTransitMatrix(seconds)
        for n, rider in enumerate(self._model.riders):
            vehicle = rider.vehicle
            key = vehicle.profile, vehicle.fen_per_km
            if key not in costs:  # Thousandths of a fen: metres times fen per kilometre.
                rated = [[leg * vehicle.fen_per_km for leg in row] for row in metres[key[0]]]
                costs[key] = self._routing.RegisterTransitMatrix(rated)
            self._routing.SetArcCostEvaluatorOfVehicle(costs[key], n)
            if not rider.begun:
                self._routing.SetFixedCostOfVehicle(vehicle.fixed_fen * 1000, n)
        wait = 2 * HORIZON_SECONDS
        self._routing.AddDimensionWithVehicleTransits(
            self._evaluators(), wait, 2 * wait, False, "time"
        )

    def _evaluators(self) -> list[int]:
        return [self._transits[rider.vehicle.profile] for rider in self._model.riders]

    def _add_windows(self) -> None:
        for n, node in enumerate(self._model.nodes):
            if node.stop < 0:
                continue
            cumul = self._time.CumulVar(self._node(n))
            if node.role in AT_STORE:
                window = self._problem.depots[node.depot].window
                after = handling_seconds(self._model, node)
                cumul.SetRange(window.open_seconds + after, window.close_seconds + after)
            else:
                stop = self._problem.stops[node.stop]
                cumul.SetRange(stop.window.open_seconds, stop.window.close_seconds)
                self._add_lateness(n, stop)

    def _add_lateness(self, n: int, stop: Stop) -> None:
        rate = stop.late_fen_per_minute * 1000 // 60 + self._urgency(stop)
        due = stop.window.close_seconds if stop.due_seconds is None else stop.due_seconds
        if rate and due < stop.window.close_seconds:
            self._time.SetCumulVarSoftUpperBound(self._node(n), due, rate)

    def _urgency(self, stop: Stop) -> int:
        """What a second of the stop's lateness weighs beyond its own rate."""
        if not stop.priority:
            return 0
        level = min(LEVELS, 1 + self._levels.index(stop.priority))
        return int(LATE_URGENT * LEVEL ** (level - 1))

    def _add_shifts(self) -> None:
        for n, rider in enumerate(self._model.riders):
            closes = rider.vehicle.shift.close_seconds
            latest = max(rider.ready_seconds, closes)
            for index in (self._routing.Start(n), self._routing.End(n)):
                self._time.CumulVar(index).SetRange(rider.ready_seconds, latest)
            self._time.SetSpanUpperBoundForVehicle(rider.duration_seconds, n)
            if rider.must_rest:
                self._add_rests(n, rider)

    def _add_rests(self, n: int, rider: Rider) -> None:
        """Rests lie anywhere, also after the route; none may be missed between two of them."""
        rest, solver = rider.vehicle.rest, self._routing.solver()
        assert rest is not None, "asked only of couriers who must rest"
        stays = [node.service_seconds for node in self._model.nodes]
        visits = [0] * self._routing.Size()
        for node in range(len(stays)):
            index = self._node(node)
            if 0 <= index < len(visits):
                visits[index] = stays[node]
        length, after = rest.rest_seconds, rest.after_seconds
        span = min(rider.duration_seconds, rider.vehicle.shift.close_seconds - rider.ready_seconds)
        first = rider.ready_seconds + max(0, after - rider.worked_seconds)
        rests = []
        for k in range(1 + span // max(1, after)):
            latest = first if k == 0 and rider.worked_seconds else 2 * HORIZON_SECONDS
            name = f"rest {k} of {n}"
            rests.append(solver.FixedDurationIntervalVar(0, latest, length, False, name))
        self._time.SetBreakIntervalsOfVehicle(rests, n, visits)
        self._time.SetBreakDistanceDurationOfVehicle(after, length, n)

    def _add_load(self, measure: int, name: str) -> None:
        loads = [node.size[measure] for node in self._model.nodes]
        riders = self._model.riders
        if not any(loads):
            return
        unary = self._routing.RegisterUnaryTransitVector(loads)
        room = [max(r.vehicle.capacities[measure], r.load[measure]) for r in riders]
        self._routing.AddDimensionWithVehicleCapacity(unary, 0, room, False, name)
        aboard = self._routing.GetDimensionOrDie(name)
        for n, rider in enumerate(riders):
            aboard.CumulVar(self._routing.Start(n)).SetValue(rider.load[measure])

    def _add_pairs(self) -> None:
        solver, nodes = self._routing.solver(), self._model.nodes
        for pair in self._model.pairs:
            first, second = (self._node(n) for n in pair)
            self._routing.AddPickupAndDelivery(first, second)
            solver.Add(self._routing.VehicleVar(first) == self._routing.VehicleVar(second))
            loaded, handed = self._time.CumulVar(first), self._time.CumulVar(second)
            solver.Add(loaded <= handed)
            if nodes[pair[0]].role is not Role.COLLECT:
                continue
            stop, depot = (
                self._problem.stops[nodes[pair[0]].stop],
                self._problem.depots[nodes[pair[0]].depot],
            )
            limit = self._model.index.parts[stop.id, depot.id].cold_limit_seconds
            if limit is not None:
                spare = limit - stop.service_seconds - depot.handling_seconds
                solver.Add(handed <= loaded + spare)

    def _add_couriers(self) -> None:
        """Who may serve a stop: by skills, and by what is aboard."""
        riders = self._model.riders
        for n, node in enumerate(self._model.nodes):
            if node.stop < 0:
                continue
            stop = self._problem.stops[node.stop]
            holder = self._model.index.holders.get(stop.id)
            able = [
                k
                for k, rider in enumerate(riders)
                if set(stop.skills) <= set(rider.vehicle.skills)
                and holder in (None, rider.vehicle.id)
            ]
            if len(able) < len(riders):
                self._routing.VehicleVar(self._node(n)).SetValues([-1, *able])

    def _add_penalties(self) -> None:
        """Leaving a stop out costs its penalty, splitting it between couriers a long way."""
        doors: dict[int, list[int]] = {}
        for n, node in enumerate(self._model.nodes):
            if node.at_door:
                doors.setdefault(node.stop, []).append(self._node(n))
            elif node.stop >= 0:
                self._routing.AddDisjunction([self._node(n)], 0)
        dearest = max(rider.vehicle.fen_per_km for rider in self._model.riders)
        for n, indices in doors.items():
            stop = self._problem.stops[n]
            penalty = stop.penalty_fen * 1000 + self._urgency(stop) * LEFT_OUT
            for k, index in enumerate(indices):
                share = penalty // len(indices) + (penalty % len(indices) if k == 0 else 0)
                self._routing.AddDisjunction([index], share)
            if len(indices) > 1:
                self._routing.AddSoftSameVehicleConstraint(indices, SPLIT_METRES * dearest)

    def _add_balance(self) -> None:
        """The longest route's riding and service, which the search keeps short."""
        rate = self._problem.balance_fen_per_hour * 1000 // 3600
        if rate:
            bound = 2 * HORIZON_SECONDS
            self._routing.AddDimensionWithVehicleTransits(
                self._evaluators(), 0, bound, True, "work"
            )
            self._routing.GetDimensionOrDie("work").SetGlobalSpanCostCoefficient(rate)
