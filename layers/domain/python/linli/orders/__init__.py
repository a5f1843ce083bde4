"""Orders: placed from the pool in one write, every turn of their life in one write."""

from linli.orders.adopt import adopt
from linli.orders.agree import Agree, agree
from linli.orders.cancel import cancel
from linli.orders.change import ChangeLines, change
from linli.orders.collect import CodeView, Collect, check_door_code, collect, issue_code
from linli.orders.concede import conceded
from linli.orders.consent import ConsentView, GiveConsent
from linli.orders.deliver import Settled, deliver, deliver_on_paper
from linli.orders.hand_over import hand_over
from linli.orders.model import Address, CouponUse, ForResident, Line, Order, PlaceOrder
from linli.orders.parts import Pick
from linli.orders.pay import NoLongerPayable, Payable, expire, mark_paid, payable, revive
from linli.orders.pick import pick
from linli.orders.place import place
from linli.orders.quote import Quote, quote
from linli.orders.read import TurnView, ended_by, history, in_slot, of_resident, read, to_pick
from linli.orders.resource import may_move, move_sources
from linli.orders.states import ENDED, STOP_DONE, OutOfOrder
from linli.orders.sweep import close, emergencies, give_up_waiting, sweep
from linli.orders.together import change_routes, freeze_all, mark_all_routed, read_all
from linli.orders.turn import note_command
from linli.orders.unfreeze import OnARoute, postpone, withdraw
from linli.orders.wave import WAVELESS, NotPaid, change_route, freeze, mark_routed

__all__ = [
    "ENDED",
    "STOP_DONE",
    "WAVELESS",
    "Address",
    "Agree",
    "ChangeLines",
    "CodeView",
    "Collect",
    "ConsentView",
    "CouponUse",
    "ForResident",
    "GiveConsent",
    "Line",
    "NoLongerPayable",
    "NotPaid",
    "OnARoute",
    "Order",
    "OutOfOrder",
    "Payable",
    "Pick",
    "PlaceOrder",
    "Quote",
    "Settled",
    "TurnView",
    "adopt",
    "agree",
    "cancel",
    "change",
    "change_route",
    "change_routes",
    "check_door_code",
    "close",
    "collect",
    "conceded",
    "deliver",
    "deliver_on_paper",
    "emergencies",
    "ended_by",
    "expire",
    "freeze",
    "freeze_all",
    "give_up_waiting",
    "hand_over",
    "history",
    "in_slot",
    "issue_code",
    "mark_all_routed",
    "mark_paid",
    "mark_routed",
    "may_move",
    "move_sources",
    "note_command",
    "of_resident",
    "payable",
    "pick",
    "place",
    "postpone",
    "quote",
    "read",
    "read_all",
    "revive",
    "sweep",
    "to_pick",
    "withdraw",
]
