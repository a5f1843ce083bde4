"""What a message of a device may do, as rules."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from linli.sensing.limits import FRESH_SECONDS, FUTURE_SECONDS, KINDS, OLDEST_SECONDS
from linli.sensing.model import MOST_BOOT, MOST_SEQ, Arrival, Reading
from linli.sensing.rules import Decision, Seen, decide, fault_of, source_of, understand

NOW = datetime(2024, 6, 28, 2, tzinfo=UTC)
LIMIT = KINDS["respiration"].limit_for(None)
CALM: dict[str, Any] = {
    "boot": 3,
    "seq": 7,
    "at": "2024-06-28T10:00:00+08:00",
    "value": 21.5,
    "unit": "mg/(kg.h)",
}
UNSEEN = Seen(digest=None, newest=None, incident_open=False)


def content(**changed: Any) -> bytes:
    return json.dumps(CALM | changed).encode()


def reading(**changed: Any) -> Reading:
    found = understand(content(**changed))
    assert found is not None
    return found


def arrival(**changed: Any) -> Arrival:
    sound = {
        "payload": base64.b64encode(content()).decode(),
        "store_id": "6901234500011",
        "thing": "t-1",
        "kind": "respiration",
        "client_id": "t-1",
        "received_at_ms": 1,
    }
    return Arrival.model_validate(sound | changed)


def test_a_sound_reading_is_understood_in_thousandths_of_its_unit() -> None:
    found = reading()
    assert (found.milli, found.at) == (21_500, NOW)


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b"null",
        b"21.5",
        content(boot=-1),
        content(boot=MOST_BOOT + 1),
        content(boot=1.5),
        content(boot="3"),
        content(boot=True),
        content(seq=MOST_SEQ + 1),
        content(at="2024-06-28T10:00:00"),
        content(at=1719540000),
        content(at="yesterday"),
        content(value="21.5"),
        content(value=None),
        content(value=1e300),
        content().replace(b"21.5", b"NaN"),
        content().replace(b"21.5", b"Infinity"),
        content().replace(b"21.5", b"1e999"),
        content(unit="x" * 21),
        content()[:-1] + b', "boot": -1}',
        json.dumps({k: v for k, v in CALM.items() if k != "seq"}).encode(),
        b"[" * 100_000,
    ],
)
def test_what_is_no_reading_is_not_understood(bad: bytes) -> None:
    assert understand(bad) is None


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({}, None),
        ({"unit": "Cel"}, "wrong_unit"),
        ({"value": -0.001}, "impossible_value"),
        ({"value": 2000.001}, "impossible_value"),
        ({"value": 2000}, None),
        ({"at": NOW + timedelta(seconds=FUTURE_SECONDS)}, None),
        ({"at": NOW + timedelta(seconds=FUTURE_SECONDS + 1)}, "from_the_future"),
        ({"at": NOW - timedelta(seconds=OLDEST_SECONDS)}, None),
        ({"at": NOW - timedelta(seconds=OLDEST_SECONDS + 1)}, "too_old"),
        ({"at": datetime(1970, 1, 1, tzinfo=UTC)}, "too_old"),
        ({"at": datetime(9999, 12, 31, tzinfo=UTC)}, "from_the_future"),
    ],
)
def test_a_reading_that_cannot_be_true_has_its_reason(
    changed: dict[str, Any], reason: str | None
) -> None:
    if "at" in changed:
        changed = changed | {"at": changed["at"].isoformat()}
    assert fault_of(reading(**changed), KINDS["respiration"], NOW) == reason


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({}, None),
        ({"client_id": "t-2"}, "not_own_topic"),
        ({"client_id": "n/a"}, "not_own_topic"),
        ({"kind": "mood"}, "unknown_kind"),
        ({"store_id": "6901234500012"}, "bad_topic"),
        ({"store_id": "shop"}, "bad_topic"),
        ({"thing": "a#b", "client_id": "a#b"}, "bad_topic"),
    ],
)
def test_a_topic_that_cannot_be_trusted_has_its_reason(
    changed: dict[str, str], reason: str | None
) -> None:
    assert source_of(arrival(**changed)) == reason


def test_the_payload_cannot_say_who_sent_it() -> None:
    liar = content(thing="t-9", store_id="6901234500012", client_id="t-9")
    sent = arrival(payload=base64.b64encode(liar).decode())
    assert (sent.thing, sent.store_id) == ("t-1", "6901234500011")
    assert understand(sent.content) == reading()


OVER = {"value": 96.5}
AT_LIMIT = {"value": LIMIT / 1000}
OLD = {"at": (NOW - timedelta(seconds=FRESH_SECONDS + 1)).isoformat()}
LATER = reading(seq=8).order


@pytest.mark.parametrize(
    ("changed", "seen", "expected"),
    [
        ({}, UNSEEN, Decision("keep", newest=True)),
        (OVER, UNSEEN, Decision("keep", newest=True, alarm=True)),
        (AT_LIMIT, UNSEEN, Decision("keep", newest=True)),
        (OVER | OLD, UNSEEN, Decision("keep", newest=True)),
        (OVER, Seen(None, LATER, False), Decision("keep")),
        (OVER, Seen(None, reading(seq=6).order, True), Decision("keep", newest=True)),
        (OVER, Seen("d", LATER, False), Decision("duplicate")),
        (OVER, Seen("other", None, False), Decision("contradiction")),
        ({"boot": 4, "seq": 0}, Seen(None, LATER, False), Decision("keep", newest=True)),
    ],
)
def test_only_the_newest_fresh_reading_over_the_limit_raises_an_alarm(
    changed: dict[str, Any], seen: Seen, expected: Decision
) -> None:
    assert decide(reading(**changed), "d", LIMIT, seen, NOW) == expected


def test_order_is_that_of_boots_and_sequence_numbers_and_not_of_clocks() -> None:
    orders = [reading(boot=b, seq=s).order for b, s in [(0, MOST_SEQ), (1, 0), (9, 5), (10, 1)]]
    assert orders == sorted(orders)


def test_produce_has_its_own_limit_and_the_kind_has_one_for_the_rest() -> None:
    kind = KINDS["respiration"]
    assert kind.limit_for("cherry") < kind.limit_for("dragon fruit") == kind.limit_for(None)
    for each in KINDS.values():
        for limit in (each.limit_milli, *each.limit_milli_by_produce.values()):
            assert each.least_milli < limit < each.most_milli
