"""
Routes that change hands by a dispatcher's word: withdrawn, assigned, or left by who must stop.

What has been delivered stays delivered: the route's stops that have ended are no stops any more
for whoever rides on, and an order ends once whoever reports it.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from linli import fleet, waves
from linli.dispatch import calls
from linli.dispatch.alerts import Alert, alert
from linli.dispatch.answers import end, offers_of
from linli.dispatch.commands import note_command
from linli.dispatch.duty import change_rest, hold, let_go, note
from linli.dispatch.fit import check_fit
from linli.dispatch.model import Assign, NotHeld, OfferGone, Withdraw
from linli.dispatch.reserved import release
from linli.dispatch.rest import halt
from linli.dispatch.runs import begin
from linli.kernel.errors import AlreadyDone, Contended, NotFound
from linli.kernel.identity import Caller, Role
from linli.kernel.ids import CommandId, CommunityId
from linli.kernel.machines import Machine, Tokens
from linli.kernel.time import rfc3339
from linli.kernel.transact import transaction
from linli.waves import RouteOnDesk, RouteTaken

StopReason = Literal["storm", "fatigue", "breakdown", "sos", "other"]
_ATTEMPTS = 4


class StopCourier(BaseModel):
    """A courier cannot go on; `lon` and `lat` (WGS-84) say where they and their load are."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: CommandId
    community_id: CommunityId
    reason: StopReason
    note: str = Field(default="", max_length=300)
    lon: float | None = Field(default=None, ge=-180, le=180)
    lat: float | None = Field(default=None, ge=-90, le=90)


class ResumeCourier(BaseModel):
    """A courier who was stopped may ride again."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: CommandId
    community_id: CommunityId


class Stopped(BaseModel):
    """What became of the routes of a courier who stopped."""

    courier_id: str
    handed_on: list[str]
    alert_id: str


HandOn = Callable[[RouteOnDesk, StopCourier, datetime], bool]
"""
Asks for a route whose goods are aboard to be planned anew; False if it is not to be: then it is
offered to another courier as it is.
"""


def stop(
    courier_id: str,
    command: StopCourier,
    machine: Machine,
    hand_on: HandOn,
    now: datetime,
) -> Stopped:
    """
    Let the courier's riding end, and their open routes go to others; the same command again goes on
    where it ended.

    Raises:
        IdReused: The id came with another command.
        Contended: The courier's duty was being written at every attempt.
    """
    note_command(command, command.id, courier_id)
    note(courier_id, stopped=command.reason)
    change_rest(courier_id, lambda rest: halt(rest, now))
    routes = [each for each in waves.routes_of_courier(courier_id) if each.state == "taken"]
    mine = [each for each in routes if each.community_id == command.community_id]
    handed = [each.route_id for each in mine if _hand_on(each, courier_id, command, hand_on, now)]
    raised = alert(
        Alert(
            id=str(command.id),
            community_id=command.community_id,
            kind="sos" if command.reason == "sos" else "courier_stopped",
            what=command.note or command.reason,
            courier_id=courier_id,
            route_ids=tuple(each.route_id for each in mine),
            lon=command.lon,
            lat=command.lat,
            raised_at=rfc3339(now),
        )
    )
    for wave_id in sorted({each.wave_id for each in mine}):
        begin(wave_id, machine, now)
    return Stopped(courier_id=courier_id, handed_on=handed, alert_id=raised.id)


def stop_by_dispatcher(
    courier_id: str,
    command: StopCourier,
    caller: Caller,
    machine: Machine,
    hand_on: HandOn,
    now: datetime,
) -> Stopped:
    """
    As `stop`, by a dispatcher of the courier's community.

    Raises:
        NotFound: The caller does not dispatch there, or there is no such courier.
    """
    caller.require(command.community_id, Role.DISPATCHER)
    if fleet.courier(command.community_id, courier_id) is None:
        raise NotFound
    return stop(courier_id, command, machine, hand_on, now)


def offer_as_it_is(_route: RouteOnDesk, _command: StopCourier, _now: datetime) -> bool:
    """Never plan anew: another courier rides the rest of the route as it was planned."""
    return False


def resume(courier_id: str, command: ResumeCourier, caller: Caller) -> None:
    """
    Let a stopped courier be offered routes again.

    Raises:
        NotFound: The caller does not dispatch there, or there is no such courier.
    """
    caller.require(command.community_id, Role.DISPATCHER)
    if fleet.courier(command.community_id, courier_id) is None:
        raise NotFound
    note(courier_id, stopped="", fatigue="unknown")


def withdraw(
    route_id: str,
    command: Withdraw,
    caller: Caller,
    machine: Machine,
    tokens: Tokens,
    now: datetime,
) -> RouteOnDesk:
    """
    Take a route back, from who holds it or from those it is offered to; it is offered on to
    others. The same command again changes nothing more.

    Raises:
        NotFound: There is no such route where the caller dispatches.
        NotHeld: It is done.
        IdReused: The id came with another command.
    """
    route = waves.route_on_desk(route_id)
    caller.require(route.community_id, Role.DISPATCHER)
    if not note_command(command, command.id, route_id):
        return route
    if route.state == "done":
        raise NotHeld
    for offer in offers_of(route_id):
        if offer.state == "open":
            try:
                end(offer, "withdrawn", tokens, now, command.reason)
            except OfferGone:  # Answered at this very moment; who accepted it is asked below.
                continue
    route = waves.route_on_desk(route_id)
    if route.courier_id is not None and route.state == "taken":
        _take_back(route, route.courier_id, now)
    begin(route.wave_id, machine, now)
    return waves.route_on_desk(route_id)


def assign(route_id: str, command: Assign, caller: Caller, now: datetime) -> RouteOnDesk:
    """
    Give an open route to a courier, as agreed by other means; again changes nothing.

    Raises:
        NotFound: There is no such route where the caller dispatches, or no such courier.
        RouteTaken: Somebody else has it.
        NotFit: Documents, vehicle, hours or rest do not allow it; `obstacle` says which.
        Busy: The courier holds another route at that time.
        Contended: The courier's duty was being written at every attempt.
    """
    route = waves.route_on_desk(route_id)
    caller.require(route.community_id, Role.DISPATCHER)
    if route.courier_id == command.courier_id and route.state == "taken":
        return route
    check_fit(route, command.courier_id, now)
    for _ in range(_ATTEMPTS):
        try:
            with transaction() as tx:
                waves.give(tx, route_id, command.courier_id, now)
                hold(tx, command.courier_id, route)
            return waves.route_on_desk(route_id)
        except AlreadyDone:  # The courier's duty was written meanwhile: look again.
            continue
        except RouteTaken:
            if waves.route_on_desk(route_id).courier_id != command.courier_id:
                raise
            return waves.route_on_desk(route_id)
    raise Contended


def _hand_on(
    route: RouteOnDesk, courier_id: str, command: StopCourier, hand_on: HandOn, now: datetime
) -> bool:
    return hand_on(route, command, now) or _take_back(route, courier_id, now)


def _take_back(route: RouteOnDesk, courier_id: str, now: datetime) -> bool:
    """Open the route again; False if the courier does not hold it any more."""
    for _ in range(_ATTEMPTS):
        try:
            with transaction() as tx:
                waves.take_back(tx, route.route_id, courier_id)
                let_go(tx, courier_id, route.route_id)
        except AlreadyDone:  # The duty was written meanwhile, or the route has moved on.
            found = waves.route_on_desk(route.route_id)
            if found.courier_id != courier_id or found.state != "taken":
                return False
            continue
        release(route.community_id, route.route_id)
        calls.release(route, now)
        return True
    raise Contended
