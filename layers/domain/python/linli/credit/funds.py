"""
What a community's programme pays: commissions to leaders, and to merchants what their goods were
discounted by. Money in fen; the programme's account has no balance item, it is the sum of entries.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from linli.credit.hold import put_transfer
from linli.credit.keys import COMMISSION, leader_holder, merchant_holder, person, transfers_of
from linli.credit.model import (
    CASH,
    Fen,
    State,
    Transfer,
    commission_of,
    merchant_of,
    programme_of,
)
from linli.credit.rows import BalanceRow, TransferRow
from linli.kernel import reads
from linli.kernel.transact import Transaction


def promise_commission(
    tx: Transaction,
    *,
    transfer_id: str,
    leader_id: str,
    community_id: str,
    fen: Fen,
    now: datetime,
) -> None:
    """
    Note a commission (at least 1 fen) that an order may come to; the leader owns none of it yet.

    Raises, here or when `tx` commits:
        Invalid: Not an amount.
        AlreadyDone: The transfer exists.
    """
    pair = programme_of(community_id), commission_of(leader_id)
    transfer = Transfer(transfer_id, leader_holder(leader_id), *pair, fen, "commission")
    put_transfer(tx, transfer, State.PENDING, now)


def pay_commission(
    tx: Transaction, *, transfer_id: str, leader_id: str, fen: Fen, now: datetime
) -> None:
    """
    Pay a leader what has accrued. What was taken back since may have left them owing: the balance
    of commissions alone may be negative, and the next ones make up for it.

    Raises, here or when `tx` commits:
        Invalid: Not an amount.
        AlreadyDone: The transfer exists.
    """
    transfer = Transfer(
        transfer_id, leader_holder(leader_id), commission_of(leader_id), CASH, fen, "paid"
    )
    put_transfer(tx, transfer, State.POSTED, now)
    _move(tx, leader_id, -fen)


def take_back_commission(
    tx: Transaction,
    *,
    transfer_id: str,
    leader_id: str,
    community_id: str,
    fen: Fen,
    now: datetime,
) -> None:
    """
    Take back a commission on what was refunded after the order was closed, by a new entry.

    Raises, here or when `tx` commits:
        Invalid: Not an amount.
        AlreadyDone: The transfer exists.
    """
    pair = commission_of(leader_id), programme_of(community_id)
    transfer = Transfer(transfer_id, leader_holder(leader_id), *pair, fen, "refunded")
    put_transfer(tx, transfer, State.POSTED, now)
    _move(tx, leader_id, -fen)


def _move(tx: Transaction, leader_id: str, fen: int) -> None:
    key = person(leader_holder(leader_id)), COMMISSION
    tx.update(BalanceRow(*key), [BalanceRow.available_units.add(fen)])


def reimburse(
    tx: Transaction,
    *,
    order_id: str,
    community_id: str,
    fen_by_owner: Mapping[str, int],
    now: datetime,
) -> None:
    """
    Owe merchants what points and coupons took off goods of theirs.

    Raises, here or when `tx` commits:
        Invalid: Not an amount.
        AlreadyDone: The order was reimbursed.
    """
    for owner_id, fen in sorted(fen_by_owner.items()):
        if fen:
            pair = programme_of(community_id), merchant_of(community_id, owner_id)
            transfer = Transfer(
                f"{order_id}/discount/{owner_id}",
                merchant_holder(community_id, owner_id),
                *pair,
                Fen(fen),
                "discount",
            )
            put_transfer(tx, transfer, State.POSTED, now)


@dataclass(frozen=True, slots=True)
class Commissions:
    """What a programme owes a leader so far, paid or not, and has promised beside it."""

    owed_fen: int
    promised_fen: int


def commissions(leader_id: str, community_id: str) -> Commissions:
    """The commissions of a leader in a community, less what was taken back."""
    fund, owed, promised = programme_of(community_id).name, 0, 0
    for row in reads.query(TransferRow, transfers_of(leader_holder(leader_id))):
        posted = int(row.posted_units or 0)
        if row.debit == fund:
            owed += posted
            promised += int(row.units) if row.state == State.PENDING else 0
        elif row.credit == fund:
            owed -= posted
    return Commissions(owed, promised)


def discounts(community_id: str, owner_id: str) -> tuple[int, int]:
    """What a merchant was owed in a community so far, and was paid of it, in fen."""
    fund = programme_of(community_id).name
    rows = reads.query(TransferRow, transfers_of(merchant_holder(community_id, owner_id)))
    earned = sum(int(row.posted_units or 0) for row in rows if row.debit == fund)
    return earned, sum(int(row.posted_units or 0) for row in rows if row.debit != fund)
