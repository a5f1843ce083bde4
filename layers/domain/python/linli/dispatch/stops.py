"""A courier's stops: what comes next, arriving, and how each ended."""

import json
from collections.abc import Mapping
from datetime import datetime

from pydantic import BaseModel

from linli import buildings, orders, waves
from linli.dispatch import calls
from linli.dispatch.actions import Delivered, Failed, Proof, Stored
from linli.dispatch.duty import change_rest, drop, duty_of
from linli.dispatch.earn import earn_stop, settle_pay
from linli.dispatch.held import held_route
from linli.dispatch.needs import rest_of
from linli.dispatch.proofs import check_proof, keep_proof
from linli.dispatch.reserved import release
from linli.dispatch.rest import RestView, halt, look, ride
from linli.dispatch.rows import ARRIVED, BodyRow, order_key
from linli.dispatch.unloadings import learn_of_unloadings
from linli.kernel import reads
from linli.kernel.errors import AlreadyDone
from linli.kernel.identity import Caller
from linli.kernel.time import rfc3339
from linli.kernel.transact import transaction
from linli.waves import RouteOnDesk
from linli.waves.model import DeliveryView, ReportDelivery, StopView


class NextStop(BaseModel):
    """Where the courier goes now, and how they stand; no route: nothing to do."""

    route_id: str | None = None
    version: int | None = None
    stop: StopView | None = None
    arrived_at: str | None = None
    left: int = 0
    rest: RestView
    stopped: str | None = None


def next_stop(caller: Caller, now: datetime) -> NextStop:
    """The first visit that is left of the caller's first route."""
    duty = duty_of(caller.subject)
    rest, stopped = look(rest_of(duty), now), duty.stopped if duty else None
    mine = [r for r in waves.routes_of_courier(caller.subject) if r.state == "taken"]
    if not mine:
        return NextStop(rest=rest, stopped=stopped)
    route = min(mine, key=lambda each: (each.depart_at, each.route_id))
    states = {order_id: orders.read(order_id).state for order_id in route.order_ids}
    visits = calls.manifest(route.route_id, caller, now).visits
    left = [visit for visit in visits if not _is_made(visit, states)]
    if not left:
        return NextStop(route_id=route.route_id, version=route.version, rest=rest, stopped=stopped)
    return NextStop(
        route_id=route.route_id,
        version=route.version,
        stop=left[0],
        arrived_at=_arrived_at(left[0].place_id),
        left=len(left),
        rest=rest,
        stopped=stopped,
    )


def _is_made(visit: StopView, states: Mapping[str, str]) -> bool:
    """As `_made`; the first of an order's two drops is made once its courier has come."""
    if visit.kind != "drop":
        return _made(visit, states)
    return states[visit.place_id] in orders.STOP_DONE or _arrived_at(visit.place_id) is not None


def _made(visit: StopView, states: Mapping[str, str]) -> bool:
    """A door is made when its order has ended, a collection when all of it was handed over."""
    if visit.kind == "deliver":
        return states[visit.place_id] in orders.STOP_DONE
    had = (*orders.STOP_DONE, "handed_over")
    return all(states.get(order_id, "closed") in had for order_id in visit.order_ids)


def _arrived_at(order_id: str) -> str | None:
    row = reads.get(BodyRow, order_key(order_id), ARRIVED)
    return None if row is None else str(json.loads(row.body)["at"])


def arrive(order_id: str, caller: Caller, at: datetime, now: datetime) -> None:
    """
    Note that the courier is at the order's door; the first word counts.

    Raises:
        NotFound: There is no such order on a route of the caller's.
    """
    route = held_route(order_id, caller)
    _keep(order_id, ARRIVED, {"at": rfc3339(at), "by": caller.subject})
    set_off(route, caller.subject, at, now)


def end_stop(
    action: Delivered | Stored | Failed, caller: Caller, at: datetime, now: datetime
) -> DeliveryView:
    """
    Report how the order's stop ended, with its proof.

    Raises:
        NotFound: There is no such order on a route of the caller's.
        UnknownPicture: The proof names a picture that was not given to the caller for the order.
        WrongCode: The proof's code is not the resident's.
        Refused: See `orders.deliver`.
    """
    order_id = str(action.order_id)
    route = held_route(order_id, caller)
    proof = Proof() if isinstance(action, Failed) else action.proof
    check_proof(order_id, proof, caller.subject)
    if proof.code and orders.read(order_id).state not in orders.STOP_DONE:
        orders.check_door_code(order_id, proof.code, now)
    report = ReportDelivery(
        id=action.id,
        order_id=action.order_id,
        outcome=action.kind,
        box_ids=action.box_ids if isinstance(action, Delivered) else (),
        at=action.at,
    )
    told = report_delivery(report, caller, now, at=at)
    kept = proof.model_dump(exclude={"code"}) | {"code_checked": proof.code is not None}
    if isinstance(action, Failed):
        kept = {"reason": action.reason, "note": action.note}
    keep_proof(order_id, {**kept, "at": rfc3339(action.at), "by": caller.subject}, now)
    if told.route_state == "done":
        learn_of_unloadings(route, now)
    assert route.route_id == told.route_id, "an order does not change its route while it ends"
    return told


def report_delivery(
    report: ReportDelivery, caller: Caller, now: datetime, *, at: datetime | None = None
) -> DeliveryView:
    """
    As `waves.report_delivery`; the courier's riding, and the route's end, are noted with it.

    Raises:
        NotFound, Refused: See `waves.report_delivery`.
    """
    told = waves.report_delivery(report, caller, now)
    _count_if_quiet(told, now)
    at = min(at or report.at, now)
    route = waves.route_on_desk(told.route_id)
    set_off(route, caller.subject, at, now)
    earn_stop(route, told.order_id, caller.subject, now)
    if told.route_state == "done":
        finish(route, at, now)
    return told


def _count_if_quiet(told: DeliveryView, now: datetime) -> None:
    """A quiet order that was left at its door tells something of its building."""
    if told.order_state != "delivered":
        return
    order = orders.read(told.order_id)
    if order.quiet:
        building = order.deliver_to.building
        buildings.count_quiet_delivery(order.community_id, building, order.order_id, now)


def set_off(route: RouteOnDesk, courier_id: str, at: datetime, now: datetime) -> None:
    """The courier rides: since the route's departure if this is the first that is heard of it."""
    since = min(max(route.depart_at, min(at, now)), min(at, now))
    change_rest(courier_id, lambda rest: ride(rest, since))


def finish(route: RouteOnDesk, at: datetime, now: datetime) -> None:
    """
    The route is done: pay who rode it, let them, their lines and their reserve vehicle go; again
    is safe.
    """
    settle_pay(route, now)
    calls.release(route, now)
    if route.courier_id is None:
        return  # Taken back from who ended it.
    release(route.community_id, route.route_id)
    drop(route.courier_id, route.route_id)
    change_rest(route.courier_id, lambda rest: halt(rest, at))


def _keep(order_id: str, sort: str, content: dict[str, object]) -> None:
    """Keep what was told first."""
    row = BodyRow(order_key(order_id), sort, body=json.dumps(content, ensure_ascii=False))
    try:
        with transaction() as tx:
            tx.put(row, condition=BodyRow.pk.does_not_exist(), refusal=AlreadyDone())
    except AlreadyDone:
        return  # Told before.
