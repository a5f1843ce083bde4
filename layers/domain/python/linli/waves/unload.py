"""
Segmented unloading in the batch: which orders have a large drop apart, and what unloadings teach.

A building to which several orders of a cluster go is unloaded at one threshold, the best known or
now and then another (`unloading.tried_at`). How long each unloading took and how many complained is
added up by community and threshold; the next wave unloads at what costs least by then.
"""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from linli import orders
from linli.kernel import reads
from linli.kernel.errors import AlreadyDone, NotFound
from linli.kernel.identity import Caller, Role
from linli.kernel.ids import CommandId
from linli.kernel.time import rfc3339
from linli.kernel.transact import transaction
from linli.orders import Order
from linli.routing.unloading import (
    USUAL_GRAMS,
    Judged,
    Tally,
    is_large,
    judged,
    threshold_grams,
    tried_at,
)
from linli.waves.accept import route_row
from linli.waves.rows import (
    GRAMS,
    RouteRow,
    TallyRow,
    UnloadedRow,
    complaint_key,
    grams_key,
    unloaded_key,
    unloading_key,
)

LONGEST_SECONDS = 2 * 3600
"""What is told to have taken longer was no unloading: somebody forgot to say that it was done."""
Doors = Mapping[str, tuple[datetime, datetime]]
"""By order: when its courier arrived, and when its stop ended."""


def drops_of(wave_id: str, wanted: Sequence[Order], learnt: int) -> dict[str, int]:
    """
    By order, from which mass an item is a drop of its own: of those with a neighbour in `wanted`.
    """
    buildings: dict[str, list[str]] = defaultdict(list)
    for order in wanted:
        buildings[order.deliver_to.building].append(order.order_id)
    return {
        order_id: tried_at(f"{wave_id}/{building}", learnt)
        for building, ids in buildings.items()
        if building and len(ids) > 1
        for order_id in ids
    }


def tallies_of(community_id: str) -> dict[int, Tally]:
    """What the community's unloadings came to, by threshold."""
    found = reads.query(TallyRow, unloading_key(community_id), TallyRow.sk.startswith(GRAMS))
    return {
        int(row.sk.removeprefix(GRAMS)): Tally(
            int(row.unloadings), int(row.seconds), int(row.items), int(row.orders),
            int(row.complaints),
        )
        for row in found
    }  # fmt: skip


def threshold_of(community_id: str) -> int:
    """The threshold that the community's unloadings have taught, or the usual one."""
    return threshold_grams(tallies_of(community_id), USUAL_GRAMS)


def in_two(order: Order, threshold: int) -> bool:
    """Whether the order has both light and large items."""
    return len({is_large(line.grams, threshold) for line in order.lines}) == 2


def unload_of(row: RouteRow) -> dict[str, int]:
    """By order of the route, from which mass an item is a drop of its own."""
    found: dict[str, int] = json.loads(row.unload or "{}")
    return found


def note_unloadings(route_id: str, doors: Doors, now: datetime) -> int:
    """
    Add up what a route's unloadings took, of buildings with several of its orders; again changes
    nothing. Answers how many were new.
    """
    row = route_row(route_id)
    at = {n: grams for n, grams in unload_of(row).items() if n in doors}
    buildings: dict[str, list[Order]] = defaultdict(list)
    for order in orders.read_all(at).values():
        buildings[order.deliver_to.building].append(order)
    return sum(
        _note(row.community_id, f"{route_id}/{building}", at[some[0].order_id], some, doors, now)
        for building, some in buildings.items()
        if len(some) > 1
    )


def _note(
    community_id: str,
    unloading: str,
    threshold: int,
    some: Sequence[Order],
    doors: Doors,
    now: datetime,
) -> bool:
    begun = min(doors[order.order_id][0] for order in some)
    ended = max(doors[order.order_id][1] for order in some)
    seconds = int((ended - begun).total_seconds())
    if not 0 < seconds <= LONGEST_SECONDS:
        return False
    items = sum(line.units for order in some for line in order.lines)
    one = Tally(1, seconds, items, len(some))
    return note_tally(community_id, unloaded_key(unloading), threshold, one, now)


def note_tally(community_id: str, once: str, threshold: int, one: Tally, now: datetime) -> bool:
    """Add `one` to what the threshold has come to, once for the sort key `once`; whether it was."""
    pk = unloading_key(community_id)
    try:
        with transaction() as tx:
            tx.put(
                UnloadedRow(pk, once, grams=threshold, at=rfc3339(now)),
                condition=UnloadedRow.pk.does_not_exist(),
                refusal=AlreadyDone(),
            )
            tx.update(
                TallyRow(pk, grams_key(threshold)),
                [
                    TallyRow.unloadings.add(one.unloadings),
                    TallyRow.seconds.add(one.seconds),
                    TallyRow.items.add(one.items),
                    TallyRow.orders.add(one.orders),
                    TallyRow.complaints.add(one.complaints),
                ],
            )
    except AlreadyDone:
        return False
    return True


class UnloadingComplaint(BaseModel):
    """A resident complains of how an order was unloaded: in two drops, late, or left behind."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: CommandId
    order_id: CommandId


class ThresholdView(BaseModel):
    """What unloading at a threshold came to."""

    threshold_grams: int
    unloadings: int
    orders: int
    complaints: int
    items_per_hour: float | None = Field(default=None, description="Null: tried too seldom")
    cost_fen: float | None = Field(default=None, description="Of a thousand orders")


class UnloadingView(BaseModel):
    """From which mass an item is a drop of its own, and what that was learnt from."""

    community_id: str
    threshold_grams: int
    usual_grams: int
    thresholds: list[ThresholdView]


def complain(command: UnloadingComplaint, caller: Caller, now: datetime) -> UnloadingView:
    """
    Count a complaint of an order that was unloaded with its neighbours', once.

    Raises:
        NotFound: There is no such order of the caller's, or in their community, on such a route.
    """
    order = orders.read(str(command.order_id))
    if caller.subject not in order.people:
        caller.require(order.community_id, Role.DISPATCHER)
    threshold = None
    if order.route_id is not None:
        threshold = unload_of(route_row(order.route_id)).get(order.order_id)
    if threshold is None:
        raise NotFound
    one = Tally(complaints=1)
    note_tally(order.community_id, complaint_key(order.order_id), threshold, one, now)
    return _view(order.community_id)


def unloading_view(community_id: str, caller: Caller) -> UnloadingView:
    """
    What the community has learnt.

    Raises:
        NotFound: It is not the caller's.
    """
    caller.require(community_id, Role.DISPATCHER, Role.CITY)
    return _view(community_id)


def _view(community_id: str) -> UnloadingView:
    known = tallies_of(community_id)
    ranked = {each.threshold_grams: each for each in judged(known)}
    return UnloadingView(
        community_id=community_id,
        threshold_grams=threshold_grams(known, USUAL_GRAMS),
        usual_grams=USUAL_GRAMS,
        thresholds=[_line(n, known[n], ranked.get(n)) for n in sorted(known)],
    )


def _line(threshold: int, tally: Tally, found: Judged | None) -> ThresholdView:
    return ThresholdView(
        threshold_grams=threshold,
        unloadings=tally.unloadings,
        orders=tally.orders,
        complaints=tally.complaints,
        items_per_hour=round(found.items_per_hour, 1) if found else None,
        cost_fen=round(found.cost_fen, 1) if found else None,
    )
