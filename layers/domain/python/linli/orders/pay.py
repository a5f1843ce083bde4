"""
An order that is paid online: due until its time to pay runs out, then expired by the sweeper.

What payments need of orders: `payable`, `mark_paid` in the payment's own transaction, and `revive`
when the money came after the order had expired.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from linli import payments, slots, stock
from linli.kernel import reads
from linli.kernel.errors import Conflict, Contended, Refused
from linli.kernel.settings import Settings
from linli.kernel.time import parse_instant, rfc3339
from linli.kernel.transact import Transaction
from linli.orders import hold
from linli.orders.cancel import give_back
from linli.orders.model import Order, Payment
from linli.orders.plan import Moved, plan_for, wish_of
from linli.orders.read import read
from linli.orders.rows import OrderRow, body_of
from linli.orders.states import State
from linli.orders.turn import PAYMENTS, SWEEPER, carry_out, current, turn
from linli.stock import Source

REVIVED_FOR = timedelta(minutes=5)
"""How long an order that was promised anew waits for its payment to be noted."""
_PLANS = 3


class NoLongerPayable(Conflict):
    """The order has ended, is paid, or costs something else by now."""

    code = "no_longer_payable"
    title_en = "This order can no longer be paid"
    title_zh = "订单已无法支付"


@dataclass(frozen=True, slots=True)
class Payable:
    """What there is to pay for an order; it may be paid while it is placed and due."""

    order_id: str
    community_id: str
    total_fen: int
    pay_by: datetime | None
    state: State
    payment: Payment


def payable(order_id: str, resident_id: str) -> Payable:
    """
    What there is to pay.

    Raises:
        NotFound: There is no such order of this resident's.
    """
    order = read(order_id, resident_id)
    pay_by = order.progress.pay_by
    return Payable(
        order_id=order.order_id,
        community_id=order.community_id,
        total_fen=order.total_fen,
        pay_by=parse_instant(pay_by) if pay_by else None,
        state=order.state,
        payment=order.payment,
    )


def mark_paid(tx: Transaction, order_id: str, now: datetime, fen: int | None = None) -> None:
    """
    Note in the payment's transaction that `fen` (None: what it costs) were paid.

    Raises, here or when `tx` commits:
        NotFound: There is no such order.
        NoLongerPayable: It is not placed and due, or it costs something else.
        MovedOn: It was changed at this moment; sending it again is safe.
    """
    order = current(order_id)
    if not _waits(order) or fen not in (None, order.total_fen):
        raise NoLongerPayable(state=order.state)
    progress = order.progress.model_copy(update={"paid_fen": order.total_fen})
    turn(tx, order, "pay", actor=PAYMENTS, now=now, payment="paid", progress=progress)


def _waits(order: Order) -> bool:
    return order.state == "placed" and order.payment == "due"


def expire(order_id: str, now: datetime, *, at_cut_off: bool = False) -> Order:
    """
    Expire an order whose time to pay is over, or its slot's cut-off has come: what it held goes
    back in the same write. One that is paid, or has time, stays as it is; so does one whose
    payment hangs through no fault of its resident's, until the cut-off at the latest.

    Raises:
        NotFound: There is no such order.
    """

    def act(tx: Transaction, order: Order) -> None:
        if not _waits(order) or not (at_cut_off or _is_late(order, now)):
            return
        reason = "not paid by the cut-off" if at_cut_off else "not paid in time"
        turn(tx, order, "expire", actor=SWEEPER, now=now, reason=reason)
        give_back(tx, order, now)

    return carry_out(order_id, act)


def _is_late(order: Order, now: datetime) -> bool:
    pay_by = order.progress.pay_by
    if pay_by is None or parse_instant(pay_by) > now:
        return pay_by is None
    return payments.extended(order.order_id, parse_instant(pay_by)) <= now


def revive(order_id: str, now: datetime, settings: Settings) -> bool:
    """
    Promise an expired order anew, for the same money: units, its place and its points are held
    again, and it is due for some minutes. Whether it may be paid now; again: the same answer.

    False: somebody else has the goods, the place or the points by now, its slot is closed, or it
    did not expire. What was paid must go back then.
    """
    for _ in range(_PLANS):
        try:
            order = carry_out(order_id, lambda tx, order: _revive(tx, order, now, settings))
            return _waits(order)
        except Moved:
            continue
        except Contended:
            raise
        except Refused:
            return False
    raise Contended("the stock of this pool is in demand")


def _revive(tx: Transaction, order: Order, now: datetime, settings: Settings) -> None:
    if _waits(order):
        return
    plan = plan_for(wish_of(order), order.resident_id, settings, order)
    found = reads.batch(plan.keys(now))
    decision = plan.decide(found, now, settings)
    pay_by = rfc3339(now + REVIVED_FOR)
    more = {"holds": order.progress.holds + 1, "pay_by": pay_by}
    again = decision.order.model_copy(
        update={
            "placed_at": order.placed_at,
            "box_fen": order.box_fen,
            "cycle_id": order.cycle_id,
            "progress": order.progress.model_copy(update=more),
        }
    )
    body = [OrderRow.body.set(body_of(again))]
    turn(tx, order, "revive", actor=PAYMENTS, now=now, progress=again.progress, actions=body)
    slots.take(tx, order.slot_id, Moved())
    _hold(tx, decision.sources)
    hold.hold(tx, again, plan.credit(found, now), Moved(), now, settings)
    plan.take_locker(tx, again)


def _hold(tx: Transaction, sources: Iterable[Source]) -> None:
    for source in sources:
        stock.hold(tx, source, Moved())
