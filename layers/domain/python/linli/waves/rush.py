"""
Emergencies (D5): an emergency order gets onto a courier's list within minutes, before all others.

It does not wait for its slot's cut-off: it is frozen into its slot's wave at once and joins the
routes that are being ridden, as a change of the wave whose courier is nearest (`emergency`, the
highest priority). When nobody rides, it becomes a route of the community's express wave of that
day, for idle couriers. The schedule looks each minute; a dispatcher may ask at once.
"""

from datetime import datetime
from uuid import UUID

from linli import orders
from linli.kernel import reads
from linli.kernel.errors import AlreadyDone, Conflict
from linli.kernel.identity import Caller, Role
from linli.kernel.machines import Machine
from linli.kernel.time import ZONE, rfc3339
from linli.kernel.transact import transaction
from linli.orders import Order
from linli.waves.changes import Replan, ReplanView
from linli.waves.express import EXPRESS
from linli.waves.frame import OPEN_STATES, open_routes
from linli.waves.replan import replan_if_any, request_replan
from linli.waves.rides import legs_of
from linli.waves.rows import WAVE, RouteRow, WaveRow, wave_key

TRIES = 8
BY = "system:waves"


class NoEmergency(Conflict):
    """Only an order that was placed as an emergency outranks the others."""

    code = "not_an_emergency"
    title_en = "This order is not an emergency"
    title_zh = "该订单不是应急订单"


def rush_due(machine: Machine, now: datetime) -> list[str]:
    """
    Ask for every emergency order that nobody brings yet.

    Returns:
        The orders that were looked at.

    Raises:
        ExceptionGroup: What went wrong with some, after the others were seen to.
    """
    faults: list[Exception] = []
    waiting = orders.emergencies(now)
    for order_id in waiting:
        try:
            rush(order_id, machine, now)
        except Exception as fault:  # One emergency's trouble must not keep the others waiting.
            faults.append(fault)
    if faults:
        raise ExceptionGroup("some emergencies could not be seen to", faults)
    return waiting


def rush_for(order_id: str, caller: Caller, machine: Machine, now: datetime) -> ReplanView | None:
    """
    As `rush`, for a dispatcher of the order's community.

    Raises:
        NotFound: There is no such order of the caller's.
        NoEmergency: It is none.
    """
    caller.require(orders.read(order_id).community_id, Role.DISPATCHER)
    return rush(order_id, machine, now)


def rush(order_id: str, machine: Machine, now: datetime) -> ReplanView | None:
    """
    Let the order join the routes under way; None if it is on one already, or has ended. Asked
    again while it is being planned, or after that failed, it is one request after the other.

    Raises:
        NotFound: There is no such order.
        NoEmergency: It is none.
        OutOfOrder, NotPaid: It cannot be brought (yet).
    """
    order = orders.read(order_id)
    if not order.emergency:
        raise NoEmergency
    if order.route_id is not None or order.state in orders.ENDED:
        return None
    if order.state == "placed":
        order = orders.freeze(order_id, order.slot_id, now)
    wave_id = _nearest_wave(order) or _express(order.community_id, now)
    for n in range(TRIES):
        change = _change(order, n)
        before = replan_if_any(wave_id, str(change.id))
        if before is None or before.state == "requested":
            return request_replan(wave_id, change, by=BY, machine=machine, now=now)
    return None  # A person has to see to it: it is on the list of stranded orders.


def _change(order: Order, n: int) -> Replan:
    """The order's `n`th request; its id follows from the order's, so that repeating is harmless."""
    return Replan(
        id=UUID(int=UUID(order.order_id).int ^ n),
        kind="emergency",
        order_ids=(UUID(order.order_id),),
        reason="emergency",
    )


def _nearest_wave(order: Order) -> str | None:
    """The wave of the open route that is nearest: one that is ridden before one that is not."""
    rows = [row for row in open_routes(order.community_id) if row.state in OPEN_STATES]
    if not rows:
        return None
    last = {row.pk: _next_order(row) for row in rows}
    found = orders.read_all(order_id for order_id in last.values() if order_id)
    door = order.deliver_to.point

    def away(row: RouteRow) -> tuple[bool, int, str]:
        next_id = last[row.pk]
        here = found[next_id].deliver_to.point if next_id else None
        return row.state != "taken", here.metres_to(door) if here else 10**9, row.pk

    return str(min(rows, key=away).wave_id)


def _next_order(row: RouteRow) -> str | None:
    doors = [leg.place_id for leg in legs_of(row.visits) if leg.kind == "deliver"]
    return doors[0] if doors else None


def _express(community_id: str, now: datetime) -> str:
    """The community's express wave of the day, made when it is first needed."""
    day = now.astimezone(ZONE)
    wave_id = f"{community_id}.{EXPRESS}.{day:%Y%m%d}T0000"
    row = WaveRow(
        wave_key(wave_id),
        WAVE,
        community_id=community_id,
        state="published",
        attempt=1,
        started_at=rfc3339(now),
        changed_at=rfc3339(now),
        orders=0,
        clusters=0,
        routes=0,
    )
    if reads.get(WaveRow, row.pk, WAVE) is None:
        try:
            with transaction() as tx:
                tx.put(row, condition=WaveRow.pk.does_not_exist(), refusal=AlreadyDone())
        except AlreadyDone:  # Another emergency made it at this moment.
            return wave_id
    return wave_id
