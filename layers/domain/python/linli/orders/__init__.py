"""Orders: placed from the pool in one write, delivered or ended in one write."""

from linli.orders.adopt import adopt
from linli.orders.cancel import cancel
from linli.orders.deliver import Settled, deliver
from linli.orders.model import Address, Line, Order, PlaceOrder
from linli.orders.place import place
from linli.orders.read import in_slot, of_resident, read
from linli.orders.wave import freeze, mark_routed

__all__ = [
    "Address",
    "Line",
    "Order",
    "PlaceOrder",
    "Settled",
    "adopt",
    "cancel",
    "deliver",
    "freeze",
    "in_slot",
    "mark_routed",
    "of_resident",
    "place",
    "read",
]
