"""
The dispatcher's desk: what offering routes needs of them, and the turns that give and take them.

A route is open (`offered`) until exactly one courier has it (`taken`); its own row decides, so
whatever offers there are, and however late they are answered, nobody else can have it too.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from linli.kernel import reads
from linli.kernel.errors import AlreadyDone
from linli.kernel.time import parse_instant, rfc3339
from linli.kernel.transact import Transaction, transaction
from linli.waves.accept import route_row
from linli.waves.model import RouteTaken
from linli.waves.rows import (
    ROUTE,
    UNOFFERED,
    PointerRow,
    RouteRow,
    courier_key,
    open_key,
    route_key,
)
from linli.waves.start import wave_row
from linli.waves.views import order_ids_of, route_id_of


@dataclass(frozen=True, slots=True)
class RouteOnDesk:
    """A route as dispatch sees it; `visits` are (kind, store's or order's id, orders) each."""

    route_id: str
    wave_id: str
    community_id: str
    state: str
    courier_id: str | None
    planned_for: str
    order_ids: tuple[str, ...]
    visits: tuple[tuple[str, str, tuple[str, ...]], ...]
    depart_at: datetime
    finish_at: datetime
    metres: int
    seconds: int
    area: str
    version: int


def route_on_desk(route_id: str) -> RouteOnDesk:
    """
    One route.

    Raises:
        NotFound: There is none, or its manifest is not out.
    """
    return _on_desk(route_row(route_id))


def routes_of_wave(wave_id: str) -> list[RouteOnDesk]:
    """The published routes of a wave, by their number; none before its manifests are out."""
    wave = wave_row(wave_id)
    count = 0 if wave is None or wave.state != "published" else int(wave.routes or 0)
    keys = [route_key(f"{wave_id}.{n}") for n in range(1, count + 1)]
    found = reads.batch((RouteRow, key, ROUTE) for key in keys)
    rows = [found.get(RouteRow, key, ROUTE) for key in keys]
    return [_on_desk(row) for row in rows if row is not None and row.state != "draft"]


def routes_of_courier(courier_id: str, most: int = 30) -> list[RouteOnDesk]:
    """The courier's latest routes, those handed on excepted, the latest first."""
    own = reads.query(PointerRow, courier_key(courier_id), most=most, newest_first=True)
    keys = [route_key(pointer.sk) for pointer in own]
    found = reads.batch((RouteRow, key, ROUTE) for key in keys)
    rows = [found.get(RouteRow, key, ROUTE) for key in keys]
    return [_on_desk(row) for row in rows if row is not None and row.courier_id == courier_id]


def open_waves(community_id: str) -> set[str]:
    """The waves of a community that have routes which are not done."""
    pointers = reads.query(PointerRow, open_key(community_id))
    return {pointer.sk.rpartition(".")[0] for pointer in pointers}


def unoffered_waves() -> list[str]:
    """The published waves of which nobody has begun to offer the routes."""
    return [pointer.sk for pointer in reads.query(PointerRow, UNOFFERED)]


def note_offered(wave_id: str) -> None:
    """Somebody offers the wave's routes; again changes nothing."""
    with transaction() as tx:
        tx.delete(PointerRow(UNOFFERED, wave_id))


def give(tx: Transaction, route_id: str, courier_id: str, now: datetime) -> None:
    """
    Add to `tx` that the courier has the route from now on.

    Raises at the commit:
        RouteTaken: Somebody has it, or it is done.
    """
    tx.update(
        RouteRow(route_key(route_id), ROUTE),
        [
            RouteRow.state.set("taken"),
            RouteRow.courier_id.set(courier_id),
            RouteRow.accepted_at.set(rfc3339(now)),
        ],
        condition=RouteRow.state == "offered",
        refusal=RouteTaken(),
    )
    tx.put(PointerRow(courier_key(courier_id), route_id))


def take_back(tx: Transaction, route_id: str, courier_id: str) -> None:
    """
    Add to `tx` that the courier's route is open again; stops that have ended stay as they ended.

    Raises at the commit:
        AlreadyDone: The courier does not have it any more, or it is done.
    """
    tx.update(
        RouteRow(route_key(route_id), ROUTE),
        [
            RouteRow.state.set("offered"),
            RouteRow.courier_id.remove(),
            RouteRow.accepted_at.remove(),
        ],
        condition=(RouteRow.state == "taken") & (RouteRow.courier_id == courier_id),
        refusal=AlreadyDone(),
    )
    tx.delete(PointerRow(courier_key(courier_id), route_id))


def largest_load(
    visits: Sequence[tuple[str, str, Sequence[str]]],
    loads: Mapping[str, Mapping[str, tuple[int, int]]],
) -> tuple[int, int]:
    """
    The most grams and the most boxes that are on board at once.

    Args:
        loads: By order, then by store: grams and boxes, as `waves.doorsteps.parts_of` tells them.
    """
    grams = boxes = most_grams = most_boxes = 0
    for kind, place_id, order_ids in visits:
        if kind == "collect":
            parts = [loads[each].get(place_id, (0, 0)) for each in order_ids]
        elif kind == "drop":
            continue  # Counted with the rest of its order.
        elif kind != "deliver":
            parts = [part for each in order_ids for part in loads[each].values()]
        else:
            parts = [(-g, -b) for g, b in loads.get(place_id, {}).values()]
        grams, boxes = grams + sum(p[0] for p in parts), boxes + sum(p[1] for p in parts)
        most_grams, most_boxes = max(most_grams, grams), max(most_boxes, boxes)
    return most_grams, most_boxes


def _on_desk(row: RouteRow) -> RouteOnDesk:
    visits = tuple((kind, at, tuple(ids)) for kind, at, ids, *_ in json.loads(row.visits))
    return RouteOnDesk(
        route_id=route_id_of(row),
        wave_id=row.wave_id,
        community_id=row.community_id,
        state=row.state,
        courier_id=row.courier_id,
        planned_for=row.planned_for,
        order_ids=tuple(order_ids_of(row)),
        visits=visits,
        depart_at=parse_instant(row.depart_at),
        finish_at=parse_instant(row.finish_at),
        metres=int(row.metres),
        seconds=int(row.seconds),
        area=row.area,
        version=int(row.version or 1),
    )
