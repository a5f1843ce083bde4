"""
Masked calls: a courier dials a number of the community's, a switchboard connects the resident.

The community rents numbers; each, with its extensions, is a number of *lines*. A line is leased to
one courier for one order, until the route is closed. Nobody but the switchboard ever learns the
resident's number, and it asks at each call: it is connected only while the order is on its way with
the courier whose line it is. So a lease that nobody ended is of no use to anybody either.

A line that was given back longest ago is given out first: an old number in a courier's phone
reaches nobody for as long as can be.
"""

import secrets
from datetime import datetime
from typing import Any, Final

from linli import orders, waves
from linli.dispatch.call_model import (
    AskCall,
    AskConnection,
    CallPool,
    CallReady,
    CallsOver,
    Connection,
    NoLineFree,
    NoPhone,
    PutCallPool,
)
from linli.dispatch.held import held_route
from linli.dispatch.rows import (
    CALL,
    POOL,
    BodyRow,
    CallRow,
    LineRow,
    calls_key,
    line_key,
    route_key,
)
from linli.kernel import reads
from linli.kernel.errors import AlreadyDone, Contended, NotFound
from linli.kernel.identity import Caller, Role
from linli.kernel.time import parse_instant, rfc3339
from linli.kernel.transact import Transaction, transaction
from linli.waves import RouteOnDesk
from linli.waves.model import ManifestView, StopView
from linli.waves.privacy import AFTER_FINISH, shows_addresses

_ATTEMPTS: Final = 8


def put_pool(community_id: str, command: PutCallPool, caller: Caller) -> CallPool:
    """
    Set the community's numbers; leases of those that are gone end with their routes.

    Raises:
        NotFound: The caller does not run that community.
    """
    caller.require(community_id, Role.CITY)
    with transaction() as tx:
        tx.put(BodyRow(calls_key(community_id), POOL, body=command.model_dump_json()))
    return CallPool(community_id=community_id, **command.model_dump())


def lease(command: AskCall, caller: Caller, now: datetime) -> CallReady:
    """
    Give the courier a line to an order's resident; the same order again, the same line.

    Raises:
        NotFound: The order is not on a route of the caller's.
        CallsOver: It has ended, or the route has.
        NoPhone: There is nobody to call.
        NoLineFree: All lines are in use; the resident's own number is never told instead.
        Contended: Others took each free line at the very moment.
    """
    order_id = str(command.order_id)
    route = held_route(order_id, caller)
    if _phone(route, order_id, now) is None:
        raise NoPhone
    until = rfc3339(route.finish_at + AFTER_FINISH)
    for _ in range(_ATTEMPTS):
        kept = reads.get(CallRow, route_key(route.route_id), f"{CALL}{order_id}")
        if kept is not None and kept.courier_id == caller.subject and kept.until > rfc3339(now):
            return CallReady(order_id=order_id, dial=_dial(kept.line), until=kept.until)
        line = _free_line(route.community_id, now)
        try:
            with transaction() as tx:
                _write(tx, route, order_id, kept, line, until, now)
        except AlreadyDone:  # The line, or the order's lease, went to another at this moment.
            continue
        return CallReady(order_id=order_id, dial=_dial(line), until=until)
    raise Contended


def _phone(route: RouteOnDesk, order_id: str, now: datetime) -> str | None:
    """
    The true number of an order that is on its way on the route.

    Raises:
        CallsOver: It is not.
    """
    order = orders.read(order_id)
    rides = route.state == "taken" and shows_addresses(route.state, route.finish_at, now)
    if order.state in orders.STOP_DONE or order.route_id != route.route_id or not rides:
        raise CallsOver
    return order.deliver_to.contact_phone


def _free_line(community_id: str, now: datetime) -> str:
    pool = reads.get(BodyRow, calls_key(community_id), POOL)
    known = PutCallPool.model_validate_json(pool.body) if pool else PutCallPool(numbers=())
    own = LineRow.sk.startswith(line_key(""))
    used = {row.sk: str(row.until) for row in reads.query(LineRow, calls_key(community_id), own)}
    lines = [f"{number};{n:02d}" for number in known.numbers for n in range(known.extensions)]
    lines = lines or [f"{number};" for number in known.numbers]
    free = [each for each in lines if used.get(line_key(each), "") <= rfc3339(now)]
    if not free:
        raise NoLineFree
    rested = min(used.get(line_key(each), "") for each in free)
    return secrets.choice([each for each in free if used.get(line_key(each), "") == rested])


def _write(
    tx: Transaction,
    route: RouteOnDesk,
    order_id: str,
    kept: CallRow | None,
    line: str,
    until: str,
    now: datetime,
) -> None:
    """Add to `tx` that the order's courier has the line; what the one before had is given back."""
    assert route.courier_id is not None, "only who holds the route asks"
    lease_id, pool = secrets.token_hex(8), calls_key(route.community_id)
    leads_to: dict[str, Any] = {"route_id": route.route_id, "order_id": order_id, "until": until}
    tx.put(
        LineRow(pool, line_key(line), lease_id=lease_id, **leads_to),
        condition=LineRow.pk.does_not_exist() | (LineRow.until <= rfc3339(now)),
        refusal=AlreadyDone(),
    )
    row = CallRow(route_key(route.route_id), f"{CALL}{order_id}", lease_id=lease_id, until=until)
    row.courier_id, row.line = route.courier_id, line
    seen = CallRow.pk.does_not_exist() if kept is None else CallRow.lease_id == kept.lease_id
    tx.put(row, condition=seen, refusal=AlreadyDone())
    if kept is not None and kept.until > rfc3339(now):
        tx.update(
            LineRow(pool, line_key(kept.line)),
            [LineRow.until.set(rfc3339(now))],
            condition=LineRow.lease_id == kept.lease_id,
            refusal=AlreadyDone(),
        )


def release(route: RouteOnDesk, now: datetime) -> None:
    """Give the route's lines back: it is closed, or leaves its courier. Again changes nothing."""
    prefix = CallRow.sk.startswith(CALL)
    for row in reads.query(CallRow, route_key(route.route_id), prefix):
        if row.until > rfc3339(now):
            _give_back(calls_key(route.community_id), row, now)


def _give_back(pool: str, row: CallRow, now: datetime) -> None:
    ended = rfc3339(now)
    try:
        with transaction() as tx:
            tx.update(
                CallRow(row.pk, row.sk),
                [CallRow.until.set(ended)],
                condition=CallRow.lease_id == row.lease_id,
                refusal=AlreadyDone(),
            )
            tx.update(
                LineRow(pool, line_key(row.line)),
                [LineRow.until.set(ended)],
                condition=LineRow.lease_id == row.lease_id,
                refusal=AlreadyDone(),
            )
    except AlreadyDone:
        return  # Leased anew at this moment: that lease is another's to end.


def connection(command: AskConnection, caller: Caller, now: datetime) -> Connection:
    """
    Whom a line leads to now.

    Raises:
        NotFound: To nobody; or the caller is not the community's switchboard.
    """
    caller.require(command.community_id, Role.SWITCHBOARD)
    key = line_key(f"{command.number};{command.extension}")
    line = reads.get(LineRow, calls_key(command.community_id), key)
    if line is None or line.until <= rfc3339(now):
        raise NotFound
    route = waves.route_on_desk(line.route_id)
    call = reads.get(CallRow, route_key(line.route_id), f"{CALL}{line.order_id}")
    if call is None or call.lease_id != line.lease_id or call.courier_id != route.courier_id:
        raise NotFound
    try:
        phone = _phone(route, line.order_id, now)
    except CallsOver:
        raise NotFound from None
    if phone is None:
        raise NotFound
    return Connection(connect_to=phone)


def manifest(route_id: str, caller: Caller, now: datetime) -> ManifestView:
    """
    The manifest with the lines that its courier has asked for.

    Raises:
        NotFound: See `waves.manifest_view`.
    """
    view = waves.manifest_view(route_id, caller, now)
    return view.model_copy(update={"visits": with_lines(view, now)})


def with_lines(view: ManifestView, now: datetime) -> list[StopView]:
    """The manifest's visits, those of orders with a lease with what to dial."""
    rows = reads.query(CallRow, route_key(view.route_id), CallRow.sk.startswith(CALL))
    dial = {
        row.sk.removeprefix(CALL): _dial(row.line)
        for row in rows
        if row.courier_id == view.courier_id and parse_instant(row.until) > now
    }
    return [_with_line(visit, dial.get(visit.place_id)) for visit in view.visits]


def _with_line(visit: StopView, dial: str | None) -> StopView:
    if visit.address is None:
        return visit
    address = visit.address.model_copy(update={"contact_phone": dial})
    return visit.model_copy(update={"address": address})


def _dial(line: str) -> str:
    number, _, extension = line.partition(";")
    return f"tel:{number};ext={extension}" if extension else f"tel:{number}"
