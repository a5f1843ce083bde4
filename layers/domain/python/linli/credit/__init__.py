"""Neighbour credit (邻里信用体系): a double-entry ledger of points and box deposits."""

from linli.credit.audit import LedgerAudit, audit
from linli.credit.earning import AwardDeed, AwardedDeed, award
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
from linli.credit.settle import post, post_part, spend_part, void
from linli.credit.statement import Statement, statement

__all__ = [
    "AwardDeed",
    "AwardedDeed",
    "CreditView",
    "EarningCap",
    "Fen",
    "LedgerAudit",
    "NotEnoughDeposit",
    "NotEnoughPoints",
    "Points",
    "RedemptionCap",
    "State",
    "Statement",
    "TransferSettled",
    "audit",
    "award",
    "grant",
    "hold_deposit",
    "hold_points",
    "order_keys",
    "post",
    "post_part",
    "refund_deposit",
    "spend_part",
    "statement",
    "view",
    "void",
]
