"""The second task: who supplies what, and the routing problem that follows from it."""

import json
from datetime import datetime
from typing import Any

from pynamodb.expressions.update import Action

from linli import catalogue, fleet, orders, slots, stock
from linli.kernel.time import rfc3339
from linli.orders.rules import sources_of
from linli.routing.baseline import first_come_nearest_next
from linli.routing.codec import problem_to_json
from linli.routing.model import Problem
from linli.waves.model import Step, WaveTooLarge
from linli.waves.rows import ORDERS, WaveRow, plan_key, problem_key
from linli.waves.rules import base_of, picks_of, problem_of, search_seconds
from linli.waves.steps import advance, keep_body, present, read_body

MOST_PROBLEM_BYTES = 200_000
"""A cluster's problem travels through the state machine, whose payloads end at 256 KiB."""


def allocate(step: Step, now: datetime) -> dict[str, Any]:
    """
    Allocate the sources held at order time, list the stores' picks, and keep the problem.

    A wave is one cluster so far. A cluster that has a plan is not planned anew, so that a later
    run publishes the plan that an earlier one may have begun to publish.

    Returns:
        The clusters to plan, each as the input of its tasks; none when the wave has no orders.

    Raises:
        WaveTooLarge: The problem would not pass through the state machine.
        Superseded, NotFound: See `steps.present`.
    """
    present(step)
    order_ids: list[str] = read_body(step.wave_id, ORDERS)
    clusters = list(range(1 if order_ids else 0))
    unplanned = [n for n in clusters if read_body(step.wave_id, plan_key(n)) is None]
    known: list[Action] = _make_problem(step, order_ids, now) if unplanned else []
    advance(step, "allocated", now, [WaveRow.clusters.set(len(clusters)), *known])
    items = [
        {
            **step.model_dump(),
            "cluster": n,
            "problem_key": problem_key(step.attempt, n),
            "seconds": search_seconds(len(order_ids)),
        }
        for n in unplanned
    ]
    return {**step.model_dump(), "clusters": items}


def _make_problem(step: Step, order_ids: list[str], now: datetime) -> list[Action]:
    """Keep the wave's problem; answers what the wave itself has to know of it."""
    slot = slots.close(step.wave_id, now)
    wanted = list(orders.read_all(order_ids).values())
    held = [(order.order_id, source) for order in wanted for source in sources_of(order)]
    stock.allocate_lots(step.wave_id, held, slot.ends_at, now)
    base_at = base_of(slot, now)
    supplying = catalogue.stores_by_id(each for order in wanted for each in order.store_ids)
    stores = list(supplying.values())
    problem = problem_of(wanted, stores, fleet.couriers(slot.community_id), slot, base_at)
    by_hand = first_come_nearest_next(problem)
    _keep_problem(step, 0, problem, base_at)
    picks = [pick.model_dump() for pick in picks_of(wanted)]
    return [
        WaveRow.picks.set(json.dumps(picks, separators=(",", ":"))),
        WaveRow.baseline_metres.set(by_hand.metres),
        WaveRow.baseline_unserved.set(len(by_hand.unserved)),
    ]


def _keep_problem(step: Step, cluster: int, problem: Problem, base_at: datetime) -> None:
    body = {"base_at": rfc3339(base_at), "problem": problem_to_json(problem)}
    if len(json.dumps(body, separators=(",", ":"))) > MOST_PROBLEM_BYTES:
        raise WaveTooLarge(f"{len(problem.stops)} stops", stops=len(problem.stops))
    keep_body(step.wave_id, problem_key(step.attempt, cluster), body)
