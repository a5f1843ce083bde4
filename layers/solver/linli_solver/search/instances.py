"""PyVRP's core on public instances, one of several processes of a race."""

from linli_solver.instances.model import Instance, Routing
from linli_solver.link import Link, Order
from linli_solver.search.data import InstanceData
from linli_solver.search.drive import Drive
from linli_solver.search.ils import Search, Settings

VARIANTS = (Settings(), Settings(neighbours=30))


def search(instance: Instance, order: Order, link: Link) -> Routing | None:
    """The best routing found by the order's deadline, or after its steps."""
    form = InstanceData(instance, vehicle_price(instance))
    settings = VARIANTS[order.variant % len(VARIANTS)]
    start = None if order.start is None else form.solution(order.start)
    running = Search(form.data, order.seed, settings, form.prices(), form.way(), start)
    found: Routing | None = Drive(running, form, order, link).run()
    return found


def vehicle_price(instance: Instance) -> int:
    """What a route costs in the search where fewer routes come first: a hundred units."""
    return 100 * instance.scale if instance.fewest_vehicles else 0
