"""What a level may promise: neither what is kept, nor what expires before it is handed over."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.stock import Level, fefo, hours, offers
from linli.stock.fefo import Lot

FRIDAY_17 = datetime(2026, 6, 5, 9, tzinfo=UTC)  # 17:00 in the community's zone.
TODAY, TOMORROW, LATER = date(2026, 6, 5), date(2026, 6, 6), date(2026, 6, 20)
PEAK = [6 if hour == 4 * 24 + 17 else 0 for hour in range(hours.HOURS)]


@pytest.mark.parametrize(
    ("kept", "free"),
    [
        ({}, 10),
        ({"protected_units": 3}, 7),
        ({"protection": hours.pack(PEAK)}, 4),
        ({"protection": hours.pack(PEAK), "protected_units": 8}, 2),
        ({"reserve_units": 4}, 6),
        ({"reserve_units": 4, "protected_units": 3}, 3),
        ({"reserve_units": 40}, 0),
    ],
)
def test_a_normal_order_leaves_alone_what_is_protected_and_reserved(
    kept: dict[str, object], free: int
) -> None:
    level = Level("s", "k", received_units=10, atp_units=10, dated={LATER: 10}, **kept)  # type: ignore[arg-type]
    assert level.free_units(FRIDAY_17) == free


def test_an_emergency_order_takes_the_reserve_but_not_the_walk_ins_share() -> None:
    level = Level("s", "k", atp_units=10, reserve_units=4, protected_units=3, dated={LATER: 10})
    assert level.free_units(FRIDAY_17, emergency=True) == 7


@pytest.mark.parametrize(
    ("until", "held", "free"),
    [(TODAY, 0, 10), (TOMORROW, 0, 6), (LATER, 0, 6), (date(2026, 6, 21), 0, 0), (TOMORROW, 4, 2)],
)
def test_nothing_is_promised_for_a_day_after_its_last(until: date, held: int, free: int) -> None:
    """4 units end today, 6 on the 20th; what is held may be of the latter."""
    level = Level("s", "k", atp_units=10 - held, held_units=held, dated={TODAY: 4, LATER: 6})
    assert level.free_units(FRIDAY_17, until) == free


def test_what_left_without_a_lots_name_was_the_first_to_expire() -> None:
    level = Level("s", "k", atp_units=6, sold_units=4, dated={TODAY: 4, LATER: 6})
    assert level.free_units(FRIDAY_17, LATER) == 6


def test_walk_ins_are_protected_with_what_is_too_short_lived_for_orders() -> None:
    level = Level("s", "k", atp_units=10, protected_units=3, dated={TODAY: 4, LATER: 6})
    assert level.free_units(FRIDAY_17, LATER) == 6
    assert level.free_units(FRIDAY_17, TODAY) == 7


levels = st.builds(
    Level,
    store_id=st.just("s"),
    sku=st.just("k"),
    held_units=st.integers(0, 30),
    atp_units=st.integers(0, 60),
    protected_units=st.integers(0, 20),
    reserve_units=st.integers(0, 20),
    dated=st.dictionaries(st.sampled_from([TODAY, TOMORROW, LATER]), st.integers(0, 60)),
)


@given(levels, st.sampled_from([TODAY, TOMORROW, LATER]), st.booleans())
def test_an_offer_never_exceeds_what_is_there_and_good(
    level: Level, until: date, emergency: bool
) -> None:
    offer = offers({("s", "k"): level}, FRIDAY_17, until, emergency=emergency)["s", "k"]
    good = sum(units for last, units in level.dated.items() if last >= until)
    assert 0 <= offer.units <= level.atp_units
    assert offer.units == 0 or offer.units + level.held_units <= good
    assert offer.units == 0 or offer.units + offer.kept_units == level.atp_units
    assert (
        offer.units <= offers({("s", "k"): level}, FRIDAY_17, TODAY, emergency=True)["s", "k"].units
    )


@given(st.lists(st.integers(0, 5_000), min_size=168, max_size=168))
def test_a_week_of_numbers_is_one_text_and_back(numbers: list[int]) -> None:
    packed = hours.pack(numbers)
    assert len(packed) == 336
    assert hours.unpack(packed) == [min(n, hours.MOST) for n in numbers]
    assert hours.at(packed, FRIDAY_17) == min(numbers[4 * 24 + 17], hours.MOST)


@pytest.mark.parametrize("numbers", [[], [0] * 167, [0] * 167 + [-1]])
def test_a_week_is_168_hours_none_negative(numbers: list[int]) -> None:
    with pytest.raises(ValueError, match="168 hours"):
        hours.pack(numbers)


lots = st.lists(
    st.builds(
        Lot,
        lot_id=st.uuids().map(str),
        expires_on=st.sampled_from([TODAY, TOMORROW, LATER]),
        units=st.integers(0, 20),
        received_on=st.just(TODAY),
    ),
    max_size=6,
)


@given(lots, st.integers(0, 150))
def test_what_is_left_is_what_expires_last(all_lots: list[Lot], on_hand: int) -> None:
    left = fefo.remaining(all_lots, on_hand)
    assert sum(lot.units for lot in left) == min(on_hand, sum(lot.units for lot in all_lots))
    had = {lot.lot_id: lot.units for lot in all_lots}
    begun = [lot for lot in left if lot.units < had[lot.lot_id]]
    assert begun == left[: len(begun)]
    assert len(begun) <= 1


@given(lots, st.lists(st.integers(1, 12), max_size=6), st.sampled_from([TODAY, TOMORROW, LATER]))
def test_the_first_to_expire_goes_first_and_to_nobody_whom_it_would_not_reach_in_time(
    all_lots: list[Lot], wanted: list[int], good_on: date
) -> None:
    orders = [(f"o{n}", units) for n, units in enumerate(wanted)]
    shares = fefo.allocate(all_lots, orders, good_on)
    had = {lot.lot_id: lot.units for lot in all_lots}
    for order_id, units in orders:
        assert sum(s.units for s in shares if s.order_id == order_id) == units
    for lot_id, units in had.items():
        assert sum(s.units for s in shares if s.lot_id == lot_id) <= units
    dates = [s.expires_on for s in shares if s.expires_on]
    assert dates == sorted(dates)
    assert all(day >= good_on for day in dates)
    good = sum(lot.units for lot in all_lots if lot.expires_on >= good_on)
    without = sum(s.units for s in shares if s.lot_id is None)
    assert without == max(0, sum(wanted) - good)
