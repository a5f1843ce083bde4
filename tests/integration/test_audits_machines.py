"""I8 over return machines, told by the tables alone: each damage is found, and named."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from linli import audit, boxes
from linli.audit.machines import messages
from linli.boxes.audit_machines import machines
from linli.kernel.tables import Table
from tests.support.boxes import BOX, NOW, SECOND, deliver
from tests.support.engine import Engine
from tests.support.packaging import KEEPER, REWARD, put_in, stations

Items = dict[tuple[str, str], dict[str, Any]]
Damage = Callable[[Items], None]


@pytest.fixture
def db() -> Iterator[Engine]:
    """A box put in, one put in too early and again, one that nobody knows, and other words."""
    with stations() as opened:
        deliver()
        put_in(1)
        put_in(2, box_id=SECOND)
        put_in(2, box_id=SECOND)
        put_in(3, box_id="06901234000016Z99")
        put_in(1, box_id=SECOND)
        yield opened


def key(items: Items, sk: str, pk: str = "") -> tuple[str, str]:
    return next(each for each in items if each[1].startswith(sk) and each[0].startswith(pk))


def lose(sk: str, pk: str = "") -> Damage:
    def damage(items: Items) -> None:
        del items[key(items, sk, pk)]

    return damage


def change(sk: str, pk: str, **values: Any) -> Damage:
    def damage(items: Items) -> None:
        for name, value in values.items():
            items[key(items, sk, pk)][name] = {"S": value}

    return damage


def move_of_a_machine(items: Items) -> tuple[str, str]:
    return next(each for each, item in items.items() if each[1].startswith("MOVE#") and is_of(item))


def lose_a_move(items: Items) -> None:
    del items[move_of_a_machine(items)]


def is_of(item: dict[str, Any]) -> bool:
    return bool(item.get("by", {}).get("S", "").startswith("return-machine"))


def test_what_machines_said_was_done_or_put_aside(db: Engine) -> None:
    known = machines()
    assert (len(known.messages), len(known.quarantined)) == (2, 2)
    assert list(messages(known)) == []
    verdict = next(each for each in audit.run(20) if each.guarantee == "I8")
    assert (verdict.verdict, verdict.checked) == ("holds", 4)


@pytest.mark.parametrize(
    ("damage", "what"),
    [
        (lose_a_move, "nothing came of it"),
        (lose("SIGHT#"), "nothing came of it"),
        (lose("MESSAGE#"), "no message says so"),
        (change("MESSAGE#", "MACHINE#", told="another"), "nothing came of it"),
        (lambda items: twice(items), "2 messages are one act"),
        (change("MESSAGE#", "MACHINE#", recorded_at=""), "of a message something is missing"),
        (change("", "QUARANTINE#", reason="bored"), "for no known reason: bored"),
        (change("", "QUARANTINE#", payload=""), "something is missing"),
    ],
)
def test_the_audit_misses_no_message(db: Engine, damage: Damage, what: str) -> None:
    sound, kept = db.everything(), db.everything()
    damage(kept[Table.BOXES])
    db.restore(kept)
    found = [each.what for each in messages(machines())]
    db.restore(sound)
    assert any(what in each for each in found), found


def twice(items: Items) -> None:
    first, second = sorted(each for each in items if each[1].startswith("MESSAGE#"))
    items[second]["told"] = items[first]["told"]


def test_a_sight_that_fits_later_is_still_its_messages(db: Engine) -> None:
    deliver("o2", "resident-2", SECOND)
    boxes.settle(SECOND, now=NOW + timedelta(hours=1), reward_points=REWARD)
    assert boxes.read(SECOND, caller=KEEPER).custodian == "station"
    assert boxes.read(BOX, caller=KEEPER).custodian == "station"
    assert list(messages(machines())) == []
