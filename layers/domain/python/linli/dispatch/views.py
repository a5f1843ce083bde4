"""What couriers and dispatchers see of offers."""

import json
from collections.abc import Sequence

from linli import waves
from linli.dispatch.earn import whole_pay_fen
from linli.dispatch.model import OfferLine, RouteOffer, RouteOffers, RunView
from linli.dispatch.pay_rules import DatedPayRule, rule_for, rules_of
from linli.dispatch.rows import OFFER, OfferRow, PointerRow, courier_key, route_key
from linli.dispatch.runs import run_row
from linli.kernel import reads
from linli.kernel.errors import NotFound
from linli.kernel.identity import Caller, Role
from linli.kernel.time import rfc3339
from linli.waves import RouteOnDesk
from linli.waves.model import Area


def my_routes(caller: Caller) -> RouteOffers:
    """The routes that are offered to the caller, then their own, the latest first."""
    communities = set(caller.places(Role.COURIER))
    pointers = reads.query(PointerRow, courier_key(caller.subject), PointerRow.sk.startswith(OFFER))
    keys = [(route_key(p.sk.removeprefix(OFFER)), str(p.of)) for p in pointers]
    found = reads.batch((OfferRow, pk, sk) for pk, sk in keys)
    rows = [found.get(OfferRow, pk, sk) for pk, sk in keys]
    offered = [row for row in rows if row is not None and row.state == "open"]
    rules = {each: rules_of(each) for each in communities}
    open_routes = [
        _view(route, caller.subject, rules[route.community_id], row.expires_at)
        for row in offered
        if (route := waves.route_on_desk(row.pk.removeprefix("ROUTE#"))).state == "offered"
        and route.community_id in communities
    ]
    mine = [r for r in waves.routes_of_courier(caller.subject) if r.community_id in communities]
    own = [_view(each, caller.subject, rules[each.community_id], None) for each in mine]
    return RouteOffers(routes=open_routes + own)


def route_view(route: RouteOnDesk, subject: str) -> RouteOffer:
    """A route without any address."""
    return _view(route, subject, rules_of(route.community_id), None)


def _view(
    route: RouteOnDesk, subject: str, rules: Sequence[DatedPayRule], expires_at: str | None
) -> RouteOffer:
    stops = len(route.order_ids)
    return RouteOffer(
        route_id=route.route_id,
        state=route.state,
        mine=route.courier_id == subject,
        area=Area.model_validate_json(route.area),
        stops=stops,
        metres=route.metres,
        seconds=route.seconds,
        depart_at=rfc3339(route.depart_at),
        finish_at=rfc3339(route.finish_at),
        version=route.version,
        expires_at=expires_at,
        pay_fen=whole_pay_fen(route, rule_for(route, rules)),
    )


def run_view(wave_id: str, caller: Caller, route_id: str | None = None) -> RunView:
    """
    A wave's offers, or those of one of its routes.

    Raises:
        NotFound: Its routes were never offered, or it is of another community.
    """
    row = run_row(wave_id)
    if row is None:
        raise NotFound
    caller.require(row.community_id, Role.DISPATCHER, Role.CITY)
    offers = [
        _line(offer)
        for route in waves.routes_of_wave(wave_id)
        if route_id in (None, route.route_id)
        for offer in reads.query(OfferRow, route_key(route.route_id), OfferRow.sk.startswith(OFFER))
    ]
    return RunView(
        wave_id=wave_id,
        community_id=row.community_id,
        run=int(row.run),
        state=row.state,
        taken=_whole(row.taken),
        reserve=_whole(row.reserve),
        uncovered=None if row.uncovered is None else len(json.loads(row.uncovered)),
        fault=row.fault,
        offers=offers,
    )


def _whole(number: float | None) -> int | None:
    return None if number is None else int(number)


def _line(offer: OfferRow) -> OfferLine:
    return OfferLine(
        route_id=offer.pk.removeprefix("ROUTE#"),
        courier_id=offer.courier_id,
        state=offer.state,
        round=int(offer.sk.split("#")[2]),
        cost_fen=int(offer.cost_fen),
        offered_at=offer.offered_at,
        expires_at=offer.expires_at,
        settled_at=offer.settled_at,
        reason=offer.reason,
    )
