"""What an audit needs of return machines' messages; reads the boxes table whole."""

from dataclasses import dataclass, field
from typing import get_args

from linli.boxes.audit_rows import BoxItem
from linli.boxes.machine_model import Reason, ReturnArrival
from linli.boxes.machine_rows import MESSAGE, QUARANTINE
from linli.boxes.recycle_rows import HAND_IN
from linli.boxes.rows import MOVE, SIGHT
from linli.boxes.station_rows import MACHINE
from linli.kernel import reads

_REASONS = frozenset(get_args(Reason))


@dataclass(frozen=True, slots=True)
class TakenMessage:
    """A message that was taken in: by which machine, and as what it acted."""

    thing: str
    order: str
    kind: str | None
    told: str | None
    whole: bool


@dataclass(frozen=True, slots=True)
class PutAside:
    """A message in quarantine; `whole`: it is there as it came, under its own digest."""

    key: str
    reason: str | None
    known_reason: bool
    whole: bool


@dataclass(slots=True)
class Machines:
    """
    What machines said, and what was done of it: `acts` are moves and sights of boxes, and
    hand-ins, by their ids, each with who did it.
    """

    messages: list[TakenMessage] = field(default_factory=list)
    quarantined: list[PutAside] = field(default_factory=list)
    acts: dict[str, str] = field(default_factory=dict)
    things: set[str] = field(default_factory=set)

    @property
    def size(self) -> int:
        """How many messages there are."""
        return len(self.messages) + len(self.quarantined)


def machines() -> Machines:
    """Everything that return machines said and did."""
    found = Machines()
    for item in reads.scan(BoxItem):
        partition, _, key = item.pk.partition("#")
        if item.sk == MACHINE:
            found.things.add(key)
        elif item.sk.startswith(MESSAGE):
            found.messages.append(_taken(key, item))
        elif partition == QUARANTINE.rstrip("#"):
            found.quarantined.append(_aside(item))
        elif item.sk.startswith((MOVE, SIGHT)):
            found.acts[item.sk.partition("#")[2]] = item.by or ""
        elif item.sk == HAND_IN:
            found.acts[key] = item.by or ""
    return found


def _taken(thing: str, item: BoxItem) -> TakenMessage:
    whole = all((item.digest, item.device_at, item.received_at_ms is not None, item.recorded_at))
    order = item.sk.removeprefix(MESSAGE)
    return TakenMessage(thing, order, item.kind, item.told, whole)


def _aside(item: BoxItem) -> PutAside:
    arrival = ReturnArrival(
        payload=item.payload or "",
        store_id="",
        thing=item.thing or "",
        kind=item.kind or "",
        client_id=item.client_id or "",
        received_at_ms=int(item.received_at_ms or 0),
    )
    whole = item.sk == arrival.digest and bool(item.recorded_at)
    return PutAside(f"{item.pk}/{item.sk}", item.reason, item.reason in _REASONS, whole)
