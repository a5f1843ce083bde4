"""What an audit needs of the incidents table; reads it whole."""

from collections import defaultdict
from dataclasses import dataclass

from linli.incidents.model import Incident
from linli.incidents.rows import INCIDENT, OPEN, IncidentsItem, incident_key, open_sort_key
from linli.kernel import reads


@dataclass(frozen=True, slots=True)
class IncidentRecord:
    """
    An incident's row and the markers that name it; `incident` is None if it cannot be read, or if
    a marker names an incident that does not exist.
    """

    incident_id: str
    state: str
    incident: Incident | None
    markers: tuple[tuple[str, str], ...]

    @property
    def due_markers(self) -> tuple[tuple[str, str], ...]:
        """The markers that there must be: one while it is open."""
        if self.incident is None or self.incident.state != "open":
            return ()
        partition = incident_key(self.incident_id)[0]
        return ((partition, open_sort_key(self.incident.thing, self.incident.kind)),)

    @property
    def order(self) -> str:
        """(boot, seq) of the reading that opened it, as its id tells."""
        return ".".join(self.incident_id.rsplit(".", 2)[1:])


def kept() -> dict[str, IncidentRecord]:
    """Every incident by its id, also those that only a marker knows."""
    rows: dict[str, IncidentsItem] = {}
    markers: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for item in reads.scan(IncidentsItem):
        if item.sk.startswith(OPEN):
            markers[str(item.incident_id)].append((item.pk, item.sk))
        else:
            rows[item.sk.removeprefix(INCIDENT)] = item
    return {
        incident_id: _record(incident_id, rows.get(incident_id), markers[incident_id])
        for incident_id in sorted(rows.keys() | markers.keys())
    }


def _record(
    incident_id: str, row: IncidentsItem | None, markers: list[tuple[str, str]]
) -> IncidentRecord:
    state = str(row.state) if row else ""
    return IncidentRecord(incident_id, state, _incident(row), tuple(sorted(markers)))


def _incident(row: IncidentsItem | None) -> Incident | None:
    try:
        return Incident.model_validate_json(row.body or "") if row else None
    except ValueError:  # Not JSON, or not an incident.
        return None
