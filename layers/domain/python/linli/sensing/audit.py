"""What an audit needs of the readings table; reads it whole."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from typing import get_args

from linli.kernel import reads
from linli.kernel.time import parse_instant
from linli.sensing.ingest import message_digest
from linli.sensing.limits import FUTURE_SECONDS, OLDEST_SECONDS
from linli.sensing.rows import LATEST, QUARANTINE, READING, ReadingsItem
from linli.sensing.rules import Reason

_REASONS = frozenset(get_args(Reason))


@dataclass(frozen=True, slots=True)
class Kept:
    """
    A reading as a row holds it, a kept one or a copy as the latest; instants as RFC 3339 text.

    `key` is the row's sort key without its prefix: (boot, seq) of a reading, the kind of a latest.
    """

    key: str
    kind: str | None
    store_id: str | None
    order: str | None
    value_milli: int | None
    device_at: str | None
    received_at_ms: int | None
    recorded_at: str | None
    digest: str | None

    @property
    def told(self) -> tuple[object, ...]:
        """All that a latest copies of its reading."""
        at = self.device_at, self.received_at_ms, self.recorded_at
        return (self.kind, self.store_id, self.order, self.value_milli, *at, self.digest)

    @property
    def clock_fault(self) -> str | None:
        """What is wrong with its instants, by the limits that readings are taken in under."""
        try:
            device, ours = (
                parse_instant(self.device_at or ""),
                parse_instant(self.recorded_at or ""),
            )
        except ValueError:
            return "the device's time and ours do not both stand beside it"
        if self.received_at_ms is None:
            return "the broker's time does not stand beside it"
        if device > ours + timedelta(seconds=FUTURE_SECONDS):
            return f"measured at {self.device_at}, taken in before that, at {self.recorded_at}"
        if device < ours - timedelta(seconds=OLDEST_SECONDS):
            return f"measured at {self.device_at}, too long before {self.recorded_at}"
        return None


@dataclass(frozen=True, slots=True)
class ThingRecord:
    """The readings of a device by (boot, seq), and its latest ones by kind."""

    readings: dict[str, Kept] = field(default_factory=dict)
    latest: dict[str, Kept] = field(default_factory=dict)

    def newest(self, kind: str) -> Kept | None:
        """The newest kept reading of a kind by the device's own order, if there is one."""
        orders = [order for order, kept in self.readings.items() if kept.kind == kind]
        return self.readings[max(orders)] if orders else None

    @property
    def kinds(self) -> list[str]:
        """The kinds that it has readings or a latest of."""
        return sorted({kept.kind or "" for kept in self.readings.values()} | self.latest.keys())


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A message that could not be trusted; `whole` if all that was told is there, unchanged."""

    key: str
    reason: str | None
    known_reason: bool
    whole: bool


@dataclass(frozen=True, slots=True)
class Measured:
    """Everything that devices sent, as it is stored."""

    things: dict[str, ThingRecord] = field(default_factory=dict)
    quarantined: tuple[Quarantined, ...] = ()

    @property
    def size(self) -> int:
        """How many readings and quarantined messages there are."""
        return sum(len(one.readings) for one in self.things.values()) + len(self.quarantined)


def measured() -> Measured:
    """Every device's readings, and the quarantine."""
    things: dict[str, ThingRecord] = defaultdict(ThingRecord)
    quarantined = []
    for item in reads.scan(ReadingsItem):
        thing = item.pk.removeprefix("THING#")
        if item.pk.startswith(QUARANTINE):
            quarantined.append(_quarantined(item))
        elif item.sk.startswith(READING):
            kept = _kept(item, READING)
            things[thing].readings[kept.key] = kept
        elif item.sk.startswith(LATEST):
            kept = _kept(item, LATEST)
            things[thing].latest[kept.key] = kept
    by_key = tuple(sorted(quarantined, key=lambda one: one.key))
    return Measured(dict(sorted(things.items())), by_key)


def _kept(item: ReadingsItem, prefix: str) -> Kept:
    return Kept(
        key=item.sk.removeprefix(prefix),
        kind=item.kind,
        store_id=item.store_id,
        order=item.order,
        value_milli=_number(item.value_milli),
        device_at=item.device_at,
        received_at_ms=_number(item.received_at_ms),
        recorded_at=item.recorded_at,
        digest=item.digest,
    )


def _number(value: float | None) -> int | None:
    return None if value is None else int(value)


def _quarantined(item: ReadingsItem) -> Quarantined:
    told = [item.thing, item.kind, item.client_id, item.payload]
    parts = [part for part in told if part is not None]
    whole = len(parts) == len(told) and message_digest(*parts) == item.sk
    return Quarantined(f"{item.pk}/{item.sk}", item.reason, item.reason in _REASONS, whole)
