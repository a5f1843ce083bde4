"""Waves table: waves with their orders, problems and plans; routes; offers; couriers' routes."""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from linli.kernel.tables import Row, Table

WAVE, ORDERS, ROUTE, COMMAND = "WAVE", "ORDERS", "ROUTE", "COMMAND"
UNFINISHED, REPLANS, UNOFFERED = "UNFINISHED", "REPLANS", "UNOFFERED"
SOURCES, CLUSTERS, PICKS = "SOURCES", "CLUSTERS", "PICKS#"
GRAMS = "GRAMS#"
STRANDED, RELEASED, REPLAN = "STRANDED", "RELEASED#", "REPLAN#"


class WaveRow(Row):
    """pk = WAVE#<wave_id>, sk = WAVE; `unserved` is JSON."""

    table = Table.WAVES
    community_id = UnicodeAttribute()
    state = UnicodeAttribute()
    attempt = NumberAttribute()
    started_at = UnicodeAttribute()
    changed_at = UnicodeAttribute()
    reason = UnicodeAttribute(null=True)
    orders = NumberAttribute(null=True)
    clusters = NumberAttribute(null=True)
    baseline_metres = NumberAttribute(null=True)
    baseline_unserved = NumberAttribute(null=True)
    metres = NumberAttribute(null=True)
    routed_orders = NumberAttribute(null=True)
    routes = NumberAttribute(null=True)
    unserved = UnicodeAttribute(null=True)
    solver = UnicodeAttribute(null=True)
    fallback_from = UnicodeAttribute(null=True)


class BodyRow(Row):
    """
    JSON of a wave: pk = WAVE#<wave_id>, sk = ORDERS (ids of the frozen orders), SOURCES (what
    moving them to other sources came to), CLUSTERS (the ids of each one's orders and couriers),
    PICKS#<store_id>, PROBLEM#<attempt>#<cluster>, PLAN#<cluster> or FRAMED#<replan id>#<round>;
    each is written once and never changed.
    """

    table = Table.WAVES
    body = UnicodeAttribute()


class CommandRow(Row):
    """pk = COMMAND#<command id>, sk = COMMAND: the run that a dispatcher's command led to."""

    table = Table.WAVES
    fingerprint = UnicodeAttribute()
    wave_id = UnicodeAttribute()
    attempt = NumberAttribute()


class RouteRow(Row):
    """
    pk = ROUTE#<route_id>, sk = ROUTE; holds no address, which stays with the order.

    `visits` is JSON: [kind, place_id, order ids, arrive_at, start_at, leave_at] each; `version`
    (absent: 1) counts how often it was planned. `unload` is JSON: by order that neighbours are
    unloaded with, the grams from which an item is a drop of its own; `took` by route whose goods
    were taken over, when.
    """

    table = Table.WAVES
    wave_id = UnicodeAttribute()
    community_id = UnicodeAttribute()
    state = UnicodeAttribute()
    courier_id = UnicodeAttribute(null=True)
    planned_for = UnicodeAttribute()
    visits = UnicodeAttribute()
    stops = NumberAttribute()
    metres = NumberAttribute()
    seconds = NumberAttribute()
    area = UnicodeAttribute()
    depart_at = UnicodeAttribute()
    finish_at = UnicodeAttribute()
    accepted_at = UnicodeAttribute(null=True)
    version = NumberAttribute(null=True)
    done_at = UnicodeAttribute(null=True)
    unload = UnicodeAttribute(null=True)
    took = UnicodeAttribute(null=True)


class ReplanRow(Row):
    """
    pk = WAVE#<wave_id>, sk = REPLAN#<replan id>: something changed while routes were ridden.

    `change` is the command, `told` what came of it, `pending` the orders that are still to be
    told their new route (JSON each).
    """

    table = Table.WAVES
    kind = UnicodeAttribute()
    state = UnicodeAttribute()
    fingerprint = UnicodeAttribute()
    change = UnicodeAttribute()
    by = UnicodeAttribute()
    asked_at = UnicodeAttribute()
    changed_at = UnicodeAttribute()
    reason = UnicodeAttribute(null=True)
    told = UnicodeAttribute(null=True)
    pending = UnicodeAttribute(null=True)


class StrandedRow(Row):
    """pk = STRANDED, sk = <community_id>#<order_id>: no route of the order's wave brings it."""

    table = Table.WAVES
    wave_id = UnicodeAttribute()
    reason = UnicodeAttribute()
    since = UnicodeAttribute()


class ReleasedRow(Row):
    """pk = WAVE#<wave_id>, sk = RELEASED#<order_id>: the wave froze it and has it no more."""

    table = Table.WAVES
    at = UnicodeAttribute()


class TallyRow(Row):
    """pk = UNLOADING#<community_id>, sk = GRAMS#<threshold>: its unloadings, added up."""

    table = Table.WAVES
    unloadings = NumberAttribute(default=0)
    seconds = NumberAttribute(default=0)
    items = NumberAttribute(default=0)
    orders = NumberAttribute(default=0)
    complaints = NumberAttribute(default=0)


class UnloadedRow(Row):
    """
    pk = UNLOADING#<community_id>, sk = DONE#<route_id>/<building> or COMPLAINT#<order_id>: what
    was counted at the threshold `grams`.
    """

    table = Table.WAVES
    grams = NumberAttribute()
    at = UnicodeAttribute()


class PointerRow(Row):
    """
    A list of what is going on: pk = UNFINISHED, sk = <wave_id>, of waves without manifests;
    pk = REPLANS, sk = <wave_id>#<replan id>, of changes that are being planned;
    pk = UNOFFERED, sk = <wave_id>, of waves whose offers have not begun;
    pk = OPEN#<community_id>, sk = <route_id>, of routes offered or ridden;
    pk = COURIER#<courier_id>, sk = <route_id>, of routes that the courier took, for good.
    """

    table = Table.WAVES


def wave_key(wave_id: str) -> str:
    """The partition of a wave."""
    return f"WAVE#{wave_id}"


def problem_key(attempt: int, cluster: int) -> str:
    """The sort key of a cluster's problem, as a run of the wave saw it."""
    return f"PROBLEM#{attempt}#{cluster}"


def plan_key(cluster: int) -> str:
    """The sort key of a cluster's plan."""
    return f"PLAN#{cluster}"


def picks_key(store_id: str) -> str:
    """The sort key of what a store picks for the wave."""
    return f"{PICKS}{store_id}"


def stranded_key(community_id: str, order_id: str) -> str:
    """The sort key of an order that no route brings."""
    return f"{community_id}#{order_id}"


def replan_key(replan_id: str) -> str:
    """The sort key of a change that led to planning anew."""
    return f"{REPLAN}{replan_id}"


def framed_key(replan_id: str, round_: int) -> str:
    """The sort key of a change's problem, as its `round_`th framing saw it."""
    return f"FRAMED#{replan_id}#{round_}"


def command_key(command_id: object) -> str:
    """The partition of a dispatcher's command."""
    return f"COMMAND#{command_id}"


def route_key(route_id: str) -> str:
    """The partition of a route."""
    return f"ROUTE#{route_id}"


def open_key(community_id: str) -> str:
    """The partition of a community's routes that are not done."""
    return f"OPEN#{community_id}"


def courier_key(courier_id: str) -> str:
    """The partition of the routes that a courier took."""
    return f"COURIER#{courier_id}"


def unloading_key(community_id: str) -> str:
    """The partition of what a community's unloadings have taught."""
    return f"UNLOADING#{community_id}"


def grams_key(threshold: int) -> str:
    """The sort key of a threshold."""
    return f"{GRAMS}{threshold:010d}"


def unloaded_key(unloading: str) -> str:
    """The sort key of one unloading: of a route, at a building."""
    return f"DONE#{unloading}"


def complaint_key(order_id: str) -> str:
    """The sort key of an order's complaint."""
    return f"COMPLAINT#{order_id}"
