"""
How an emergency ends: the city says so, or nobody did in time, or a step failed for good.

The machine waits with a token. The city's word and the token may come in either order: each is
written into the emergency's row, and whoever comes second sees the other and answers the task.
"""

import json
from datetime import datetime
from typing import Literal

from linli.kernel.errors import AlreadyDone, Conflict, IdReused
from linli.kernel.identity import Caller, Role
from linli.kernel.ids import fingerprint
from linli.kernel.machines import Machine, Tokens
from linli.kernel.time import rfc3339
from linli.kernel.transact import transaction
from linli.resilience.find import find, find_for
from linli.resilience.model import EndEmergency, Tally
from linli.resilience.reserve import release
from linli.resilience.rows import UNDERWAY, EmergencyRow, UnderwayRow, community_key
from linli.resilience.view import tally

How = Literal["city", "timeout", "fault"]


class NotUnderway(Conflict):
    """There is nothing to end: it was only watched, or it is over."""

    code = "not_underway"
    title_en = "The emergency is not underway"
    title_zh = "该应急状态未在进行中"


def request_end(
    emergency_id: str,
    command: EndEmergency,
    caller: Caller,
    machine: Machine,
    tokens: Tokens,
    now: datetime,
) -> None:
    """
    Take the city's decision that the emergency is over, and let the machine go on.

    The same command again changes nothing. If the machine has died, the emergency is closed
    here, so that no reserve stays called up for ever.

    Raises:
        NotFound: No such emergency, or one of another community.
        NotUnderway: It is only watched, has ended, or another command is ending it.
        IdReused: The id ended another emergency.
    """
    row = find_for(emergency_id, caller, Role.CITY)
    digest = fingerprint(command, emergency_id=emergency_id, by=caller.subject)
    if row.end_id is None:
        _note_end(row, command, digest, caller.subject)
        row = find(emergency_id)
    if row.end_id != str(command.id):
        raise NotUnderway(state=row.state)
    if row.end_digest != digest:
        raise IdReused
    if row.state != "ended":
        _go_on(row, emergency_id, machine, tokens, now)


def hold(emergency_id: str, token: str, packing_fault: str | None, tokens: Tokens) -> None:
    """
    Keep the token with which the machine waits; answer it at once if the end was decided before.

    Args:
        packing_fault: Why there are no packs, if the step before failed for good.

    Raises:
        NotFound: There is no such emergency.
    """
    row = find(emergency_id)
    actions = [EmergencyRow.task_token.set(token)]
    if packing_fault:
        actions.append(EmergencyRow.packing_fault.set(packing_fault))
    with transaction() as tx:
        tx.update(row, actions, condition=EmergencyRow.state.exists())
    row = find(emergency_id)
    if row.end_id is not None or row.state == "ended":
        tokens.succeed(token, _answer(row))


def close(emergency_id: str, how: How, fault: str | None, now: datetime) -> Tally:
    """
    End the emergency: state, community pointer, then the reserve is released. Again is safe.

    Args:
        fault: What the step said that failed for good, if one did.

    Raises:
        NotFound: There is no such emergency.
    """
    row = find(emergency_id)
    if row.state != "ended":
        _write_end(row, emergency_id, how, fault, now)
    release(emergency_id, row.community_id)
    return tally(emergency_id)


def _note_end(row: EmergencyRow, command: EndEmergency, digest: str, by: str) -> None:
    try:
        with transaction() as tx:
            tx.update(
                row,
                [
                    EmergencyRow.end_id.set(str(command.id)),
                    EmergencyRow.end_digest.set(digest),
                    EmergencyRow.end_by.set(by),
                ],
                condition=EmergencyRow.state.is_in("declared", "active")
                & EmergencyRow.end_id.does_not_exist(),
                refusal=AlreadyDone(),
            )
    except AlreadyDone:
        return  # The caller reads again and sees who was first.


def _go_on(
    row: EmergencyRow, emergency_id: str, machine: Machine, tokens: Tokens, now: datetime
) -> None:
    """Answer the waiting task; if none waits and none will, close what it would have closed."""
    answered = row.task_token is not None and tokens.succeed(row.task_token, _answer(row))
    if not answered and machine.ended(emergency_id):
        close(emergency_id, "city", None, now)


def _answer(row: EmergencyRow) -> str:
    return json.dumps({"how": "city" if row.end_id is not None else row.ended_how})


def _write_end(
    row: EmergencyRow, emergency_id: str, how: How, fault: str | None, now: datetime
) -> None:
    actions = [
        EmergencyRow.state.set("ended"),
        EmergencyRow.ended_at.set(rfc3339(now)),
        EmergencyRow.ended_how.set(how),
    ]
    if fault:
        actions.append(EmergencyRow.ending_fault.set(fault))
    try:
        with transaction() as tx:
            tx.update(
                row,
                actions,
                condition=EmergencyRow.state.is_in("declared", "active"),
                refusal=AlreadyDone(),
            )
            tx.delete(
                UnderwayRow(community_key(row.community_id), UNDERWAY),
                condition=UnderwayRow.emergency_id == emergency_id,
                refusal=AlreadyDone(),
            )
    except AlreadyDone:
        if find(emergency_id).state != "ended":  # Then it was no other run of the same step.
            raise
