"""What a reading may do: be kept, move the latest forward, raise an alarm, or be quarantined."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from pydantic import ValidationError

from linli.sensing.limits import FRESH_SECONDS, FUTURE_SECONDS, KINDS, OLDEST_SECONDS, Kind
from linli.sensing.model import Arrival, Reading, Source

Reason = Literal[
    "malformed",
    "bad_topic",
    "not_own_topic",
    "unknown_kind",
    "unknown_store",
    "not_own_store",
    "wrong_unit",
    "impossible_value",
    "from_the_future",
    "too_old",
    "contradicts",
]
"""Why a message is quarantined; stable."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What is stored of a thing when its reading arrives."""

    digest: str | None
    """Of the reading kept under the same (boot, seq), if there is one."""
    newest: str | None
    """The order of the latest reading of this kind, if there is one."""
    incident_open: bool


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do with a sound reading."""

    fate: Literal["keep", "duplicate", "contradiction"]
    newest: bool = False
    alarm: bool = False


def source_of(arrival: Arrival) -> Reason | None:
    """Why the topic's names can't be trusted, if they can't."""
    try:
        source = Source(store_id=arrival.store_id, thing=arrival.thing)
    except ValidationError:
        return "bad_topic"
    if arrival.client_id != source.thing:
        return "not_own_topic"
    return None if arrival.kind in KINDS else "unknown_kind"


def understand(content: bytes) -> Reading | None:
    """The reading that the bytes hold; None if they hold none."""
    try:
        return Reading.model_validate_json(content)
    except ValidationError:
        return None


def fault_of(reading: Reading, kind: Kind, now: datetime) -> Reason | None:
    """Why a reading cannot be true, if it can't: unit, range, or the device's clock."""
    if reading.unit != kind.unit:
        return "wrong_unit"
    if not kind.may_be(reading.milli):
        return "impossible_value"
    if reading.at > now + timedelta(seconds=FUTURE_SECONDS):
        return "from_the_future"
    if reading.at < now - timedelta(seconds=OLDEST_SECONDS):
        return "too_old"
    return None


def decide(reading: Reading, digest: str, limit_milli: int, seen: Seen, now: datetime) -> Decision:
    """
    What a sound reading does, given what is stored.

    Only the newest reading that is also fresh by our clock may raise an alarm, and only if none
    is open: late data tell the past, and the past needs no flash sorting.
    """
    if seen.digest is not None:
        return Decision("duplicate" if seen.digest == digest else "contradiction")
    newest = seen.newest is None or reading.order > seen.newest
    fresh = now - reading.at <= timedelta(seconds=FRESH_SECONDS)
    over = reading.milli > limit_milli
    return Decision("keep", newest, newest and fresh and over and not seen.incident_open)
