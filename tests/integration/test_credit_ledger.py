"""What an order does to a resident's credit, written to an engine."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest

from linli import credit
from linli.credit import Fen, Points, State
from linli.kernel import reads
from linli.kernel.errors import AlreadyDone, Invalid, NotFound, Refused
from linli.kernel.tables import Table
from linli.kernel.transact import Transaction, transaction
from tests.support.engine import Engine, engine

NOW = datetime(2024, 6, 28, 2, tzinfo=UTC)
TODAY, TOMORROW = date(2024, 6, 28), date(2024, 6, 29)
CAP = Points(20)


@pytest.fixture
def db() -> Iterator[Engine]:
    with engine() as opened:
        with transaction() as tx:
            credit.grant(
                tx, transfer_id="g", resident_id="r", points=Points(50), deed="gift", now=NOW
            )
        opened.forget_costs()
        yield opened
        assert credit.audit(cap_points=CAP).breaches == []


def write(add: Callable[[Transaction], None]) -> None:
    with transaction() as tx:
        add(tx)


def hold(order: str, points: int, on: date = TODAY, resident: str = "r") -> None:
    write(
        lambda tx: credit.hold_points(
            tx,
            transfer_id=f"{order}/points",
            resident_id=resident,
            points=Points(points),
            on=on,
            cap_points=CAP,
            now=NOW,
        )
    )


def hold_deposit(order: str, fen: int) -> None:
    write(
        lambda tx: credit.hold_deposit(
            tx, transfer_id=f"{order}/deposit", resident_id="r", fen=Fen(fen), now=NOW
        )
    )


def post(transfer: str) -> None:
    write(lambda tx: credit.post(tx, transfer_id=transfer, resident_id="r", now=NOW))


def post_part(transfer: str, fen: int) -> None:
    write(
        lambda tx: credit.post_part(
            tx, transfer_id=transfer, resident_id="r", fen=Fen(fen), now=NOW
        )
    )


def void(transfer: str, **into: Any) -> None:
    write(lambda tx: credit.void(tx, transfer_id=transfer, resident_id="r", now=NOW, **into))


def refund(transfer: str, fen: int) -> None:
    write(
        lambda tx: credit.refund_deposit(
            tx, transfer_id=transfer, resident_id="r", fen=Fen(fen), now=NOW
        )
    )


def seen(resident: str = "r", on: date = TODAY) -> tuple[int, int, int]:
    """Balance, held, spent on the day."""
    view = credit.view(reads.batch(credit.order_keys(resident, on)), resident, on)
    return view.balance_points, view.held_points, view.spent_today_points


def deposit() -> int:
    return credit.statement("r", now=NOW).deposit_fen


def refused(db: Engine, expected: type[Refused], act: Callable[[], None]) -> None:
    before = db.everything()
    with pytest.raises(expected):
        act()
    assert db.everything() == before, "a refusal changed something"


def test_a_resident_without_an_account_has_nothing(db: Engine) -> None:
    assert seen("stranger") == (0, 0, 0)


def test_held_points_can_not_be_spent_twice_and_count_for_their_day(db: Engine) -> None:
    hold("o1", 15)
    assert seen() == (50, 15, 15)
    assert seen(on=TOMORROW) == (50, 15, 0)


def test_posted_points_are_gone(db: Engine) -> None:
    hold("o1", 15)
    post("o1/points")
    assert seen() == (35, 0, 15)


@pytest.mark.parametrize("into", [State.VOIDED, State.EXPIRED])
def test_voided_points_are_back_and_so_is_the_cap_of_their_own_day(db: Engine, into: State) -> None:
    hold("o1", 15)
    hold("o2", 5, on=TOMORROW)
    void("o1/points", into=into)
    assert seen() == (50, 5, 0)
    assert seen(on=TOMORROW) == (50, 5, 5)


@pytest.mark.parametrize("spent", [0, 6, 15])
def test_what_lapses_of_held_points_may_be_spent_on_that_day_after_all(
    db: Engine, spent: int
) -> None:
    hold("o1", 15)
    points = Points(spent)
    write(
        lambda tx: credit.spend_part(
            tx, transfer_id="o1/points", resident_id="r", points=points, now=NOW
        )
    )
    assert seen() == (50 - spent, 0, spent)
    hold("o2", 20 - spent)
    refused(db, credit.RedemptionCap, lambda: hold("o3", 1))


def test_more_points_than_are_available_are_refused(db: Engine) -> None:
    hold("o1", 20)
    hold("o2", 20, on=TOMORROW)
    refused(db, credit.NotEnoughPoints, lambda: hold("o3", 11, on=date(2024, 6, 30)))
    refused(db, credit.NotEnoughPoints, lambda: hold("o3", 1, resident="stranger"))


def test_a_day_has_a_cap_and_the_next_day_has_its_own(db: Engine) -> None:
    hold("o1", 20)
    refused(db, credit.RedemptionCap, lambda: hold("o2", 1))
    hold("o2", 1, on=TOMORROW)


def test_more_than_the_cap_is_refused_at_once_though_nothing_was_spent(db: Engine) -> None:
    refused(db, credit.RedemptionCap, lambda: hold("o1", 21))


def test_both_reasons_at_once_name_the_missing_points(db: Engine) -> None:
    hold("o1", 20)
    refused(db, credit.NotEnoughPoints, lambda: hold("o2", 1, resident="stranger"))


def test_a_transfer_is_made_once(db: Engine) -> None:
    hold("o1", 5)
    hold_deposit("o1", 1000)
    refused(db, AlreadyDone, lambda: hold("o1", 5))
    refused(db, AlreadyDone, lambda: hold_deposit("o1", 1000))


@pytest.mark.parametrize("amount", [0, -5, 1_000_001])
def test_no_amount_and_huge_amounts_are_refused(db: Engine, amount: int) -> None:
    if amount <= CAP:  # More than the cap is refused as such.
        refused(db, Invalid, lambda: hold("o1", amount))
    refused(db, Invalid, lambda: hold_deposit("o1", amount))
    refused(db, Invalid, lambda: refund("x/refund", amount))


@pytest.mark.parametrize("settled", ["post", "void"])
def test_a_transfer_is_settled_once(db: Engine, settled: str) -> None:
    hold("o1", 5)
    post("o1/points") if settled == "post" else void("o1/points")
    refused(db, credit.TransferSettled, lambda: post("o1/points"))
    refused(db, credit.TransferSettled, lambda: void("o1/points"))


def test_of_two_that_settle_a_transfer_at_once_one_is_refused(db: Engine) -> None:
    hold("o1", 5)
    late = Transaction()
    credit.void(late, transfer_id="o1/points", resident_id="r", now=NOW)
    post("o1/points")  # After the other has read it as pending, before it commits.
    refused(db, credit.TransferSettled, late.commit)


def test_what_was_never_held_can_not_be_settled(db: Engine) -> None:
    refused(db, NotFound, lambda: post("o9/points"))
    refused(db, NotFound, lambda: void("o9/points"))
    refused(db, NotFound, lambda: post_part("o9/deposit", 1000))


def test_a_deposit_is_owed_when_posted_and_only_for_the_boxes_handed_over(db: Engine) -> None:
    hold_deposit("o1", 3000)
    assert deposit() == 0
    post_part("o1/deposit", 2000)
    assert deposit() == 2000


def test_no_box_handed_over_voids_the_deposit(db: Engine) -> None:
    hold_deposit("o1", 3000)
    post_part("o1/deposit", 0)
    assert deposit() == 0
    refused(db, credit.TransferSettled, lambda: post("o1/deposit"))


@pytest.mark.parametrize("fen", [3001, -1])
def test_a_part_is_not_more_than_the_whole(db: Engine, fen: int) -> None:
    hold_deposit("o1", 3000)
    refused(db, Invalid, lambda: post_part("o1/deposit", fen))


def test_points_are_not_posted_as_money(db: Engine) -> None:
    hold("o1", 5)
    refused(db, NotFound, lambda: post_part("o1/points", 5))


def test_a_refund_is_not_more_than_is_owed(db: Engine) -> None:
    hold_deposit("o1", 2000)
    refused(db, credit.NotEnoughDeposit, lambda: refund("x/refund", 1000))
    post("o1/deposit")
    refund("x/refund", 1500)
    refused(db, credit.NotEnoughDeposit, lambda: refund("y/refund", 501))
    refund("y/refund", 500)
    assert deposit() == 0


@pytest.mark.parametrize(
    ("prepare", "act", "units"),
    [
        (lambda: None, lambda: hold("o", 5), 6),
        (lambda: None, lambda: hold_deposit("o", 3000), 2),
        (lambda: hold("o", 5), lambda: post("o/points"), 4),
        (lambda: hold("o", 5), lambda: void("o/points"), 6),
        (lambda: hold_deposit("o", 3000), lambda: post_part("o/deposit", 1000), 4),
        (lambda: hold_deposit("o", 3000), lambda: void("o/deposit"), 2),
    ],
    ids=["hold points", "hold deposit", "post points", "void points", "post part", "void deposit"],
)
def test_what_a_step_costs_in_write_units(
    db: Engine, prepare: Callable[[], None], act: Callable[[], None], units: int
) -> None:
    prepare()
    db.forget_costs()
    act()
    assert db.written_units == units
    assert db.calls["TransactWriteItems"] == 1


Damage = Callable[[dict[str, Any]], None]


def set_number(name: str, value: int) -> Damage:
    return lambda item: item.__setitem__(name, {"N": str(value)})


def set_text(name: str, value: str) -> Damage:
    return lambda item: item.__setitem__(name, {"S": value})


@pytest.mark.parametrize(
    ("key", "damage", "says"),
    [
        (("RESIDENT#r", "POINTS"), set_number("available_units", 46), "transfers say"),
        (("RESIDENT#r", "POINTS"), set_number("held_units", 0), "transfers say"),
        (("RESIDENT#r", "DEPOSIT"), set_number("available_units", -1), "negative"),
        (("RESIDENT#r", "SPENT#2024-06-28"), set_number("points", 4), "transfers say"),
        (("RESIDENT#r", "SPENT#2024-06-28"), set_number("points", 21), "over the cap"),
        (("TRANSFERS#r", "o1/points"), set_number("units", 6), "transfers say"),
        (("TRANSFERS#r", "o1/points"), set_text("state", "voided"), "transfers say"),
        (("TRANSFERS#r", "g"), set_text("credit", "points/thief"), "wrong accounts"),
        (("TRANSFERS#r", "g"), set_text("debit", "cash"), "wrong accounts"),
        (("TRANSFERS#r", "o1/deposit"), set_number("posted_units", 3001), "wrong amounts"),
        (("TRANSFERS#r", "g"), set_text("state", "voided"), "wrong amounts"),
    ],
)
def test_the_audit_sees_a_ledger_that_was_tampered_with(
    key: tuple[str, str], damage: Damage, says: str
) -> None:
    with engine() as db:
        write(
            lambda tx: credit.grant(
                tx, transfer_id="g", resident_id="r", points=Points(50), deed="gift", now=NOW
            )
        )
        hold("o1", 5)
        hold_deposit("o1", 3000)
        post_part("o1/deposit", 2000)
        assert credit.audit(cap_points=CAP).breaches == []
        db.damage(Table.LEDGER, key, damage)
        assert any(says in breach for breach in credit.audit(cap_points=CAP).breaches)
