"""
Taking in a warning: the index is computed, an emergency recorded, and its machine started.

The machine is started after the write, under the emergency's id: a crash between the two is healed
by sending the warning again, and the name makes it one run.
"""

from datetime import datetime, timedelta

from linli.kernel import reads
from linli.kernel.errors import AlreadyDone, Contended, IdReused, Invalid
from linli.kernel.identity import Caller, Role
from linli.kernel.ids import fingerprint
from linli.kernel.machines import Machine
from linli.kernel.time import rfc3339
from linli.kernel.transact import Transaction, transaction
from linli.resilience.hot import note_heat
from linli.resilience.index import assess
from linli.resilience.model import Assessment, Warn, WarningView
from linli.resilience.rows import (
    EMERGENCY,
    UNDERWAY,
    WARNING,
    EmergencyRow,
    UnderwayRow,
    WarningRow,
    community_key,
    emergency_key,
    warning_key,
)

_AHEAD, _STALE = timedelta(minutes=5), timedelta(hours=24)
_ATTEMPTS = 3


class _Moved(Contended):
    """Another emergency began or ended since it was read."""


def warn(command: Warn, caller: Caller, machine: Machine, now: datetime) -> WarningView:
    """
    Record a warning; from yellow on, or if the index asks for it, start the fallback.

    While an emergency is underway in the community, a further warning joins it (and raises its
    index if it is worse): there is one reserve, and it is activated once. One of heat makes its
    day hot for the routes (`hot`), whatever its level.

    Raises:
        NotFound: The caller is not the community's city desk.
        Invalid: Issued in the future, or over a day ago.
        IdReused: The id came with another warning before.
        Contended: Others were writing at every attempt.
    """
    caller.require(command.community_id, Role.CITY)
    row = _known(command)
    if row is None:
        _check_time(command, now)
        row = _record(command, now)
    _see_to_machine(row.emergency_id, machine)
    return WarningView.model_validate_json(row.body)


def _known(command: Warn) -> WarningRow | None:
    row = reads.get(WarningRow, warning_key(command.id), WARNING)
    if row is not None and row.digest != fingerprint(command):
        raise IdReused
    return row


def _check_time(command: Warn, now: datetime) -> None:
    if not now - _STALE <= command.issued_at <= now + _AHEAD:
        raise Invalid("a warning is issued at most a day ago, and not in the future")


def _record(command: Warn, now: datetime) -> WarningRow:
    assessment = assess(command)
    for _ in range(_ATTEMPTS):
        try:
            return _write(command, assessment, now)
        except AlreadyDone:
            known = _known(command)
            if known is not None:
                return known
        except _Moved:
            continue
    raise Contended("the community's emergencies are being written by others")


def _write(command: Warn, assessment: Assessment, now: datetime) -> WarningRow:
    community = community_key(command.community_id)
    underway = reads.get(UnderwayRow, community, UNDERWAY)
    emergency_id = underway.emergency_id if underway else str(command.id)
    row = _warning_row(command, emergency_id, assessment)
    with transaction() as tx:
        tx.put(row, condition=WarningRow.pk.does_not_exist(), refusal=AlreadyDone())
        if underway:
            same = UnderwayRow.emergency_id == emergency_id
            tx.check(UnderwayRow(community, UNDERWAY), condition=same, refusal=_Moved())
            _raise_index(tx, emergency_id, command, assessment)
        else:
            _declare(tx, command, assessment, now)
        note_heat(tx, command)
    return row


def _warning_row(command: Warn, emergency_id: str, assessment: Assessment) -> WarningRow:
    view = WarningView(id=str(command.id), emergency_id=emergency_id, assessment=assessment)
    return WarningRow(
        warning_key(command.id),
        WARNING,
        community_id=command.community_id,
        emergency_id=emergency_id,
        digest=fingerprint(command),
        body=view.model_dump_json(),
    )


def _declare(tx: Transaction, command: Warn, assessment: Assessment, now: datetime) -> None:
    row = EmergencyRow(
        emergency_key(command.id),
        EMERGENCY,
        community_id=command.community_id,
        kind=command.kind,
        level=command.level,
        state="declared" if assessment.activates else "watched",
        index=assessment.index,
        assessment=assessment.model_dump_json(),
        issued_at=rfc3339(command.issued_at),
        declared_at=rfc3339(now),
    )
    tx.put(row, condition=EmergencyRow.pk.does_not_exist(), refusal=AlreadyDone())
    if assessment.activates:
        pointer = UnderwayRow(
            community_key(command.community_id), UNDERWAY, emergency_id=str(command.id)
        )
        tx.put(pointer, condition=UnderwayRow.pk.does_not_exist(), refusal=_Moved())


def _raise_index(tx: Transaction, emergency_id: str, command: Warn, assessment: Assessment) -> None:
    row = reads.get(EmergencyRow, emergency_key(emergency_id), EMERGENCY)
    if row is None or assessment.index <= row.index:
        return
    actions = [
        EmergencyRow.index.set(assessment.index),
        EmergencyRow.level.set(command.level),
        EmergencyRow.kind.set(command.kind),
        EmergencyRow.assessment.set(assessment.model_dump_json()),
    ]
    tx.update(row, actions, condition=EmergencyRow.index == row.index, refusal=_Moved())


def _see_to_machine(emergency_id: str, machine: Machine) -> None:
    """Start the emergency's machine if nothing of it has been seen yet."""
    row = reads.get(EmergencyRow, emergency_key(emergency_id), EMERGENCY)
    if row is not None and row.state == "declared":
        # The input is the same for every start, so that AWS takes a repeat for the same run.
        machine.start(
            emergency_id,
            {
                "emergency_id": emergency_id,
                "community_id": row.community_id,
                "activates": True,
            },
        )
