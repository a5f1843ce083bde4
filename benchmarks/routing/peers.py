"""What the solver is compared with on public instances, each as a search that the race can run."""

import time
from typing import Any

from linli_solver.instances.model import Instance, Routing
from linli_solver.link import Link, Order


def pyvrp_alone(instance: Instance, order: Order, link: Link) -> Routing | None:
    """
    PyVRP as it comes: its own `solve` with its own settings and this process's seed.

    Fewer vehicles come first by a fixed cost for each, as in ours: PyVRP has no such order.
    """
    from pyvrp.solve import solve

    from linli_solver.search.data import InstanceData
    from linli_solver.search.instances import vehicle_price

    form = InstanceData(instance, vehicle_price(instance))

    def over(cost: float) -> bool:
        return time.monotonic() >= order.deadline

    result = solve(form.data, over, seed=order.seed, collect_stats=False, display=False)
    best: Any = result.best
    return form.routing(best) if best.is_feasible() else None
