"""
What its own cluster had no room for is offered once to the couriers of all clusters.

Whoever has a route starts from its last door when it is done, with what is left of their day; the
others start as usual. What comes of it is one more plan of the wave, behind those of its clusters.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from linli import catalogue, fleet, orders, slots
from linli.fleet import Courier
from linli.fleet.model import Start
from linli.kernel.geography import Point
from linli.kernel.time import rfc3339
from linli.orders import Order
from linli.routing.codec import plan_to_json, problem_to_json
from linli.routing.drops import planned_whole
from linli.routing.insertion import insertion
from linli.routing.model import Problem, Vehicle, Window
from linli.routing.plan import Plan, Reason
from linli.routing.solve import PlanRejected
from linli.routing.unloading import order_of
from linli.routing.verify import verify
from linli.waves.conditions import USUAL, Conditions
from linli.waves.doorsteps import goods_for
from linli.waves.empties import is_empties
from linli.waves.lifts import as_lifts_stand
from linli.waves.model import Step
from linli.waves.plans import PlannedCluster, planned_cluster, waits
from linli.waves.rows import CLUSTERS, plan_key, problem_key
from linli.waves.rules import horizon_of, problem_of
from linli.waves.steps import keep_body, present, read_body

FOR_GOOD = frozenset({Reason.NOT_WORTH, Reason.COURIER_STOPPED})
"""Reasons that another cluster's couriers do not change."""


@dataclass(frozen=True, slots=True)
class Freed:
    """Where and when a courier has done the route that was planned for them, and for how long."""

    at: Point
    since: datetime
    worked_seconds: int


def bring_leftovers(step: Step, now: datetime, conditions: Conditions = USUAL) -> dict[str, Any]:
    """
    Keep one more plan, of what the clusters left out, if there are several; again changes nothing.

    Raises:
        PlanRejected: Its plan does not hold: a defect of ours; the clusters' plans stand.
        Superseded, NotFound: See `steps.present`.
    """
    present(step)
    parts = (read_body(step.wave_id, CLUSTERS) or {}).get("parts", [])
    told = {**step.model_dump(), "left_over": 0, "brought": 0}
    if len(parts) < 2 or read_body(step.wave_id, plan_key(len(parts))) is not None:
        return told
    planned = [planned_cluster(step.wave_id, n) for n in range(len(parts))]
    found = orders.read_all(leftovers(planned))
    left = [order for order in found.values() if waits(order)]
    if not left:
        return told
    unload = {n: grams for part in parts for n, grams in part.get("unload", {}).items()}
    problem, base_at = _problem(step, left, planned, unload, now, conditions)
    plan = planned_whole(problem, insertion)
    violations = verify(problem, plan)
    if violations:
        raise PlanRejected(violations)
    _keep(step, len(parts), problem, plan, base_at)
    return told | {"left_over": len(left), "brought": len(left) - len(plan.unserved)}


def leftovers(planned: Sequence[PlannedCluster]) -> list[str]:
    """The orders that their clusters left out, for a reason that others may not have."""
    return list(
        dict.fromkeys(
            order_of(each.stop_id)
            for _, _, plan in planned
            for each in plan.unserved
            if each.reason not in FOR_GOOD and not is_empties(each.stop_id)
        )
    )


def _problem(
    step: Step,
    left: Sequence[Order],
    planned: Sequence[PlannedCluster],
    unload: Mapping[str, int],
    now: datetime,
    conditions: Conditions,
) -> tuple[Problem, datetime]:
    slot, base_at = slots.close(step.wave_id, now), max(each for each, _, _ in planned)
    freed = freed_by(planned)
    seen = as_lifts_stand({each.order_id: each for each in left}, slot.community_id, now)
    stores = catalogue.stores_by_id(n for order in left for n in order.store_ids)
    products = catalogue.products_by_id({line.sku for each in left for line in each.lines})
    riding = fleet.available(slot.community_id, slot.starts_at)
    until = horizon_of(slot, now)
    crew = [_moved(each, freed) for each in riding if conditions.spares(each, until)]
    goods = goods_for(seen.values(), crew, products, hot=conditions.hot, unload=unload)
    problem = problem_of(
        list(seen.values()), list(stores.values()), crew, slot, base_at, (), goods, conditions
    )
    return _for_what_is_left(problem, freed, base_at), base_at


def freed_by(planned: Sequence[PlannedCluster]) -> dict[str, Freed]:
    """The couriers who have a route, and how they stand after it."""
    found: dict[str, Freed] = {}
    for base_at, problem, plan in planned:
        assert problem.geometry is not None, "a wave's problem keeps its points"
        location = {stop.id: stop.location for stop in problem.stops}
        location |= {depot.id: depot.location for depot in problem.depots}
        for route in plan.routes:
            last = next(v for v in reversed(route.visits) if v.place_id)
            at = problem.geometry.points[location[last.place_id]]
            since = base_at + timedelta(seconds=route.finish_seconds)
            found[route.vehicle_id] = Freed(at, since, route.seconds)
    return found


def _moved(courier: Courier, freed: Mapping[str, Freed]) -> Courier:
    after = freed.get(courier.courier_id)
    if after is None:
        return courier
    return courier.model_copy(update={"start": Start(lon=after.at.lon, lat=after.at.lat)})


def _for_what_is_left(problem: Problem, freed: Mapping[str, Freed], base_at: datetime) -> Problem:
    """The problem where who has a route rides on when it is done, if their day is not over."""
    vehicles = [
        _after(vehicle, freed[vehicle.id], base_at) if vehicle.id in freed else vehicle
        for vehicle in problem.vehicles
    ]
    return replace(problem, vehicles=tuple(each for each in vehicles if each is not None))


def _after(vehicle: Vehicle, freed: Freed, base_at: datetime) -> Vehicle | None:
    opens = max(vehicle.shift.open_seconds, round((freed.since - base_at).total_seconds()))
    left = vehicle.max_duration_seconds - freed.worked_seconds
    if opens >= vehicle.shift.close_seconds or left <= 0:
        return None
    return replace(
        vehicle,
        shift=Window(opens, vehicle.shift.close_seconds),
        max_duration_seconds=left,
        worked_seconds=vehicle.worked_seconds + freed.worked_seconds,
        worked_today_seconds=vehicle.worked_today_seconds + freed.worked_seconds,
    )


def _keep(step: Step, number: int, problem: Problem, plan: Plan, base_at: datetime) -> None:
    """The plan last: where it is, its problem is."""
    body = {"base_at": rfc3339(base_at), "problem": problem_to_json(problem)}
    keep_body(step.wave_id, problem_key(step.attempt, number), body)
    own = {"attempt": step.attempt, "plan": plan_to_json(plan)}
    keep_body(step.wave_id, plan_key(number), own)
