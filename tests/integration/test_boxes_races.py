"""Boxes that many want at once, logs, and an audit that notices."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest

from linli import boxes, catalogue, credit
from linli.boxes import ReturnBox, Returned
from linli.credit import Points
from linli.kernel.errors import IdReused, Refused
from linli.kernel.identity import Caller, Role
from linli.kernel.ids import uuid7
from linli.kernel.tables import Table
from tests.support.boxes import (
    BOX,
    HOME,
    NOW,
    OTHER,
    SECOND,
    STORE,
    announce,
    deliver,
    give_back,
    holdings,
    register,
    shops,
)
from tests.support.engine import Engine, engine


@pytest.fixture
def db() -> Iterator[Engine]:
    with shops() as opened:
        yield opened


def at_once(subjects: list[str], return_ids: list[UUID]) -> list[Returned | Refused]:
    """Each subject returns the box under their id, all at the same moment."""
    start = Barrier(len(subjects))

    def one(subject: str, return_id: UUID) -> Returned | Refused:
        command = ReturnBox(id=return_id, box_id=BOX, store_id=HOME, returned_by=subject)
        who = Caller("keeper-1", frozenset({(Role.STORE, HOME)}))
        start.wait()
        try:
            return boxes.take_back(command, caller=who, now=NOW, reward_points=Points(5))
        except Refused as refusal:
            return refusal

    with ThreadPoolExecutor(len(subjects)) as pool:
        return list(pool.map(one, subjects, return_ids))


@pytest.mark.parametrize("_round", range(5))
def test_of_many_returns_of_one_box_at_once_one_counts(db: Engine, _round: int) -> None:
    register()
    deliver(resident="resident-9")
    subjects = [f"resident-{number}" for number in range(16)]
    answers = at_once(subjects, [uuid7() for _ in subjects])
    assert sum(isinstance(answer, Returned) for answer in answers) == 1
    assert sum(isinstance(answer, boxes.BoxNotOut) for answer in answers) == 15
    points, deposits = zip(*(holdings(subject) for subject in subjects), strict=True)
    assert (sum(points), sum(deposits)) == (5, 0)


@pytest.mark.parametrize("_round", range(5))
def test_of_one_return_sent_many_times_at_once_all_are_answered_the_same(
    db: Engine, _round: int
) -> None:
    register()
    deliver()
    return_id = uuid7()
    answers = at_once(["resident-1"] * 16, [return_id] * 16)
    assert all(isinstance(answer, Returned) for answer in answers)
    assert len({str(answer) for answer in answers}) == 1
    assert holdings("resident-1") == (5, 0)


def test_one_id_for_two_boxes_at_the_same_moment_returns_one(db: Engine) -> None:
    register()
    register(path={"box_id": SECOND})
    deliver("o1", "resident-1", BOX)
    deliver("o2", "resident-2", SECOND)
    keeper, return_id = Caller("keeper-1", frozenset({(Role.STORE, HOME)})), uuid7()

    def back(box_id: str) -> Returned:
        command = ReturnBox(id=return_id, box_id=box_id, store_id=HOME)
        return boxes.take_back(command, caller=keeper, now=NOW, reward_points=Points(5))

    def the_other_first(operation: str) -> None:
        if operation == "TransactWriteItems":
            db.before_call = lambda operation: None
            back(SECOND)

    db.before_call = the_other_first
    with pytest.raises(IdReused):
        back(BOX)
    assert (holdings("resident-1"), holdings("resident-2")) == ((0, 1000), (0, 0))


def test_no_log_line_says_who_it_was(db: Engine, caplog: pytest.LogCaptureFixture) -> None:
    register()
    deliver()
    give_back()
    give_back(body={"id": str(uuid7())})
    announce(body={"returned_by": "resident-2"})
    told = [str(vars(record)) for record in caplog.records]
    assert len(told) == 2, "two refusals are logged"
    assert not any("resident-" in line or BOX in line for line in told)


Damage = Callable[[dict[str, Any]], None]


def put(**values: dict[str, str]) -> Damage:
    return lambda item: item.update(values)


@pytest.mark.parametrize(
    ("sk", "damage", "says"),
    [
        ("BOX", put(custodian={"S": "lost"}), "not where its moves lead"),
        ("BOX", put(custodian_id={"S": "resident-2"}), "not where its moves lead"),
        ("BOX", put(version={"N": "3"}), "count up to its version"),
        ("BOX", put(cycle={"N": "2"}), "not the times"),
        ("BOX", put(deposit_fen={"N": "2000"}), "boxes carry"),
        ("BOX", put(holder_id={"S": "resident-2"}), "boxes carry"),
        ("BOX", lambda item: item.pop("holder_id"), "none when out"),
        ("MOVE#o1/out", put(came_from_id={"S": OTHER}), "starts where it was not"),
        ("MOVE#o1/out", put(version={"N": "1"}), "count up to its version"),
        ("MOVE#registered", put(went_to={"S": "retired"}), "starts where it was not"),
    ],
)
def test_the_audit_sees_boxes_that_were_tampered_with(sk: str, damage: Damage, says: str) -> None:
    with engine() as db:
        catalogue.put_store(HOME, STORE, None)
        register()
        deliver()
        db.damage(Table.BOXES, (f"BOX#{BOX}", sk), damage)
        assert any(says in breach for breach in boxes.breaches(credit.audit().deposits_fen))
