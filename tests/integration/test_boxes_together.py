"""True races on the engine: a box seen at two places at once is returned once, and paid once."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from threading import Barrier

import pytest

from linli import boxes, credit
from linli.boxes import Scanned, TakenIn
from linli.kernel.errors import Refused
from linli.kernel.ids import uuid7
from linli.kernel.transact import transaction
from tests.support.boxes import BOX, HOME, NOW, SECOND, deliver, holdings
from tests.support.engine import Engine
from tests.support.http import golden
from tests.support.packaging import (
    KEEPER,
    NEXT,
    RESIDENT,
    REWARD,
    STATION,
    find_station,
    put_in,
    put_station,
    scan,
    stations,
    where,
)

Act = Callable[[], object]


@pytest.fixture
def db() -> Iterator[Engine]:
    with stations() as opened:
        put_station(NEXT, lat=30.28)
        yield opened


def at_once(*acts: Act) -> list[object]:
    start = Barrier(len(acts))

    def one(act: Act) -> object:
        start.wait()
        try:
            return act()
        except Refused as refusal:
            return refusal

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(one, acts))


def held() -> int:
    return sum(at.held_boxes for at in map(find_station, (STATION, NEXT)) if at is not None)


@pytest.mark.parametrize("_round", range(5))
def test_of_two_stations_that_scan_one_box_at_once_one_has_it(db: Engine, _round: int) -> None:
    deliver(resident="resident-9")
    places = enumerate([STATION, NEXT] * 4)
    told = at_once(*[partial(scan, "station", at, returned_by=f"resident-{n}") for n, at in places])
    scans = [one for one in told if isinstance(one, Scanned)]
    assert sum(one.fate == "applied" for one in scans) == 1
    assert sum(one.refund_fen for one in scans) == 1000
    assert sum(one.reward_points for one in scans) == 5
    assert sum(holdings(f"resident-{n}")[0] for n in range(8)) == 5
    assert (holdings("resident-9"), held(), where()[0]) == ((0, 0), 1, "station")


@pytest.mark.parametrize("_round", range(3))
def test_a_machine_a_store_and_a_courier_at_once_return_a_box_once(db: Engine, _round: int) -> None:
    deliver()
    asked = golden("empties_asked")["body"]
    request = boxes.request_empties(
        boxes.RequestEmpties.model_validate_json(asked), caller=RESIDENT, now=NOW
    )

    def courier() -> object:
        with transaction() as tx:
            return boxes.take_empties(
                tx,
                str(request.id),
                courier_id="courier-1",
                box_ids=[BOX],
                at=NOW,
                now=NOW,
                reward_points=REWARD,
            )

    def counter() -> object:
        command = boxes.ReturnBox(id=uuid7(), box_id=BOX, store_id=HOME, returned_by="resident-2")
        return boxes.take_back(command, caller=KEEPER, now=NOW, reward_points=REWARD)

    at_once(
        counter,
        courier,
        lambda: put_in(1),
        lambda: boxes.settle(BOX, now=NOW, reward_points=REWARD),
    )
    assert holdings("resident-1")[1] == 0
    told = credit.audit()
    refunds = [posted for key, (_, posted) in told.transfers.items() if key.endswith("/refund")]
    assert refunds == [1000]
    assert where()[0] in ("store", "courier", "station")


@pytest.mark.parametrize("_round", range(3))
def test_one_machine_message_in_many_copies_at_once_acts_once(db: Engine, _round: int) -> None:
    deliver(resident="resident-9")
    told = at_once(*[lambda: put_in(1)] * 8)
    fates = [one.fate for one in told if isinstance(one, TakenIn)]
    assert sorted(fates) == ["applied", *["duplicate"] * 7]
    assert held() == 1


@pytest.mark.parametrize("_round", range(3))
def test_a_station_with_one_place_takes_one_of_two_boxes(db: Engine, _round: int) -> None:
    deliver("o1", "resident-1", BOX, SECOND)
    put_station(capacity=1)
    told = at_once(
        lambda: scan("station", STATION), lambda: scan("station", STATION, box_id=SECOND)
    )
    assert sorted(type(one).__name__ for one in told) == ["Scanned", "StationFull"]
    assert (held(), holdings("resident-1")[1]) == (1, 1000)


@pytest.mark.parametrize("_round", range(3))
def test_ten_returns_at_once_earn_one_coupon(db: Engine, _round: int) -> None:
    """Two boxes, brought back by one person at two counters, the ninth and the tenth time."""
    for n in range(4):
        deliver(f"o{n}", "resident-1", BOX, SECOND)
        for box_id in (BOX, SECOND):
            scan("store", box_id=box_id, returned_by="resident-1")
            body = {"id": uuid7(), "box_id": box_id, "store_id": HOME, "result": "clean"}
            boxes.inspect(boxes.InspectBox.model_validate(body), caller=KEEPER, now=NOW)
    deliver("o8", "resident-1", BOX, SECOND)
    at_once(
        lambda: scan("store", returned_by="resident-1"),
        lambda: scan("station", NEXT, box_id=SECOND, returned_by="resident-1"),
    )
    assert holdings("resident-1") == (50, 0)
    assert len(credit.list_coupons("resident-1")) == 1


def test_a_conversion_and_a_return_at_once_pay_the_deposit_once(db: Engine) -> None:
    deliver()
    later = NOW + timedelta(days=30)
    boxes.sweep(NOW + timedelta(days=1), reward_points=REWARD)
    boxes.sweep(NOW + timedelta(days=14), reward_points=REWARD)
    at_once(
        lambda: boxes.see_to(BOX, now=later, reward_points=REWARD),
        lambda: scan("store", at=later, now=later),
    )
    scan("store", at=later, now=later)
    told = credit.audit()
    assert (told.deposits_fen, told.forfeits_fen.total()) == ({}, 0)
    assert where()[0] == "store"
