"""
Taking in what a device tells: in the device's order, each action once, conflicts shown one by one.

An action is known by its device and number. Its effect comes first, under the action's own id,
which makes it happen once; then its answer is kept. A replay gets the kept answer. A conflict is
kept, too, but tried again when it is told again: what could not be may have become possible.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from linli import boxes, waves
from linli.credit import Points
from linli.dispatch.actions import (
    Action,
    ActionsTold,
    ActionTold,
    Arrived,
    BreakEnded,
    BreakStarted,
    Delivered,
    EmptiesTaken,
    Failed,
    FatigueFelt,
    LiftSeen,
    RouteStands,
    Sos,
    Stored,
    TellActions,
)
from linli.dispatch.duty import change_rest, duty_of, note
from linli.dispatch.hand_on import HandOn, StopCourier, stop
from linli.dispatch.needs import rest_of
from linli.dispatch.rest import halt, look, ride
from linli.dispatch.rows import ActionRow, BodyRow, action_key, courier_key
from linli.dispatch.stops import arrive, end_stop
from linli.kernel import reads
from linli.kernel.errors import AlreadyDone, Conflict, Contended, IdReused, Invalid, Refused
from linli.kernel.identity import Caller, Role
from linli.kernel.ids import fingerprint
from linli.kernel.machines import Machine
from linli.kernel.time import rfc3339
from linli.kernel.transact import transaction

AHEAD, OLDEST = timedelta(minutes=5), timedelta(days=7)
"""How far a device's clock is believed."""
_ATTEMPTS = 4
ReportLift = Callable[[LiftSeen, str, Caller, datetime], None]
"""Takes in what a courier has seen of a lift in a community."""


class TooLongAgo(Conflict):
    """The action is older than a device may keep it."""

    code = "too_long_ago"
    title_en = "This was told too long after it happened"
    title_zh = "该操作上报过晚"


@dataclass(frozen=True, slots=True)
class Helpers:
    """What actions may set in motion, beside the courier's own stops."""

    machine: Machine
    hand_on: HandOn
    report_lift: ReportLift
    reward_points: Points


def tell(command: TellActions, caller: Caller, helpers: Helpers, now: datetime) -> ActionsTold:
    """
    Take in the actions in the device's order; one that is refused keeps no other from its turn.

    Raises:
        NotFound: The caller is no courier of the community.
    """
    caller.require(command.community_id, Role.COURIER)
    results = [
        _tell(command, action, caller, helpers, now)
        for action in sorted(command.actions, key=lambda each: each.seq)
    ]
    rest = look(rest_of(duty_of(caller.subject)), now)
    results = _latest(caller.subject, command.device, results)
    return ActionsTold(
        device=command.device, results=results, rest=rest, routes=_routes(caller.subject)
    )


def _routes(courier_id: str) -> list[RouteStands]:
    """The courier's routes after all this: a plan may have changed while the device was alone."""
    return [
        RouteStands(route_id=each.route_id, state=each.state, version=each.version)
        for each in waves.routes_of_courier(courier_id)
        if each.state == "taken"
    ]


def _latest(courier_id: str, device: str, results: list[ActionTold]) -> list[ActionTold]:
    """
    The answers, those of conflicts as they are kept at the very last: the same action, sent twice
    at once, may have been applied by the other sending meanwhile.
    """
    keys = {r.id: action_key(device, r.seq) for r in results if r.state == "conflict"}
    if not keys:
        return results
    pk = courier_key(courier_id)
    found = reads.batch((ActionRow, pk, sk) for sk in keys.values())
    latest = {}
    for action_id, sk in keys.items():
        row = found.get(ActionRow, pk, sk)
        kept = ActionTold.model_validate_json(row.body) if row else None
        if kept is not None and kept.id == action_id:
            latest[action_id] = kept
    return [latest.get(each.id, each) for each in results]


def _tell(
    command: TellActions, action: Action, caller: Caller, helpers: Helpers, now: datetime
) -> ActionTold:
    key = courier_key(caller.subject), action_key(command.device, action.seq)
    kept = reads.get(ActionRow, *key)
    digest = fingerprint(action, community_id=command.community_id)
    if kept is not None and kept.fingerprint != digest:
        return _refused(action, IdReused(), rfc3339(now))
    told_at = kept.told_at if kept else rfc3339(now)
    before = ActionTold.model_validate_json(kept.body) if kept else None
    if before is not None and before.state == "applied":
        return before
    try:
        told = _act(command.community_id, action, caller, helpers, now)
        told = told.model_copy(update={"told_at": told_at})
    except Contended as busy:
        return _refused(action, busy, told_at).model_copy(update={"state": "later"})
    except Refused as refusal:
        told = _refused(action, refusal, told_at)
    if told == before:
        return told
    row = ActionRow(*key, state=told.state, fingerprint=digest, at=told.at, told_at=told_at)
    row.body = told.model_dump_json()
    return _keep(row, told, action)


def _keep(row: ActionRow, told: ActionTold, action: Action) -> ActionTold:
    """Keep the answer; of two that were found at once, the one that was applied is the answer."""
    free = ActionRow.pk.does_not_exist()
    again = (ActionRow.state != "applied") & (ActionRow.fingerprint == row.fingerprint)
    try:
        with transaction() as tx:
            tx.put(row, condition=free | again, refusal=AlreadyDone())
        return told
    except AlreadyDone:  # It was applied, or another action has its number.
        kept = reads.get(ActionRow, row.pk, row.sk)
    if kept is None or kept.fingerprint != row.fingerprint:
        return _refused(action, IdReused(), row.told_at)
    return ActionTold.model_validate_json(kept.body)


def _refused(action: Action, refusal: Refused, told_at: str) -> ActionTold:
    return _answer(action, told_at).model_copy(
        update={"state": "conflict", "code": refusal.code, "title": refusal.title_zh}
    )


def _answer(action: Action, told_at: str) -> ActionTold:
    return ActionTold(
        seq=action.seq,
        id=str(action.id),
        kind=action.kind,
        state="applied",
        at=rfc3339(action.at),
        told_at=told_at,
    )


def _act(
    community_id: str, action: Action, caller: Caller, helpers: Helpers, now: datetime
) -> ActionTold:
    if action.at > now + AHEAD:
        raise Invalid("the device's clock is in the future")
    if action.at < now - OLDEST:
        raise TooLongAgo
    at, answer = min(action.at, now), _answer(action, "")
    if isinstance(action, Delivered | Stored | Failed):
        told = end_stop(action, caller, at, now)
        states = {"order_state": told.order_state, "route_state": told.route_state}
        return answer.model_copy(update=states)
    if isinstance(action, Arrived):
        arrive(str(action.order_id), caller, at, now)
    elif isinstance(action, EmptiesTaken):
        _take_empties(action, caller, at, now, helpers.reward_points)
    else:
        _about_self(community_id, action, caller, helpers, at, now)
    return answer


def _about_self(
    community_id: str,
    action: BreakStarted | BreakEnded | Sos | FatigueFelt | LiftSeen,
    caller: Caller,
    helpers: Helpers,
    at: datetime,
    now: datetime,
) -> None:
    if isinstance(action, BreakStarted):
        change_rest(caller.subject, lambda rest: halt(rest, at))
    elif isinstance(action, BreakEnded):
        change_rest(caller.subject, lambda rest: ride(rest, at))
    elif isinstance(action, LiftSeen):
        helpers.report_lift(action, community_id, caller, now)
    else:
        _stop_if_needed(community_id, action, caller, helpers, now)


def _stop_if_needed(
    community_id: str,
    action: Sos | FatigueFelt,
    caller: Caller,
    helpers: Helpers,
    now: datetime,
) -> None:
    if isinstance(action, FatigueFelt):
        note(caller.subject, fatigue=action.state)
        if action.state != "alarm":
            return
    is_sos = isinstance(action, Sos)
    command = StopCourier.model_validate(
        {
            "id": action.id,
            "community_id": community_id,
            "reason": "sos" if is_sos else "fatigue",
            "note": action.note if isinstance(action, Sos) else "",
            "lon": action.lon if isinstance(action, Sos) else None,
            "lat": action.lat if isinstance(action, Sos) else None,
        }
    )
    stop(caller.subject, command, helpers.machine, helpers.hand_on, now)


def _take_empties(
    action: EmptiesTaken, caller: Caller, at: datetime, now: datetime, reward_points: Points
) -> None:
    took = BodyRow(courier_key(caller.subject), f"TOOK#{action.request_id}", body=str(action.id))
    for attempt in range(_ATTEMPTS):
        try:
            with transaction() as tx:
                tx.put(took)
                boxes.take_empties(
                    tx,
                    str(action.request_id),
                    courier_id=caller.subject,
                    box_ids=list(action.box_ids),
                    at=at,
                    now=now,
                    reward_points=reward_points,
                )
            return
        except boxes.EmptiesGone:
            kept = reads.get(BodyRow, took.pk, took.sk)
            if kept is None or kept.body != took.body:
                raise
            return  # By this very action, whose answer was lost.
        except (boxes.BoxMoved, Contended):  # Look again, as it asks for.
            if attempt == _ATTEMPTS - 1:
                raise


def told_by(courier_id: str, device: str, most: int = 50) -> list[ActionTold]:
    """What a device of the courier's has told last, the latest first."""
    prefix = ActionRow.sk.startswith(action_key(device, 0)[:-12])
    rows = reads.query(ActionRow, courier_key(courier_id), prefix, most=most, newest_first=True)
    return [ActionTold.model_validate(json.loads(row.body)) for row in rows]
