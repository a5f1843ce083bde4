"""
How an order's stop ended: stock sold or given back, points and deposits settled, boxes handed
over, all in one write under the delivery's client-made id.
"""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict

from linli import boxes, stock
from linli.credit import Fen
from linli.kernel import ids, reads
from linli.kernel.errors import AlreadyDone, Conflict, IdReused, Invalid
from linli.kernel.time import rfc3339
from linli.kernel.transact import Transaction, transaction
from linli.orders import hold
from linli.orders.model import Order
from linli.orders.read import read
from linli.orders.rows import DELIVERY, ORDER, DeliveryRow, OrderRow
from linli.orders.rules import sources_of

Outcome = Literal["delivered", "failed"]
_AHEAD = timedelta(minutes=5)
"""How far a courier's clock may be ahead of ours before we do not believe it."""


class Settled(Conflict):
    """The order's stop has ended before; `state` says how."""

    code = "already_settled"
    title_en = "This order's delivery was reported already"
    title_zh = "该订单的配送结果已上报"


class TooManyBoxes(Invalid):
    """More boxes were handed over than the order has, one twice, or some without a delivery."""

    code = "too_many_boxes"
    title_en = "These boxes do not fit the order"
    title_zh = "循环箱与订单不符"


class _Told(BaseModel):
    """What was told of a stop; its digest tells a resend from a reuse of the id."""

    model_config = ConfigDict(frozen=True)

    order_id: str
    courier_id: str | None
    outcome: Outcome
    box_ids: tuple[str, ...]
    at: datetime


def deliver(
    delivery_id: str,
    order_id: str,
    *,
    courier_id: str | None,
    outcome: Outcome,
    box_ids: Sequence[str],
    at: datetime,
    now: datetime,
) -> Order:
    """
    End the stop of a frozen or routed order; telling it again under the same id changes nothing.

    `at` is the device's time, kept beside the server's `now`; `courier_id` None is a paper
    manifest. The caller has checked that the courier holds the order's route.

    Raises:
        NotFound: There is no such order.
        Settled: Its stop was told before under another id.
        Conflict: It is not on its way.
        TooManyBoxes, Invalid: The boxes do not fit, or `at` is in the future.
        IdReused: The delivery id was used for something else.
        Refused: See `boxes.hand_over`.
    """
    facts = {"order_id": order_id, "courier_id": courier_id, "outcome": outcome, "at": at}
    told = _Told.model_validate(facts | {"box_ids": tuple(box_ids)})
    digest = ids.fingerprint(told)
    if row := reads.get(DeliveryRow, _key(delivery_id), DELIVERY):
        return _replay(row, digest)
    try:
        order = read(order_id)
        _check(order, told, now)
        with transaction() as tx:
            _settle(tx, order, delivery_id, told, digest, now)
    except (AlreadyDone, Conflict):  # A resend, or another delivery, was faster: see which.
        order = read(order_id)  # Before the delivery: what ended it by now can be seen then.
        if row := reads.get(DeliveryRow, _key(delivery_id), DELIVERY):
            return _replay(row, digest)
        _check(order, told, now)
        raise
    return read(order_id)


def _key(delivery_id: str) -> str:
    return f"DELIVERY#{delivery_id}"


def _replay(row: DeliveryRow, digest: str) -> Order:
    if row.fingerprint != digest:
        raise IdReused
    return read(row.order_id)


def _check(order: Order, told: _Told, now: datetime) -> None:
    if order.state in ("delivered", "failed"):
        raise Settled(state=order.state)
    if order.state not in ("frozen", "routed"):
        raise Conflict(f"the order is {order.state}")
    if told.at > now + _AHEAD:
        raise Invalid("the time of delivery is in the future")
    most = order.boxes if told.outcome == "delivered" else 0
    if len(told.box_ids) > most or len(set(told.box_ids)) < len(told.box_ids):
        raise TooManyBoxes(most=most)


def _settle(
    tx: Transaction, order: Order, delivery_id: str, told: _Told, digest: str, now: datetime
) -> None:
    tx.put(
        DeliveryRow(
            _key(delivery_id),
            DELIVERY,
            order_id=order.order_id,
            outcome=told.outcome,
            body=json.dumps({"courier_id": told.courier_id, "box_ids": told.box_ids}),
            fingerprint=digest,
            at=rfc3339(told.at),
            told_at=rfc3339(now),
        ),
        condition=DeliveryRow.pk.does_not_exist(),
        refusal=AlreadyDone(),
    )
    tx.update(
        OrderRow(order.order_id, ORDER),
        [OrderRow.state.set(told.outcome), OrderRow.changed_at.set(rfc3339(now))],
        condition=OrderRow.state == order.state,
        refusal=Conflict("the order has moved on"),
    )
    _end_stock(tx, order, told, now)
    if told.outcome == "failed":
        hold.void(tx, order, now)
        return
    hold.post(tx, order, len(told.box_ids), now)
    for box_id in told.box_ids:
        boxes.hand_over(
            tx,
            box_id=box_id,
            order_id=order.order_id,
            resident_id=order.resident_id,
            deposit_transfer_id=hold.deposit_id(order.order_id),
            deposit_fen=Fen(order.box_fen),
            now=now,
        )


def _end_stock(tx: Transaction, order: Order, told: _Told, now: datetime) -> None:
    sale = stock.Sale(order.order_id, told.courier_id or "paper", now)
    for source in sources_of(order):
        if told.outcome == "delivered":
            stock.sell(tx, source, sale)
        else:
            stock.release(tx, source)
