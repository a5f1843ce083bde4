"""Reading waves, offers and manifests; addresses come from the orders, never from a copy."""

import json
from datetime import datetime
from typing import Any

from linli import boxes, orders
from linli.boxes import EmptiesRequest
from linli.kernel import reads
from linli.kernel.errors import NotFound
from linli.kernel.identity import Caller, Role
from linli.kernel.time import parse_instant
from linli.orders import Order
from linli.routing.unloading import is_large
from linli.waves.accept import route_row
from linli.waves.empties import EMPTIES
from linli.waves.model import (
    AddressView,
    Area,
    ItemView,
    Manifest,
    ManifestStop,
    ManifestView,
    Meeting,
    OfferView,
    RouteLine,
    StopView,
    WaveView,
)
from linli.waves.picks import all_picks
from linli.waves.privacy import shows_addresses
from linli.waves.rows import (
    ROUTE,
    PointerRow,
    RouteRow,
    WaveRow,
    open_key,
    route_key,
)
from linli.waves.rules import DROP
from linli.waves.start import wave_row
from linli.waves.unload import unload_of


def wave_view(wave_id: str, caller: Caller) -> WaveView:
    """
    The wave with its routes.

    Raises:
        NotFound: There is none in a community of the caller's.
    """
    row = wave_row(wave_id)
    if row is None:
        raise NotFound
    caller.require(row.community_id, Role.DISPATCHER, Role.CITY)
    routes = _routes([f"{wave_id}.{n}" for n in range(1, int(row.routes or 0) + 1)])
    return WaveView(
        wave_id=wave_id,
        slot_id=wave_id,
        community_id=row.community_id,
        state=row.state,
        attempt=int(row.attempt),
        reason=row.reason,
        orders=_whole(row.orders),
        routed_orders=_whole(row.routed_orders),
        unserved=json.loads(row.unserved or "[]"),
        picks=all_picks(wave_id),
        routes=[_line(route) for route in routes],
        started_at=row.started_at,
        changed_at=row.changed_at,
        **_figures(row),
    )


def _figures(row: WaveRow) -> dict[str, Any]:
    return {
        "metres": _whole(row.metres),
        "baseline_metres": _whole(row.baseline_metres),
        "baseline_unserved": _whole(row.baseline_unserved),
        "solver": row.solver,
        "fallback_from": row.fallback_from or None,
    }


def _whole(number: float | None) -> int | None:
    return None if number is None else int(number)


def _routes(route_ids: list[str]) -> list[RouteRow]:
    found = reads.batch((RouteRow, route_key(each), ROUTE) for each in route_ids)
    rows = (found.get(RouteRow, route_key(each), ROUTE) for each in route_ids)
    return [row for row in rows if row is not None]


def route_id_of(row: RouteRow) -> str:
    """The id of a route's row."""
    return str(row.pk).removeprefix("ROUTE#")


def _line(row: RouteRow) -> RouteLine:
    return RouteLine(
        route_id=route_id_of(row),
        state=row.state,
        courier_id=row.courier_id,
        stops=int(row.stops),
        metres=int(row.metres),
        seconds=int(row.seconds),
    )


def offer_view(row: RouteRow, subject: str) -> OfferView:
    """The route as every courier of the community may see it."""
    return OfferView(
        route_id=route_id_of(row),
        state=row.state,
        mine=row.courier_id == subject,
        area=Area.model_validate_json(row.area),
        stops=int(row.stops),
        metres=int(row.metres),
        seconds=int(row.seconds),
        depart_at=row.depart_at,
        finish_at=row.finish_at,
        version=int(row.version or 1),
    )


def manifest_view(route_id: str, caller: Caller, now: datetime) -> ManifestView:
    """
    The whole route, for the courier who holds it or a dispatcher of its community; addresses only
    as long as `privacy` lets them.

    Raises:
        NotFound: There is no such route of the caller's.
    """
    row = route_row(route_id)
    if row.courier_id == caller.subject:
        caller.require(row.community_id, Role.COURIER, Role.DISPATCHER)
    else:
        caller.require(row.community_id, Role.DISPATCHER)
    wanted = orders.read_all(order_ids_of(row))
    shown = shows_addresses(row.state, parse_instant(row.finish_at), now)
    return ManifestView(
        **offer_view(row, caller.subject).model_dump(),
        wave_id=row.wave_id,
        courier_id=row.courier_id,
        visits=_doors_of_empties(
            row, [_visit(row, each, wanted, shown) for each in json.loads(row.visits)], shown
        ),
    )


def _doors_of_empties(row: RouteRow, visits: list[StopView], shown: bool) -> list[StopView]:
    """The visits, those that fetch empties with how many there are, and where."""
    if not any(visit.kind == EMPTIES for visit in visits):
        return visits
    asked = {e.request_id: e for e in boxes.empties_for(row.community_id, row.wave_id)}
    return [
        visit.model_copy(update=_of_empties(asked.get(visit.place_id), shown))
        if visit.kind == EMPTIES
        else visit
        for visit in visits
    ]


def _of_empties(request: EmptiesRequest | None, shown: bool) -> dict[str, Any]:
    """What a courier needs of a request; one that has ended tells nothing any more."""
    if request is None:
        return {"state": "ended"}
    where = AddressView(
        lon=request.point.lon,
        lat=request.point.lat,
        building=request.building,
        unit=request.unit,
        floor=request.floor,
        has_lift=request.has_lift,
        contact_phone=None,
    )
    return {"state": "asked", "boxes": request.box_count, "address": where if shown else None}


def order_ids_of(row: RouteRow) -> list[str]:
    """The orders of a route in the order of its doors."""
    return [place for kind, place, *_ in json.loads(row.visits) if kind == "deliver"]


def _visit(row: RouteRow, kept: list[Any], wanted: dict[str, Order], shown: bool) -> StopView:
    kind, place_id, order_ids, arrive_at, start_at, leave_at = kept[:6]
    view = StopView(
        kind=kind,
        place_id=place_id,
        order_ids=order_ids,
        arrive_at=arrive_at,
        start_at=start_at,
        leave_at=leave_at,
    )
    if kind in (EMPTIES, "return", "rest"):
        return view
    if kind not in ("deliver", DROP):
        store_id = place_id if kind == "collect" else None
        if kept[6:]:
            view = view.model_copy(update={"meet": Meeting(lon=kept[6][0], lat=kept[6][1])})
        items = [each for n in order_ids for each in _items(wanted[n], store_id)]
        return view.model_copy(update={"items": items})
    order = wanted[place_id]
    return view.model_copy(
        update={
            "state": order.state,
            "address": _address(order) if shown else None,
            "items": _handed_over(row, kind, order),
            "boxes": 0 if kind == "deliver" and _drops(row, place_id) else order.boxes,
            "quiet": order.quiet,
        }
    )


def _drops(row: RouteRow, order_id: str) -> bool:
    """Whether some of the order is handed over by a drop of its own."""
    return any(visit[:2] == [DROP, order_id] for visit in json.loads(row.visits))


def _handed_over(row: RouteRow, kind: str, order: Order) -> list[ItemView]:
    """The items of a door: all, or those of the drop, light or large."""
    items = _items(order, None)
    threshold = unload_of(row).get(order.order_id)
    if threshold is None or not _drops(row, order.order_id):
        return items
    large = {line.sku for line in order.lines if is_large(line.grams, threshold)}
    return [each for each in items if (each.sku in large) == (kind == "deliver")]


def _items(order: Order, store_id: str | None) -> list[ItemView]:
    """The order's units: what a store gives for it, or all of them."""
    return [
        ItemView(order_id=order.order_id, sku=line.sku, units=units)
        for line in order.lines
        if (
            units := sum(
                source.units for source in line.sources if store_id in (None, source.store_id)
            )
        )
    ]


def _address(order: Order) -> AddressView | None:
    """Where to go, without a phone; once the order has ended, nobody needs it any more."""
    if order.state in orders.STOP_DONE:
        return None
    return AddressView(**order.deliver_to.model_dump() | {"contact_phone": None})


def open_manifests(community_id: str) -> list[Manifest]:
    """
    What is still to be delivered in a community: routes that are not done, with the stops whose
    orders have not ended. For packs that must work without us.
    """
    pointers = reads.query(PointerRow, open_key(community_id))
    return [_manifest(row) for row in _routes([pointer.sk for pointer in pointers])]


def _manifest(row: RouteRow) -> Manifest:
    found = orders.read_all(order_ids_of(row)).values()
    stops = tuple(
        ManifestStop(order.order_id, order.deliver_to, order.boxes, order.lines)
        for order in found
        if order.state not in orders.STOP_DONE
    )
    return Manifest(route_id_of(row), row.wave_id, row.courier_id, stops)
