"""Requests to plan anew that nobody has started, or whose machine died: seen to each minute."""

from datetime import datetime

from linli.kernel import reads
from linli.kernel.errors import AlreadyDone
from linli.kernel.machines import Machine
from linli.kernel.time import rfc3339
from linli.kernel.transact import transaction
from linli.waves.changes import ReplanStep
from linli.waves.replan import name_of, replan_row, settle, start_replan
from linli.waves.rows import REPLANS, PointerRow
from linli.waves.swap import swap_routes


def see_to_replans(machine: Machine, now: datetime) -> list[str]:
    """
    Start the requests that nobody has started, end those whose machine has died, and finish those
    of which some orders are still to be told their new route.

    Returns:
        What was looked at, as `<wave id>#<replan id>`.

    Raises:
        ExceptionGroup: What went wrong with some, after the others were seen to.
    """
    faults: list[Exception] = []
    waiting = [pointer.sk for pointer in reads.query(PointerRow, REPLANS)]
    for each in waiting:
        try:
            wave_id, replan_id = each.split("#")
            _see_to(wave_id, replan_id, machine, now)
        except Exception as fault:  # One request's trouble must not keep the others waiting.
            faults.append(fault)
    if faults:
        raise ExceptionGroup("some changes could not be seen to", faults)
    return waiting


def _see_to(wave_id: str, replan_id: str, machine: Machine, now: datetime) -> None:
    row = replan_row(wave_id, replan_id)
    step = ReplanStep(wave_id=wave_id, replan_id=replan_id, error="ended from outside")
    if row.state != "requested":
        swap_routes(step, now)
    elif machine.ended(name_of(wave_id, replan_id)):
        give_up_replan(step, now)
    else:
        start_replan(wave_id, row, machine)


def give_up_replan(step: ReplanStep, now: datetime) -> dict[str, str]:
    """Note that it failed and why; the routes stay as they were. One that is over stays so."""
    reason = f"{step.error}: {step.cause} ({rfc3339(now)})"[:500]
    try:
        with transaction() as tx:
            settle(tx, step, "failed", now, reason=reason)
    except AlreadyDone:
        return {"replan_id": step.replan_id, "state": "left"}
    return {"replan_id": step.replan_id, "state": "failed"}
