"""What devices measure: readings kept once, in order, with alarms only from fresh ones."""

from linli.sensing.ingest import Outcome, ingest, latest
from linli.sensing.model import Arrival, Latest, PutSensor, Reading, Sensor
from linli.sensing.register import put_sensor

__all__ = [
    "Arrival",
    "Latest",
    "Outcome",
    "PutSensor",
    "Reading",
    "Sensor",
    "ingest",
    "latest",
    "put_sensor",
]
