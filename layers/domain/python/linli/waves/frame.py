"""The first task of planning anew: what the change concerns, as a problem to solve."""

from collections.abc import Set
from dataclasses import replace
from datetime import datetime
from typing import Any

from linli import boxes, catalogue, fleet, orders
from linli.fleet import Courier
from linli.kernel import reads
from linli.kernel.errors import NotFound
from linli.kernel.time import parse_instant, rfc3339
from linli.kernel.transact import transaction
from linli.orders import Order
from linli.routing.codec import problem_to_json
from linli.slots import Slot
from linli.waves.affected import Scene
from linli.waves.changes import Replan, ReplanStep
from linli.waves.conditions import USUAL, Conditions
from linli.waves.express import slot_of_wave
from linli.waves.framing import Frame, frame
from linli.waves.lifts import as_lifts_stand
from linli.waves.replan import replan_row, settle
from linli.waves.rides import Ride, legs_of, ride_of
from linli.waves.rows import (
    ROUTE,
    PointerRow,
    RouteRow,
    framed_key,
    open_key,
    route_key,
)
from linli.waves.rules import horizon_of, search_seconds
from linli.waves.steps import keep_body
from linli.waves.taking_over import took_of
from linli.waves.unload import unload_of

OPEN_STATES = ("offered", "taken")
MOST_SECONDS = 8
"""A change is answered soon rather than best."""


def frame_replan(step: ReplanStep, now: datetime, conditions: Conditions = USUAL) -> dict[str, Any]:
    """
    Keep the problem that the change poses to the wave's open routes.

    Returns:
        `state` is `framed` with the problem's key, or `done` if there is nothing (more) to plan.

    Raises:
        NotFound: There is no such request, or an order that it names does not exist.
    """
    row = replan_row(step.wave_id, step.replan_id)
    told = {"wave_id": step.wave_id, "replan_id": step.replan_id, "round": step.round}
    if row.state != "requested":
        return told | {"state": "done"}
    change = Replan.model_validate_json(row.change)
    scene = scene_of(step.wave_id, change, now, conditions)
    framed = frame(change, scene)
    if framed is None:
        with transaction() as tx:
            settle(tx, step, "unchanged", now, reason="it concerns no open route")
        return told | {"state": "done"}
    key = framed_key(step.replan_id, step.round)
    keep_body(step.wave_id, key, _body(framed))
    seconds = min(MOST_SECONDS, search_seconds(len(framed.problem.stops)))
    return told | {"state": "framed", "problem_key": key, "seconds": seconds}


def _body(framed: Frame) -> dict[str, Any]:
    return {
        "base_at": rfc3339(framed.base_at),
        "problem": problem_to_json(framed.problem),
        "versions": {ride.route_id: ride.version for ride in framed.affected.hit}
        | {ride.route_id: ride.version for ride in framed.affected.helpers},
        "stopped": [ride.route_id for ride in framed.affected.stopped],
        "hit": [ride.route_id for ride in framed.affected.hit],
        "meetings": {each: [at.lon, at.lat] for each, at in framed.meetings.items()},
    }


def scene_of(wave_id: str, change: Replan, now: datetime, conditions: Conditions = USUAL) -> Scene:
    """
    The wave's open routes, their orders and those that the change names, and who is idle.

    Raises:
        NotFound: An order that it names does not exist, or is of another community.
    """
    community_id = wave_id.split(".")[0]
    rows = open_routes(community_id)
    mine = [row for row in rows if row.wave_id == wave_id]
    legs = {_id(row): legs_of(row.visits) for row in mine}
    named = {str(each) for each in change.order_ids}
    on_routes = {
        n for each in legs.values() for leg in each if leg.of_orders for n in leg.order_ids
    }
    found = as_lifts_stand(orders.read_all(sorted(on_routes | named)), community_id, now)
    if any(order.community_id != community_id for order in found.values()):
        raise NotFound
    known = {each.courier_id: each for each in fleet.couriers(community_id)}
    rides = [_ride(row, legs[_id(row)], known, found) for row in mine]
    busy = {row.courier_id or row.planned_for for row in rows}
    slot = slot_of_wave(wave_id, now)
    errands = [leg for ride in rides if ride is not None for leg in ride.errands]
    places = {leg.place_id for leg in errands if leg.kind == "return"}
    places |= {n for order in found.values() for n in order.store_ids}
    asked = boxes.empties_for(community_id, wave_id) if errands else ()
    skus = {line.sku for order in found.values() for line in order.lines}
    return Scene(
        slot=slot,
        rides=tuple(ride for ride in rides if ride is not None),
        orders=found,
        stores=catalogue.stores_by_id(places),
        idle=_idle(slot, busy, now, conditions),
        now=now,
        products=catalogue.products_by_id(skus),
        empties={each.request_id: each.point for each in asked},
        conditions=conditions,
    )


def _idle(slot: Slot, busy: Set[str], now: datetime, conditions: Conditions) -> tuple[Courier, ...]:
    """Who may ride, has no open route, and is free before nothing can be handed over any more."""
    until, riding = horizon_of(slot, now), fleet.available(slot.community_id, slot.starts_at)
    free = (each for each in riding if each.courier_id not in busy)
    return tuple(each for each in free if conditions.spares(each, until))


def open_routes(community_id: str) -> list[RouteRow]:
    """The routes of a community that are offered or ridden."""
    ids = [row.sk for row in reads.query(PointerRow, open_key(community_id))]
    found = reads.batch((RouteRow, route_key(each), ROUTE) for each in ids)
    rows = (found.get(RouteRow, route_key(each), ROUTE) for each in ids)
    return [row for row in rows if row is not None and row.state in OPEN_STATES]


def _id(row: RouteRow) -> str:
    return str(row.pk).removeprefix("ROUTE#")


def _ride(
    row: RouteRow, legs: Any, known: dict[str, Courier], found: dict[str, Order]
) -> Ride | None:
    """The route as it is now; one whose courier nobody knows any more is left as it is."""
    rider = known.get(row.courier_id or row.planned_for)
    if rider is None:
        return None
    ride = ride_of(
        _id(row), int(row.version or 1), row.state, rider, legs, found, took=took_of(row)
    )
    return replace(ride, unload=unload_of(row), depart_at=parse_instant(row.depart_at))
