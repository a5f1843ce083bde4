"""Which incidents a caller may see."""

from collections.abc import Iterable

from linli import catalogue
from linli.incidents.model import Incident
from linli.incidents.rows import INCIDENT, OPEN, IncidentRow, OpenRow, community_key, incident_key
from linli.kernel import reads
from linli.kernel.identity import Caller, Role

MOST_PAST = 100
"""How many of a community's newest incidents are listed beside all its open ones."""


def incidents_of(caller: Caller) -> list[Incident]:
    """
    The incidents of the caller's communities and stores: open first, each newest first.

    Every open one is there; of the closed ones those among the newest `MOST_PAST` of a community.
    """
    communities = {*caller.places(Role.DISPATCHER), *caller.places(Role.CITY)}
    found = {i.id: i for c in sorted(communities) for i in _of_community(c)}
    for store_id in caller.places(Role.STORE):
        store = catalogue.store(store_id)
        if store is not None:
            of_community = _of_community(store.community_id)
            found |= {i.id: i for i in of_community if i.store_id == store_id}
    return _open_first(found.values())


def _of_community(community_id: str) -> list[Incident]:
    pk = community_key(community_id)
    markers = reads.query(OpenRow, pk, OpenRow.sk.startswith(OPEN))
    keys: list[reads.Key] = [(IncidentRow, *incident_key(m.incident_id)) for m in markers]
    batch = reads.batch(keys)
    rows = [row for key in keys if (row := batch.get(IncidentRow, key[1], key[2]))]
    past = IncidentRow.sk.startswith(INCIDENT)
    rows += reads.query(IncidentRow, pk, past, most=MOST_PAST, newest_first=True)
    return [Incident.model_validate_json(row.body) for row in rows]


def _open_first(incidents: Iterable[Incident]) -> list[Incident]:
    newest = sorted(incidents, key=lambda i: (i.opened_at, i.id), reverse=True)
    return sorted(newest, key=lambda i: i.state != "open")
