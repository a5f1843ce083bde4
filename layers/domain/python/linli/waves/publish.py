"""The last task: manifests. Routes get their ids from the kept plans, so repeating is harmless."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from linli import orders
from linli.kernel import reads
from linli.kernel.errors import AlreadyDone
from linli.kernel.time import rfc3339
from linli.kernel.transact import Transaction, transaction
from linli.routing.plan import Plan
from linli.routing.unloading import order_of
from linli.waves.empties import EMPTIES, is_empties, release, request_id_of
from linli.waves.lists import UnservedList, UnservedView
from linli.waves.model import Step, Superseded
from linli.waves.plans import PlannedCluster, planned_clusters
from linli.waves.rows import (
    CLUSTERS,
    ROUTE,
    UNFINISHED,
    UNOFFERED,
    WAVE,
    PointerRow,
    RouteRow,
    WaveRow,
    open_key,
    route_key,
    wave_key,
)
from linli.waves.rules import Planned, routes_of, without
from linli.waves.steps import present, read_body, write_all
from linli.waves.stranded import strand


def publish(step: Step, now: datetime) -> dict[str, Any]:
    """
    Make the kept plans' routes, mark their orders routed, offer the routes, close the wave's run.

    An order that has ended since it was planned is left out of its route.

    Raises:
        NotFound: A cluster has no plan, or there is no such wave.
        PlanRejected: A kept plan does not hold: a defect of ours.
        Contended: Orders or routes were busy; again is safe.
        Superseded: See `steps.present`.
    """
    wave = present(step)
    if wave.state == "published":
        return {"wave_id": step.wave_id, "routes": int(wave.routes or 0)}
    planned = planned_clusters(step.wave_id, int(wave.clusters or 0))
    routes = routes_of(step.wave_id, planned)
    _offer(wave, _unloaded(step.wave_id, routes), now)
    unserved = _unserved(step.wave_id, planned)
    strand(step.wave_id, unserved, now)
    _close(step, [plan for _, _, plan in planned], routes, unserved, now)
    return {"wave_id": step.wave_id, "routes": len(routes)}


def _unloaded(wave_id: str, routes: Sequence[Planned]) -> list[Planned]:
    """The routes with the mass from which an item is a drop of its own, as it was planned."""
    parts = (read_body(wave_id, CLUSTERS) or {}).get("parts", [])
    grams = {order_id: n for part in parts for order_id, n in part.get("unload", {}).items()}
    return [
        replace(route, unload={n: grams[n] for n in route.order_ids if n in grams})
        for route in routes
    ]


def _offer(wave: WaveRow, routes: Sequence[Planned], now: datetime) -> None:
    """Keep the routes as drafts, mark their orders, and only then let couriers see them."""
    kept = _kept(routes)
    write_all([route for route in routes if route.route_id not in kept], 1, partial(_draft, wave))
    shown = {route_id for route_id, row in kept.items() if row.state != "draft"}
    hidden = [route for route in routes if route.route_id not in shown]
    ended = _mark(hidden, now)
    write_all([without(route, ended) for route in hidden], 2, partial(_show, wave))


def _kept(routes: Sequence[Planned]) -> dict[str, RouteRow]:
    """The routes that are there already, by a repeated call of this task."""
    ids = [route.route_id for route in routes]
    found = reads.batch((RouteRow, route_key(each), ROUTE) for each in ids)
    rows = {each: found.get(RouteRow, route_key(each), ROUTE) for each in ids}
    return {each: row for each, row in rows.items() if row is not None}


def _mark(routes: Sequence[Planned], now: datetime) -> set[str]:
    """Mark the orders of `routes`; answers those that have ended meanwhile."""
    mine = {order_id: route.route_id for route in routes for order_id in route.order_ids}
    refused = orders.mark_all_routed(mine, now)
    for refusal in refused.values():
        if not isinstance(refusal, orders.OutOfOrder):
            raise refusal
    return set(refused)


def _draft(wave: WaveRow, tx: Transaction, route: Planned) -> None:
    tx.put(_row(wave, route), condition=RouteRow.pk.does_not_exist(), refusal=AlreadyDone())


def _show(wave: WaveRow, tx: Transaction, route: Planned) -> None:
    """Offer a route; one of which no visit is left is done."""
    stops = _stops(route)
    tx.update(
        RouteRow(route_key(route.route_id), ROUTE),
        [
            RouteRow.state.set("offered" if stops else "done"),
            RouteRow.visits.set(route.visits),
            RouteRow.stops.set(stops),
        ],
        condition=RouteRow.state == "draft",
        refusal=AlreadyDone(),
    )
    if stops:
        tx.put(PointerRow(open_key(wave.community_id), route.route_id))


def _stops(route: Planned) -> int:
    """The doors of a route: orders' and empties'."""
    return sum(kind in ("deliver", EMPTIES) for kind, *_ in json.loads(route.visits))


def _row(wave: WaveRow, route: Planned) -> RouteRow:
    return RouteRow(
        route_key(route.route_id),
        ROUTE,
        wave_id=wave.pk.removeprefix("WAVE#"),
        community_id=wave.community_id,
        state="draft",
        planned_for=route.planned_for,
        visits=route.visits,
        stops=len(route.order_ids),
        metres=route.metres,
        seconds=route.seconds,
        area=route.area.model_dump_json(),
        depart_at=rfc3339(route.depart_at),
        finish_at=rfc3339(route.finish_at),
        unload=json.dumps(route.unload) if route.unload else None,
    )


def _unserved(wave_id: str, planned: Sequence[PlannedCluster]) -> list[UnservedView]:
    """
    The orders that no route brings, and why; empties left out wait for another wave. What came of
    what a cluster left over counts, not that it did.
    """
    left_out = [each for _, _, plan in planned for each in plan.unserved]
    release([request_id_of(each.stop_id) for each in left_out if is_empties(each.stop_id)])
    held_back: dict[str, str] = (read_body(wave_id, CLUSTERS) or {}).get("held_back", {})
    reasons = {
        order_of(each.stop_id): str(each.reason)
        for each in left_out
        if not is_empties(each.stop_id)
    }
    for _, _, plan in planned:
        for route in plan.routes:
            for stop_id in route.stop_ids:
                reasons.pop(order_of(stop_id), None)
    reasons |= held_back
    return [UnservedView(order_id=each, reason=why) for each, why in reasons.items()]


def _close(
    step: Step,
    plans: list[Plan],
    routes: list[Planned],
    unserved: list[UnservedView],
    now: datetime,
) -> None:
    first = plans[0] if plans else None
    with transaction() as tx:
        tx.update(
            WaveRow(wave_key(step.wave_id), WAVE),
            [
                WaveRow.state.set("published"),
                WaveRow.changed_at.set(rfc3339(now)),
                WaveRow.metres.set(sum(route.metres for route in routes)),
                WaveRow.routes.set(len(routes)),
                WaveRow.routed_orders.set(sum(len(route.order_ids) for route in routes)),
                WaveRow.unserved.set(UnservedList.dump_json(unserved).decode()),
                WaveRow.solver.set(first.solver if first else ""),
                WaveRow.fallback_from.set(first.fallback_from if first else ""),
            ],
            condition=WaveRow.attempt == step.attempt,
            refusal=Superseded(),
        )
        tx.delete(PointerRow(UNFINISHED, step.wave_id))
        tx.put(PointerRow(UNOFFERED, step.wave_id))
