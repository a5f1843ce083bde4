"""Registering lockers, and looking them up."""

from linli.kernel import editing, reads
from linli.kernel.errors import NotFound
from linli.kernel.transact import transaction
from linli.lockers.model import Locker, PutLocker, Size
from linli.lockers.rows import LockerRow, UsedRow, lockers_key, used_key


def put_locker(locker_id: str, command: PutLocker, if_match: str | None) -> tuple[Locker, str]:
    """
    Register or change a locker; answers it with its ETag. Orders that have a compartment keep it;
    of a size that has fewer now, none is given until as many are free.

    Raises:
        Unconditional, Stale: See `kernel.editing`.
    """
    locker = Locker(locker_id=locker_id, **command.model_dump())
    key = lockers_key(command.community_id), locker_id
    before = reads.get(LockerRow, *key)
    seen, new = (before.etag if before else None), editing.etag(locker)
    if editing.check(seen, new, if_match):
        condition = LockerRow.etag == seen if seen else LockerRow.pk.does_not_exist()
        with transaction() as tx:
            row = LockerRow(*key, body=locker.model_dump_json(), etag=new)
            tx.put(row, condition=condition, refusal=editing.Stale())
    return locker, new


def lockers_of(community_id: str) -> list[Locker]:
    """The lockers of a community, by their ids."""
    rows = reads.query(LockerRow, lockers_key(community_id))
    return [Locker.model_validate_json(row.body) for row in rows]


def read_locker(community_id: str, locker_id: str) -> Locker:
    """
    A locker.

    Raises:
        NotFound
    """
    row = reads.get(LockerRow, lockers_key(community_id), locker_id)
    if row is None:
        raise NotFound
    return Locker.model_validate_json(row.body)


def taken_on(locker: Locker, on: str) -> dict[Size, int]:
    """How many compartments of each size are taken on a local date."""
    key = used_key(locker.community_id, locker.locker_id)
    sizes = [each.size for each in locker.compartments]
    found = reads.batch((UsedRow, key, f"{on}#{size}") for size in sizes)
    rows = {size: found.get(UsedRow, key, f"{on}#{size}") for size in sizes}
    return {size: int(row.taken) if row else 0 for size, row in rows.items()}
