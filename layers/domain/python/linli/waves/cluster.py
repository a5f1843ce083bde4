"""The third task: the wave's routing problems, one for each cluster, and the stores' pick lists."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pynamodb.expressions.update import Action

from linli import catalogue, fleet, orders, slots
from linli.catalogue import Store
from linli.fleet import Courier
from linli.kernel.time import rfc3339
from linli.orders import Order
from linli.routing.baseline import first_come_nearest_next
from linli.routing.codec import problem_to_json
from linli.routing.model import Problem
from linli.slots import Slot
from linli.waves.clusters import clusters_of
from linli.waves.model import Step, WaveTooLarge
from linli.waves.picks import keep_picks
from linli.waves.rows import CLUSTERS, ORDERS, WaveRow, plan_key, problem_key
from linli.waves.rules import base_of, problem_of, search_seconds
from linli.waves.steps import advance, keep_body, present, read_body

MOST_PROBLEM_BYTES = 200_000
"""A cluster's problem travels through the state machine, whose payloads end at 256 KiB."""


def cluster(step: Step, now: datetime) -> dict[str, Any]:
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
    parts = read_body(step.wave_id, CLUSTERS)
    wanted: Mapping[str, Order] = {}
    if parts is None:
        wanted = orders.read_all(read_body(step.wave_id, ORDERS))
        keep_picks(step.wave_id, [each for each in wanted.values() if waits(each)])
        parts = keep_body(step.wave_id, CLUSTERS, _parts(step, wanted, now))
    unplanned = [n for n in range(len(parts)) if read_body(step.wave_id, plan_key(n)) is None]
    sizes, known = _keep_problems(step, {n: parts[n] for n in unplanned}, wanted, now)
    if wave.clusters is None or unplanned:
        first = known if len(unplanned) == len(parts) else []
        advance(step, "allocated", now, [WaveRow.clusters.set(len(parts)), *first])
    items = [
        {
            **step.model_dump(),
            "cluster": n,
            "problem_key": problem_key(step.attempt, n),
            "seconds": search_seconds(stops),
        }
        for n, stops in sizes.items()
    ]
    return {**step.model_dump(), "clusters": items}


def waits(order: Order) -> bool:
    """Whether the order is still to be brought, and on no route yet (an emergency's, perhaps)."""
    return order.state not in orders.ENDED and order.route_id is None


def _parts(step: Step, wanted: Mapping[str, Order], now: datetime) -> list[dict[str, list[str]]]:
    """The clusters by the ids of their orders and couriers."""
    riders = fleet.couriers(step.wave_id.split(".")[0])
    found = clusters_of([each for each in wanted.values() if waits(each)], riders)
    return [
        {
            "orders": [order.order_id for order in part.orders],
            "couriers": [courier.courier_id for courier in part.couriers],
        }
        for part in found
    ]


def _keep_problems(
    step: Step,
    parts: Mapping[int, Mapping[str, list[str]]],
    wanted: Mapping[str, Order],
    now: datetime,
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
    stores = list(catalogue.stores_by_id(s for o in mine.values() for s in o.store_ids).values())
    riders = {each.courier_id: each for each in fleet.couriers(slot.community_id)}
    sizes, metres, unserved = {}, 0, 0
    for n, part in parts.items():
        crew = [riders[each] for each in part["couriers"] if each in riders]
        some = [mine[each] for each in part["orders"] if waits(mine[each])]
        problem = _keep_problem(step, n, some, stores, crew, slot, base_at)
        by_hand = first_come_nearest_next(problem)
        sizes[n] = len(problem.stops)
        metres, unserved = metres + by_hand.metres, unserved + len(by_hand.unserved)
    return sizes, [
        WaveRow.baseline_metres.set(metres),
        WaveRow.baseline_unserved.set(unserved),
    ]


def _keep_problem(
    step: Step,
    number: int,
    wanted: Sequence[Order],
    stores: Sequence[Store],
    crew: Sequence[Courier],
    slot: Slot,
    base_at: datetime,
) -> Problem:
    problem = problem_of(wanted, stores, crew, slot, base_at)
    body = {"base_at": rfc3339(base_at), "problem": problem_to_json(problem)}
    if len(json.dumps(body, separators=(",", ":"))) > MOST_PROBLEM_BYTES:
        raise WaveTooLarge(f"{len(problem.stops)} stops", stops=len(problem.stops))
    keep_body(step.wave_id, problem_key(step.attempt, number), body)
    return problem
