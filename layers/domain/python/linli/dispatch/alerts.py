"""Calls for a dispatcher: a courier's SOS, one who had to stop, routes that nobody takes."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from linli.dispatch.rows import AlertRow, alert_key
from linli.kernel import reads
from linli.kernel.errors import AlreadyDone, NotFound
from linli.kernel.identity import Caller, Role
from linli.kernel.ids import CommandId, CommunityId
from linli.kernel.time import rfc3339
from linli.kernel.transact import transaction

AlertKind = Literal["sos", "courier_stopped", "uncovered_routes", "lift"]
MOST_LISTED = 100


class Alert(BaseModel):
    """Something that a dispatcher must look at; open until one of them closes it."""

    model_config = ConfigDict(frozen=True)

    id: str
    community_id: str
    kind: AlertKind
    what: str
    courier_id: str | None = None
    route_ids: tuple[str, ...] = ()
    lon: float | None = None
    lat: float | None = None
    raised_at: str
    state: Literal["open", "closed"] = "open"
    closed_by: str | None = None
    closed_at: str | None = None
    note: str | None = None


class AlertList(BaseModel):
    """Alerts of the caller's communities: open ones first, each newest first."""

    alerts: list[Alert]


class CloseAlert(BaseModel):
    """What was done about it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: CommandId
    community_id: CommunityId
    note: str = Field(min_length=1, max_length=500)


def alert(alert_: Alert) -> Alert:
    """Raise an alert once; again under the same id answers the one that is kept."""
    row = AlertRow(
        alert_key(alert_.community_id), alert_.id, state="open", body=alert_.model_dump_json()
    )
    try:
        with transaction() as tx:
            tx.put(row, condition=AlertRow.pk.does_not_exist(), refusal=AlreadyDone())
    except AlreadyDone:
        return _kept(alert_.community_id, alert_.id)
    return alert_


def alerts_of(caller: Caller) -> list[Alert]:
    """The newest alerts of the communities that the caller dispatches."""
    found: list[Alert] = []
    for community_id in caller.places(Role.DISPATCHER):
        pk = alert_key(community_id)
        rows = reads.query(AlertRow, pk, most=MOST_LISTED, newest_first=True)
        found += [Alert.model_validate_json(row.body) for row in rows]
    newest = sorted(found, key=lambda each: each.raised_at, reverse=True)
    return sorted(newest, key=lambda each: each.state != "open")


def close_alert(alert_id: str, command: CloseAlert, caller: Caller, now: datetime) -> Alert:
    """
    Close an alert; who comes second gets the first one's answer.

    Raises:
        NotFound: The caller does not dispatch there, or there is no such alert.
    """
    caller.require(command.community_id, Role.DISPATCHER)
    known = _kept(command.community_id, alert_id)
    if known.state == "closed":
        return known
    said = {"state": "closed", "closed_by": caller.subject, "note": command.note}
    closed = known.model_copy(update=said | {"closed_at": rfc3339(now)})
    row = AlertRow(
        alert_key(command.community_id), alert_id, state="closed", body=closed.model_dump_json()
    )
    try:
        with transaction() as tx:
            tx.put(row, condition=AlertRow.state == "open", refusal=AlreadyDone())
    except AlreadyDone:
        return _kept(command.community_id, alert_id)
    return closed


def _kept(community_id: str, alert_id: str) -> Alert:
    row = reads.get(AlertRow, alert_key(community_id), alert_id)
    if row is None:
        raise NotFound
    return Alert.model_validate_json(row.body)
