"""
Dispatch table: offers, what couriers hold and have told, and what they have earned.

    pk WAVE#<wave>          sk RUN                          the present run of a wave's offers
    pk WAVE#<wave>          sk ROUND#<run>#<round>          whom a round chose; written once
    pk OFFERING             sk <wave>                       waves with routes still to be offered
    pk ROUTE#<route>        sk OFFER#<run>#<round>#<courier>  an offer
    pk ROUTE#<route>        sk NEED#<version>               what the route asks of its courier
    pk ROUTE#<route>        sk RESERVE                      the reserve vehicle that rides it
    pk DUE                  sk <expires_at>#<offer>         open offers, the first to expire first
    pk COURIER#<courier>    sk OFFER#<route>                the courier's open offers
    pk COURIER#<courier>    sk DUTY                         routes held, rest, fatigue
    pk COURIER#<courier>    sk ACTION#<device>#<seq>        what a device told, and its answer
    pk COURIER#<courier>    sk TOOK#<request>               the action that took a door's empties
    pk COURIER#<courier>    sk EARNED#<day>#<route>         pay of a route, or of a part of it
    pk ROUTE#<route>        sk PAID#<order>|~<courier>      who was paid: a door, setting out
    pk ORDER#<order>        sk ARRIVED                      when the courier came
    pk ORDER#<order>        sk PROOF                        how it ended; forgotten after 30 days
    pk ORDER#<order>        sk ISSUED#<n>                   a picture's key, and whose it is; too
    pk PAY#<community>      sk <from day>                   what riding earns from that day on
    pk CALLS#<community>    sk POOL, LINE#<number>;<ext>    rented numbers; whom a line leads to
    pk ROUTE#<route>        sk CALL#<order>                 the line of an order's courier
    pk INCOME#<community>   sk <week>#<courier>             a week's pay, for fairness
    pk ALERT#<community>    sk <alert id>                   calls for help, routes nobody takes
    pk COMMAND#<id>         sk COMMAND                      a dispatcher's command
"""

from datetime import datetime

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from linli.kernel.tables import Row, Table

RUN, NEED, DUTY, COMMAND, RESERVE = "RUN", "NEED", "DUTY", "COMMAND", "RESERVE"
OFFER, ACTION, EARNED, PAID = "OFFER#", "ACTION#", "EARNED#", "PAID#"
ARRIVED, PROOF, ISSUED = "ARRIVED", "PROOF", "ISSUED#"
CALL, POOL = "CALL#", "POOL"
OFFERING, DUE = "OFFERING", "DUE"


class RunRow(Row):
    """
    A wave's offers: `run` counts how often they were begun, `state` is offering or closed.

    `uncovered` is JSON: the routes that nobody had when the run was closed.
    """

    table = Table.DISPATCH
    community_id = UnicodeAttribute()
    run = NumberAttribute()
    state = UnicodeAttribute()
    started_at = UnicodeAttribute()
    changed_at = UnicodeAttribute()
    taken = NumberAttribute(null=True)
    reserve = NumberAttribute(null=True)
    uncovered = UnicodeAttribute(null=True)
    fault = UnicodeAttribute(null=True)


class BodyRow(Row):
    """JSON that is written once: a round, a need, an action's answer, earnings."""

    table = Table.DISPATCH
    body = UnicodeAttribute()


class ProofRow(Row):
    """How a stop ended, as JSON; `forget_at` (epoch seconds) ends it."""

    table = Table.DISPATCH
    body = UnicodeAttribute()
    forget_at = NumberAttribute()


class IssuedRow(Row):
    """A key for a picture, and to whom it was given; `forget_at` (epoch seconds) ends it."""

    table = Table.DISPATCH
    picture_key = UnicodeAttribute()
    kind = UnicodeAttribute()
    courier_id = UnicodeAttribute()
    command_id = UnicodeAttribute()
    fingerprint = UnicodeAttribute()
    forget_at = NumberAttribute()


class LineRow(Row):
    """A line and its latest lease; free once `until` has come."""

    table = Table.DISPATCH
    lease_id = UnicodeAttribute()
    route_id = UnicodeAttribute()
    order_id = UnicodeAttribute()
    until = UnicodeAttribute()


class CallRow(Row):
    """The latest lease for an order on a route: whose it is, and which line."""

    table = Table.DISPATCH
    lease_id = UnicodeAttribute()
    courier_id = UnicodeAttribute()
    line = UnicodeAttribute()
    until = UnicodeAttribute()


class OfferRow(Row):
    """A route offered to a courier; `settled_at` once it is no longer open."""

    table = Table.DISPATCH
    wave_id = UnicodeAttribute()
    community_id = UnicodeAttribute()
    courier_id = UnicodeAttribute()
    state = UnicodeAttribute()
    offered_at = UnicodeAttribute()
    expires_at = UnicodeAttribute()
    cost_fen = NumberAttribute()
    settled_at = UnicodeAttribute(null=True)
    reason = UnicodeAttribute(null=True)
    task_token = UnicodeAttribute(null=True)


class PointerRow(Row):
    """An entry of a list: `of` names what is listed, where the sort key does not."""

    table = Table.DISPATCH
    of = UnicodeAttribute(null=True)


class DutyRow(Row):
    """`holds` is JSON by route: [depart_at, finish_at]; `rest` is a Rest; `version` counts."""

    table = Table.DISPATCH
    version = NumberAttribute()
    holds = UnicodeAttribute(default="{}")
    rest = UnicodeAttribute(null=True)
    fatigue = UnicodeAttribute(null=True)
    stopped = UnicodeAttribute(null=True)


class ActionRow(Row):
    """What a device told: `fingerprint` tells a replay from another action, `body` the answer."""

    table = Table.DISPATCH
    state = UnicodeAttribute()
    fingerprint = UnicodeAttribute()
    at = UnicodeAttribute()
    told_at = UnicodeAttribute()
    body = UnicodeAttribute()


class EarnedRow(Row):
    """
    A courier's pay of a route on a day: the doors that were theirs, and setting out; `rule` is the
    DatedPayRule that it was worked out by.
    """

    table = Table.DISPATCH
    rule = UnicodeAttribute(null=True)
    stops = NumberAttribute(null=True)
    stops_fen = NumberAttribute(null=True)
    route_fen = NumberAttribute(null=True)


class IncomeRow(Row):
    """What a courier has earned in a week."""

    table = Table.DISPATCH
    fen = NumberAttribute(default=0)


class AlertRow(Row):
    """A call for a dispatcher; `body` is its Alert."""

    table = Table.DISPATCH
    state = UnicodeAttribute()
    body = UnicodeAttribute()


class CommandRow(Row):
    """A dispatcher's command as it came, to tell a resend from a reuse of its id."""

    table = Table.DISPATCH
    fingerprint = UnicodeAttribute()


def wave_key(wave_id: str) -> str:
    """The partition of a wave's offers."""
    return f"WAVE#{wave_id}"


def round_key(run: int, number: int) -> str:
    """The sort key of a round of a run."""
    return f"ROUND#{run:03d}#{number:03d}"


def route_key(route_id: str) -> str:
    """The partition of a route's offers."""
    return f"ROUTE#{route_id}"


def offer_key(run: int, number: int, courier_id: str) -> str:
    """The sort key of a route's offer to a courier."""
    return f"{OFFER}{run:03d}#{number:03d}#{courier_id}"


def courier_key(courier_id: str) -> str:
    """The partition of a courier."""
    return f"COURIER#{courier_id}"


def order_key(order_id: str) -> str:
    """The partition of what was told of an order's door."""
    return f"ORDER#{order_id}"


def due_key(expires_at: str, offer_id: str) -> str:
    """The sort key of an open offer among those that will expire."""
    return f"{expires_at}#{offer_id}"


def action_key(device: str, seq: int) -> str:
    """The sort key of what a device told; sorts in its order."""
    return f"{ACTION}{device}#{seq:012d}"


def calls_key(community_id: str) -> str:
    """The partition of a community's numbers for masked calls."""
    return f"CALLS#{community_id}"


def line_key(line: str) -> str:
    """The sort key of a line, which is a number and its extension."""
    return f"LINE#{line}"


def pay_key(community_id: str) -> str:
    """The partition of a community's pay rules."""
    return f"PAY#{community_id}"


def income_key(community_id: str) -> str:
    """The partition of a community's weekly incomes."""
    return f"INCOME#{community_id}"


def alert_key(community_id: str) -> str:
    """The partition of a community's alerts."""
    return f"ALERT#{community_id}"


def week_of(local: datetime) -> str:
    """The ISO week of a local instant, as it sorts: 2026-W07."""
    year, week, _ = local.isocalendar()
    return f"{year}-W{week:02d}"
