"""Orders that are paid online: due, paid, expired, promised anew; nothing is held for nothing."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from linli import credit, orders, slots, waves
from linli.kernel.errors import NotFound
from linli.kernel.ids import uuid7
from linli.kernel.time import parse_instant
from linli.kernel.transact import transaction
from linli.orders import NoLongerPayable, Order
from linli.orders.events import event_of
from linli.slots.audit import offered
from linli.stock.audit import booked
from linli.waves.model import NotYetVisible, StartWave, Step
from tests.support import lives
from tests.support import village as v
from tests.support.engine import Engine, engine
from tests.support.world import audit_now

GREENS = v.SKUS[0]
PAY_BY = v.NOON + timedelta(minutes=15)


@pytest.fixture
def db() -> Iterator[Engine]:
    with engine() as opened:
        v.furnish_quickly(opened, "lives", lives.furnish)
        yield opened
        assert audit_now() == []


def due(units: int = 2, **more: Any) -> Order:
    return lives.place({GREENS: units}, pay="online", **more)


def held() -> tuple[int, int, int]:
    """Units held everywhere, places taken, and An's points that are held."""
    units = sum(each.level.held_units for each in booked().values())
    places = sum(slot.taken_orders for slot in offered().values())
    return units, places, credit.statement("r-an", now=v.NOON).held_points


def test_an_order_is_due_until_its_time_to_pay_or_its_cut_off(db: Engine) -> None:
    order = due()
    assert (order.payment, order.progress.pay_by) == ("due", "2026-06-01T04:15:00.000Z")
    late = v.wish(None, {GREENS: 1}, pay="online")
    now = v.CUTOFF - timedelta(minutes=4)
    placed = orders.place(late, caller=v.resident("r-bo"), now=now, settings=v.SETTINGS)
    assert parse_instant(placed.progress.pay_by or "") == v.CUTOFF
    assert lives.place({GREENS: 1}).payment == "cash"


def test_an_order_that_costs_nothing_is_not_due(db: Engine) -> None:
    order = lives.place({GREENS: 2}, pay="online", spend_points=7)
    assert (order.total_fen, order.payment) == (0, "cash")


def test_the_sweeper_expires_what_was_not_paid_in_time_and_gives_all_back(db: Engine) -> None:
    before = held()
    order, other = due(spend_points=3, boxes=1), lives.paid(due(1))
    assert orders.sweep(PAY_BY - timedelta(seconds=1)) == {"pay": 0, "collect": 0, "close": 0}
    assert orders.sweep(PAY_BY)["pay"] == 1
    assert orders.read(order.order_id).state == "expired"
    assert orders.read(other.order_id).state == "placed"
    assert held() == (1, 1, 0) != before
    assert orders.sweep(PAY_BY)["pay"] == 0


def test_an_order_is_expired_by_its_own_time_whatever_the_index_says(db: Engine) -> None:
    order = due()
    assert orders.expire(order.order_id, PAY_BY - timedelta(seconds=1)).state == "placed"
    lives.paid(order)
    assert orders.expire(order.order_id, PAY_BY).state == "placed"


def test_what_is_to_be_paid_is_told_to_its_people_alone(db: Engine) -> None:
    order = due()
    told = orders.payable(order.order_id, "r-an")
    assert (told.total_fen, told.pay_by, told.state, told.payment) == (700, PAY_BY, "placed", "due")
    with pytest.raises(NotFound):
        orders.payable(order.order_id, "r-bo")


@pytest.mark.parametrize("state", ["paid", "cancelled", "expired", "cash", "another price"])
def test_only_what_is_due_is_paid(db: Engine, state: str) -> None:
    order = lives.place({GREENS: 2}) if state == "cash" else due()
    if state == "paid":
        lives.paid(order)
    elif state == "cancelled":
        orders.cancel(order.order_id, resident_id="r-an", now=v.NOON)
    elif state == "expired":
        orders.expire(order.order_id, PAY_BY)
    before = db.everything()
    with pytest.raises(NoLongerPayable), transaction() as tx:
        orders.mark_paid(tx, order.order_id, v.NOON, 699 if state == "another price" else 700)
    assert db.everything() == before


def test_who_pays_late_has_the_order_after_all(db: Engine) -> None:
    order = due(spend_points=3, boxes=1)
    before = held()
    orders.expire(order.order_id, PAY_BY)
    for _ in range(2):  # A crash in between: it is asked for again.
        assert orders.revive(order.order_id, PAY_BY, v.SETTINGS)
    assert held() == before == (2, 1, 3)
    again = lives.paid(order)
    assert (again.state, again.payment, again.total_fen) == ("placed", "paid", order.total_fen)
    assert orders.revive(order.order_id, PAY_BY, v.SETTINGS) is False, "it is paid for already"
    orders.cancel(order.order_id, resident_id="r-an", now=v.NOON)
    assert held() == (0, 0, 0)


def test_an_order_that_was_promised_anew_expires_again(db: Engine) -> None:
    order = due(spend_points=3)
    for n in range(3):
        late = PAY_BY + timedelta(hours=n)
        if late >= v.CUTOFF:
            break
        orders.expire(order.order_id, late)
        assert orders.revive(order.order_id, late, v.SETTINGS)
    assert orders.sweep(v.LATER)["pay"] == 1
    assert orders.read(order.order_id).state == "expired"
    assert held() == (0, 0, 0)


@pytest.mark.parametrize("gone", ["goods", "place", "points", "slot"])
def test_what_somebody_else_has_by_now_is_not_promised_anew(db: Engine, gone: str) -> None:
    slot_id = f"{v.COMMUNITY}.courier.20260601T1700"
    v.offer(slot_id, capacity=1, starts_at=v.LATER + timedelta(hours=1))
    order = due(20, slot_id=slot_id, spend_points=15)
    orders.expire(order.order_id, PAY_BY)
    now = PAY_BY
    if gone == "goods":
        lives.place({GREENS: 20}, "r-bo")
    elif gone == "place":
        lives.place({GREENS: 1}, "r-bo", slot_id=slot_id)
    elif gone == "points":
        lives.place({GREENS: 3}, spend_points=10)
    else:
        now = v.LATER + timedelta(hours=1)
    before = db.everything()
    assert orders.revive(order.order_id, now, v.SETTINGS) is False
    assert db.everything() == before


def test_late_money_is_told_of_once(db: Engine) -> None:
    """The message of a late payment is that the order is paid, not that it lives again."""

    def told(before: tuple[str, str], after: tuple[str, str]) -> str | None:
        def image(of: tuple[str, str]) -> dict[str, dict[str, str]]:
            return {"state": {"S": of[0]}, "payment": {"S": of[1]}}

        change = {
            "Keys": {"pk": {"S": "o"}, "sk": {"S": "ORDER"}},
            "OldImage": image(before),
            "NewImage": image(after),
            "ApproximateCreationDateTime": 0,
        }
        event = event_of({"eventID": "1", "dynamodb": change})
        return None if event is None else str(event["type"]).removeprefix("linli.")

    assert told(("expired", "due"), ("placed", "due")) is None
    assert told(("placed", "due"), ("placed", "paid")) == "OrderPaid"
    assert told(("placed", "due"), ("expired", "due")) == "OrderExpired"
    assert told(("placed", "paid"), ("placed", "paid")) is None
    assert told(("placed", "paid"), ("frozen", "paid")) == "OrderFrozen"


class _Machine:
    def start(self, name: str, payload: dict[str, object]) -> None:
        """Nothing runs."""

    def ended(self, name: str) -> bool:
        """Nothing ends."""
        return False


def test_a_wave_takes_what_is_paid_and_expires_the_rest(db: Engine) -> None:
    cash, unpaid, paid = lives.place({GREENS: 1}), due(1, spend_points=2), lives.paid(due(1))
    waves.start(StartWave(id=uuid7(), slot_id=v.SLOT), v.DISPATCHER, _Machine(), v.LATER)
    step = Step(wave_id=v.SLOT, attempt=1)
    assert waves.freeze(step, v.LATER)["orders"] == 2
    states = [orders.read(each.order_id).state for each in (cash, unpaid, paid)]
    assert states == ["frozen", "expired", "frozen"]
    assert orders.revive(unpaid.order_id, v.LATER, v.SETTINGS) is False
    assert waves.freeze(step, v.LATER)["orders"] == 2


def test_an_order_that_is_paid_while_its_wave_freezes_is_not_forgotten(db: Engine) -> None:
    order = due(1)
    waves.start(StartWave(id=uuid7(), slot_id=v.SLOT), v.DISPATCHER, _Machine(), v.LATER)
    step, calls = Step(wave_id=v.SLOT, attempt=1), iter(range(99))

    def pay_in_between(operation: str) -> None:
        if operation == "BatchGetItem" and next(calls) == 1:  # Frozen: no. Expired: not yet.
            lives.paid(order)

    db.before_call = pay_in_between
    with pytest.raises(NotYetVisible):
        waves.freeze(step, v.LATER)
    assert waves.freeze(step, v.LATER)["orders"] == 1
    assert orders.read(order.order_id).state == "frozen"


def test_a_pickup_slot_becomes_no_wave(db: Engine) -> None:
    lives.place({GREENS: 1}, slot_id=lives.PICKUP_SLOT)
    started = waves.start_due(_Machine(), v.LATER)
    assert lives.PICKUP_SLOT in started
    assert slots.close(lives.PICKUP_SLOT, v.LATER).state == "closed"
    with pytest.raises(ValueError, match="nobody brings"):
        StartWave(id=uuid7(), slot_id=lives.PICKUP_SLOT)


def test_what_has_ended_is_closed_after_a_day(db: Engine) -> None:
    order = lives.STATES["delivered"]()
    day = lives.END + timedelta(days=1)
    assert orders.sweep(day - timedelta(seconds=1))["close"] == 0
    assert orders.sweep(day)["close"] == 1
    assert orders.read(order.order_id).state == "closed"
