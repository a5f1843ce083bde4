"""
A commission's way: promised with the order, owed when the order is closed, void if it comes to
nothing. Parts of the order's own transactions.
"""

from datetime import datetime

from linli import credit
from linli.credit import Fen
from linli.kernel.time import local_date
from linli.kernel.transact import Transaction
from linli.leaders.model import Attribution
from linli.leaders.rows import BuyerRow, MonthRow, buyers_pk, month_key


def accrue(
    tx: Transaction, *, transfer_id: str, to: Attribution, community_id: str, now: datetime
) -> None:
    """
    Promise the commission on an order's goods, in the transaction that places it.

    Raises, when `tx` commits:
        AlreadyDone: The transfer exists.
    """
    if to.promised_fen:
        credit.promise_commission(
            tx,
            transfer_id=transfer_id,
            leader_id=to.leader_id,
            community_id=community_id,
            fen=Fen(to.promised_fen),
            now=now,
        )


def void(tx: Transaction, *, transfer_id: str, to: Attribution, now: datetime) -> None:
    """Forget the commission of an order that came to nothing."""
    if to.promised_fen:
        who = credit.leader_holder(to.leader_id)
        credit.void(tx, transfer_id=transfer_id, resident_id=who, now=now)


def close(
    tx: Transaction,
    *,
    transfer_id: str,
    to: Attribution,
    resident_id: str,
    goods_fen: int,
    now: datetime,
) -> None:
    """
    Owe the commission on the goods that an order came to, in the transaction that closes it: what
    was refunded until then earns nothing. Counts the order in the leader's month.
    """
    fen = min(to.fen(goods_fen), to.promised_fen)
    if to.promised_fen:
        who = credit.leader_holder(to.leader_id)
        credit.post_part(tx, transfer_id=transfer_id, resident_id=who, fen=Fen(fen), now=now)
    if not goods_fen:
        return
    month = f"{local_date(now):%Y-%m}"
    tx.update(
        MonthRow(*month_key(to.leader_id, month)),
        [
            MonthRow.orders.add(1),
            MonthRow.goods_fen.add(goods_fen),
            MonthRow.commission_fen.add(fen),
        ],
    )
    tx.update(BuyerRow(buyers_pk(to.leader_id, month), resident_id), [BuyerRow.orders.add(1)])


def take_back(
    tx: Transaction,
    *,
    transfer_id: str,
    to: Attribution,
    community_id: str,
    fen: int,
    now: datetime,
) -> None:
    """
    Take back the commission on `fen` that went back to a resident, by a new entry; it comes off
    the month that is open.

    Raises, when `tx` commits:
        AlreadyDone: It was taken back before.
    """
    back_fen = min(to.fen(fen), to.promised_fen)
    if not back_fen:
        return
    credit.take_back_commission(
        tx,
        transfer_id=transfer_id,
        leader_id=to.leader_id,
        community_id=community_id,
        fen=Fen(back_fen),
        now=now,
    )
    month = f"{local_date(now):%Y-%m}"
    tx.update(MonthRow(*month_key(to.leader_id, month)), [MonthRow.commission_fen.add(-back_fen)])
