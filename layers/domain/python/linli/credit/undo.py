"""The city takes an award back that should not have been: by a new entry, in everybody's sight."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from linli.credit.keys import reversal_key, reversed_id, transfers_of
from linli.credit.model import ISSUER
from linli.credit.reverse import reverse
from linli.credit.rows import AnswerRow, TransferRow
from linli.kernel import reads
from linli.kernel.errors import AlreadyDone, IdReused, NotFound
from linli.kernel.identity import Caller, Role
from linli.kernel.ids import CommandId, CommunityId, PersonId, fingerprint
from linli.kernel.time import rfc3339
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
        IdReused: The id was used for another reversal.
    """
    caller.require(command.community_id, Role.CITY)
    digest = fingerprint(command, by=caller.subject)
    row = reads.get(AnswerRow, *reversal_key(command.id))
    if row is not None:
        return _replay(row, digest)
    deed = reads.get(TransferRow, transfers_of(command.resident_id), str(command.deed_id))
    if deed is None or deed.community_id != command.community_id or deed.debit != ISSUER.name:
        raise NotFound
    try:
        return _reverse(command, deed, caller, digest, now)
    except AlreadyDone:
        row = reads.get(AnswerRow, *reversal_key(command.id))
        assert row is not None, "an answer is never deleted"
        return _replay(row, digest)


def _reverse(
    command: ReverseDeed, deed: TransferRow, caller: Caller, digest: str, now: datetime
) -> ReversedDeed:
    answer = ReversedDeed(
        id=command.id,
        entry_id=reversed_id(deed.sk),
        points=int(deed.units),
        reversed_at=rfc3339(now),
    )
    row = AnswerRow(*reversal_key(command.id), fingerprint=digest, body=answer.model_dump_json())
    with transaction() as tx:
        tx.put(row, condition=AnswerRow.pk.does_not_exist(), refusal=AlreadyDone())
        reverse(
            tx,
            transfer_ids=[deed.sk],
            resident_id=command.resident_id,
            reason=command.reason,
            by=f"{caller.subject}/{command.id}",
            now=now,
        )
    return answer


def _replay(row: AnswerRow, digest: str) -> ReversedDeed:
    if row.fingerprint != digest:
        raise IdReused
    return ReversedDeed.model_validate_json(row.body)
