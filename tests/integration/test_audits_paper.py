"""I7 told by the tables alone: paper is applied once, owned, or outstanding and counted."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from linli import audit, catalogue, orders, resilience, waves
from linli.kernel.identity import Role
from linli.kernel.ids import uuid7
from linli.kernel.tables import Table
from linli.resilience import EndEmergency, Reconcile, Warn
from linli.waves.model import StartWave
from tests.support import community as here
from tests.support.community import AFTER, COMMUNITY, DISPATCHER, SLOT_ID, person
from tests.support.engine import WRITES, Crash, Engine, Fault, engine
from tests.support.fallback import InProcess

CITY = person("city-1", Role.CITY)
NOW = AFTER + timedelta(minutes=5)
Damage = Callable[[Engine], None]
Item = dict[str, Any]


@pytest.fixture
def db() -> Iterator[Engine]:
    with engine() as opened:
        yield opened


def storm() -> tuple[str, list[str]]:
    """An emergency that has ended with four printed orders, none of them told of."""
    here.open_community()
    ids = [here.place(n).order_id for n in range(4)]
    waves.start(StartWave(id=uuid7(), slot_id=SLOT_ID), DISPATCHER, here.InProcess(), AFTER)
    machine = InProcess(NOW)
    said = {"id": uuid7(), "community_id": COMMUNITY, "kind": "storm", "level": "red"}
    warning = Warn.model_validate(said | {"issued_at": NOW})
    emergency_id = resilience.warn(warning, CITY, machine, NOW).emergency_id
    end = EndEmergency(id=uuid7())
    resilience.request_end(emergency_id, end, CITY, machine, machine, NOW)
    return emergency_id, ids


def paper(emergency_id: str, order_id: str, outcome: str = "delivered") -> Reconcile:
    entry = {"order_id": order_id, "outcome": outcome, "delivered_at": NOW, "by": "r-1"}
    said = {"id": uuid7(), "emergency_id": emergency_id, "entries": [entry]}
    return Reconcile.model_validate(said)


def enter(command: Reconcile) -> tuple[str, str | None]:
    (line,) = resilience.reconcile(
        command, DISPATCHER, orders.deliver_on_paper, waves.finish_if_done, NOW
    ).lines
    return line.state, line.reason


def tell(order_id: str, outcome: str) -> None:
    """Somebody else's word of the same stop came first."""
    orders.deliver_on_paper(
        str(uuid7()),
        order_id,
        courier_id="r-1",
        outcome=outcome,  # type: ignore[arg-type]
        box_ids=[],
        at=NOW,
        now=NOW,
    )


@pytest.fixture
def reconciled(db: Engine) -> list[str]:
    """One order by paper, one told before, one in conflict, one outstanding; and a stranger's."""
    if not _kept:
        emergency_id, ids = storm()
        tell(ids[1], "delivered")
        tell(ids[2], "failed")
        assert enter(paper(emergency_id, ids[0])) == ("applied", None)
        assert enter(paper(emergency_id, ids[1])) == ("applied", "told_before")
        assert enter(paper(emergency_id, ids[2])) == ("conflict", "already_settled")
        assert enter(paper(emergency_id, str(uuid7()))) == ("conflict", "not_printed")
        _kept.append((ids, db.everything()))
    ids, everything = _kept[0]
    catalogue.forget()
    db.restore(everything)
    return list(ids)


_kept: list[tuple[list[str], Any]] = []


def verdicts() -> dict[str, audit.Verdict]:
    return {each.guarantee: each for each in audit.run(20, sleep=lambda seconds: None)}


def violated() -> set[str]:
    return {g for g, each in verdicts().items() if each.verdict == "violated"}


def test_paper_that_ended_in_every_way_holds_and_what_is_out_is_counted(
    reconciled: list[str],
) -> None:
    assert violated() == set()
    found = verdicts()["I7"]
    assert (found.verdict, found.checked) == ("holds", 4 + 4)
    assert "1 printed orders wait" in found.note_en
    assert "1 单" in found.note_zh


def test_nothing_is_outstanding_once_every_printed_order_has_ended(reconciled: list[str]) -> None:
    tell(reconciled[3], "delivered")
    assert verdicts()["I7"].note_en == ""


def test_an_interrupted_reconciliation_is_told_until_it_is_sent_again(db: Engine) -> None:
    emergency_id, ids = storm()
    command, writes = paper(emergency_id, ids[0]), iter(range(100))
    die = 1  # After the reconciliation was noted, before the delivery.
    db.choose_fault = lambda operation: (
        Fault.CRASH_BEFORE if operation in WRITES and next(writes) == die else None
    )
    with pytest.raises(Crash):
        enter(command)
    db.choose_fault = lambda operation: None
    found = verdicts()["I7"]
    assert (found.verdict, "1 lines were sent" in found.note_en) == ("holds", True)
    assert enter(command) == ("applied", None)
    assert "0 lines were sent" in verdicts()["I7"].note_en


def of_line(number: int, change: Callable[[Item], object]) -> Damage:
    """Change the paper line of an order; 0 applied, 1 told before, 2 conflict."""

    def damage(db: Engine) -> None:
        order_id = _kept[0][0][number]
        key = next(k for k in db.items(Table.PLANS) if k[1].startswith(f"LINE#{order_id}"))
        db.damage(Table.PLANS, key, _body(change))

    return damage


def of_pack(change: Callable[[Item], object]) -> Damage:
    def damage(db: Engine) -> None:
        for key in db.items(Table.PLANS):
            if key[1].startswith("PACK#"):
                db.damage(Table.PLANS, key, _body(change))

    return damage


def _body(change: Callable[[Item], object]) -> Callable[[Item], None]:
    def damage(item: Item) -> None:
        body = json.loads(item["body"]["S"])
        change(body)
        item["body"]["S"] = json.dumps(body)

    return damage


def lose(table: Table, pick: Callable[[tuple[str, str], Item], bool]) -> Damage:
    def damage(db: Engine) -> None:
        kept = db.everything()
        kept[table] = {key: item for key, item in kept[table].items() if not pick(key, item)}
        db.restore(kept)

    return damage


def copy_line(db: Engine) -> None:
    """The applied line a second time, under a key of its own."""
    kept = db.everything()
    plans = kept[Table.PLANS]
    key = next(k for k in plans if k[1].startswith(f"LINE#{_kept[0][0][0]}"))
    other = (key[0], key[1] + "0")
    plans[other] = {**plans[key], "sk": {"S": other[1]}}
    db.restore(kept)


def spoil_reconciliation(db: Engine) -> None:
    key = next(key for key in db.items(Table.PLANS) if key[1] == "RECONCILIATION")
    db.damage(Table.PLANS, key, lambda item: item.update(lines={"S": "[1"}))


def stray_reconciliation(db: Engine) -> None:
    key = next(key for key in db.items(Table.PLANS) if key[1] == "RECONCILIATION")
    db.damage(Table.PLANS, key, lambda item: item.update(emergency_id={"S": "another"}))


def is_first_delivery(key: tuple[str, str], item: Item) -> bool:
    return key[1] == "DELIVERY" and item["order_id"]["S"] == _kept[0][0][0]


def is_outstanding(key: tuple[str, str], item: Item) -> bool:
    return key[0] == _kept[0][0][3]


DAMAGES: dict[str, tuple[Damage, str]] = {
    "a conflict loses its owner": (of_line(2, lambda b: b.update(owner=None)), "without an owner"),
    "a conflict loses its reason": (of_line(2, lambda b: b.pop("reason")), "without an owner"),
    "a conflict passes for applied": (
        of_line(2, lambda b: b.update(state="applied", reason=None)),
        "ended as failed",
    ),
    "a line told before passes for another end": (
        of_line(1, lambda b: b["entry"].update(outcome="failed")),
        "ended as delivered",
    ),
    "a line can't be read": (of_line(0, lambda b: b.pop("state")), "cannot be read"),
    "a line's facts change": (of_line(0, lambda b: b["entry"].update(by="r-9")), "a key that"),
    "a line is there twice": (copy_line, "applied 2 times"),
    "an applied order was not printed": (of_pack(lambda b: b.update(stops=[])), "never printed"),
    "a pack can't be read": (of_pack(lambda b: b.pop("stops")), "cannot be read"),
    "a reconciliation can't be read": (spoil_reconciliation, "cannot be read"),
    "a reconciliation is of no emergency": (stray_reconciliation, "never was"),
    "a delivery is gone": (lose(Table.ORDERS, is_first_delivery), "deliveries tell []"),
    "a printed order is gone": (lose(Table.ORDERS, is_outstanding), "does not exist"),
    "the emergency is gone": (
        lose(Table.PLANS, lambda key, item: key[1] == "EMERGENCY"),
        "never was",
    ),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_to_paper_is_found_and_named(db: Engine, reconciled: list[str], name: str) -> None:
    damage, what = DAMAGES[name]
    damage(db)
    found = verdicts()
    assert found["I7"].verdict == "violated"
    assert any(what in suspicion.what for suspicion in found["I7"].violations), found["I7"]
    if " gone" not in name:
        assert violated() == {"I7"}
