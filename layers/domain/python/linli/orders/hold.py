"""An order's part in the ledger: held when placed, posted or voided when it ends."""

from datetime import datetime

from linli import credit
from linli.credit import CreditView, Fen, NotEnoughPoints, Points
from linli.kernel.settings import Settings
from linli.kernel.time import local_date
from linli.kernel.transact import Transaction
from linli.orders.model import Order


def points_id(order_id: str) -> str:
    """The transfer of the points that an order spends."""
    return f"{order_id}/points"


def deposit_id(order_id: str) -> str:
    """The transfer of the deposit for all boxes of an order."""
    return f"{order_id}/deposit"


def hold(
    tx: Transaction, order: Order, view: CreditView | None, now: datetime, settings: Settings
) -> None:
    """
    Hold the points to be spent and note the deposits.

    Raises, here or when `tx` commits:
        NotEnoughPoints, RedemptionCap
    """
    if order.points:
        if view is None or view.available_points < order.points:
            raise NotEnoughPoints
        credit.hold_points(
            tx,
            transfer_id=points_id(order.order_id),
            resident_id=order.resident_id,
            points=Points(order.points),
            on=local_date(now),
            cap_points=Points(settings.points_a_day),
            now=now,
        )
    if order.deposit_fen:
        credit.hold_deposit(
            tx,
            transfer_id=deposit_id(order.order_id),
            resident_id=order.resident_id,
            fen=Fen(order.deposit_fen),
            now=now,
        )


def void(tx: Transaction, order: Order, now: datetime) -> None:
    """Give everything back, in the transaction that ends the order."""
    who = order.resident_id
    if order.points:
        credit.void(tx, transfer_id=points_id(order.order_id), resident_id=who, now=now)
    if order.deposit_fen:
        credit.void(tx, transfer_id=deposit_id(order.order_id), resident_id=who, now=now)


def post(tx: Transaction, order: Order, boxes: int, now: datetime) -> None:
    """Spend the points and charge the deposit of the boxes that were handed over."""
    who = order.resident_id
    if order.points:
        credit.post(tx, transfer_id=points_id(order.order_id), resident_id=who, now=now)
    if order.deposit_fen:
        credit.post_part(
            tx,
            transfer_id=deposit_id(order.order_id),
            resident_id=who,
            fen=Fen(boxes * order.box_fen),
            now=now,
        )
