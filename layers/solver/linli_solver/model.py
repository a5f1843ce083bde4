"""
The routing problem as OR-Tools sees it: numbered nodes with arcs, loads, windows and pairs.

Two shapes:

* *plain*: every stop's goods come from the one store where every courier starts, and the fleet
  carries the wave at once. Nodes are the stops alone and each route loads at its start: the
  classical vehicle routing problem with time windows, on which the search is strongest.
* *paired*: each part of a stop is a collecting node at its store and a delivering node at the
  door, in this order on one route. Neighbouring collecting nodes of one store are one visit;
  neighbouring delivering nodes of one stop are one hand-over.

An order from several stores so has several pairs. OR-Tools has no pairs with two collections, and
a hard tie between pairs freezes its search (no move takes both at once), so the tie is a soft one;
`repair` mends what still ends up on two routes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from linli.routing.model import UNREACHABLE, Matrix, Problem, Travel
from linli.routing.plan import Call, Kind, Visit

FAR = 10**7
"""Metres and seconds of a leg that does not exist: beyond every horizon."""


@dataclass(frozen=True, slots=True)
class Node:
    """
    A visit in the search. `stop` is the stop's index (-1: a courier's start or end), `depot` the
    store's index of a collecting node (-1: not one), `service_seconds` a doorstep's.
    """

    location: int
    stop: int = -1
    depot: int = -1
    service_seconds: int = 0
    grams: int = 0
    boxes: int = 0

    @property
    def collects(self) -> bool:
        """Whether a part is collected here."""
        return self.depot >= 0

    @property
    def delivers(self) -> bool:
        """Whether a part is handed over here."""
        return self.stop >= 0 and self.depot < 0


@dataclass(frozen=True, slots=True)
class Model:
    """
    All nodes: the stops' first, then each courier's start and end.

    `pairs` are (collecting, delivering) nodes; `loads_at` is the index of the plain shape's store
    (-1 in the paired shape).
    """

    problem: Problem
    nodes: tuple[Node, ...]
    pairs: tuple[tuple[int, int], ...]
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    loads_at: int

    @property
    def plain(self) -> bool:
        """Whether routes load at their start and nodes are stops alone."""
        return self.loads_at >= 0


def model_of(problem: Problem) -> Model:
    """The model of a problem, in the plain shape where that loses nothing that is needed."""
    index = {depot.id: n for n, depot in enumerate(problem.depots)}
    plain = _is_plain(problem)
    nodes: list[Node] = []
    for n, stop in enumerate(problem.stops):
        place = stop.location, n, -1, stop.service_seconds
        if plain:
            nodes.append(Node(*place, stop.load_grams, stop.boxes))
            continue
        for part in stop.parts:
            depot = index[part.depot_id]
            store = problem.depots[depot].location
            nodes.append(Node(store, n, depot, 0, part.load_grams, part.boxes))
            nodes.append(Node(*place, -part.load_grams, -part.boxes))
    pairs = () if plain else tuple((n, n + 1) for n in range(0, len(nodes), 2))
    starts, ends = [], []
    for vehicle in problem.vehicles:
        starts.append(len(nodes))
        ends.append(len(nodes) + 1)
        home = vehicle.start if vehicle.end is None else vehicle.end
        nodes += [Node(vehicle.start), Node(home)]
    loads_at = index[problem.stops[0].parts[0].depot_id] if plain else -1
    return Model(problem, tuple(nodes), pairs, tuple(starts), tuple(ends), loads_at)


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


def metres_matrix(model: Model, travel: Travel) -> list[list[int]]:
    """Metres from node to node; nothing to the end of an open route, nor for an idle courier."""
    matrix = _blocked(travel.metres, travel.seconds)
    locations = [node.location for node in model.nodes]
    rows = [[matrix[node.location][at] for at in locations] for node in model.nodes]
    _end_routes(model, rows, [0] * len(rows))
    return rows


def seconds_matrix(model: Model, travel: Travel) -> list[list[int]]:
    """Seconds from the start of a doorstep's service, or the end of collecting, to the next."""
    matrix = _blocked(travel.seconds, travel.metres)
    locations = [node.location for node in model.nodes]
    depots = model.problem.depots
    handling = [depots[node.depot].handling_seconds if node.collects else 0 for node in model.nodes]
    staying = [node.service_seconds for node in model.nodes]
    if model.plain:
        for start in model.starts:
            staying[start] = depots[model.loads_at].handling_seconds
    rows: list[list[int]] = []
    for n, node in enumerate(model.nodes):
        legs, stay = matrix[node.location], staying[n]
        row = [stay + legs[at] + extra for at, extra in zip(locations, handling, strict=True)]
        for b in _joined(model, node):
            row[b] = legs[locations[b]]
        rows.append(row)
    _end_routes(model, rows, staying)
    return rows


def _joined(model: Model, node: Node) -> list[int]:
    """Nodes that are one visit with this one when they follow it."""
    if node.stop < 0:
        return []
    if node.collects:
        return [b for b, other in enumerate(model.nodes) if other.depot == node.depot]
    return [b for b, o in enumerate(model.nodes) if o.delivers and o.stop == node.stop]


def _blocked(matrix: Matrix, other: Matrix) -> list[list[int]]:
    """The matrix with FAR wherever it or the other has no way."""
    return [
        [FAR if UNREACHABLE in legs else legs[0] for legs in zip(*rows, strict=True)]
        for rows in zip(matrix, other, strict=True)
    ]


def _end_routes(model: Model, rows: list[list[int]], staying: Sequence[int]) -> None:
    starts = set(model.starts)
    for end, vehicle in zip(model.ends, model.problem.vehicles, strict=True):
        for n, row in enumerate(rows):
            if n in starts:
                row[end] = 0
            elif vehicle.end is None:
                row[end] = staying[n]


def decode(model: Model, order: Sequence[int]) -> list[Call]:
    """The calls of one courier's nodes (without start and end)."""
    stops, depots = model.problem.stops, model.problem.depots
    calls: list[Call] = []
    if model.plain:
        served = tuple(stops[model.nodes[n].stop].id for n in order)
        calls.append(Call(Kind.COLLECT, depots[model.loads_at].id, served))
    run: dict[int, list[str]] = {}
    for n in order:
        node = model.nodes[n]
        stop_id = stops[node.stop].id
        if node.collects:
            run.setdefault(node.depot, []).append(stop_id)
            continue
        calls += [Call(Kind.COLLECT, depots[d].id, tuple(ids)) for d, ids in run.items()]
        run = {}
        calls.append(Call(Kind.DELIVER, stop_id, (stop_id,)))
    return calls


def encode(model: Model, calls: Sequence[Call | Visit]) -> list[int]:
    """Node order of a route's calls, to start the search from."""
    at: dict[tuple[str, str], list[int]] = {}
    stops, depots = model.problem.stops, model.problem.depots
    for n, node in enumerate(model.nodes):
        if node.stop >= 0:
            place_id = depots[node.depot].id if node.collects else stops[node.stop].id
            at.setdefault((place_id, stops[node.stop].id), []).append(n)
    order: list[int] = []
    for call in calls:
        if call.kind is Kind.DELIVER or not model.plain:
            order += [n for stop_id in call.stop_ids for n in at[call.place_id, stop_id]]
    return order
