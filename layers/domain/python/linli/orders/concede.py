"""What was paid back out of goodwill: the order costs what it cost, its leader earned less."""

from datetime import datetime

from linli import leaders
from linli.kernel.transact import Transaction
from linli.orders.model import Order
from linli.orders.states import SERVED
from linli.orders.turn import current


def conceded(tx: Transaction, order_id: str, refund_id: str, fen: int, now: datetime) -> None:
    """
    Take the commission on `fen` back from who leads the building, in the transaction that pays
    them back, if the order was served and counts for a leader.

    Raises, here or when `tx` commits:
        NotFound: There is no such order.
        AlreadyDone: This refund was conceded before.
    """
    order: Order = current(order_id)
    if order.attribution is None or order.progress.outcome not in SERVED:
        return
    leaders.take_back(
        tx,
        transfer_id=f"{order_id}/conceded/{refund_id}",
        to=order.attribution,
        community_id=order.community_id,
        fen=min(fen, order.goods_fen),
        now=now,
    )
