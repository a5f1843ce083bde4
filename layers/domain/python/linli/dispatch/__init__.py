"""Dispatch: routes find their couriers; couriers' days, rest, pay and calls for help."""

from linli.buildings import quiet_allowed
from linli.dispatch.actions import ActionsTold, ActionTold, TellActions
from linli.dispatch.alerts import Alert, AlertList, CloseAlert, alerts_of, close_alert
from linli.dispatch.answers import accept, decline, settle, wait
from linli.dispatch.call_model import (
    AskCall,
    AskConnection,
    CallPool,
    CallReady,
    Connection,
    PutCallPool,
)
from linli.dispatch.calls import connection, lease, manifest, put_pool
from linli.dispatch.conditions import conditions, standings
from linli.dispatch.duty import retime
from linli.dispatch.earn import Earnings, earnings
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
from linli.dispatch.pay_rules import PayRules, PutPayRule, pay_rules, put_pay_rule
from linli.dispatch.proofs import AskPicture, PictureAsked, ProofList, ask_picture, proofs
from linli.dispatch.propose import propose
from linli.dispatch.replans import by_replan, lift_seen, report_lift
from linli.dispatch.reserve import call_reserve
from linli.dispatch.rules import Costs, first_come, greedy
from linli.dispatch.runs import begin, close, look_after
from linli.dispatch.stops import NextStop, next_stop, report_delivery
from linli.dispatch.sweep import sweep
from linli.dispatch.sync import Helpers, tell, told_by
from linli.dispatch.views import my_routes, route_view, run_view

__all__ = [
    "ActionTold",
    "ActionsTold",
    "Alert",
    "AlertList",
    "AnswerOffer",
    "AskCall",
    "AskConnection",
    "AskPicture",
    "Assign",
    "CallPool",
    "CallReady",
    "CloseAlert",
    "CloseStep",
    "Connection",
    "Costs",
    "Earnings",
    "Helpers",
    "NextStop",
    "OfferStep",
    "PayRules",
    "PictureAsked",
    "ProofList",
    "PutCallPool",
    "PutPayRule",
    "ResumeCourier",
    "RoundStep",
    "RouteOffer",
    "RouteOffers",
    "RunStep",
    "RunView",
    "StopCourier",
    "Stopped",
    "TellActions",
    "Withdraw",
    "accept",
    "alerts_of",
    "ask_picture",
    "assign",
    "begin",
    "by_replan",
    "call_reserve",
    "close",
    "close_alert",
    "conditions",
    "connection",
    "decline",
    "earnings",
    "first_come",
    "greedy",
    "lease",
    "lift_seen",
    "look_after",
    "manifest",
    "my_routes",
    "next_stop",
    "offer_as_it_is",
    "pay_rules",
    "proofs",
    "propose",
    "put_pay_rule",
    "put_pool",
    "quiet_allowed",
    "report_delivery",
    "report_lift",
    "resume",
    "retime",
    "route_view",
    "run_view",
    "settle",
    "standings",
    "stop",
    "stop_by_dispatcher",
    "sweep",
    "tell",
    "told_by",
    "wait",
    "withdraw",
]
