"""A heat warning makes days hot: the one of its issue, and the next one after six o'clock."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from linli import resilience
from linli.kernel.errors import IdReused
from linli.kernel.identity import Role
from linli.kernel.ids import uuid7
from linli.kernel.tables import Table
from linli.resilience import Warn
from linli.resilience.audit import emergencies
from linli.resilience.hot import hot_days
from tests.support.community import COMMUNITY, person
from tests.support.engine import Crash, Engine, Fault, engine
from tests.support.fallback import InProcess

CITY = person("city-1", Role.CITY)
NOON = datetime(2024, 6, 28, 4, tzinfo=UTC)
TODAY = date(2024, 6, 28)
DAY = timedelta(days=1)


@pytest.fixture
def db() -> Iterator[Engine]:
    with engine() as opened:
        yield opened


def warning(**changed: Any) -> Warn:
    said = {
        "id": uuid7(),
        "community_id": COMMUNITY,
        "kind": "heat",
        "level": "blue",
        "issued_at": NOON,
    }
    return Warn.model_validate(said | changed)


def send(command: Warn) -> None:
    now = command.issued_at + timedelta(minutes=2)
    resilience.warn(command, CITY, InProcess(now), now)


def hot(*days: int) -> list[bool]:
    return [resilience.is_hot(COMMUNITY, TODAY + n * DAY) for n in days]


@pytest.mark.parametrize(
    ("issued_at", "days"),
    [
        ("2024-06-28T00:00:00+08:00", [28]),
        ("2024-06-28T17:59:59+08:00", [28]),
        ("2024-06-28T18:00:00+08:00", [28, 29]),
        ("2024-06-28T23:59:59+08:00", [28, 29]),
        ("2024-06-28T16:30:00Z", [29]),
    ],
)
def test_which_local_days_a_warning_makes_hot(issued_at: str, days: list[int]) -> None:
    assert hot_days(datetime.fromisoformat(issued_at)) == tuple(date(2024, 6, n) for n in days)


@pytest.mark.parametrize("level", ["blue", "yellow", "orange", "red"])
def test_a_heat_warning_of_any_level_makes_its_day_hot_and_no_other(db: Engine, level: str) -> None:
    send(warning(level=level))
    assert hot(-1, 0, 1) == [False, True, False]
    assert not resilience.is_hot("gulou", TODAY)


@pytest.mark.parametrize("kind", ["storm", "flood", "outage"])
def test_other_warnings_make_no_day_hot(db: Engine, kind: str) -> None:
    send(warning(kind=kind, level="red"))
    assert hot(0, 1) == [False, False]


def test_in_the_evening_it_speaks_of_the_next_day_too(db: Engine) -> None:
    send(warning(issued_at=NOON + timedelta(hours=6)))
    assert hot(0, 1, 2) == [True, True, False]


def test_sent_again_it_changes_nothing_and_a_further_one_keeps_the_day_hot(db: Engine) -> None:
    command = warning()
    send(command)
    before = db.everything()
    send(command)
    assert db.everything() == before
    with pytest.raises(IdReused):
        send(command.model_copy(update={"kind": "storm"}))
    send(warning(level="red", issued_at=NOON + timedelta(hours=1)))
    rows = [key for key in db.items(Table.PLANS) if key[1].startswith("HOT#")]
    assert (hot(0, 1), len(rows)) == ([True, False], 1)


def test_a_warning_whose_write_was_lost_makes_no_day_hot(db: Engine) -> None:
    db.choose_fault = lambda operation: (
        Fault.CRASH_BEFORE if operation == "TransactWriteItems" else None
    )
    with pytest.raises(Crash):
        send(warning())
    assert hot(0) == [False]


def test_the_audit_of_paper_takes_a_hot_day_for_no_emergency(db: Engine) -> None:
    command = warning()
    send(command)
    assert set(emergencies()) == {str(command.id)}
