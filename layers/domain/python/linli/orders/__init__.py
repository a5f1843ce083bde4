"""Orders: placed from the pool in one write, every turn of their life in one write."""

from linli.orders.adopt import adopt
from linli.orders.cancel import cancel
from linli.orders.deliver import Settled, deliver, deliver_on_paper
from linli.orders.hand_over import hand_over
from linli.orders.model import Address, Line, Order, PlaceOrder
from linli.orders.parts import Pick
from linli.orders.pick import pick
from linli.orders.place import place
from linli.orders.read import TurnView, history, in_slot, of_resident, read, to_pick
from linli.orders.states import ENDED, STOP_DONE, OutOfOrder
from linli.orders.turn import note_command
from linli.orders.wave import WAVELESS, NotPaid, freeze, mark_routed

__all__ = [
    "ENDED",
    "STOP_DONE",
    "WAVELESS",
    "Address",
    "Line",
    "NotPaid",
    "Order",
    "OutOfOrder",
    "Pick",
    "PlaceOrder",
    "Settled",
    "TurnView",
    "adopt",
    "cancel",
    "deliver",
    "deliver_on_paper",
    "freeze",
    "hand_over",
    "history",
    "in_slot",
    "mark_routed",
    "note_command",
    "of_resident",
    "pick",
    "place",
    "read",
    "to_pick",
]
