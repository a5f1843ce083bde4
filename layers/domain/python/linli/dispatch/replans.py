"""A courier stops with goods aboard, or a lift breaks: the routes concerned are planned anew."""

from datetime import datetime

from linli import buildings, orders, waves
from linli.buildings import LiftReported, ReportLift
from linli.dispatch.actions import LiftSeen
from linli.dispatch.hand_on import HandOn, StopCourier
from linli.kernel.identity import Caller
from linli.kernel.ids import derived
from linli.kernel.machines import Machine
from linli.waves import NotPublished, Replan, RouteOnDesk


def by_replan(machine: Machine) -> HandOn:
    """
    Hands a route on by planning it anew if goods are aboard, so that somebody comes for them; one
    that was not begun is simply offered to another courier.
    """

    def hand_on(route: RouteOnDesk, command: StopCourier, now: datetime) -> bool:
        if not any(orders.read(each).state == "handed_over" for each in route.order_ids):
            return False
        known = command.lon is not None and command.lat is not None
        place = {"lon": command.lon, "lat": command.lat} if known else None
        change = Replan.model_validate(
            {
                "id": derived(command.id, route.route_id),
                "kind": "courier_stopped",
                "route_ids": (route.route_id,),
                "place": place,
                "reason": command.reason,
            }
        )
        return _asked(route.wave_id, change, machine, now)

    return hand_on


def report_lift(
    command: ReportLift, caller: Caller, machine: Machine, now: datetime
) -> LiftReported:
    """
    Take in a word on a lift; if it changes whether the lift counts as broken, the open routes of
    the community with stops behind it are timed anew. Again changes nothing.

    Raises:
        NotFound, Invalid, IdReused, Contended: See `buildings.report_lift`.
    """
    told = buildings.report_lift(command, caller, now)
    if told.changed:
        for wave_id in sorted(waves.open_waves(command.community_id)):
            change = Replan.model_validate(
                {
                    "id": derived(command.id, wave_id),
                    "kind": "lift_changed",
                    "building": command.building,
                    "lift_works": command.works,
                }
            )
            _asked(wave_id, change, machine, now)
    return told


def lift_seen(
    machine: Machine, action: LiftSeen, community_id: str, caller: Caller, now: datetime
) -> None:
    """A courier's word on a lift, among their actions."""
    command = ReportLift(
        id=action.id,
        community_id=community_id,
        building=action.building,
        unit=action.unit,
        works=action.works,
        at=action.at,
    )
    report_lift(command, caller, machine, now)


def _asked(wave_id: str, change: Replan, machine: Machine, now: datetime) -> bool:
    try:
        waves.request_replan(wave_id, change, by="dispatch", machine=machine, now=now)
    except NotPublished:
        return False  # It is planned with what is known by then.
    return True
