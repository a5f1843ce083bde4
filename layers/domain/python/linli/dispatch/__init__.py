"""Dispatch: routes find their couriers; couriers' days, rest, pay and calls for help."""

from linli.dispatch.alerts import Alert, AlertList, CloseAlert, alerts_of, close_alert
from linli.dispatch.answers import accept, decline, settle, wait
from linli.dispatch.hand_on import (
    ResumeCourier,
    StopCourier,
    Stopped,
    assign,
    offer_as_it_is,
    resume,
    stop,
    stop_by_dispatcher,
    withdraw,
)
from linli.dispatch.model import (
    AnswerOffer,
    Assign,
    CloseStep,
    OfferStep,
    RoundStep,
    RouteOffer,
    RouteOffers,
    RunStep,
    RunView,
    Withdraw,
)
from linli.dispatch.propose import propose
from linli.dispatch.reserve import call_reserve
from linli.dispatch.rules import Costs, first_come, greedy
from linli.dispatch.runs import begin, close, look_after
from linli.dispatch.sweep import sweep
from linli.dispatch.views import my_routes, route_view, run_view

__all__ = [
    "Alert",
    "AlertList",
    "AnswerOffer",
    "Assign",
    "CloseAlert",
    "CloseStep",
    "Costs",
    "OfferStep",
    "ResumeCourier",
    "RoundStep",
    "RouteOffer",
    "RouteOffers",
    "RunStep",
    "RunView",
    "StopCourier",
    "Stopped",
    "Withdraw",
    "accept",
    "alerts_of",
    "assign",
    "begin",
    "call_reserve",
    "close",
    "close_alert",
    "decline",
    "first_come",
    "greedy",
    "look_after",
    "my_routes",
    "offer_as_it_is",
    "propose",
    "resume",
    "route_view",
    "run_view",
    "settle",
    "stop",
    "stop_by_dispatcher",
    "sweep",
    "wait",
    "withdraw",
]
