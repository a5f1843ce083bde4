"""
The routing problem as OR-Tools sees it: numbered nodes with arcs, loads, windows and pairs.

Two shapes:

* *plain*: every stop's goods come from the one store where every courier starts, and the fleet
  carries the wave at once. Nodes are the stops alone and each route loads at its start: the
  classical vehicle routing problem with time windows, on which the search is strongest.
* *paired*: each part of a stop is a collecting node at its store and a delivering node at the
  door, in this order on one route; each return a taking node at the door and one where it is
  handed in. A part that is aboard of a courier under way has only its delivering node, which is
  that courier's. Neighbouring nodes of one visit are one visit.

An order from several stores so has several pairs. OR-Tools has no pairs with two collections, and
a hard tie between pairs freezes its search (no move takes both at once), so the tie is a soft one;
`repair` mends what still ends up on two routes. What is locked comes before the start of a route.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from linli.routing.index import EMPTY, Index
from linli.routing.model import ALWAYS, UNREACHABLE, Matrix, Problem, Size, Stop, Travel
from linli.routing.plan import Call, Kind, Visit
from linli_solver.riders import Rider, rider_of

FAR = 10**7
"""Metres and seconds of a leg that does not exist: beyond every horizon."""


class Role(Enum):
    """What happens at a node."""

    END = "end of a route"
    COLLECT = "a part is loaded"
    DELIVER = "a part is handed over"
    TAKE = "a return is taken"
    HAND_IN = "a return is handed in"


AT_STORE = (Role.COLLECT, Role.HAND_IN)


@dataclass(frozen=True, slots=True)
class Node:
    """
    A visit in the search. `stop` is the stop's index (-1: a courier's start or end), `depot` the
    store's index of a node there (-1: not one), `service_seconds` a doorstep's, `size` how what is
    aboard changes.
    """

    location: int
    role: Role = Role.END
    stop: int = -1
    depot: int = -1
    service_seconds: int = 0
    size: Size = EMPTY

    @property
    def at_door(self) -> bool:
        """Whether the node is at a stop's door."""
        return self.role in (Role.DELIVER, Role.TAKE)

    @property
    def visit(self) -> tuple[Role | None, int]:
        """Nodes with the same visit are one visit when they follow each other."""
        return (None, self.stop) if self.at_door else (self.role, self.depot)


@dataclass(frozen=True, slots=True)
class Model:
    """
    All nodes: the stops' first, then each courier's start and end.

    `pairs` are (loading, unloading) nodes; `loads_at` is the index of the plain shape's store
    (-1 in the paired shape).
    """

    problem: Problem
    index: Index
    riders: tuple[Rider, ...]
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
    index = Index(problem)
    depots = {depot.id: n for n, depot in enumerate(problem.depots)}
    done = {stop_id for head in index.heads.values() for stop_id in head.served}
    plain = _is_plain(problem)
    nodes: list[Node] = []
    pairs: list[tuple[int, int]] = []
    for n, stop in enumerate(problem.stops):
        if stop.id in done:
            continue
        if plain:
            size = _sum([part.size for part in stop.parts])
            nodes.append(Node(stop.location, Role.DELIVER, n, -1, stop.service_seconds, size))
        else:
            _add_pairs(index, depots, (n, stop), nodes, pairs)
    riders = tuple(rider_of(index, vehicle) for vehicle in problem.vehicles)
    starts, ends = [], []
    for rider in riders:
        starts.append(len(nodes))
        ends.append(len(nodes) + 1)
        end = rider.vehicle.end
        nodes += [Node(rider.place), Node(rider.place if end is None else end)]
    loads_at = depots[problem.stops[0].parts[0].depot_id] if plain else -1
    return Model(
        problem, index, riders, tuple(nodes), tuple(pairs), tuple(starts), tuple(ends), loads_at
    )


def _add_pairs(
    index: Index,
    depots: dict[str, int],
    numbered: tuple[int, Stop],
    nodes: list[Node],
    pairs: list[tuple[int, int]],
) -> None:
    n, stop = numbered
    door = stop.location, n, -1, stop.service_seconds
    loaded = {load for head in index.heads.values() for load in head.collected}
    for part in stop.parts:
        depot = depots[part.depot_id]
        aboard = (stop.id, part.depot_id) in loaded
        if not aboard:
            pairs.append((len(nodes), len(nodes) + 1))
            store = index.problem.depots[depot].location
            nodes.append(Node(store, Role.COLLECT, n, depot, 0, part.size))
        nodes.append(Node(door[0], Role.DELIVER, *door[1:], _minus(part.size)))
    for each in stop.returns:
        depot = depots[each.depot_id]
        pairs.append((len(nodes), len(nodes) + 1))
        store = index.problem.depots[depot].location
        nodes.append(Node(door[0], Role.TAKE, *door[1:], each.size))
        nodes.append(Node(store, Role.HAND_IN, n, depot, 0, _minus(each.size)))


def _is_plain(problem: Problem) -> bool:
    stores = {part.depot_id for stop in problem.stops for part in stop.parts}
    if len(stores) != 1 or any(stop.returns for stop in problem.stops):
        return False
    store = next(depot for depot in problem.depots if depot.id in stores)
    at_store = all(
        vehicle.start == store.location and vehicle.underway is None for vehicle in problem.vehicles
    )
    parts = [part for stop in problem.stops for part in stop.parts]
    cold = any(part.cold_limit_seconds is not None for part in parts)
    if not at_store or cold or store.window != ALWAYS:
        return False
    wanted = _sum([part.size for part in parts])
    room = _sum([vehicle.capacities for vehicle in problem.vehicles])
    # A tenth is left over, since loads do not pack without gaps.
    return all(have * 9 >= want * 10 for have, want in zip(room, wanted, strict=True))


def _sum(sizes: Sequence[Size]) -> Size:
    grams, boxes, millilitres, cold = (sum(size[n] for size in sizes) for n in range(4))
    return grams, boxes, millilitres, cold


def _minus(size: Size) -> Size:
    return -size[0], -size[1], -size[2], -size[3]


def metres_matrix(model: Model, travel: Travel) -> list[list[int]]:
    """Metres from node to node; nothing to the end of an open route, nor for an idle courier."""
    matrix = _blocked(travel.metres, travel.seconds)
    locations = [node.location for node in model.nodes]
    rows = [[matrix[node.location][at] for at in locations] for node in model.nodes]
    _end_routes(model, rows, [0] * len(rows))
    return rows


def seconds_matrix(model: Model, travel: Travel) -> list[list[int]]:
    """Seconds from the start of a doorstep's service, or the end of a store's, to the next."""
    matrix = _blocked(travel.seconds, travel.metres)
    locations = [node.location for node in model.nodes]
    handling = [handling_seconds(model, node) for node in model.nodes]
    staying = [node.service_seconds for node in model.nodes]
    if model.plain:
        for start in model.starts:
            staying[start] = model.problem.depots[model.loads_at].handling_seconds
    joined: dict[tuple[Role | None, int], list[int]] = {}
    for n, node in enumerate(model.nodes):
        if node.stop >= 0:
            joined.setdefault(node.visit, []).append(n)
    rows: list[list[int]] = []
    for n, node in enumerate(model.nodes):
        legs, stay = matrix[node.location], staying[n]
        row = [stay + legs[at] + extra for at, extra in zip(locations, handling, strict=True)]
        for b in joined[node.visit] if node.stop >= 0 else ():
            row[b] = legs[locations[b]]
        rows.append(row)
    _end_routes(model, rows, staying)
    return rows


def handling_seconds(model: Model, node: Node) -> int:
    """How long a visit to a store takes that begins with this node (0 at doors)."""
    return model.problem.depots[node.depot].handling_seconds if node.role in AT_STORE else 0


def _blocked(matrix: Matrix, other: Matrix) -> list[list[int]]:
    """The matrix with FAR wherever it or the other has no way."""
    return [
        [FAR if UNREACHABLE in legs else legs[0] for legs in zip(*rows, strict=True)]
        for rows in zip(matrix, other, strict=True)
    ]


def _end_routes(model: Model, rows: list[list[int]], staying: Sequence[int]) -> None:
    for start, end, rider in zip(model.starts, model.ends, model.riders, strict=True):
        for n, row in enumerate(rows):
            if rider.vehicle.end is None:
                row[end] = staying[n]
        if not rider.begun or rider.vehicle.end is None:
            rows[start][end] = 0


KINDS = {Role.COLLECT: Kind.COLLECT, Role.HAND_IN: Kind.RETURN}


def decode(model: Model, order: Sequence[int]) -> list[Call]:
    """The calls of one courier's nodes (without start and end), neighbours of one visit joined."""
    stops, depots = model.problem.stops, model.problem.depots
    calls: list[Call] = []
    if model.plain:
        served = tuple(stops[model.nodes[n].stop].id for n in order)
        calls.append(Call(Kind.COLLECT, depots[model.loads_at].id, served))
    run: dict[tuple[Role | None, int], list[int]] = {}
    for n in order:
        node = model.nodes[n]
        if run and node.at_door != model.nodes[next(iter(run.values()))[0]].at_door:
            calls += [_call(model, each) for each in run.values()]
            run = {}
        run.setdefault(node.visit, []).append(n)
    return calls + [_call(model, each) for each in run.values()]


def _call(model: Model, nodes: Sequence[int]) -> Call:
    first, stops = model.nodes[nodes[0]], model.problem.stops
    ids = tuple(dict.fromkeys(stops[model.nodes[n].stop].id for n in nodes))
    if first.at_door:
        return Call(Kind.DELIVER, ids[0], ids)
    return Call(KINDS[first.role], model.problem.depots[first.depot].id, ids)


def encode(model: Model, calls: Sequence[Call | Visit]) -> list[int]:
    """Node order of a route's calls, to start the search from; what is locked has no nodes."""
    at: dict[tuple[Kind, str, str], list[int]] = {}
    stops, depots = model.problem.stops, model.problem.depots
    for n, node in enumerate(model.nodes):
        if node.stop < 0:
            continue
        stop_id = stops[node.stop].id
        kind = KINDS.get(node.role, Kind.DELIVER)
        place_id = stop_id if node.at_door else depots[node.depot].id
        at.setdefault((kind, place_id, stop_id), []).append(n)
    return [
        n
        for call in calls
        for stop_id in call.stop_ids
        for n in at.get((call.kind, call.place_id, stop_id), ())
    ]
