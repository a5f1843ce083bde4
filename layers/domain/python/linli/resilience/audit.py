"""What an audit needs of the plans table: what was printed for emergencies, and what came back."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import TypeAdapter

from linli.kernel import reads
from linli.resilience.model import Pack, PaperLine
from linli.resilience.reconcile import line_key
from linli.resilience.rows import EMERGENCY, LINE, PACK, RECONCILIATION, PlansItem, emergency_key

_EMERGENCY_KEY = emergency_key("")
_KEYS = TypeAdapter(list[str])


@dataclass(frozen=True, slots=True)
class Entered:
    """A paper line as it ended; `line` is None if it cannot be read."""

    key: str
    line: PaperLine | None
    own_key: bool
    """Whether it stands under the key that its facts make: then it can be there only once."""


@dataclass(frozen=True, slots=True)
class EmergencyRecord:
    """
    An emergency's paper: the orders printed, the lines entered, the keys of lines that were sent
    with reconciliations; `state` is None if there is no such emergency. `unreadable` are the keys
    of packs and reconciliations that cannot be read.
    """

    emergency_id: str
    state: str | None
    printed: tuple[str, ...]
    unreadable: tuple[str, ...]
    lines: tuple[Entered, ...]
    sent: frozenset[str]

    @property
    def unsettled(self) -> frozenset[str]:
        """Lines that were sent and have not ended: sending them again goes on."""
        return self.sent - {entered.key for entered in self.lines}

    @property
    def waiting(self) -> frozenset[str]:
        """Printed orders of which no line has come in."""
        entered = {str(one.line.entry.order_id) for one in self.lines if one.line}
        return frozenset(self.printed) - entered


def emergencies() -> dict[str, EmergencyRecord]:
    """Every emergency by its id, also one that only a reconciliation or a line knows."""
    items: dict[str, list[PlansItem]] = defaultdict(list)
    for item in reads.scan(PlansItem):
        if item.pk.startswith(_EMERGENCY_KEY):
            items[item.pk.removeprefix(_EMERGENCY_KEY)].append(item)
        elif item.sk == RECONCILIATION:
            items[str(item.emergency_id)].append(item)
    return {
        emergency_id: _record(emergency_id, items[emergency_id]) for emergency_id in sorted(items)
    }


def _record(emergency_id: str, items: Sequence[PlansItem]) -> EmergencyRecord:
    states = [str(item.state) for item in items if item.sk == EMERGENCY]
    packs = {item.sk: _pack(item) for item in items if item.sk.startswith(PACK)}
    lines = [_entered(emergency_id, item) for item in items if item.sk.startswith(LINE)]
    sent = {item.pk: _sent(item) for item in items if item.sk == RECONCILIATION}
    unread = [key for told in (packs, sent) for key, what in told.items() if what is None]
    printed = {stop.order_id for pack in packs.values() if pack for stop in pack.stops}
    return EmergencyRecord(
        emergency_id=emergency_id,
        state=states[0] if states else None,
        printed=tuple(sorted(printed)),
        unreadable=tuple(sorted(unread)),
        lines=tuple(sorted(lines, key=lambda one: one.key)),
        sent=frozenset(key for keys in sent.values() for key in keys or ()),
    )


def _pack(item: PlansItem) -> Pack | None:
    try:
        return Pack.model_validate_json(item.body or "")
    except ValueError:  # Not JSON, or not a pack.
        return None


def _sent(item: PlansItem) -> list[str] | None:
    """The keys of a reconciliation's lines; none of one that is older than their noting."""
    try:
        return _KEYS.validate_json(item.lines or "[]")
    except ValueError:  # Not JSON, or no list of keys.
        return None


def _entered(emergency_id: str, item: PlansItem) -> Entered:
    try:
        line = PaperLine.model_validate_json(item.body or "")
    except ValueError:  # Not JSON, or not a line.
        return Entered(item.sk, None, own_key=False)
    return Entered(item.sk, line, own_key=line_key(emergency_id, line.entry)[1] == item.sk)
