"""
A round of offers: who is asked for which route, decided once, then written offer by offer.

The choice is kept before the first offer is made, so that a repeated task makes the same offers.
Up to `SINGLE_ROUNDS` a route is offered to one courier at a time, chosen for all routes together;
then to several at once, of whom the first has it.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from linli import waves
from linli.dispatch.matrix import costs_of
from linli.dispatch.model import MOST_RIVALS, SINGLE_ROUNDS, RoundStep
from linli.dispatch.needs import candidates, needs_of
from linli.dispatch.rows import (
    DUE,
    BodyRow,
    OfferRow,
    PointerRow,
    courier_key,
    due_key,
    offer_key,
    round_key,
    route_key,
    wave_key,
)
from linli.dispatch.rules import Costs
from linli.dispatch.runs import present
from linli.kernel import reads
from linli.kernel.errors import AlreadyDone
from linli.kernel.time import rfc3339
from linli.kernel.transact import transaction
from linli.waves import RouteOnDesk

Assigner = Callable[[Costs], dict[int, int]]
"""Which courier (column) each route (row) is offered to; routes may be left out."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A route and whom it is offered to, at which cost."""

    route_id: str
    courier_id: str
    cost_fen: int


def propose(
    step: RoundStep, assign: Assigner, now: datetime, offer_for: timedelta
) -> dict[str, Any]:
    """
    Make the round's offers.

    Returns:
        `offers` to wait for, and what is `next`: "await" them, call the "reserve" for routes that
        nobody can be asked for, or "close" if none is left.

    Raises:
        Superseded, NotFound: See `runs.present`.
    """
    run = present(step)
    key = round_key(step.run, step.round)
    kept = reads.get(BodyRow, wave_key(step.wave_id), key)
    body = json.loads(kept.body) if kept else _decide(step, run.community_id, assign, now)
    if kept is None:
        body |= {"offered_at": rfc3339(now), "expires_at": rfc3339(now + offer_for)}
        body = _keep(step, key, body)
    offers = [_offer(step, run.community_id, body, Chosen(*each)) for each in body["chosen"]]
    following = "await" if offers else "reserve" if body["open"] else "close"
    return {**step.model_dump(), "offers": offers, "next": following}


def _decide(step: RoundStep, community_id: str, assign: Assigner, now: datetime) -> dict[str, Any]:
    routes = [each for each in waves.routes_of_wave(step.wave_id) if each.state == "offered"]
    chosen = _choose(step, community_id, routes, assign, now) if routes else []
    return {
        "open": len(routes),
        "chosen": [[each.route_id, each.courier_id, each.cost_fen] for each in chosen],
    }


def _choose(
    step: RoundStep,
    community_id: str,
    routes: Sequence[RouteOnDesk],
    assign: Assigner,
    now: datetime,
) -> list[Chosen]:
    if step.round > SINGLE_ROUNDS + 1:
        return []
    needs = needs_of(routes)
    single = step.round <= SINGLE_ROUNDS
    ids = [each.route_id for each in routes]
    first = min(each.depart_at for each in routes)
    who = candidates(community_id, max(first, now), ids, again=not single, now=now)
    costs = costs_of(needs, who, now)
    if single and who:
        pairs = sorted(assign(costs).items())
    else:
        pairs = [(row, column) for row in range(len(needs)) for column in _cheapest(costs, row)]
    return [
        Chosen(needs[row].route_id, who[column].courier.courier_id, costs[row][column] or 0)
        for row, column in pairs
    ]


def _cheapest(costs: Costs, row: int) -> list[int]:
    able = [(cost, column) for column, cost in enumerate(costs[row]) if cost is not None]
    return [column for _, column in sorted(able)[:MOST_RIVALS]]


def _keep(step: RoundStep, key: str, body: dict[str, Any]) -> dict[str, Any]:
    row = BodyRow(wave_key(step.wave_id), key, body=json.dumps(body, separators=(",", ":")))
    try:
        with transaction() as tx:
            tx.put(row, condition=BodyRow.pk.does_not_exist(), refusal=AlreadyDone())
    except AlreadyDone:  # A repeated call of this task decided first.
        kept = reads.get(BodyRow, row.pk, row.sk)
        assert kept is not None, "what exists is never deleted"
        found: dict[str, Any] = json.loads(kept.body)
        return found
    return body


def _offer(
    step: RoundStep, community_id: str, body: dict[str, Any], chosen: Chosen
) -> dict[str, str]:
    """Make one offer, unless a repeated call has made it."""
    sort = offer_key(step.run, step.round, chosen.courier_id)
    row = OfferRow(
        route_key(chosen.route_id),
        sort,
        wave_id=step.wave_id,
        community_id=community_id,
        courier_id=chosen.courier_id,
        state="open",
        offered_at=body["offered_at"],
        expires_at=body["expires_at"],
        cost_fen=chosen.cost_fen,
    )
    listed = PointerRow(courier_key(chosen.courier_id), f"OFFER#{chosen.route_id}", of=sort)
    due = PointerRow(DUE, due_key(body["expires_at"], f"{chosen.route_id}#{sort}"))
    try:
        with transaction() as tx:
            tx.put(row, condition=OfferRow.pk.does_not_exist(), refusal=AlreadyDone())
            tx.put(listed)
            tx.put(due)
    except AlreadyDone:
        return {"route_id": chosen.route_id, "offer": sort}
    return {"route_id": chosen.route_id, "offer": sort}
