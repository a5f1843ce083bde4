"""The city takes an award back that should not have been: by a new entry, in everybody's sight."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from linli.credit.keys import transfers_of
from linli.credit.model import ISSUER, NotReversible
from linli.credit.reverse import reverse
from linli.credit.rows import TransferRow
from linli.kernel import reads
from linli.kernel.errors import NotFound
from linli.kernel.identity import Caller, Role
from linli.kernel.ids import CommandId, CommunityId, PersonId
from linli.kernel.transact import transaction


class ReverseDeed(BaseModel):
    """Which deed's points to take back, and why; the resident reads the reason."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: CommandId
    community_id: CommunityId
    resident_id: PersonId
    deed_id: CommandId
    reason: str = Field(min_length=1, max_length=200)


class ReversedDeed(BaseModel):
    """The entry that takes the points back."""

    id: CommandId
    entry_id: str
    points: int
    reversed_at: str


def reverse_deed(command: ReverseDeed, *, caller: Caller, now: datetime) -> ReversedDeed:
    """
    Take back the points of a deed of the caller's community; sending it again changes nothing.

    Raises:
        NotFound: The caller is not its city, or the resident has no such deed there.
        NotReversible: It was reversed before, by another command.
        NotEnoughPoints: The points are spent.
    """
    caller.require(command.community_id, Role.CITY)
    entry_id, by = f"{command.deed_id}/reversed", f"{caller.subject}/{command.id}"
    pk = transfers_of(command.resident_id)
    deed = reads.get(TransferRow, pk, str(command.deed_id))
    if deed is None or deed.community_id != command.community_id or deed.debit != ISSUER.name:
        raise NotFound
    if reads.get(TransferRow, pk, entry_id) is None:
        try:
            with transaction() as tx:
                reverse(
                    tx,
                    transfer_ids=[deed.sk],
                    resident_id=command.resident_id,
                    reason=command.reason,
                    by=by,
                    now=now,
                )
        except NotReversible:
            if reads.get(TransferRow, pk, entry_id) is None:
                raise
    return _told(command, pk, entry_id, by)


def _told(command: ReverseDeed, pk: str, entry_id: str, by: str) -> ReversedDeed:
    entry = reads.get(TransferRow, pk, entry_id)
    if entry is None or entry.by != by or entry.reason != command.reason:
        raise NotReversible
    return ReversedDeed.model_validate(
        {
            "id": command.id,
            "entry_id": entry_id,
            "points": int(entry.units),
            "reversed_at": entry.at,
        }
    )
