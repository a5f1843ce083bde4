"""What all residents of a community together may spend on orders in a day, in points."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from linli import credit, orders
from linli.credit import programme
from linli.credit.programme import PutProgramme
from linli.kernel.errors import Refused
from linli.kernel.ids import uuid7
from linli.kernel.tables import Table
from linli.kernel.transact import transaction
from linli.orders import Order
from tests.support import village as v
from tests.support.crowd import CROWD, at_once
from tests.support.engine import Engine, engine
from tests.support.quick_sdk import quick_sdk

EACH = 3


@pytest.fixture
def db() -> Iterator[Engine]:
    with engine() as opened, quick_sdk(opened):
        v.furnish({(store_id, sku): 40 for store_id in v.STORES for sku in v.SKUS})
        for who in CROWD:
            v.give_points(who, 20)
        yield opened
        assert credit.audit(cap_points=20).breaches == []


def allow(points: int) -> None:
    body = programme.defaults().model_dump() | {"order_points_a_day": points}
    programme.put(v.COMMUNITY, PutProgramme.model_validate(body), "*")


def place(who: str, points: int = EACH, order_id: UUID | None = None, **more: Any) -> Order:
    sku = v.SKUS[CROWD.index(who) % len(v.SKUS)]
    command = v.wish(order_id, {sku: 9}, spend_points=points, **more)
    return orders.place(command, caller=v.resident(who), now=v.NOON, settings=v.SETTINGS)


def counted(db: Engine) -> int:
    """What the parts of the day say was spent by all."""
    rows = db.items(Table.LEDGER).items()
    return sum(int(item["counted"]["N"]) for key, item in rows if "#ORDERS#" in key[0])


def test_fifty_orders_at_once_spend_no_more_than_the_day_allows(db: Engine) -> None:
    allow(31)
    v.furnish({(store_id, sku): 900 for store_id in v.STORES for sku in v.SKUS})
    answers = at_once(place)
    assert sum(isinstance(each, Order) for each in answers) == 31 // EACH
    refused = {each.code for each in answers if isinstance(each, Refused)}
    assert refused == {"programme_points_cap"}, "nobody was turned away by mere contention"
    assert counted(db) == 31 // EACH * EACH


def test_the_last_points_of_the_day_are_taken_from_several_parts(db: Engine) -> None:
    allow(9)
    assert place(CROWD[0], 9).points == 9
    with pytest.raises(credit.ProgrammePointsCap) as refusal:
        place(CROWD[1], 1)
    assert refusal.value.fields == {"cap_points": 9}


def test_an_order_refused_by_the_communitys_cap_stays_refused_and_holds_nothing(
    db: Engine,
) -> None:
    allow(EACH - 1)
    order_id, before = uuid7(), db.items(Table.LEDGER)
    for _ in range(2):
        with pytest.raises(Refused) as refusal:
            place(CROWD[0], order_id=order_id)
        assert refusal.value.code == "programme_points_cap"
        assert db.items(Table.LEDGER) == before
        allow(100)
        before = db.items(Table.LEDGER)
    assert place(CROWD[0], 0).points == 0


def test_what_a_cancelled_order_had_taken_others_may_spend_the_same_day(db: Engine) -> None:
    allow(EACH + 1)
    kept = place(CROWD[0])
    with pytest.raises(credit.ProgrammePointsCap):
        place(CROWD[1])
    orders.cancel(kept.order_id, resident_id=CROWD[0], now=v.NOON)
    assert counted(db) == 0
    assert place(CROWD[1]).points == EACH


def test_points_of_another_day_are_given_back_to_that_day(db: Engine) -> None:
    allow(EACH)
    yesterday = v.NOON - timedelta(days=1)
    command = v.wish(lines={v.SKUS[0]: 9}, spend_points=EACH)
    kept = orders.place(command, caller=v.resident(CROWD[0]), now=yesterday, settings=v.SETTINGS)
    place(CROWD[1])
    orders.cancel(kept.order_id, resident_id=CROWD[0], now=v.NOON)
    with pytest.raises(credit.ProgrammePointsCap):
        place(CROWD[2])
    assert counted(db) == EACH


def test_points_that_a_bill_did_not_need_count_no_longer(db: Engine) -> None:
    allow(4)
    kept = place(CROWD[0], 4)
    with transaction() as tx:
        credit.spend_part(
            tx,
            transfer_id=f"{kept.order_id}/points",
            resident_id=CROWD[0],
            points=credit.Points(1),
            now=v.LATER,
        )
    assert counted(db) == 1
    assert place(CROWD[1], 3).points == 3


def test_a_lowered_cap_stops_orders_and_takes_nothing_from_those_there_are(db: Engine) -> None:
    allow(40)
    kept = place(CROWD[0], 12)
    allow(8)
    with pytest.raises(credit.ProgrammePointsCap):
        place(CROWD[1], 9)
    orders.cancel(kept.order_id, resident_id=CROWD[0], now=v.NOON)
    assert place(CROWD[1], 8).points == 8


def test_an_order_that_spends_no_points_writes_nothing_more(db: Engine) -> None:
    units = {}
    for points in (0, 2):
        db.forget_costs()
        place(CROWD[points], points)
        units[points] = db.written_units
    transfer, balance, day, part = 2, 2, 2, 2
    assert units[2] - units[0] <= transfer + balance + day + part


def test_the_audit_sees_points_of_orders_beyond_the_communitys_cap() -> None:
    with engine() as db:
        v.furnish({(v.STORES[0], sku): 40 for sku in v.SKUS})
        v.give_points(CROWD[0], 20)
        allow(40)
        place(CROWD[0])
        (key,) = [key for key in db.items(Table.LEDGER) if "#ORDERS#" in key[0]]
        db.damage(Table.LEDGER, key, lambda item: item.update(counted={"N": "11"}))
        breaches = credit.audit(cap_points=20).breaches
        assert [breach for breach in breaches if "over the cap of 10" in breach]
        assert [breach for breach in breaches if "11 counted, 3 were taken" in breach]
