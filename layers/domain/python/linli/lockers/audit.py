"""What an audit needs of lockers; reads the slots table whole."""

from collections.abc import Mapping

from linli.kernel import reads
from linli.lockers.rows import LOCKER, UsedRow

Used = Mapping[tuple[str, str, str], int]
"""Taken compartments by (community_id, locker_id, `<local date>#<size>`)."""


def used() -> Used:
    """What is taken of every locker on every day."""
    found = {}
    for row in reads.scan(UsedRow):
        kind, _, rest = str(row.pk).partition("#")
        if kind == LOCKER:
            community_id, _, locker_id = rest.partition("#")
            found[community_id, locker_id, str(row.sk)] = int(row.taken)
    return found
