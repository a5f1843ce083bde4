"""PyVRP's core on public instances, one of several processes of a race."""

from linli_solver.instances.model import Instance, Routing
from linli_solver.link import Link, Order
from linli_solver.search.data import InstanceData
from linli_solver.search.drive import Drive
from linli_solver.search.ils import Search, Settings

VARIANTS = (Settings(), Settings(neighbours=30, hot=0.3))
VEHICLE_PRICES = (100, 30)
"""Units of distance that a route costs where fewer routes come first: the dearer, the fewer; the
cheaper, the shorter."""


def search(instance: Instance, order: Order, link: Link) -> Routing | None:
    """The best routing found by the order's deadline, or after its steps."""
    form = InstanceData(instance, vehicle_price(instance, order.variant))
    settings = VARIANTS[order.variant % len(VARIANTS)]
    start = None if order.start is None else form.solution(order.start)
    running = Search(form.data, order.seed, settings, form.prices(), form.way(), start)
    found: Routing | None = Drive(running, form, order, link).run()
    return found


def vehicle_price(instance: Instance, variant: int = 0) -> int:
    """What a route costs in the search where fewer routes come first."""
    price = VEHICLE_PRICES[variant % len(VEHICLE_PRICES)] * instance.scale
    return price if instance.fewest_vehicles else 0
