"""PyVRP's core on public instances, one of several processes of a race."""

from linli_solver.instances.insertion import heuristic
from linli_solver.instances.model import Instance, Routing
from linli_solver.link import Link, Order
from linli_solver.search.data import InstanceData
from linli_solver.search.drive import Drive
from linli_solver.search.ils import Search, Settings

VARIANTS = (Settings(), Settings(neighbours=30, hot=0.3))
LARGE = 300
"""Customers from which on fewer neighbours where there are windows, and a lower temperature where
there are none, ended up to 1 % better at 10 s."""
LARGE_TIMED = (Settings(neighbours=30), Settings(neighbours=20, hot=0.03, cold=0.005))
LARGE_UNTIMED = (Settings(hot=0.03, cold=0.005), Settings())
VEHICLE_PRICES = (100, 30)
"""Units of distance that a route costs where fewer routes come first: the dearer, the fewer; the
cheaper, the shorter."""


def search(instance: Instance, order: Order, link: Link) -> Routing | None:
    """The best routing found by the order's deadline, or after its steps."""
    form = InstanceData(instance, vehicle_price(instance, order.variant))
    variants = variants_for(instance)
    settings = variants[order.variant % len(variants)]
    first = _first(instance, order)
    start = None if first is None else form.solution(first)
    running = Search(form.data, order.seed, settings, form.prices(), form.way(), start)
    found: Routing | None = Drive(running, form, order, link).run()
    return found


def variants_for(instance: Instance) -> tuple[Settings, ...]:
    """The settings of the processes, in turn."""
    if len(instance.customers) < LARGE or instance.pairs:
        return VARIANTS
    return LARGE_TIMED if instance.timed else LARGE_UNTIMED


def _first(instance: Instance, order: Order) -> Routing | None:
    """
    What a search begins with: the order's start; else every other one with the heuristic's
    routing, which soon holds, and the rest with random routes, which may lead elsewhere. Small
    instances with windows always begin at random: there the heuristic's led to dearer ends.
    """
    small = instance.timed and len(instance.customers) < LARGE and len(instance.fleets) == 1
    if order.start is not None or order.variant % 2 == 0 or instance.pairs or small:
        routing: Routing | None = order.start
        return routing
    return heuristic(instance)


def vehicle_price(instance: Instance, variant: int = 0) -> int:
    """What a route costs in the search where fewer routes come first."""
    price = VEHICLE_PRICES[variant % len(VEHICLE_PRICES)] * instance.scale
    return price if instance.fewest_vehicles else 0
