"""The last task of planning anew: the routes that changed are swapped in one write, or none is."""

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from linli import orders
from linli.kernel.errors import AlreadyDone, NotFound
from linli.kernel.time import rfc3339
from linli.kernel.transact import Transaction, transaction
from linli.routing.codec import problem_from_json
from linli.routing.plan import Plan
from linli.waves.affected import Scene
from linli.waves.changes import Replan, ReplanStep, RoutesMoved
from linli.waves.check import sound_plan
from linli.waves.empties import EMPTIES
from linli.waves.frame import scene_of
from linli.waves.renewal import NewRoute, Renewal, renewal_of
from linli.waves.replan import pending_of, replan_row, rest, settle
from linli.waves.rides import DELIVER, Leg, Ride, visits_text, with_drops
from linli.waves.rows import (
    ROUTE,
    WAVE,
    PointerRow,
    RouteRow,
    WaveRow,
    framed_key,
    open_key,
    route_key,
    wave_key,
)
from linli.waves.rules import area_around
from linli.waves.start import wave_row
from linli.waves.steps import read_body

MOST_TURNED = 36
"""So many orders change courier in the routes' own write; more follow right after it."""


Retime = Callable[[str], None]
"""Told of each route whose times have changed, once they are in force; again changes nothing."""


def swap_routes(
    step: ReplanStep, now: datetime, retime: Retime = lambda route_id: None
) -> dict[str, Any]:
    """
    Check the plan (or make one by insertion) and put it in force; whoever holds a route that
    changed is known by `retime` to ride until its new end.

    Raises:
        RoutesMoved: A route, or an order that is to change courier, is not as it was framed:
            frame it anew.
        PlanRejected: Not even the spare plan holds: a defect of ours.
        NotFound: There is no such request, or it was never framed.
        Contended: Others were writing the same orders; again is safe.
    """
    row = replan_row(step.wave_id, step.replan_id)
    if row.state == "requested":
        _swap(step, Replan.model_validate_json(row.change), now)
        row = replan_row(step.wave_id, step.replan_id)
    _turn_rest(step, pending_of(row), now)
    for route_id in json.loads(row.told or "{}").get("routes", []):
        retime(route_id)
    return {"replan_id": step.replan_id, "state": row.state}


def _swap(step: ReplanStep, change: Replan, now: datetime) -> None:
    kept = read_body(step.wave_id, framed_key(step.replan_id, step.round))
    wave = wave_row(step.wave_id)
    if kept is None or wave is None:
        raise NotFound
    problem = problem_from_json(kept["problem"])
    plan = sound_plan(problem, step.plan, step.error)
    scene = scene_of(step.wave_id, change, now)
    new = renewal_of(kept, problem, plan, scene, int(wave.routes or 0))
    try:
        _commit(step, plan, new, scene, now)
    except AlreadyDone:  # A repeated call of this task was faster.
        return
    except orders.OutOfOrder as late:  # An order has ended since it was looked at.
        raise RoutesMoved(str(late)) from late


def _commit(step: ReplanStep, plan: Plan, new: Renewal, scene: Scene, now: datetime) -> None:
    """Write all of it, or nothing; orders beyond `MOST_TURNED` are noted as pending."""
    told = {
        "routes": [route.route_id for route in new.routes],
        "moved_orders": [order.order_id for order, _ in new.moved],
        "unserved": [{"order_id": n.stop_id, "reason": str(n.reason)} for n in plan.unserved],
    }
    later = {order.order_id: route_id for order, route_id in new.moved[MOST_TURNED:]}
    state = "applied" if new.routes else "unchanged"
    with transaction() as tx:
        settle(tx, step, state, now, told=told, pending=later)
        for route in new.routes:
            if route.ride is None:
                _put_new(tx, route, scene)
            else:
                _renew(tx, route, route.ride, scene, now)
        _count(tx, step.wave_id, [r for r in new.routes if r.ride is None])
        for order, route_id in new.moved[:MOST_TURNED]:
            orders.change_route(tx, order, route_id, now)


def _turn_rest(step: ReplanStep, pending: dict[str, str], now: datetime) -> None:
    """Note their new routes with the orders that the swap itself had no room for."""
    if not pending:
        return
    refused = orders.change_routes(pending, now)
    for refusal in refused.values():
        if not isinstance(refusal, orders.OutOfOrder):  # Those have ended by now.
            raise refusal
    rest(step, now)


def _renew(tx: Transaction, route: NewRoute, ride: Ride, scene: Scene, now: datetime) -> None:
    legs = with_drops(route.all_legs, scene.orders, scene.unload)
    over = route.is_over
    ends = [RouteRow.state.set("done"), RouteRow.done_at.set(rfc3339(now))] if over else []
    tx.update(
        RouteRow(route_key(route.route_id), ROUTE),
        [
            RouteRow.visits.set(visits_text(legs)),
            RouteRow.stops.set(sum(leg.kind in (DELIVER, EMPTIES) for leg in legs)),
            *_unload(legs, scene),
            RouteRow.metres.set(route.metres),
            RouteRow.finish_at.set(rfc3339(route.finish_at)),
            *_seconds(route, ride),
            RouteRow.version.set(ride.version + 1),
            *ends,
        ],
        condition=_as_seen(ride),
        refusal=RoutesMoved(),
    )
    if over:
        tx.delete(PointerRow(open_key(route.route_id.split(".")[0]), route.route_id))


def _seconds(route: NewRoute, ride: Ride) -> list[Action]:
    """How long the route takes in all."""
    if ride.depart_at is None or route.is_over:
        return []
    return [RouteRow.seconds.set(max(0, int((route.finish_at - ride.depart_at).total_seconds())))]


def _unload(legs: Sequence[Leg], scene: Scene) -> list[Action]:
    """What the route's row says of its drops, if they have changed."""
    known = {leg.place_id: scene.unload[leg.place_id] for leg in legs
             if leg.kind == DELIVER and leg.place_id in scene.unload}  # fmt: skip
    return [RouteRow.unload.set(json.dumps(known))] if known else []


def _as_seen(ride: Ride) -> Condition:
    version = RouteRow.version == ride.version
    if ride.version == 1:
        version = version | RouteRow.version.does_not_exist()
    same: Condition = version & (RouteRow.state == ride.state)
    return same


def _put_new(tx: Transaction, route: NewRoute, scene: Scene) -> None:
    doors = [scene.orders[each].deliver_to.point for each in route.order_ids]
    first, last = route.legs[0].arrive_at, route.finish_at
    row = RouteRow(
        route_key(route.route_id),
        ROUTE,
        wave_id=scene.slot.slot_id,
        community_id=scene.slot.community_id,
        state="offered",
        planned_for=route.planned_for,
        visits=visits_text(with_drops(route.legs, scene.orders, scene.unload)),
        stops=len(route.order_ids),
        metres=route.metres,
        seconds=int((last - first).total_seconds()),
        area=area_around(doors).model_dump_json(),
        depart_at=rfc3339(first),
        finish_at=rfc3339(last),
        version=1,
        unload=json.dumps({n: scene.unload[n] for n in route.order_ids if n in scene.unload}),
    )
    tx.put(row, condition=RouteRow.pk.does_not_exist(), refusal=RoutesMoved())
    tx.put(PointerRow(open_key(scene.slot.community_id), route.route_id))


def _count(tx: Transaction, wave_id: str, new: Sequence[NewRoute]) -> None:
    """The wave knows how many routes it has; new ones are numbered on."""
    numbers = [int(route.route_id.rpartition(".")[2]) for route in new]
    if numbers:
        tx.update(
            WaveRow(wave_key(wave_id), WAVE),
            [WaveRow.routes.set(max(numbers))],
            condition=WaveRow.routes == min(numbers) - 1,
            refusal=RoutesMoved(),
        )
