"""
How a courier's stop for an order ended: delivered, failed, or stored in a locker, all in one write
under the delivery's client-made id.
"""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict

from linli import lockers
from linli.kernel import ids
from linli.kernel.errors import Conflict, Invalid
from linli.kernel.time import rfc3339
from linli.kernel.transact import Transaction
from linli.orders import serve
from linli.orders.model import Order
from linli.orders.pick import COLLECT_WITHIN
from linli.orders.rows import DELIVERY, DeliveryRow, delivery_key
from linli.orders.states import STOP_DONE, OutOfOrder, Turn
from linli.orders.turn import carry_out, turn

Outcome = Literal["delivered", "failed", "stored"]
_AHEAD = timedelta(minutes=5)
"""How far a courier's clock may be ahead of ours before we do not believe it."""


class Settled(Conflict):
    """The order's stop has ended before; `state` says how."""

    code = "already_settled"
    title_en = "This order's delivery was reported already"
    title_zh = "该订单的配送结果已上报"


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
    End the stop of an order that was handed over; telling it again under the same id changes
    nothing.

    `at` is the device's time, kept beside the server's `now`. The caller has checked that the
    courier holds the order's route.

    Raises:
        NotFound: There is no such order.
        Settled: Its stop was told before under another id.
        OutOfOrder: It is not on its way, or does not end so: a locker's order is stored.
        TooManyBoxes, Invalid: The boxes do not fit, or `at` is in the future.
        IdReused: The delivery id was used for something else.
        Refused: See `boxes.hand_over`.
    """
    facts = {"order_id": order_id, "courier_id": courier_id, "outcome": outcome, "at": at}
    told = _Told.model_validate(facts | {"box_ids": tuple(box_ids)})
    return _end(delivery_id, told, now, on_paper=False)


def deliver_on_paper(
    delivery_id: str,
    order_id: str,
    *,
    courier_id: str | None,
    outcome: Literal["delivered", "failed"],
    box_ids: Sequence[str],
    at: datetime,
    now: datetime,
) -> Order:
    """
    End the stop of an order as paper tells it, whatever of its way was reported before: what no
    store has told of counts as picked as promised. Otherwise as `deliver`.
    """
    facts = {"order_id": order_id, "courier_id": courier_id, "outcome": outcome, "at": at}
    told = _Told.model_validate(facts | {"box_ids": tuple(box_ids)})
    return _end(delivery_id, told, now, on_paper=True)


def _end(delivery_id: str, told: _Told, now: datetime, *, on_paper: bool) -> Order:
    row = DeliveryRow(
        delivery_key(delivery_id),
        DELIVERY,
        order_id=told.order_id,
        outcome=told.outcome,
        body=json.dumps({"courier_id": told.courier_id, "box_ids": told.box_ids}),
        fingerprint=ids.fingerprint(told),
        at=rfc3339(told.at),
        told_at=rfc3339(now),
    )

    def act(tx: Transaction, order: Order) -> None:
        _check(order, told, now)
        _turn(tx, order, told, now, on_paper=on_paper)

    return carry_out(told.order_id, act, row)


def _check(order: Order, told: _Told, now: datetime) -> None:
    if order.state in STOP_DONE:
        state = order.progress.outcome or order.state
        raise Settled(state=state)
    if told.at > now + _AHEAD:
        raise Invalid("the time of delivery is in the future")
    serve.check_boxes(told.box_ids, order.boxes if told.outcome == "delivered" else 0)


def _turn(tx: Transaction, order: Order, told: _Told, now: datetime, *, on_paper: bool) -> None:
    by = told.courier_id or "paper"
    reason = "paper" if on_paper else ""
    if told.outcome == "failed":
        name: Turn = "fail_on_paper" if on_paper else "fail"
        if not on_paper and order.state != "handed_over":
            raise OutOfOrder(state=order.state, turn=name)
        serve.fail(tx, order, name, by=by, now=now, reason=reason or "not handed over at the door")
        return
    if (told.outcome == "stored") != (order.channel == "locker") and not on_paper:
        raise OutOfOrder("a locker's order is stored", state=order.state, turn=told.outcome)
    if told.outcome == "stored":
        until = now + COLLECT_WITHIN
        if order.locker is not None:
            until = lockers.out_by(order.locker, now, COLLECT_WITHIN)
        waits = {"collect_by": rfc3339(until)}
        progress = order.progress.model_copy(update=waits)
        turn(tx, order, "store", actor=by, now=now, progress=progress)
        return
    end: Turn = "deliver_on_paper" if on_paper else "deliver"
    serve.serve(tx, order, end, told.box_ids, by=by, now=now, reason=reason, at=told.at)
