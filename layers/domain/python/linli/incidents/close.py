"""Closing an incident: once, by somebody of its place, with a reason."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from linli.incidents.model import Incident
from linli.incidents.rows import IncidentRow, OpenRow, incident_key, open_sort_key
from linli.kernel import reads
from linli.kernel.errors import Conflict, IdReused, NotFound
from linli.kernel.identity import Caller, Role
from linli.kernel.ids import CommandId, fingerprint
from linli.kernel.transact import transaction


class CloseIncident(BaseModel):
    """What was done about it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: CommandId
    reason: str = Field(min_length=1, max_length=500)


class AlreadyClosed(Conflict):
    """Somebody else closed it before."""

    code = "already_closed"
    title_en = "The incident is closed already"
    title_zh = "该事件已关闭"


def close(incident_id: str, command: CloseIncident, caller: Caller, now: datetime) -> Incident:
    """
    Close the incident; sending the same command again answers the same.

    Raises:
        NotFound: No such incident, or one of another place.
        AlreadyClosed: Another command closed it.
        IdReused: This command's id came with another reason.
    """
    pk, sk = incident_key(incident_id)
    row = reads.get(IncidentRow, pk, sk)
    if row is None:
        raise NotFound
    incident = Incident.model_validate_json(row.body)
    _require_place(caller, incident)
    digest = fingerprint(command, incident_id=incident_id, by=caller.subject)
    if row.closing_id is not None:
        return _as_before(row, incident, command, digest)
    closed = incident.model_copy(
        update={
            "state": "closed",
            "closed_at": now,
            "closed_by": caller.subject,
            "reason": command.reason,
        }
    )
    try:
        _write(closed, command, digest)
    except AlreadyClosed:
        again = reads.get(IncidentRow, pk, sk)
        if again is None:
            raise
        return _as_before(again, Incident.model_validate_json(again.body), command, digest)
    return closed


def _require_place(caller: Caller, incident: Incident) -> None:
    dispatches = caller.holds(Role.DISPATCHER, incident.community_id)
    if not dispatches and not caller.holds(Role.STORE, incident.store_id):
        raise NotFound


def _as_before(
    row: IncidentRow, incident: Incident, command: CloseIncident, digest: str
) -> Incident:
    if row.closing_id != str(command.id):
        raise AlreadyClosed(closed_at=incident.model_dump(mode="json")["closed_at"])
    if row.closing_digest != digest:
        raise IdReused
    return incident


def _write(closed: Incident, command: CloseIncident, digest: str) -> None:
    pk, sk = incident_key(closed.id)
    row = IncidentRow(
        pk,
        sk,
        state="closed",
        body=closed.model_dump_json(),
        closing_id=str(command.id),
        closing_digest=digest,
    )
    marker = OpenRow(pk, open_sort_key(closed.thing, closed.kind))
    with transaction() as tx:
        tx.put(row, condition=IncidentRow.state == "open", refusal=AlreadyClosed())
        tx.delete(marker, condition=OpenRow.incident_id == closed.id, refusal=AlreadyClosed())
