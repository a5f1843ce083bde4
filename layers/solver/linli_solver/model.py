"""
The routing problem as OR-Tools sees it: numbered nodes with arcs, loads, windows and pairs.

Two shapes:

* *plain*: every stop's goods come from the one store where every courier starts, and the fleet
  carries the wave at once. Nodes are the stops alone and each route loads at its start: the
  classical vehicle routing problem with time windows, on which the search is strongest.
* *paired*: each stop is a collecting node and a delivering node, in this order on one route. An
  order from several stores has one collecting node that stands for the whole run over its
  stores: one enters it at the first and leaves it at the last. Neighbouring collecting nodes of
  the same stores are one visit and cost nothing between them.

Where a run over stores could be shortened further (the second of two runs names a store that
the first has just visited), the model overestimates; `decode` merges such visits, so that a plan
is at most as long as its model under the triangle inequality, and the verifier judges the rest.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from linli.routing.model import UNREACHABLE, Depot, Matrix, Problem, Travel
from linli.routing.plan import Call, Kind, Visit

FAR = 10**7
"""Metres and seconds of a leg that does not exist: beyond every horizon."""


@dataclass(frozen=True, slots=True)
class Node:
    """
    A visit in the search. `depots` are the stores of a collecting node (none: a doorstep, or
    where a courier starts or ends); `stop` is the stop's index, -1 for starts and ends.
    """

    enter: int
    leave: int
    service_seconds: int
    stop: int
    depots: tuple[int, ...] = ()
    grams: int = 0
    boxes: int = 0
    nowhere: bool = False

    @property
    def collects(self) -> bool:
        """Whether goods are collected here for one stop."""
        return self.stop >= 0 and bool(self.depots)


@dataclass(frozen=True, slots=True)
class Model:
    """All nodes: stops' nodes first, then each courier's start and end."""

    problem: Problem
    plain: bool
    nodes: tuple[Node, ...]
    pairs: tuple[tuple[int, int], ...]
    starts: tuple[int, ...]
    ends: tuple[int, ...]


def model_of(problem: Problem) -> Model:
    """The model of a problem, in the plain shape where that loses nothing that is needed."""
    plain = _is_plain(problem)
    nodes: list[Node] = []
    pairs: list[tuple[int, int]] = []
    index = {depot.id: n for n, depot in enumerate(problem.depots)}
    for n, stop in enumerate(problem.stops):
        depots = tuple(index[part.depot_id] for part in stop.parts)
        sign = 1 if plain else -1
        load = sign * stop.load_grams, sign * stop.boxes
        if not plain:
            nodes.append(_collecting(problem, n, depots))
            pairs.append((len(nodes) - 1, len(nodes)))
        nodes.append(Node(stop.location, stop.location, stop.service_seconds, n, (), *load))
    starts, ends = [], []
    for vehicle in problem.vehicles:
        loads_at = [index[problem.stops[0].parts[0].depot_id]] if plain else []
        handling = sum(problem.depots[each].handling_seconds for each in loads_at)
        starts.append(len(nodes))
        nodes.append(Node(vehicle.start, vehicle.start, handling, -1, tuple(loads_at)))
        ends.append(len(nodes))
        home = vehicle.start if vehicle.end is None else vehicle.end
        nodes.append(Node(home, home, 0, -1, nowhere=vehicle.end is None))
    return Model(problem, plain, tuple(nodes), tuple(pairs), tuple(starts), tuple(ends))


def _is_plain(problem: Problem) -> bool:
    stores = {part.depot_id for stop in problem.stops for part in stop.parts}
    if len(stores) != 1:
        return False
    store = next(depot for depot in problem.depots if depot.id in stores)
    at_store = all(vehicle.start == store.location for vehicle in problem.vehicles)
    grams = sum(stop.load_grams for stop in problem.stops)
    boxes = sum(stop.boxes for stop in problem.stops)
    # A tenth is left over, since loads do not pack without gaps.
    carries = sum(vehicle.capacity_grams for vehicle in problem.vehicles) * 9 >= grams * 10
    holds = sum(vehicle.capacity_boxes for vehicle in problem.vehicles) * 9 >= boxes * 10
    return at_store and carries and holds


def _collecting(problem: Problem, n: int, depots: tuple[int, ...]) -> Node:
    sites = [problem.depots[each] for each in depots]
    stop = problem.stops[n]
    enter, leave = sites[0].location, sites[-1].location
    return Node(enter, leave, 0, n, depots, stop.load_grams, stop.boxes)


def metres_matrix(model: Model, travel: Travel) -> list[list[int]]:
    """Metres from node to node."""
    return _arcs(model, _blocked(travel.metres, travel.seconds), of_time=False)


def seconds_matrix(model: Model, travel: Travel) -> list[list[int]]:
    """Seconds from the start of one node's service to arrival at the next, stores included."""
    return _arcs(model, _blocked(travel.seconds, travel.metres), of_time=True)


def _blocked(matrix: Matrix, other: Matrix) -> list[list[int]]:
    """The matrix with FAR wherever it or the other has no way."""
    return [
        [FAR if UNREACHABLE in legs else legs[0] for legs in zip(*rows, strict=True)]
        for rows in zip(matrix, other, strict=True)
    ]


def _arcs(model: Model, matrix: list[list[int]], *, of_time: bool) -> list[list[int]]:
    """Arc values, with what a collecting node costs inside charged on its entering arc."""
    inner = [_inside(model, node, matrix, of_time=of_time) for node in model.nodes]
    enters = [node.enter for node in model.nodes]
    ends = set(model.ends)
    rows: list[list[int]] = []
    for a, node in enumerate(model.nodes):
        legs, base = matrix[node.leave], node.service_seconds if of_time else 0
        row = [base + legs[at] + extra for at, extra in zip(enters, inner, strict=True)]
        for b in ends:
            if a in model.starts:
                row[b] = 0  # A courier who is not used.
            elif model.nodes[b].nowhere:
                row[b] = base
        _join(model, row, node, of_time=of_time)
        rows.append(row)
    return rows


def _join(model: Model, row: list[int], here: Node, *, of_time: bool) -> None:
    """Runs over the same stores are one; a run from where the last ended handles it once."""
    if not here.collects:
        return
    handled = model.problem.depots[here.depots[-1]].handling_seconds if of_time else 0
    for b, there in enumerate(model.nodes):
        if there.collects and there.depots == here.depots:
            row[b] = 0
        elif there.collects and there.depots[0] == here.depots[-1]:
            row[b] -= handled


def _inside(model: Model, node: Node, matrix: list[list[int]], *, of_time: bool) -> int:
    if not node.collects:
        return 0
    sites: list[Depot] = [model.problem.depots[each] for each in node.depots]
    ways = sum(matrix[a.location][b.location] for a, b in pairwise(sites))
    return ways + (sum(site.handling_seconds for site in sites) if of_time else 0)


def decode(model: Model, vehicle: int, order: Sequence[int]) -> list[Call]:
    """The calls of one courier's nodes (without start and end)."""
    stops = model.problem.stops
    served = [stops[model.nodes[n].stop].id for n in order if not model.nodes[n].depots]
    calls: list[Call] = []
    if model.plain:
        depot = model.problem.depots[model.nodes[model.starts[vehicle]].depots[0]]
        calls.append(Call(Kind.COLLECT, depot.id, tuple(served)))
    run: dict[int, list[str]] = {}
    for n in order:
        node = model.nodes[n]
        stop_id = stops[node.stop].id
        if node.depots:
            for depot_index in node.depots:
                run.setdefault(depot_index, []).append(stop_id)
            continue
        calls += _collects(model, run)
        run = {}
        calls.append(Call(Kind.DELIVER, stop_id, (stop_id,)))
    return calls


def _collects(model: Model, run: dict[int, list[str]]) -> list[Call]:
    depots = model.problem.depots
    return [Call(Kind.COLLECT, depots[n].id, tuple(stop_ids)) for n, stop_ids in run.items()]


def encode(model: Model, calls: Sequence[Call | Visit]) -> list[int]:
    """
    Node order of a route's calls, to start the search from. A run over several stores becomes
    one sequence of collecting nodes, single stores in their order and several-store nodes where
    their first store is.
    """
    index = {stop.id: n for n, stop in enumerate(model.problem.stops)}
    if model.plain:
        return [index[call.place_id] for call in calls if call.kind is Kind.DELIVER]
    order: list[int] = []
    taken: set[int] = set()
    for call in calls:
        for stop_id in call.stop_ids:
            n = index[stop_id]
            if call.kind is Kind.DELIVER:
                order.append(2 * n + 1)
            elif n not in taken:
                taken.add(n)
                order.append(2 * n)
    return order
