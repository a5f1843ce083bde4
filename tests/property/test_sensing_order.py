"""However a device's messages are shuffled, repeated or lost, the same rules hold (I8, I9)."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linli import catalogue, incidents
from linli.catalogue import PutStore
from linli.kernel.identity import Caller, Role
from linli.kernel.tables import Table
from linli.sensing import Arrival, Outcome, ingest, latest
from linli.sensing.limits import FRESH_SECONDS, KINDS
from linli.sensing.rules import understand
from tests.support.engine import Engine, engine
from tests.support.sensors import KIND, STORE, THING, message

NOW = datetime(2024, 6, 28, 2, tzinfo=UTC)
KEEPER = Caller("keeper-1", frozenset({(Role.STORE, STORE)}))
LIMIT = KINDS[KIND].limit_for(None)

numbers = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 6)), min_size=1, max_size=8, unique=True
)
values = st.sampled_from([5.0, LIMIT / 1000, LIMIT / 1000 + 0.001, 500.0, 9999.0, -1.0])
ages = st.sampled_from([-3600, -60, 0, FRESH_SECONDS, FRESH_SECONDS + 1, 86_400, 40 * 86_400])


@st.composite
def deliveries(draw: st.DrawFn) -> list[Arrival]:
    """What arrives of a device's messages: some lost, some twice, in any order."""
    sent = [
        message(seq, NOW - timedelta(seconds=draw(ages)), draw(values), boot)
        for boot, seq in draw(numbers)
    ]
    return draw(st.lists(st.sampled_from(sent), min_size=1, max_size=12))


@pytest.fixture(scope="module")
def db() -> Iterator[Engine]:
    with engine() as opened:
        yield opened


def clear(db: Engine) -> None:
    """A fresh community in the open engine."""
    from ministack.services import dynamodb as backend

    for table in (Table.READINGS, Table.INCIDENTS, Table.CATALOGUE):
        backend._tables[f"test-{table.lower()}"]["items"].clear()
    catalogue.forget()
    place = {"community_id": "wulin", "owner_id": "o-1", "lon": 120.16, "lat": 30.27}
    store = PutStore.model_validate(place | {"name_zh": "店", "name_en": "Shop"})
    catalogue.put_store(STORE, store, None)


@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(arrived=deliveries())
def test_a_device_may_be_shuffled_repeated_and_cut_off(db: Engine, arrived: list[Arrival]) -> None:
    clear(db)
    outcomes = [ingest(each, NOW) for each in arrived]
    check_every_message_ended(db, arrived, outcomes)
    check_the_latest_is_the_newest(arrived, outcomes)
    check_alarms(arrived, outcomes)
    once = db.everything()
    again = [ingest(each, NOW) for each in arrived]
    assert {each.fate for each in again} <= {"duplicate", "quarantined"}
    assert db.everything() == once


def check_every_message_ended(db: Engine, arrived: list[Arrival], outcomes: list[Outcome]) -> None:
    """I8: kept or quarantined, each once."""
    distinct = {each.payload for each in arrived}
    held = db.items(Table.READINGS)
    kept = [sk for _, sk in held if sk.startswith("READING#")]
    aside = [pk for pk, _ in held if pk.startswith("QUARANTINE#")]
    assert len(kept) + len(aside) == len(distinct)
    assert len(kept) == sum(each.fate in ("kept", "late") for each in outcomes)


def check_the_latest_is_the_newest(arrived: list[Arrival], outcomes: list[Outcome]) -> None:
    """I9: the greatest (boot, seq) of the sound ones, whatever the clocks say."""
    sound = [
        reading.order
        for each, outcome in zip(arrived, outcomes, strict=True)
        if outcome.fate != "quarantined" and (reading := understand(each.content))
    ]
    newest = latest(THING, KIND)
    assert (newest.order if newest else None) == max(sound, default=None)
    if newest:
        assert newest.recorded_at == NOW


def check_alarms(arrived: list[Arrival], outcomes: list[Outcome]) -> None:
    """One open incident at most, by the first reading that was newest, fresh and over."""
    expected, newest = None, ""
    for each, outcome in zip(arrived, outcomes, strict=True):
        reading = understand(each.content)
        assert reading is not None
        if outcome.fate != "kept":
            continue
        assert reading.order > newest
        newest = reading.order
        fresh = NOW - reading.at <= timedelta(seconds=FRESH_SECONDS)
        if expected is None and fresh and reading.milli > LIMIT:
            expected = outcome.incident_id
            assert expected is not None
    opened = incidents.incidents_of(KEEPER)
    assert [one.id for one in opened] == ([expected] if expected else [])
