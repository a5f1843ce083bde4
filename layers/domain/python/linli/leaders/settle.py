"""
Settling commissions, each night: what is owed for months that are over is paid, by one entry.

A month of fewer residents than the programme asks waits and is settled with the next one, so that
neither a total nor a payment tells what one neighbour bought; after `MOST_WAITS` months a leader
is paid all the same, and told the sum of the payment alone.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from linli import credit
from linli.credit import Fen
from linli.kernel import reads
from linli.kernel.errors import AlreadyDone, Contended
from linli.kernel.time import local_date
from linli.kernel.transact import transaction
from linli.leaders.rows import LEADERS, MONTH, BuyerRow, ListedRow, MonthRow, buyers_pk, leader_pk

MOST_WAITS: Final = 6


def settle(now: datetime) -> list[str]:
    """
    Pay what leaders are owed for months that are over; again: nothing more.

    Returns:
        The leaders who were paid.

    Raises:
        ExceptionGroup: What went wrong with some, after the others have been seen to.
    """
    this_month = f"{local_date(now):%Y-%m}"
    paid: list[str] = []
    faults: list[Exception] = []
    for row in reads.query(ListedRow, LEADERS):
        try:
            if _settle(row.sk, row.community_id, this_month, now):
                paid.append(row.sk)
        except Exception as fault:  # One leader's trouble must not keep the others waiting.
            faults.append(fault)
    if faults:
        raise ExceptionGroup("some commissions could not be settled", faults)
    return paid


def _settle(leader_id: str, community_id: str, this_month: str, now: datetime) -> bool:
    rows = reads.query(MonthRow, leader_pk(leader_id), MonthRow.sk.startswith(MONTH))
    over = [row for row in rows if row.settled_in is None and month_of(row) < this_month]
    if not over or sum(int(row.commission_fen) for row in over) < 0:
        return False  # What was taken back is more than what came in: the next months make up.
    buyers = {
        buyer.sk
        for row in over
        for buyer in reads.query(BuyerRow, buyers_pk(leader_id, month_of(row)))
    }
    enough = len(buyers) >= credit.programme.read(community_id).least_buyers
    if not enough and len(over) < MOST_WAITS:
        return False
    _pay(leader_id, over, len(buyers) if enough else 0, now)
    return True


def _pay(leader_id: str, over: Sequence[MonthRow], buyers: int, now: datetime) -> None:
    last, fen = over[-1], Fen(sum(int(row.commission_fen) for row in over))
    told = {
        "month": month_of(last),
        "orders": sum(int(row.orders) for row in over) if buyers else 0,
        "residents": buyers,
        "goods_fen": sum(int(row.goods_fen) for row in over) if buyers else 0,
        "commission_fen": fen,
    }
    try:
        with transaction() as tx:
            for row in over:
                changes = [MonthRow.settled_in.set(month_of(last))]
                if row is last:
                    changes.append(MonthRow.told.set(json.dumps(told)))
                same = MonthRow.commission_fen == int(row.commission_fen)
                tx.update(
                    MonthRow(row.pk, row.sk),
                    changes,
                    condition=MonthRow.settled_in.does_not_exist() & same,
                    refusal=Contended("an order is being closed"),
                )
            if fen:
                credit.pay_commission(
                    tx,
                    transfer_id=f"{month_of(last)}/paid",
                    leader_id=leader_id,
                    fen=fen,
                    now=now,
                )
    except AlreadyDone:
        return  # Another run was faster.


def month_of(row: MonthRow) -> str:
    """The month of a row."""
    return row.sk.removeprefix(MONTH)
