"""The day's instants and ids follow from the calendar day alone."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from local.day.calendar import Calendar, day_to_play

DAY = Calendar(date(2026, 11, 27))


def test_local_hours_become_utc_instants() -> None:
    assert DAY.at(9) == datetime(2026, 11, 27, 1, tzinfo=UTC)
    assert DAY.at(0, 30, days=1) == datetime(2026, 11, 27, 16, 30, tzinfo=UTC)


def test_a_slot_is_named_by_community_channel_and_local_start() -> None:
    assert DAY.slot_id(10) == "wulin.courier.20261127T1000"
    assert DAY.slot_id(16, days=1) == "wulin.courier.20261128T1600"


def test_ids_are_version_7_and_return_for_the_same_name_only() -> None:
    ids = {name: DAY.id(name) for name in ("order-1", "order-2")}
    assert all(UUID(one).version == 7 for one in ids.values())
    assert len(set(ids.values())) == 2
    assert DAY.id("order-1") == ids["order-1"]
    assert Calendar(date(2026, 11, 28)).id("order-1") != ids["order-1"]


@pytest.mark.parametrize(
    ("now", "played"),
    [
        (datetime(2026, 11, 22, 5, 40, tzinfo=UTC), date(2026, 11, 23)),  # 13:40 in Hangzhou.
        (datetime(2026, 11, 22, 15, 50, tzinfo=UTC), date(2026, 11, 23)),  # 23:50.
        (datetime(2026, 11, 22, 18, 0, tzinfo=UTC), date(2026, 11, 23)),  # 02:00 of the 23rd.
        (datetime(2026, 11, 22, 23, 30, tzinfo=UTC), date(2026, 11, 24)),  # 07:30 of the 23rd.
    ],
)
def test_the_next_day_that_has_its_morning_before_it_is_played(now: datetime, played: date) -> None:
    assert day_to_play(now).on == played
