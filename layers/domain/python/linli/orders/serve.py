"""The goods have reached their resident, or they have not: what both ends of an order write."""

from collections.abc import Sequence
from datetime import datetime

from linli import boxes, payments, stock
from linli.credit import Fen
from linli.kernel.errors import Invalid
from linli.kernel.transact import Transaction
from linli.orders import hold
from linli.orders.model import Order
from linli.orders.refund import reprice
from linli.orders.rules import sources_of
from linli.orders.states import Turn
from linli.orders.turn import turn


class TooManyBoxes(Invalid):
    """More boxes were handed over than the order has, one twice, or some without a delivery."""

    code = "too_many_boxes"
    title_en = "These boxes do not fit the order"
    title_zh = "循环箱与订单不符"


def check_boxes(box_ids: Sequence[str], most: int) -> None:
    """
    Refuse boxes that do not fit.

    Raises:
        TooManyBoxes
    """
    if len(box_ids) > most or len(set(box_ids)) < len(box_ids):
        raise TooManyBoxes(most=most)


def serve(
    tx: Transaction,
    order: Order,
    name: Turn,
    box_ids: Sequence[str],
    *,
    by: str,
    now: datetime,
    reason: str = "",
    at: datetime | None = None,
) -> None:
    """
    Turn the order into one that was served: its units are sold, its points spent, its boxes out.

    Boxes that were not handed over cost nothing. `at` is the device's time, if it was told later.

    Raises, here or when `tx` commits:
        OutOfOrder, MovedOn: See `turn`.
        Refused: See `boxes.hand_over`.
    """
    left = order.boxes - len(box_ids)
    final_fen = order.final_fen - left * order.box_fen
    out_fen = len(box_ids) * order.box_fen
    progress = reprice(tx, order, final_fen, reason="boxes", now=now, deposit_fen=out_fen)
    turn(tx, order, name, actor=by, now=now, reason=reason, progress=progress)
    _collect(tx, order, final_fen, now)
    for source in sources_of(order):
        stock.sell(tx, source, stock.Sale(order.order_id, by, now))
    hold.post(tx, order, len(box_ids), now)
    _hand_over(tx, order, box_ids, by=by, now=now, at=at)


def _hand_over(
    tx: Transaction,
    order: Order,
    box_ids: Sequence[str],
    *,
    by: str,
    now: datetime,
    at: datetime | None,
) -> None:
    for box_id in box_ids:
        boxes.hand_over(
            tx,
            box_id=box_id,
            order_id=order.order_id,
            resident_id=order.resident_id,
            deposit_transfer_id=hold.transfer_ids(order)[1],
            deposit_fen=Fen(order.box_fen),
            now=now,
            at=at,
            by=by,
        )


def _collect(tx: Transaction, order: Order, final_fen: int, now: datetime) -> None:
    """Cash is captured in the write that hands the goods over."""
    if order.payment == "cash":
        payments.collect(
            tx,
            order_id=order.order_id,
            resident_id=order.resident_id,
            community_id=order.community_id,
            fen=final_fen,
            now=now,
        )


def fail(tx: Transaction, order: Order, name: Turn, *, by: str, now: datetime, reason: str) -> None:
    """
    Turn the order into one that failed: its units are free again, and it costs nothing.

    Raises, here or when `tx` commits:
        OutOfOrder, MovedOn: See `turn`.
    """
    progress = reprice(tx, order, 0, reason="failed", now=now)
    turn(tx, order, name, actor=by, now=now, reason=reason, progress=progress)
    for source in sources_of(order):
        stock.release(tx, source)
    hold.void(tx, order, now)
