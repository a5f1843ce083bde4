"""
What couriers earn: for each door once, whoever made it, and for setting out on a route once each.

A door is paid in one write with a row under the route that says so, so that telling it again pays
nothing more, and a route that changes hands pays each courier for the doors that were theirs.
"""

from datetime import date, datetime

from pydantic import BaseModel, Field

from linli import orders
from linli.dispatch.pay import PayRule, route_fen, way_fen
from linli.dispatch.pay_rules import DatedPayRule, rule_for, rules_of
from linli.dispatch.rows import (
    EARNED,
    PAID,
    BodyRow,
    EarnedRow,
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
PAPER = "paper"


class EarningsLine(BaseModel):
    """The pay of a route on a day, or of the part of it that the courier rode; in fen."""

    route_id: str
    on: date
    stops: int
    stops_fen: int
    route_fen: int
    total_fen: int
    rule: DatedPayRule | None = Field(default=None, description="What it was worked out by")


class Earnings(BaseModel):
    """A courier's pay in a span of days, by route."""

    from_on: date
    to_on: date
    total_fen: int
    lines: list[EarningsLine]


def whole_pay_fen(route: RouteOnDesk, rule: PayRule) -> int:
    """What riding all of the route earns by a rule."""
    return route_fen(rule, stops=len(route.order_ids), metres=route.metres)


def earn_stop(route: RouteOnDesk, order_id: str, courier_id: str, now: datetime) -> None:
    """Pay the courier for a door, and for setting out if it is their first; again pays nothing."""
    rule = rule_for(route, rules_of(route.community_id))
    if order_id in route.order_ids:
        number = route.order_ids.index(order_id)
        way = way_fen(rule, number=number, of_stops=len(route.order_ids), metres=route.metres)
    else:
        way = 0  # Planned onto another route since; the door is paid all the same.
    _pay(route, courier_id, order_id, (rule.stop_fen + way, 1), rule, now)
    _pay(route, courier_id, f"~{courier_id}", (rule.route_fen, 0), rule, now)


def _pay(
    route: RouteOnDesk,
    courier_id: str,
    what: str,
    pay: tuple[int, int],
    rule: DatedPayRule,
    now: datetime,
) -> None:
    """Pay (fen, stops), unless `what` was paid before."""
    fen, stops = pay
    local = now.astimezone(ZONE)
    own = EarnedRow(courier_key(courier_id), f"{EARNED}{local.date().isoformat()}#{route.route_id}")
    paid = EarnedRow.stops_fen if stops else EarnedRow.route_fen
    try:
        with transaction() as tx:
            tx.put(
                BodyRow(route_key(route.route_id), f"{PAID}{what}", body=courier_id),
                condition=BodyRow.pk.does_not_exist(),
                refusal=AlreadyDone(),
            )
            told = EarnedRow.rule.set(rule.model_dump_json())
            tx.update(own, [EarnedRow.stops.add(stops), paid.add(fen), told])
            tx.update(
                IncomeRow(income_key(route.community_id), f"{week_of(local)}#{courier_id}"),
                [IncomeRow.fen.add(fen)],
            )
    except AlreadyDone:
        return  # Paid before, or by a report that came at the same moment.


def settle_pay(route: RouteOnDesk, now: datetime) -> None:
    """
    Pay the doors that ended and were not paid: on paper (to who holds the route), or by a report
    that died before it could.
    """
    rows = reads.query(BodyRow, route_key(route.route_id), BodyRow.sk.startswith(PAID))
    paid = {row.sk.removeprefix(PAID) for row in rows}
    for order_id in route.order_ids:
        by = orders.ended_by(order_id) if order_id not in paid else None
        courier_id = route.courier_id if by == PAPER else by
        if courier_id is not None:
            earn_stop(route, order_id, courier_id, now)


def earnings(courier_id: str, from_on: date, to_on: date) -> Earnings:
    """The courier's pay from one day to another, both included; the latest first."""
    between = EarnedRow.sk.between(
        f"{EARNED}{from_on.isoformat()}", f"{EARNED}{to_on.isoformat()}#~"
    )
    rows = reads.query(
        EarnedRow, courier_key(courier_id), between, most=MOST_LINES, newest_first=True
    )
    lines = [_line(row) for row in rows]
    total_fen = sum(line.total_fen for line in lines)
    return Earnings(from_on=from_on, to_on=to_on, total_fen=total_fen, lines=lines)


def _line(row: EarnedRow) -> EarningsLine:
    _, on, route_id = row.sk.split("#", 2)
    stops_fen, setting_out = int(row.stops_fen or 0), int(row.route_fen or 0)
    return EarningsLine(
        route_id=route_id,
        on=date.fromisoformat(on),
        stops=int(row.stops or 0),
        stops_fen=stops_fen,
        route_fen=setting_out,
        total_fen=stops_fen + setting_out,
        rule=DatedPayRule.model_validate_json(row.rule) if row.rule else None,
    )
