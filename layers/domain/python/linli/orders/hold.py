"""An order's part in the ledger: held when placed, posted or voided when it ends."""

from datetime import datetime

from linli import credit
from linli.credit import CreditView, Fen, NotEnoughPoints, Points
from linli.kernel.settings import Settings
from linli.kernel.time import local_date
from linli.kernel.transact import Transaction
from linli.orders.model import Order


def points_id(order_id: str, holds: int = 0) -> str:
    """The transfer of the points that an order spends, promised anew `holds` times."""
    return _numbered(f"{order_id}/points", holds)


def deposit_id(order_id: str, holds: int = 0) -> str:
    """The transfer of the deposit for all boxes of an order, promised anew `holds` times."""
    return _numbered(f"{order_id}/deposit", holds)


def _numbered(transfer_id: str, holds: int) -> str:
    return f"{transfer_id}/{holds}" if holds else transfer_id


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
            transfer_id=transfer_ids(order)[0],
            resident_id=order.resident_id,
            points=Points(order.points),
            on=local_date(now),
            cap_points=Points(settings.points_a_day),
            now=now,
        )
    if order.deposit_fen:
        credit.hold_deposit(
            tx,
            transfer_id=transfer_ids(order)[1],
            resident_id=order.resident_id,
            fen=Fen(order.deposit_fen),
            now=now,
        )


def void(tx: Transaction, order: Order, now: datetime) -> None:
    """Give everything back, in the transaction that ends the order."""
    who, (points, deposit) = order.resident_id, transfer_ids(order)
    if order.points:
        credit.void(tx, transfer_id=points, resident_id=who, now=now)
    if order.deposit_fen:
        credit.void(tx, transfer_id=deposit, resident_id=who, now=now)


def transfer_ids(order: Order) -> tuple[str, str]:
    """The present transfers of an order's points and of its deposit, if it has them."""
    holds = order.progress.holds
    return points_id(order.order_id, holds), deposit_id(order.order_id, holds)


def post(tx: Transaction, order: Order, boxes: int, now: datetime) -> None:
    """Spend the points of the bill and charge the deposit of the boxes that were handed over."""
    who, (points, deposit) = order.resident_id, transfer_ids(order)
    bill = order.progress.bill
    if order.points:
        spent = Points(bill.points if bill else order.points)
        credit.spend_part(tx, transfer_id=points, resident_id=who, points=spent, now=now)
    if order.deposit_fen:
        charged = Fen(boxes * order.box_fen)
        credit.post_part(tx, transfer_id=deposit, resident_id=who, fen=charged, now=now)
