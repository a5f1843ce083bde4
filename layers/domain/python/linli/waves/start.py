"""
Starting a wave's run, by its slot's cut-off or by a dispatcher; every run of a wave has a number.

A wave without manifests whose run is over (failed, or ended from outside) may be run again:
orders stay frozen in it meanwhile.
"""

from datetime import datetime

from linli import slots
from linli.kernel import reads
from linli.kernel.errors import AlreadyDone, Contended, IdReused
from linli.kernel.identity import Caller, Role
from linli.kernel.ids import fingerprint
from linli.kernel.machines import Machine
from linli.kernel.time import rfc3339
from linli.kernel.transact import Transaction, transaction
from linli.orders import WAVELESS
from linli.waves.model import StartWave
from linli.waves.rows import (
    COMMAND,
    UNFINISHED,
    WAVE,
    CommandRow,
    PointerRow,
    WaveRow,
    command_key,
    wave_key,
)

RUNS_UNASKED = 3
"""How often the schedule runs a wave by itself; after that a dispatcher must ask."""
_ATTEMPTS = 3


def wave_row(wave_id: str) -> WaveRow | None:
    """The wave's row, read consistently."""
    return reads.get(WaveRow, wave_key(wave_id), WAVE)


def start(command: StartWave, caller: Caller, machine: Machine, now: datetime) -> None:
    """
    Start the wave of a slot whose cut-off has passed; run it again if its run failed.

    The same command again leads to no further run.

    Raises:
        NotFound: The slot is of another community than the caller's.
        UnknownSlot, SlotStillOpen: See `slots.close`.
        IdReused: The id came with another slot before.
        Contended: Others kept moving the wave.
    """
    caller.require(command.slot_id.split(".")[0], Role.DISPATCHER)
    kept = _command(command)
    if kept is None:
        slots.close(command.slot_id, now)
        for _ in range(_ATTEMPTS):
            try:
                run(command.slot_id, machine, now, command=command)
                return
            except AlreadyDone:  # Somebody else started it, or this very command, just now.
                kept = _command(command)
                if kept is not None:
                    break
    if kept is None:
        raise Contended
    _ask(machine, kept.wave_id, int(kept.attempt))


def start_due(machine: Machine, now: datetime) -> list[str]:
    """
    Start the waves of all slots that are due, and run those again whose run failed. Slots whose
    orders nobody brings anywhere are closed, and that is all.

    Returns:
        The ids of the waves that were looked at.

    Raises:
        ExceptionGroup: What went wrong with some waves, after the others have been started.
    """
    waiting = [row.sk for row in reads.query(PointerRow, UNFINISHED)]
    due = list(dict.fromkeys(slots.due(now) + waiting))
    faults: list[Exception] = []
    for wave_id in due:
        try:
            if wave_id.split(".")[1] in WAVELESS:
                slots.close(wave_id, now)
                continue
            run(wave_id, machine, now, most_runs=RUNS_UNASKED)
        except AlreadyDone:
            continue  # Started by somebody else at this very moment, which is all we want.
        except Exception as fault:  # One wave's trouble must not keep the others waiting.
            faults.append(fault)
    if faults:
        raise ExceptionGroup("some waves could not be started", faults)
    return due


def run(
    wave_id: str,
    machine: Machine,
    now: datetime,
    *,
    command: StartWave | None = None,
    most_runs: int | None = None,
) -> None:
    """
    See to it that the wave's present run is started, or the next if that one is over.

    Raises:
        AlreadyDone: Another caller moved the wave at this moment.
    """
    row = wave_row(wave_id)
    attempt = 1 if row is None else int(row.attempt)
    if row is not None and _is_over(row, machine):
        if most_runs is not None and attempt >= most_runs:
            return
        attempt += 1
    with transaction() as tx:
        _claim(tx, row, wave_id, attempt, now)
        if command is not None:
            _note(tx, command, attempt)
    if row is None or row.state != "published":
        _ask(machine, wave_id, attempt)


def _is_over(row: WaveRow, machine: Machine) -> bool:
    """Whether the wave's present run ended without manifests, by its own word or from outside."""
    if row.state in ("published", "failed"):
        return row.state == "failed"
    return machine.ended(name_of(row.pk.removeprefix("WAVE#"), int(row.attempt)))


def name_of(wave_id: str, attempt: int) -> str:
    """The name of a wave's run."""
    return f"{wave_id}--{attempt}"


def _ask(machine: Machine, wave_id: str, attempt: int) -> None:
    machine.start(name_of(wave_id, attempt), {"wave_id": wave_id, "attempt": attempt})


def _claim(tx: Transaction, row: WaveRow | None, wave_id: str, attempt: int, now: datetime) -> None:
    """Make the wave, or move it to its next run; nothing if the run is the present one."""
    if row is None:
        new = WaveRow(
            wave_key(wave_id),
            WAVE,
            community_id=wave_id.split(".")[0],
            state="started",
            attempt=attempt,
            started_at=rfc3339(now),
            changed_at=rfc3339(now),
        )
        tx.put(new, condition=WaveRow.pk.does_not_exist(), refusal=AlreadyDone())
        tx.put(PointerRow(UNFINISHED, wave_id))
    elif attempt > row.attempt:
        tx.update(
            WaveRow(wave_key(wave_id), WAVE),
            [
                WaveRow.state.set("started"),
                WaveRow.attempt.set(attempt),
                WaveRow.changed_at.set(rfc3339(now)),
                WaveRow.reason.remove(),
            ],
            condition=(WaveRow.attempt == row.attempt) & (WaveRow.state != "published"),
            refusal=AlreadyDone(),
        )


def _note(tx: Transaction, command: StartWave, attempt: int) -> None:
    row = CommandRow(
        command_key(command.id),
        COMMAND,
        fingerprint=fingerprint(command),
        wave_id=command.slot_id,
        attempt=attempt,
    )
    tx.put(row, condition=CommandRow.pk.does_not_exist(), refusal=AlreadyDone())


def _command(command: StartWave) -> CommandRow | None:
    kept = reads.get(CommandRow, command_key(command.id), COMMAND)
    if kept is not None and kept.fingerprint != fingerprint(command):
        raise IdReused
    return kept
