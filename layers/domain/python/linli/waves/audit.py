"""What an audit needs of the waves table; reads it whole."""

import json
from collections import defaultdict
from dataclasses import dataclass

from linli.kernel import reads
from linli.waves.rows import ORDERS, ROUTE, BodyRow, RouteRow
from linli.waves.views import order_ids_of, route_id_of


@dataclass(frozen=True, slots=True)
class WaveRecord:
    """The orders that a wave froze, and those on each of its offered routes."""

    wave_id: str
    frozen: tuple[str, ...]
    routes: tuple[tuple[str, tuple[str, ...]], ...]


def frozen_waves() -> dict[str, WaveRecord]:
    """Every wave that has frozen its orders, by its id."""
    routes = defaultdict(list)
    for route in reads.scan(RouteRow):
        if route.sk == ROUTE and route.state != "draft":
            routes[route.wave_id].append((route_id_of(route), tuple(order_ids_of(route))))
    found = {}
    for row in reads.scan(BodyRow):
        if row.sk == ORDERS:
            wave_id = str(row.pk).removeprefix("WAVE#")
            on_routes = tuple(sorted(routes[wave_id]))
            found[wave_id] = WaveRecord(wave_id, tuple(json.loads(row.body)), on_routes)
    return found
