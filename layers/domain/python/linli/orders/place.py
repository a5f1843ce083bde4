"""
Placing an order: one read of everything, one pure decision, one transaction.

The order is written under its client-made id, so a resend finds it; a refusal is written under
the same id, so that a resend gets the same answer for ever (I2).
"""

from datetime import datetime

from linli import buildings, slots, stock
from linli.catalogue import Community
from linli.kernel import ids, reads
from linli.kernel.errors import AlreadyDone, Contended, Forbidden, IdReused, Invalid, Refused
from linli.kernel.identity import Caller, Role
from linli.kernel.refusals import refusal_text
from linli.kernel.settings import Settings
from linli.kernel.time import rfc3339
from linli.kernel.transact import transaction
from linli.orders import hold
from linli.orders.model import NoEmergency, Order, PlaceOrder
from linli.orders.plan import Moved, Plan, plan_for
from linli.orders.rows import (
    ORDER,
    OrderRow,
    order_key,
    order_of,
    order_row,
    row_of,
)

SERVING = (Role.DISPATCHER, Role.CITY)
"""Who may open the reserve for a resident before the community is in emergency mode."""
_PLANS, _PLANS_WITH_POINTS = 3, 6
"""How often to plan anew after the pool, the slot or the points had moved on."""


def place(command: PlaceOrder, *, caller: Caller, now: datetime, settings: Settings) -> Order:
    """
    Promise an order, or refuse it for ever.

    A resident orders; who serves the community orders for a resident, in an emergency alone.

    Raises:
        NotFound: The caller is no resident of the community, nor serves it.
        Forbidden: The caller serves it, and orders something else.
        IdReused: The id was used for another order.
        Contended: Others were faster at every plan; nothing was written.
        Refused: NoEmergency, NotQuietHere, NoConsent; see `rules.decide` and
            `credit.hold_points`; recorded under the id.
    """
    _check_caller(command, caller)
    digest = ids.fingerprint(command, resident=caller.subject)
    plan = plan_for(command, caller.subject, settings, attributed=True)
    for _ in range(_PLANS_WITH_POINTS if command.spend_points else _PLANS):
        found = reads.batch([order_key(str(command.id)), *plan.keys(now)])
        if row := order_row(found, str(command.id)):
            return _replay(row, digest)
        try:
            _check_emergency(command, plan.community, caller)
            _check_quiet(command)
            return _attempt(plan, found, digest, now, settings)
        except Moved:
            continue
        except AlreadyDone:
            return _replay(_written(command), digest)
        except Contended:
            raise
        except Refused as refusal:
            return _refuse(command, digest, caller.subject, refusal, now)
    raise Contended("the stock of this pool is in demand")


def _check_caller(command: PlaceOrder, caller: Caller) -> None:
    if caller.holds(Role.RESIDENT, command.community_id):
        return
    caller.require(command.community_id, *SERVING)
    if not command.emergency or command.for_resident is None:
        raise Forbidden("who serves the community orders for a resident, in an emergency")


def _check_emergency(command: PlaceOrder, community: Community, caller: Caller) -> None:
    """
    Only an emergency opens the reserve, or who serves the community: for a resident, who pays at
    the door.
    """
    if not command.emergency or community.emergency:
        return
    serves = any(caller.holds(role, community.community_id) for role in SERVING)
    if not serves or command.for_resident is None:
        raise NoEmergency
    if command.spend_points or command.coupons or command.boxes or command.pay != "cash":
        raise Invalid("it is paid at the door, without points, coupons and boxes")


def _check_quiet(command: PlaceOrder) -> None:
    """A quiet order goes only to a building whose index holds; asked for quiet orders alone."""
    building = command.deliver_to.building
    if command.quiet and not buildings.quiet_allowed(command.community_id, building):
        raise buildings.NotQuietHere


def _attempt(
    plan: Plan, found: reads.Found, digest: str, now: datetime, settings: Settings
) -> Order:
    decision = plan.decide(found, now, settings)
    order = decision.order
    with transaction() as tx:
        tx.put(
            row_of(order, digest, now),
            condition=OrderRow.pk.does_not_exist(),
            refusal=AlreadyDone(),
        )
        slots.take(tx, order.slot_id, Moved())
        for source in decision.sources:
            stock.hold(tx, source, Moved())
        hold.hold(tx, order, plan.credit(found, now), Moved(), now, settings)
        plan.take_locker(tx, order)
        plan.check_consent(tx)
    return order


def _written(command: PlaceOrder) -> OrderRow:
    row = reads.get(OrderRow, str(command.id), ORDER)
    if row is None:
        raise Contended("the order was written and is gone")
    return row


def _replay(row: OrderRow, digest: str) -> Order:
    """The answer given before; raises the refusal if it was one."""
    if row.fingerprint != digest:
        raise IdReused
    return order_of(row)


def _refuse(
    command: PlaceOrder, digest: str, resident_id: str, refusal: Refused, now: datetime
) -> Order:
    """
    Record `refusal` under the order's id and raise it. An order that a concurrent resend got
    through in the meantime is answered instead: whoever wrote first is right.
    """
    row = OrderRow(
        str(command.id),
        ORDER,
        state="refused",
        fingerprint=digest,
        resident_id=resident_id,
        community_id=command.community_id,
        changed_at=rfc3339(now),
        refusal=refusal_text(refusal),
    )
    try:
        with transaction() as tx:
            tx.put(row, condition=OrderRow.pk.does_not_exist(), refusal=AlreadyDone())
    except AlreadyDone:
        return _replay(_written(command), digest)
    raise refusal
