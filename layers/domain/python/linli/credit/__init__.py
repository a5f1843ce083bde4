"""Neighbour credit (邻里信用体系): a double-entry ledger of points and box deposits."""

from linli.credit.hold import (
    grant,
    hold_deposit,
    hold_points,
    order_keys,
    refund_deposit,
    view,
)
from linli.credit.model import (
    CreditView,
    EarningCap,
    Fen,
    NotEnoughDeposit,
    NotEnoughPoints,
    Points,
    RedemptionCap,
    State,
    TransferSettled,
)
from linli.credit.settle import post, post_part, void

__all__ = [
    "CreditView",
    "EarningCap",
    "Fen",
    "NotEnoughDeposit",
    "NotEnoughPoints",
    "Points",
    "RedemptionCap",
    "State",
    "TransferSettled",
    "grant",
    "hold_deposit",
    "hold_points",
    "order_keys",
    "post",
    "post_part",
    "refund_deposit",
    "view",
    "void",
]
