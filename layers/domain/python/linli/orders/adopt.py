"""Orders that a presale promised: it takes their ids at once, and they are made when goods come."""

from datetime import datetime

from linli.kernel.errors import AlreadyDone, IdReused
from linli.kernel.time import rfc3339
from linli.kernel.transact import Transaction
from linli.orders.model import Order
from linli.orders.rows import ORDER, PRESOLD, OrderRow, row_of


def reserve(
    tx: Transaction, order_id: str, resident_id: str, community_id: str, digest: str, now: datetime
) -> None:
    """
    Take an id for an order to come: it is one order's for ever, whatever becomes of the presale.

    Raises, when `tx` commits:
        IdReused: There is an order, or a refusal, with this id.
    """
    row = OrderRow(
        order_id,
        ORDER,
        state=PRESOLD,
        fingerprint=digest,
        resident_id=resident_id,
        community_id=community_id,
        changed_at=rfc3339(now),
    )
    tx.put(row, condition=OrderRow.pk.does_not_exist(), refusal=IdReused())


def adopt(tx: Transaction, order: Order, digest: str, now: datetime) -> None:
    """
    Make the order of a reserved id, in the transaction that holds its stock and takes its place.

    Raises, when `tx` commits:
        AlreadyDone: It was made before.
    """
    assert order.state == "placed"
    row = row_of(order, digest, now)
    tx.put(row, condition=OrderRow.state == PRESOLD, refusal=AlreadyDone())
