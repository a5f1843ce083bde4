"""
Runs of a wave's offers: begun after its manifests, begun again when a route comes back.

Manifests never wait for offers. A run that died is begun again by the sweep, under the next
number; only the present run's tasks write.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from linli import waves
from linli.dispatch.alerts import Alert, alert
from linli.dispatch.model import CloseStep, RunStep
from linli.dispatch.reserved import vehicle_of
from linli.dispatch.rows import OFFERING, RUN, PointerRow, RunRow, wave_key
from linli.dispatch.stops import finish
from linli.kernel import reads
from linli.kernel.errors import AlreadyDone, NotFound
from linli.kernel.machines import Machine
from linli.kernel.time import rfc3339
from linli.kernel.transact import transaction
from linli.waves import RouteOnDesk, Superseded

MOST_RUNS = 20
"""A wave whose offers are begun so often has a defect; a dispatcher assigns the rest by hand."""


def run_row(wave_id: str) -> RunRow | None:
    """The wave's run, read consistently."""
    return reads.get(RunRow, wave_key(wave_id), RUN)


def present(step: RunStep) -> RunRow:
    """
    The run, if `step` belongs to the present one.

    Raises:
        NotFound: The wave's routes were never offered.
        Superseded: A later run has taken over.
    """
    row = run_row(step.wave_id)
    if row is None:
        raise NotFound
    if int(row.run) != step.run:
        raise Superseded
    return row


def begin(wave_id: str, machine: Machine, now: datetime) -> RunStep | None:
    """
    See to it that somebody offers the wave's open routes: the present run, or the next if that is
    over; again changes nothing. None if every route is taken, or too many runs ended in vain.
    """
    row = run_row(wave_id)
    number = 1 if row is None else int(row.run)
    over = row is not None and (row.state == "closed" or machine.ended(name_of(wave_id, number)))
    if over:
        open_routes = [each for each in waves.routes_of_wave(wave_id) if each.state == "offered"]
        if not open_routes or number >= MOST_RUNS:
            waves.note_offered(wave_id)
            return None
        number += 1
    if row is None or over:
        try:
            _claim(row, wave_id, number, now)
        except AlreadyDone:  # Somebody else begins it at this very moment.
            return begin(wave_id, machine, now)
    machine.start(name_of(wave_id, number), {"wave_id": wave_id, "run": number, "round": 1})
    waves.note_offered(wave_id)
    return RunStep(wave_id=wave_id, run=number)


def name_of(wave_id: str, run: int) -> str:
    """The name of a run."""
    return f"{wave_id}--offers-{run}"


def _claim(row: RunRow | None, wave_id: str, number: int, now: datetime) -> None:
    new = RunRow(
        wave_key(wave_id),
        RUN,
        community_id=wave_id.split(".")[0],
        run=number,
        state="offering",
        started_at=rfc3339(now),
        changed_at=rfc3339(now),
    )
    seen = RunRow.pk.does_not_exist() if row is None else RunRow.run == row.run
    with transaction() as tx:
        tx.put(new, condition=seen, refusal=AlreadyDone())
        tx.put(PointerRow(OFFERING, wave_id))


def close(step: CloseStep, now: datetime) -> dict[str, Any]:
    """
    End the run: count what became of the routes. Routes that nobody has stay open for a
    dispatcher to assign, and are told of once; again changes nothing.

    Raises:
        NotFound, Superseded: See `present`.
    """
    row = present(step)
    routes = waves.routes_of_wave(step.wave_id)
    uncovered = [each.route_id for each in routes if each.state == "offered"]
    actions = [
        RunRow.state.set("closed"),
        RunRow.changed_at.set(rfc3339(now)),
        RunRow.taken.set(len(routes) - len(uncovered)),
        RunRow.reserve.set(sum(vehicle_of(each.route_id) is not None for each in routes)),
        RunRow.uncovered.set(json.dumps(uncovered)),
    ]
    if step.error:
        actions.append(RunRow.fault.set(step.error[:200]))
    with transaction() as tx:
        tx.update(row, actions, condition=RunRow.run == step.run, refusal=Superseded())
    if uncovered:
        _raise_alert(step, row.community_id, uncovered, now)
    return {"wave_id": step.wave_id, "uncovered": uncovered}


def _raise_alert(step: RunStep, community_id: str, uncovered: list[str], now: datetime) -> None:
    alert(
        Alert(
            id=name_of(step.wave_id, step.run),
            community_id=community_id,
            kind="uncovered_routes",
            what=f"{len(uncovered)} routes of {step.wave_id} have no courier",
            route_ids=tuple(uncovered),
            raised_at=rfc3339(now),
        )
    )


def look_after(machine: Machine, now: datetime) -> list[str]:
    """
    Begin the offers of waves whose run has died, or that have open routes which their last run did
    not know (handed on, or planned anew); forget waves of which every route is done.

    Returns:
        The waves that were looked at.
    """
    unoffered = waves.unoffered_waves()
    offering = [pointer.sk for pointer in reads.query(PointerRow, OFFERING)]
    waiting = list(dict.fromkeys(unoffered + offering))
    for wave_id in waiting:
        routes = waves.routes_of_wave(wave_id)
        for route in routes:
            if route.state == "done":
                finish(route, now, now)  # It ended on paper, or its last report died.
        row = run_row(wave_id)
        if routes and all(each.state == "done" for each in routes):
            _forget(wave_id)
        elif row is None or not _known(row, [r for r in routes if r.state == "offered"]):
            begin(wave_id, machine, now)
    return waiting


def _forget(wave_id: str) -> None:
    waves.note_offered(wave_id)
    with transaction() as tx:
        tx.delete(PointerRow(OFFERING, wave_id))


def _known(row: RunRow, open_routes: Sequence[RouteOnDesk]) -> bool:
    """Whether the closed run has given up on each of the open routes."""
    given_up = set(json.loads(row.uncovered or "[]"))
    return row.state == "closed" and {each.route_id for each in open_routes} <= given_up
