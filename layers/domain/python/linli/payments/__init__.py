"""
Payments (支付沙箱): judged before they reach the provider, captured once, refunded exactly.

The adapter (`linli.payments.wechat`, `linli.payments.contract`) is imported only by functions
that have the payments layer.
"""

from linli.payments.audit import breaches
from linli.payments.cash import collect
from linli.payments.deposits import Deposit, owe_deposit
from linli.payments.model import (
    AlreadyPaid,
    Attempt,
    AttemptState,
    HeldAttempt,
    NoLongerPayable,
    Payment,
    PayOrder,
    Refund,
    RefundOrder,
    RefundState,
    Review,
)
from linli.payments.notice import take
from linli.payments.parties import Orders, Parties, Payable, PlacedOrder
from linli.payments.pay import pay
from linli.payments.payouts import NothingToPayOut, PayOut, Payout, pay_out, payouts
from linli.payments.read import extended, held, payer, payment
from linli.payments.refunds import owe, refund, request_refund
from linli.payments.review import reject, release
from linli.payments.sweep import sweep

__all__ = [
    "AlreadyPaid",
    "Attempt",
    "AttemptState",
    "Deposit",
    "HeldAttempt",
    "NoLongerPayable",
    "NothingToPayOut",
    "Orders",
    "Parties",
    "PayOrder",
    "PayOut",
    "Payable",
    "Payment",
    "Payout",
    "PlacedOrder",
    "Refund",
    "RefundOrder",
    "RefundState",
    "Review",
    "breaches",
    "collect",
    "extended",
    "held",
    "owe",
    "owe_deposit",
    "pay",
    "pay_out",
    "payer",
    "payment",
    "payouts",
    "refund",
    "reject",
    "release",
    "request_refund",
    "sweep",
    "take",
]
