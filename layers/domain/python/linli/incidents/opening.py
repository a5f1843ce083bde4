"""Opening an incident inside the write that found it."""

from datetime import UTC, datetime

from linli.incidents.model import Incident
from linli.incidents.rows import IncidentRow, OpenRow, community_key, incident_key, open_sort_key
from linli.kernel.errors import Refused
from linli.kernel.reads import Key
from linli.kernel.transact import Transaction


def id_of(community_id: str, thing: str, kind: str, measured_at: datetime, order: str) -> str:
    """The id of the incident that one reading opens: the same for every delivery of it."""
    at = measured_at.astimezone(UTC).strftime("%Y%m%dT%H%M%S")
    return f"{community_id}.{at}.{thing}.{kind}.{order}"


def open_key(community_id: str, thing: str, kind: str) -> Key:
    """The key to read whether a thing and kind have an open incident; there is none without row."""
    return OpenRow, community_key(community_id), open_sort_key(thing, kind)


def open_in(tx: Transaction, incident: Incident, *, refusal: Refused) -> None:
    """
    Add to `tx` that `incident` opens.

    Raises `refusal` at the commit if the thing and kind have an open incident already.
    """
    pk, sk = incident_key(incident.id)
    marker = OpenRow(pk, open_sort_key(incident.thing, incident.kind), incident_id=incident.id)
    tx.put(marker, condition=OpenRow.pk.does_not_exist(), refusal=refusal)
    row = IncidentRow(pk, sk, state="open", body=incident.model_dump_json())
    tx.put(row, condition=IncidentRow.pk.does_not_exist(), refusal=refusal)
