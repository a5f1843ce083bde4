"""Finding an emergency, by those whom it concerns."""

from linli.kernel import reads
from linli.kernel.errors import NotFound
from linli.kernel.identity import Caller, Role
from linli.resilience.rows import EMERGENCY, EmergencyRow, emergency_key


def find(emergency_id: str) -> EmergencyRow:
    """
    The emergency with this id.

    Raises:
        NotFound: There is none.
    """
    row = reads.get(EmergencyRow, emergency_key(emergency_id), EMERGENCY)
    if row is None:
        raise NotFound
    return row


def find_for(emergency_id: str, caller: Caller, *roles: Role) -> EmergencyRow:
    """
    The emergency, if the caller has one of `roles` in its community.

    Raises:
        NotFound: There is none, or it is of another place.
    """
    row = find(emergency_id)
    caller.require(row.community_id, *roles)
    return row
