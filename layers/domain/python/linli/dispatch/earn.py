"""
What couriers earn: once for each route and courier, when the route is done or changes hands.

The pay of a route is that of its doors that were made, whoever made them: who takes over is paid
for what was left. A row under the route says so before anything is added up, so that telling it
again changes nothing.
"""

import json
from datetime import date, datetime

from pydantic import BaseModel

from linli import orders
from linli.dispatch.pay import DEFAULT, pay_for
from linli.dispatch.rows import (
    EARNED,
    PAID,
    BodyRow,
    IncomeRow,
    courier_key,
    income_key,
    route_key,
    week_of,
)
from linli.kernel import reads
from linli.kernel.errors import AlreadyDone
from linli.kernel.time import ZONE
from linli.kernel.transact import transaction
from linli.waves import RouteOnDesk

MOST_LINES = 400


class EarningsLine(BaseModel):
    """The pay of a route, or of the part of it that the courier rode; in fen."""

    route_id: str
    on: date
    stops: int
    of_stops: int
    metres: int
    route_fen: int
    stops_fen: int
    metres_fen: int
    total_fen: int


class Earnings(BaseModel):
    """A courier's pay in a span of days, by route."""

    from_on: date
    to_on: date
    total_fen: int
    lines: list[EarningsLine]


def earn(route: RouteOnDesk, courier_id: str, now: datetime) -> None:
    """
    Pay the courier for the route's doors that have been made and nobody was paid for yet; again
    changes nothing.
    """
    paid = reads.query(BodyRow, route_key(route.route_id), BodyRow.sk.startswith(PAID))
    before = sum(json.loads(row.body)["stops"] for row in paid)
    made = sum(orders.read(each).state in orders.STOP_DONE for each in route.order_ids)
    if made > before:
        _write(route, courier_id, made - before, len(paid), now)


def _write(route: RouteOnDesk, courier_id: str, stops: int, number: int, now: datetime) -> None:
    of_stops = len(route.order_ids)
    pay = pay_for(DEFAULT, stops=stops, of_stops=of_stops, metres=route.metres)
    local = now.astimezone(ZONE)
    line = EarningsLine(
        route_id=route.route_id,
        on=local.date(),
        stops=stops,
        of_stops=of_stops,
        metres=route.metres,
        route_fen=pay.route_fen,
        stops_fen=pay.stops_fen,
        metres_fen=pay.metres_fen,
        total_fen=pay.total_fen,
    )
    body = json.dumps({"courier_id": courier_id, "stops": stops})
    own = f"{EARNED}{line.on.isoformat()}#{route.route_id}#{number}"
    try:
        with transaction() as tx:
            tx.put(
                BodyRow(route_key(route.route_id), f"{PAID}{number:03d}", body=body),
                condition=BodyRow.pk.does_not_exist(),
                refusal=AlreadyDone(),
            )
            tx.put(BodyRow(courier_key(courier_id), own, body=line.model_dump_json()))
            tx.update(
                IncomeRow(income_key(route.community_id), f"{week_of(local)}#{courier_id}"),
                [IncomeRow.fen.add(pay.total_fen)],
            )
    except AlreadyDone:
        return  # Paid by a report that came at the same moment.


def earnings(courier_id: str, from_on: date, to_on: date) -> Earnings:
    """The courier's pay from one day to another, both included; the latest first."""
    between = BodyRow.sk.between(f"{EARNED}{from_on.isoformat()}", f"{EARNED}{to_on.isoformat()}#~")
    rows = reads.query(
        BodyRow, courier_key(courier_id), between, most=MOST_LINES, newest_first=True
    )
    lines = [EarningsLine.model_validate_json(row.body) for row in rows]
    total_fen = sum(line.total_fen for line in lines)
    return Earnings(from_on=from_on, to_on=to_on, total_fen=total_fen, lines=lines)
