"""What an audit needs of the waves table; reads it whole."""

import json
from collections import defaultdict
from dataclasses import dataclass

from linli.kernel import reads
from linli.waves.rows import ORDERS, RELEASED, REPLAN, ROUTE, BodyRow, ReplanRow, RouteRow
from linli.waves.views import order_ids_of, route_id_of


@dataclass(frozen=True, slots=True)
class WaveRecord:
    """
    The orders that a wave froze and still has, those that joined its routes from another wave
    (emergencies), and those on each of its offered routes.
    """

    wave_id: str
    frozen: tuple[str, ...]
    routes: tuple[tuple[str, tuple[str, ...]], ...]
    joined: tuple[str, ...] = ()


def frozen_waves() -> dict[str, WaveRecord]:
    """Every wave that has frozen its orders, by its id."""
    routes = defaultdict(list)
    for route in reads.scan(RouteRow):
        if route.sk == ROUTE and route.state != "draft":
            routes[route.wave_id].append((route_id_of(route), tuple(order_ids_of(route))))
    released, joined = _since()
    found = {}
    for row in reads.scan(BodyRow):
        if row.sk == ORDERS:
            wave_id = str(row.pk).removeprefix("WAVE#")
            frozen = [n for n in json.loads(row.body) if n not in released[wave_id]]
            on_routes = tuple(sorted(routes[wave_id]))
            more = tuple(sorted(joined[wave_id]))
            found[wave_id] = WaveRecord(wave_id, tuple(frozen), on_routes, more)
    return found


def _since() -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """By wave: the orders that it has no more, and those that its routes took on since."""
    released: dict[str, set[str]] = defaultdict(set)
    joined: dict[str, set[str]] = defaultdict(set)
    for row in reads.scan(ReplanRow):
        wave_id = str(row.pk).removeprefix("WAVE#")
        if row.sk.startswith(RELEASED):
            released[wave_id].add(row.sk.removeprefix(RELEASED))
        elif row.sk.startswith(REPLAN) and row.state == "applied":
            joined[wave_id] |= set(json.loads(row.told or "{}").get("moved_orders", []))
    return released, joined
