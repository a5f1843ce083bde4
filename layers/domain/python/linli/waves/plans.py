"""The kept plans of a wave, with the problems that they were made for."""

from datetime import datetime

from linli import orders
from linli.kernel.errors import NotFound
from linli.kernel.time import parse_instant
from linli.orders import Order
from linli.routing.codec import plan_from_json, problem_from_json
from linli.routing.model import Problem
from linli.routing.plan import Plan
from linli.routing.solve import PlanRejected
from linli.routing.verify import verify
from linli.waves.rows import plan_key, problem_key
from linli.waves.steps import read_body

PlannedCluster = tuple[datetime, Problem, Plan]
"""When the problem's clock starts, the problem, and its plan."""


def planned_cluster(wave_id: str, cluster: int) -> PlannedCluster:
    """
    The cluster's kept plan with its problem, checked once more.

    Raises:
        NotFound: It has none.
        PlanRejected: It does not hold: a defect of ours.
    """
    kept = read_body(wave_id, plan_key(cluster))
    if kept is None:
        raise NotFound(f"cluster {cluster} has no plan")
    asked = read_body(wave_id, problem_key(kept["attempt"], cluster))
    problem, plan = problem_from_json(asked["problem"]), plan_from_json(kept["plan"])
    violations = verify(problem, plan)
    if violations:
        raise PlanRejected(violations)
    return parse_instant(asked["base_at"]), problem, plan


def planned_clusters(wave_id: str, clusters: int) -> list[PlannedCluster]:
    """
    All plans of a wave: its clusters', and behind them that of what they left over, if any.

    Raises:
        NotFound, PlanRejected: See `planned_cluster`.
    """
    found = [planned_cluster(wave_id, n) for n in range(clusters)]
    if clusters > 1 and read_body(wave_id, plan_key(clusters)) is not None:
        found.append(planned_cluster(wave_id, clusters))
    return found


def waits(order: Order) -> bool:
    """Whether the order is still to be brought, and on no route yet (an emergency's, perhaps)."""
    return order.state not in orders.ENDED and order.route_id is None
