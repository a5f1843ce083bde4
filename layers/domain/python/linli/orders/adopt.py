"""Orders that were promised elsewhere, as a presale, and whose stock is held already."""

from datetime import datetime

from linli.kernel.errors import AlreadyDone
from linli.kernel.transact import Transaction
from linli.orders.model import Order
from linli.orders.rows import OrderRow, row_of


def adopt(tx: Transaction, order: Order, digest: str, now: datetime) -> None:
    """
    Write a placed order, in the transaction that holds its stock and takes its place.

    Raises, when `tx` commits:
        AlreadyDone: There is an order, or a refusal, with this id.
    """
    assert order.state == "placed"
    row = row_of(order, digest, now)
    tx.put(row, condition=OrderRow.pk.does_not_exist(), refusal=AlreadyDone())
