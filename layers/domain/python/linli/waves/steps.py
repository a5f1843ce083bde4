"""The tasks of a wave's run: each may be repeated at any point, and only the last run writes."""

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from pynamodb.expressions.update import Action

from linli.kernel import reads
from linli.kernel.errors import AlreadyDone, NotFound
from linli.kernel.time import rfc3339
from linli.kernel.transact import MOST_WRITES, Transaction, transaction
from linli.waves.model import Release, Step, Superseded
from linli.waves.rows import WAVE, BodyRow, WaveRow, wave_key

T = TypeVar("T")


def present(step: Step) -> WaveRow:
    """
    The wave, if `step` belongs to its present run.

    Raises:
        NotFound: There is no such wave.
        Superseded: A later run has taken over.
    """
    row = reads.get(WaveRow, wave_key(step.wave_id), WAVE)
    if row is None:
        raise NotFound
    if int(row.attempt) != step.attempt:
        raise Superseded
    return row


def advance(step: Step, state: str, now: datetime, actions: list[Action] | None = None) -> None:
    """
    Move the wave to `state`, unless its manifests are out.

    Raises:
        Superseded: A later run has taken over, or the manifests are out.
    """
    with transaction() as tx:
        tx.update(
            WaveRow(wave_key(step.wave_id), WAVE),
            [
                WaveRow.state.set(state),
                WaveRow.changed_at.set(rfc3339(now)),
                *(actions or []),
            ],
            condition=(WaveRow.attempt == step.attempt) & (WaveRow.state != "published"),
            refusal=Superseded(),
        )


def release(step: Release, now: datetime) -> dict[str, Any]:
    """
    Note that the run failed and why. Its orders stay frozen in the wave: the next run takes
    them up. A run that is superseded, or whose manifests are out, leaves no trace.
    """
    try:
        advance(step, "failed", now, [WaveRow.reason.set(f"{step.error}: {step.cause}"[:500])])
    except Superseded:
        return {"wave_id": step.wave_id, "state": "left"}
    return {"wave_id": step.wave_id, "state": "failed"}


def read_body(wave_id: str, sort: str) -> Any:
    """A JSON body of the wave, or None."""
    row = reads.get(BodyRow, wave_key(wave_id), sort)
    return None if row is None else json.loads(row.body)


def keep_body(wave_id: str, sort: str, content: Any) -> Any:
    """Keep a JSON body under `sort` unless there is one; answers the one that is kept."""
    row = BodyRow(wave_key(wave_id), sort, body=json.dumps(content, separators=(",", ":")))
    try:
        with transaction() as tx:
            tx.put(row, condition=BodyRow.pk.does_not_exist(), refusal=AlreadyDone())
    except AlreadyDone:
        return read_body(wave_id, sort)
    return content


def write_all(wanted: Sequence[T], writes: int, add: Callable[[Transaction, T], None]) -> None:
    """
    Let `add` add the `writes` of each to a transaction, as many of them as one holds.

    What refuses with `AlreadyDone` was written by a repeated call of the task, and stays.
    """
    at_once = MOST_WRITES // writes
    for start in range(0, len(wanted), at_once):
        some = wanted[start : start + at_once]
        try:
            _write(some, add)
        except AlreadyDone:
            for each in some:
                _write_one(each, add)


def _write(some: Sequence[T], add: Callable[[Transaction, T], None]) -> None:
    with transaction() as tx:
        for each in some:
            add(tx, each)


def _write_one(each: T, add: Callable[[Transaction, T], None]) -> None:
    try:
        _write([each], add)
    except AlreadyDone:  # By a repeated call of this task.
        return
