"""
What couriers do and where: calls (without times) and visits (with them).

Times are seconds since the wave's start.
"""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """
    What a courier does at a place.

    COLLECT: at a store, the parts of `stop_ids` are loaded. DELIVER: at a stop, all its parts are
    handed over and its returns taken. RETURN: at a store or station, the returns of `stop_ids`
    are handed in. REST: a break wherever the courier is (`place_id` empty, no `stop_ids`).
    """

    COLLECT = "collect"
    DELIVER = "deliver"
    RETURN = "return"
    REST = "rest"


@dataclass(frozen=True, slots=True)
class Call:
    """
    A visit without its times: at a store (`place_id` its id) the parts of `stop_ids` are loaded
    or their returns handed in; at a stop (`place_id` its id, `stop_ids` just that) goods change
    hands.
    """

    kind: Kind
    place_id: str
    stop_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Visit:
    """A call with its times: arrival, start of service after any wait, and departure."""

    kind: Kind
    place_id: str
    stop_ids: tuple[str, ...]
    arrive_seconds: int
    start_seconds: int
    leave_seconds: int

    @property
    def call(self) -> Call:
        """The visit without its times."""
        return Call(self.kind, self.place_id, self.stop_ids)
