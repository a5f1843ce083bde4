"""What devices measure: readings kept once, in order, with alarms only from fresh ones."""

from linli.sensing.ingest import Outcome, ingest, latest
from linli.sensing.model import Arrival, Latest, Reading

__all__ = ["Arrival", "Latest", "Outcome", "Reading", "ingest", "latest"]
