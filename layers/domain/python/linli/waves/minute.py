"""What the schedule does each minute; trouble with one thing must not keep the others waiting."""

from collections.abc import Callable
from datetime import datetime

from linli.kernel.machines import Machine
from linli.waves.rush import rush_due
from linli.waves.start import start_due
from linli.waves.stranded import see_to_stranded
from linli.waves.waiting import see_to_replans


def see_to_all(batches: Machine, replanner: Machine, now: datetime) -> dict[str, list[str]]:
    """
    Emergencies first, then changes that wait, waves that are due, and orders that nobody brings.

    Returns:
        What was looked at or moved, by what was done.

    Raises:
        ExceptionGroup: What went wrong, after everything else was seen to.
    """
    steps: dict[str, Callable[[], list[str]]] = {
        "emergencies": lambda: rush_due(replanner, now),
        "replans": lambda: see_to_replans(replanner, now),
        "waves": lambda: start_due(batches, now),
        "postponed": lambda: see_to_stranded(now),
    }
    seen: dict[str, list[str]] = {}
    faults: list[Exception] = []
    for name, step in steps.items():
        try:
            seen[name] = step()
        except Exception as fault:  # The others are still to be seen to.
            faults.append(fault)
    if faults:
        raise ExceptionGroup("some of the minute's work went wrong", faults)
    return seen
