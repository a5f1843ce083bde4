"""What a route asks of its courier, worked out once; and the couriers who could have it."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from linli import catalogue, fleet, orders
from linli.dispatch.rest import Rest
from linli.dispatch.rows import (
    DUTY,
    NEED,
    OFFER,
    BodyRow,
    DutyRow,
    IncomeRow,
    OfferRow,
    courier_key,
    income_key,
    route_key,
    week_of,
)
from linli.dispatch.rules import Candidate, Fatigue, Need
from linli.kernel import reads
from linli.kernel.errors import AlreadyDone
from linli.kernel.geography import Point
from linli.kernel.time import ZONE, parse_instant, rfc3339
from linli.kernel.transact import transaction
from linli.orders import Order
from linli.waves.desk import RouteOnDesk, largest_load
from linli.waves.doorsteps import parts_of, skills_for

UNKNOWN_VEHICLE = "ebike"


def needs_of(routes: Sequence[RouteOnDesk]) -> list[Need]:
    """What each route asks; kept from the first asking on."""
    found = reads.batch((BodyRow, route_key(each.route_id), need_key(each)) for each in routes)
    kept = {
        each.route_id: found.get(BodyRow, route_key(each.route_id), need_key(each))
        for each in routes
    }
    return [
        _keep(each) if (row := kept[each.route_id]) is None else _need(each, json.loads(row.body))
        for each in routes
    ]


def need_key(route: RouteOnDesk) -> str:
    """The sort key of what a route asks, as it was last planned."""
    return f"{NEED}#{route.version}"


def _keep(route: RouteOnDesk) -> Need:
    wanted = {order_id: orders.read(order_id) for order_id in route.order_ids}
    planned = fleet.courier(route.community_id, route.planned_for)
    start = _start(route, wanted)
    loads = {order_id: parts_of(order) for order_id, order in wanted.items()}
    grams, boxes = largest_load(route.visits, loads)
    facts = {
        "start": [start.lon, start.lat],
        "grams": grams,
        "boxes": boxes,
        "vehicle": planned.vehicle if planned else UNKNOWN_VEHICLE,
        "skills": sorted({each for order in wanted.values() for each in skills_for(order)}),
        "cold": _frozen(wanted.values()),
    }
    row = BodyRow(route_key(route.route_id), need_key(route), body=json.dumps(facts))
    try:
        with transaction() as tx:
            tx.put(row, condition=BodyRow.pk.does_not_exist(), refusal=AlreadyDone())
    except AlreadyDone:  # The same facts, by another run of this step.
        return _need(route, facts)
    return _need(route, facts)


def _need(route: RouteOnDesk, facts: Mapping[str, object]) -> Need:
    known = json.loads(json.dumps(facts))
    return Need(
        route_id=route.route_id,
        start=Point(*known["start"]),
        depart_at=route.depart_at,
        finish_at=route.finish_at,
        grams=known["grams"],
        boxes=known["boxes"],
        vehicle=known["vehicle"],
        skills=frozenset(known["skills"]),
        cold=known["cold"],
    )


def _start(route: RouteOnDesk, wanted: Mapping[str, Order]) -> Point:
    kind, place_id, _ = next(v for v in route.visits if v[0] in ("collect", "deliver"))
    if kind == "deliver":
        return wanted[place_id].deliver_to.point
    return catalogue.stores_by_id([place_id])[place_id].point


def _frozen(wanted: Iterable[Order]) -> bool:
    skus = {line.sku for order in wanted for line in order.lines}
    return any(each.zone == "frozen" for each in catalogue.products_by_id(skus).values())


def candidates(
    community_id: str, at: datetime, routes: Sequence[str], *, again: bool, now: datetime
) -> list[Candidate]:
    """
    The couriers who ride on the day of `at`, with what they hold, earn and have refused.

    Args:
        routes: Their ids; who declined one of them, or let it pass, is not asked again.
        again: Ask those again who only let it pass.
    """
    riding = fleet.available(community_id, at)
    duties = reads.batch((DutyRow, courier_key(each.courier_id), DUTY) for each in riding)
    incomes = incomes_of(community_id, now)
    refused = _refusals(routes, again=again)
    found = []
    for each in riding:
        duty = duties.get(DutyRow, courier_key(each.courier_id), DUTY)
        found.append(
            Candidate(
                courier=each,
                spans=spans_of(duty),
                rest=rest_of(duty),
                fatigue=fatigue_of(duty),
                income_fen=incomes.get(each.courier_id, 0),
                refused=refused.get(each.courier_id, frozenset()),
            )
        )
    return found


def incomes_of(community_id: str, now: datetime) -> dict[str, int]:
    """What couriers have earned in this week so far, in fen."""
    week = f"{week_of(now.astimezone(ZONE))}#"
    rows = reads.query(IncomeRow, income_key(community_id), IncomeRow.sk.startswith(week))
    return {row.sk.removeprefix(week): int(row.fen) for row in rows}


def spans_of(duty: DutyRow | None) -> tuple[tuple[datetime, datetime], ...]:
    """When the courier rides routes that they hold."""
    holds = json.loads(duty.holds) if duty else {}
    return tuple((parse_instant(start), parse_instant(end)) for start, end in holds.values())


def rest_of(duty: DutyRow | None) -> Rest:
    """The courier's riding and rest."""
    return Rest.model_validate_json(duty.rest) if duty and duty.rest else Rest()


def fatigue_of(duty: DutyRow | None) -> Fatigue:
    """What fatigue monitoring last said; an alarm, too, for who was stopped."""
    if duty is None:
        return "unknown"
    state: Fatigue = "alarm" if duty.stopped else duty.fatigue or "unknown"  # type: ignore[assignment]
    return state


def span_text(route: RouteOnDesk) -> list[str]:
    """A route's span as a duty keeps it."""
    return [rfc3339(route.depart_at), rfc3339(route.finish_at)]


def _refusals(routes: Sequence[str], *, again: bool) -> dict[str, set[str]]:
    noes = {"declined", "withdrawn"} if again else {"declined", "withdrawn", "expired"}
    refused: defaultdict[str, set[str]] = defaultdict(set)
    for route_id in routes:
        prefix = OfferRow.sk.startswith(OFFER)
        for row in reads.query(OfferRow, route_key(route_id), prefix):
            if row.state in noes:
                refused[row.courier_id].add(route_id)
    return refused
