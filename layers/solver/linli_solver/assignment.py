"""
Who is offered which route: as many routes as possible, then at the least cost in all.

A min-cost flow of one unit for each route: over a courier (each at most once), or over nobody at
a price above everything that couriers could cost, so that no route waits to save money. Costs are
whole numbers, so the flow is an assignment and its optimum exact (Ahuja, Magnanti & Orlin,
*Network Flows*, 1993, ch. 12; OR-Tools' cost scaling). Nothing of numpy or pandas is imported.
"""

from collections.abc import Sequence

from ortools.graph.python import min_cost_flow

from linli.dispatch.rules import Costs


class NoAssignment(Exception):
    """OR-Tools did not find the optimum, which a feasible network always has: a defect."""


def assign(costs: Costs) -> dict[int, int]:
    """
    The column (courier) of each row (route) that gets one; None in `costs` means never.

    Raises:
        NoAssignment: OR-Tools failed.
    """
    rows, columns = len(costs), len(costs[0]) if costs else 0
    arcs = [(r, c, cost) for r, row in enumerate(costs) for c, cost in enumerate(row)
            if cost is not None]  # fmt: skip
    if not arcs:
        return {}
    nobody_costs = 1 + sum(max((c for c in row if c is not None), default=0) for row in costs)
    flow = min_cost_flow.SimpleMinCostFlow()
    nobody, sink = rows + columns, rows + columns + 1
    for row, column, cost in arcs:
        flow.add_arc_with_capacity_and_unit_cost(row, rows + column, 1, cost)
    for row in range(rows):
        flow.add_arc_with_capacity_and_unit_cost(row, nobody, 1, nobody_costs)
    for column in range(columns):
        flow.add_arc_with_capacity_and_unit_cost(rows + column, sink, 1, 0)
    flow.add_arc_with_capacity_and_unit_cost(nobody, sink, rows, 0)
    for row in range(rows):
        flow.set_node_supply(row, 1)
    flow.set_node_supply(sink, -rows)
    status = flow.solve()
    if status != flow.OPTIMAL:
        raise NoAssignment(str(status))
    return _chosen(flow, arcs)


def _chosen(
    flow: min_cost_flow.SimpleMinCostFlow, arcs: Sequence[tuple[int, int, int]]
) -> dict[int, int]:
    """The rows and columns whose arc carries the unit; arcs keep the order they came in."""
    return {row: column for n, (row, column, _) in enumerate(arcs) if flow.flow(n)}
