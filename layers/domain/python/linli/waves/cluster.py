"""The third task: the wave's routing problems, one for each cluster, and the stores' pick lists."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from pynamodb.expressions.update import Action

from linli import boxes, buildings, catalogue, fleet, orders, slots
from linli.fleet import Courier
from linli.kernel.time import rfc3339
from linli.orders import Order
from linli.routing.baseline import first_come_nearest_next
from linli.routing.codec import problem_to_json
from linli.routing.model import Problem
from linli.routing.wholes import whole_problem, wholes_of
from linli.slots import Slot
from linli.waves.clusters import clusters_of
from linli.waves.conditions import USUAL, Conditions
from linli.waves.doorsteps import Goods, goods_for
from linli.waves.empties import attach, nearest_cluster
from linli.waves.lifts import as_lifts_stand
from linli.waves.model import Step, WaveTooLarge
from linli.waves.picks import keep_picks
from linli.waves.plans import waits
from linli.waves.rows import CLUSTERS, ORDERS, WaveRow, plan_key, problem_key
from linli.waves.rules import base_of, horizon_of, problem_of, search_seconds
from linli.waves.steps import advance, keep_body, present, read_body
from linli.waves.unload import drops_of, threshold_of

MOST_PROBLEM_BYTES = 200_000
"""A cluster's problem travels through the state machine, whose payloads end at 256 KiB."""


def cluster(step: Step, now: datetime, conditions: Conditions = USUAL) -> dict[str, Any]:
    """
    Keep the problem of each cluster of the wave, and what each store is to pick.

    Which orders and couriers a cluster has is kept by the first run, and a cluster that has a
    plan is not planned anew: a later run publishes what an earlier one may have begun to publish.

    Returns:
        The clusters to plan, each as the input of its tasks; none when there is nothing to bring.

    Raises:
        WaveTooLarge: A problem would not pass through the state machine.
        Superseded, NotFound: See `steps.present`.
    """
    wave = present(step)
    kept = read_body(step.wave_id, CLUSTERS)
    wanted: Mapping[str, Order] = {}
    if kept is None:
        wanted = orders.read_all(read_body(step.wave_id, ORDERS))
        keep_picks(step.wave_id, [each for each in wanted.values() if waits(each)])
        kept = keep_body(step.wave_id, CLUSTERS, _members(step, wanted, now, conditions))
    parts = kept["parts"]
    unplanned = [n for n in range(len(parts)) if read_body(step.wave_id, plan_key(n)) is None]
    mine = {n: parts[n] for n in unplanned}
    sizes, known = _keep_problems(step, mine, wanted, now, conditions)
    if wave.clusters is None or unplanned:
        first = known if len(unplanned) == len(parts) else []
        advance(step, "allocated", now, [WaveRow.clusters.set(len(parts)), *first])
    items = [
        {
            **step.model_dump(),
            "cluster": n,
            "problem_key": problem_key(step.attempt, n),
            "seconds": search_seconds(stops, len(sizes)),
        }
        for n, stops in sizes.items()
    ]
    return {**step.model_dump(), "clusters": items, "parts": len(parts)}


def _members(
    step: Step, wanted: Mapping[str, Order], now: datetime, conditions: Conditions
) -> dict[str, Any]:
    """
    The clusters by the ids of their orders, couriers and empties, from which mass an item of an
    order is a drop of its own, and the orders that are held back with the reason.
    """
    slot = slots.close(step.wave_id, now)
    waiting = [each for each in wanted.values() if waits(each)]
    loud = too_loud(waiting)
    riders = _riders(slot, now, conditions)
    found = clusters_of([each for each in waiting if each.order_id not in loud], riders)
    empties: list[list[str]] = [[] for _ in found]
    asked = boxes.empties_for(slot.community_id, slot.slot_id) if found else ()
    mine = set(attach(step.wave_id, asked))
    for request in asked:
        if request.request_id in mine:
            near = nearest_cluster(request, [part.centre for part in found])
            empties[near].append(request.request_id)
    learnt = threshold_of(slot.community_id) if found else 0
    parts = [
        {
            "orders": [order.order_id for order in part.orders],
            "couriers": [courier.courier_id for courier in part.couriers],
            "empties": some,
            "unload": drops_of(step.wave_id, part.orders, learnt),
        }
        for part, some in zip(found, empties, strict=True)
    ]
    return {"parts": parts, "held_back": dict.fromkeys(sorted(loud), "not_quiet_here")}


def _riders(slot: Slot, now: datetime, conditions: Conditions) -> list[Courier]:
    """The couriers who may ride that day, but for those busy until nothing is to be brought."""
    until = horizon_of(slot, now)
    riding = fleet.available(slot.community_id, slot.starts_at)
    return [each for each in riding if conditions.spares(each, until)]


def too_loud(wanted: Sequence[Order]) -> set[str]:
    """The quiet orders to buildings that do not bear deliveries at night (any more)."""
    quiet = [order for order in wanted if order.quiet]
    doors = {(order.community_id, order.deliver_to.building) for order in quiet}
    allowed = {door for door in doors if buildings.quiet_allowed(*door)}
    return {o.order_id for o in quiet if (o.community_id, o.deliver_to.building) not in allowed}


def _keep_problems(
    step: Step,
    parts: Mapping[int, Mapping[str, Any]],
    wanted: Mapping[str, Order],
    now: datetime,
    conditions: Conditions,
) -> tuple[dict[int, int], list[Action]]:
    """
    Keep the problem of each of `parts`; answers their numbers of stops, and what the wave itself
    has to know of them together.
    """
    if not parts:
        return {}, []
    slot = slots.close(step.wave_id, now)
    base_at = base_of(slot, now)
    ids = [order_id for part in parts.values() for order_id in part["orders"]]
    mine = {n: wanted[n] for n in ids} if set(ids) <= set(wanted) else orders.read_all(ids)
    mine = as_lifts_stand(mine, slot.community_id, now)
    stores = list(catalogue.stores_by_id(s for o in mine.values() for s in o.store_ids).values())
    products = catalogue.products_by_id({n.sku for each in mine.values() for n in each.lines})
    riders = {each.courier_id: each for each in _riders(slot, now, conditions)}
    asked = {e.request_id: e for e in boxes.empties_for(slot.community_id, slot.slot_id)}
    sizes, metres, unserved = {}, 0, 0
    for n, part in parts.items():
        crew = [riders[each] for each in part["couriers"] if each in riders]
        some = [mine[each] for each in part["orders"] if waits(mine[each])]
        some_empties = [asked[each] for each in part["empties"] if each in asked]
        goods = goods_for(some, crew, products, hot=conditions.hot, unload=part.get("unload"))
        pose = partial(
            problem_of, some, stores, crew, slot, base_at, some_empties, conditions=conditions
        )
        problem = _keep_problem(step, n, base_at, pose, goods)
        wholes = whole_problem(problem, wholes_of(problem))
        by_hand = first_come_nearest_next(wholes)
        sizes[n] = len(wholes.stops)
        metres, unserved = metres + by_hand.metres, unserved + len(by_hand.unserved)
    return sizes, [
        WaveRow.baseline_metres.set(metres),
        WaveRow.baseline_unserved.set(unserved),
    ]


def _keep_problem(
    step: Step, number: int, base_at: datetime, pose: Callable[[Goods], Problem], goods: Goods
) -> Problem:
    """Keep what `pose` makes of the goods: in one drop each, where it is too large with all."""
    for each in (goods, replace(goods, unload=None)):
        problem = pose(each)
        body = {"base_at": rfc3339(base_at), "problem": problem_to_json(problem)}
        if len(json.dumps(body, separators=(",", ":"))) <= MOST_PROBLEM_BYTES:
            keep_body(step.wave_id, problem_key(step.attempt, number), body)
            return problem
    raise WaveTooLarge(f"{len(problem.stops)} stops", stops=len(problem.stops))
