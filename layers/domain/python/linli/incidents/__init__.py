"""Incidents: what went over its limit, who is to look at it, and how it ended."""

from linli.incidents.close import AlreadyClosed, CloseIncident, close
from linli.incidents.listing import incidents_of
from linli.incidents.model import Incident, IncidentList
from linli.incidents.opening import id_of, open_in, open_key

__all__ = [
    "AlreadyClosed",
    "CloseIncident",
    "Incident",
    "IncidentList",
    "close",
    "id_of",
    "incidents_of",
    "open_in",
    "open_key",
]
