"""A courier has taken over the goods of one who stopped: their route knows it from then on."""

import json
from datetime import datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict

from linli.kernel.errors import Contended, NotFound
from linli.kernel.identity import Caller, Role
from linli.kernel.ids import CommandId
from linli.kernel.time import rfc3339
from linli.kernel.transact import transaction
from linli.waves.accept import route_row
from linli.waves.model import RouteId
from linli.waves.rides import TAKE_OVER, legs_of
from linli.waves.rows import ROUTE, RouteRow, route_key


class TakeOver(BaseModel):
    """A courier's word that the goods of another's route are aboard theirs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: CommandId
    route_id: RouteId
    from_route_id: RouteId
    at: AwareDatetime


class TakenOver(BaseModel):
    """What a route has taken over, and when."""

    route_id: str
    from_routes: dict[str, str]


def took_of(row: RouteRow) -> frozenset[str]:
    """The routes whose goods a route's courier has taken over."""
    return frozenset(json.loads(row.took or "{}"))


def take_over(command: TakeOver, caller: Caller, now: datetime) -> TakenOver:
    """
    Note it, so that nobody is sent to that place again; what was told first counts.

    Raises:
        NotFound: The caller has no such route, or it takes nothing over from there.
        Contended: The route was planned anew at this moment; again is safe.
    """
    row = route_row(command.route_id)
    if row.courier_id != caller.subject:
        raise NotFound
    caller.require(row.community_id, Role.COURIER)
    meant = {leg.place_id for leg in legs_of(row.visits) if leg.kind == TAKE_OVER}
    known: dict[str, str] = json.loads(row.took or "{}")
    if command.from_route_id not in meant | set(known):
        raise NotFound
    if command.from_route_id not in known:
        known[command.from_route_id] = rfc3339(min(command.at, now))
        same = RouteRow.took.does_not_exist() if row.took is None else RouteRow.took == row.took
        with transaction() as tx:
            tx.update(
                RouteRow(route_key(command.route_id), ROUTE),
                [RouteRow.took.set(json.dumps(known))],
                condition=same & (RouteRow.courier_id == caller.subject),
                refusal=Contended(),
            )
    return TakenOver(route_id=command.route_id, from_routes=known)
