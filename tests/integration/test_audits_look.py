"""The audits: exact on quiet tables, silent about what only looked wrong; for auditors alone."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest

from linli import audit, orders
from linli.audit import look as look_module
from linli.audit.__main__ import main
from linli.audit.look import look
from linli.audit.run import find, settle
from linli.kernel.ids import uuid7
from linli.kernel.tables import Table
from linli.stock import audit as stock_audit
from tests.support import village as v
from tests.support.engine import Engine, engine
from tests.support.http import ROOT, golden, send

Damage = Callable[[Engine, str], None]


@pytest.fixture
def db() -> Iterator[Engine]:
    with engine() as opened:
        yield opened


def neighbourhood() -> str:
    """One order of each kind; answers the id of one that a wave has frozen."""
    v.furnish({(store_id, v.SKUS[0]): 9 for store_id in v.STORES})
    v.give_points("r-an", 9)
    v.put_boxes(range(2))
    ids = [str(uuid7()) for _ in range(4)]
    for order_id in ids:
        command = v.wish(UUID(order_id), spend_points=2, boxes=1)
        orders.place(command, caller=v.resident("r-an"), now=v.NOON, settings=v.SETTINGS)
    orders.cancel(ids[0], resident_id="r-an", now=v.NOON)
    for order_id in ids[1:]:
        orders.freeze(order_id, v.SLOT, v.LATER)
    for order_id, outcome, boxes in ((ids[1], "delivered", [v.box(0)]), (ids[2], "failed", [])):
        orders.deliver_on_paper(
            str(uuid7()),
            order_id,
            courier_id="c-1",
            outcome=outcome,  # type: ignore[arg-type]
            box_ids=boxes,
            at=v.LATER,
            now=v.LATER,
        )
    return ids[3]


def verdicts() -> dict[str, audit.Verdict]:
    return {each.guarantee: each for each in audit.run(20, sleep=lambda seconds: None)}


def test_an_empty_neighbourhood_keeps_every_guarantee(db: Engine) -> None:
    assert {each.verdict for each in verdicts().values()} == {"holds"}


def test_a_day_leaves_every_guarantee_whole_and_says_how_much_it_looked_at(db: Engine) -> None:
    neighbourhood()
    found = verdicts()
    for guarantee in ("I1", "I2", "I3", "I4", "I5", "I6"):
        assert found[guarantee].verdict == "holds", found[guarantee]
        assert found[guarantee].checked > 0
    assert found["I2"].checked == 4
    assert found["I1"].title_zh
    assert found["I5"].checked == 1


def number(table: Table, pick: Callable[[str, str], bool], attribute: str, by: int) -> Damage:
    """Change a number of the first item that is picked."""

    def damage(db: Engine, _order_id: str) -> None:
        key = min(key for key, item in db.items(table).items() if pick(*key) and attribute in item)
        db.damage(
            table, key, lambda i: i.update({attribute: {"N": str(int(i[attribute]["N"]) + by)}})
        )

    return damage


def state(new: str) -> Damage:
    """Move the frozen order to another state behind everybody's back."""

    def damage(db: Engine, order_id: str) -> None:
        row = (order_id, "ORDER")
        db.damage(Table.ORDERS, row, lambda item: item.update(state={"S": new}))

    return damage


def lose_order(db: Engine, order_id: str) -> None:
    kept = db.everything()
    del kept[Table.ORDERS][order_id, "ORDER"]
    db.restore(kept)


def other_wave(db: Engine, order_id: str) -> None:
    wave = {"S": "wulin.courier.20260601T1900"}
    db.damage(Table.ORDERS, (order_id, "ORDER"), lambda item: item.update(wave_id=wave))


def cheaper(db: Engine, order_id: str) -> None:
    def change(item: dict[str, Any]) -> None:
        item["body"]["S"] = json.dumps(json.loads(item["body"]["S"]) | {"total_fen": 1})

    db.damage(Table.ORDERS, (order_id, "ORDER"), change)


def lose_delivery(db: Engine, _order_id: str) -> None:
    kept = db.everything()
    rows = kept[Table.ORDERS]
    del rows[next(key for key in rows if key[1] == "DELIVERY")]
    db.restore(kept)


def is_level(pk: str, sk: str) -> bool:
    return pk in v.STORES and sk in v.SKUS


@pytest.mark.parametrize(
    ("damage", "violated"),
    [
        (number(Table.STOCK, is_level, "atp_units", 1), {"I1"}),
        (number(Table.STOCK, is_level, "atp_units", -100), {"I1"}),
        (number(Table.STOCK, is_level, "held_units", 1), {"I1"}),
        (number(Table.STOCK, is_level, "sold_units", 1), {"I1"}),
        (number(Table.STOCK, is_level, "received_units", 1), {"I1"}),
        (number(Table.SLOTS, lambda pk, sk: True, "taken_orders", 1), {"I6"}),
        (number(Table.SLOTS, lambda pk, sk: True, "capacity_orders", -98), {"I6"}),
        (number(Table.LEDGER, lambda pk, sk: sk == "POINTS", "available_units", 1), {"I3"}),
        (number(Table.LEDGER, lambda pk, sk: sk.startswith("SPENT"), "points", 30), {"I3"}),
        (number(Table.LEDGER, lambda pk, sk: sk == "DEPOSIT", "available_units", 5), {"I3", "I4"}),
        (number(Table.BOXES, lambda pk, sk: sk == "BOX", "version", 1), {"I4"}),
        (number(Table.BOXES, lambda pk, sk: sk == "BOX", "deposit_fen", 9), {"I4"}),
        (lose_order, {"I1", "I2", "I6"}),
        (lose_delivery, {"I2"}),
        (cheaper, {"I2"}),
        (other_wave, {"I6"}),
        (state("delivered"), {"I1", "I2"}),
        (state("cancelled"), {"I1", "I2", "I6"}),
        (state("refused"), {"I1", "I2", "I6"}),
        (state("lost"), {"I1", "I2", "I6"}),
    ],
)
def test_damage_is_found_and_named(db: Engine, damage: Damage, violated: set[str]) -> None:
    order_id = neighbourhood()
    damage(db, order_id)
    found = verdicts()
    assert {g for g, each in found.items() if each.verdict == "violated"} == violated
    for guarantee in violated:
        assert all(suspicion.key and suspicion.what for suspicion in found[guarantee].violations)


@pytest.fixture
def torn(db: Engine, monkeypatch: pytest.MonkeyPatch) -> Callable[[], audit.Snapshot]:
    """Looks during which somebody orders: after the scan of shelves, before that of orders."""
    scanned = stock_audit.booked

    def booked() -> Any:
        shelves = scanned()
        orders.place(v.wish(), caller=v.resident("r-bo"), now=v.NOON, settings=v.SETTINGS)
        return shelves

    def looks() -> audit.Snapshot:
        with monkeypatch.context() as patched:
            patched.setattr(look_module, "booked", booked)
            return look(20)

    return looks


def test_a_look_that_was_torn_by_a_write_is_no_violation(
    db: Engine, torn: Callable[[], audit.Snapshot]
) -> None:
    neighbourhood()
    first = torn()
    assert find(first)["I1"], "it saw half of a write"
    looks = iter([first])
    found = settle(lambda: next(looks, None) or look(20), lambda seconds: None)
    assert {each.verdict for each in found} == {"holds"}


def test_a_look_that_is_torn_every_time_is_no_violation_either(
    db: Engine, torn: Callable[[], audit.Snapshot]
) -> None:
    neighbourhood()
    found = {each.guarantee: each for each in settle(torn, lambda seconds: None)}
    assert found["I1"].verdict == "unsettled"
    assert not any(each.violations for each in found.values())


def test_what_changes_at_every_look_is_called_unsettled(db: Engine) -> None:
    """Wrong, but never twice in the same way: neither a violation nor a clean bill."""
    neighbourhood()

    def looks() -> audit.Snapshot:
        number(Table.STOCK, is_level, "atp_units", 1)(db, "")
        return look(20)

    found = {each.guarantee: each for each in settle(looks, lambda seconds: None)}
    assert found["I1"].verdict == "unsettled"
    assert found["I1"].unsettled
    assert not found["I1"].violations


def test_auditors_read_the_verdicts_over_http(db: Engine) -> None:
    neighbourhood()
    answer = send("audits", golden("audits_read"))
    assert answer.status == 200
    assert answer.body["holds"] is True
    number(Table.STOCK, is_level, "atp_units", 1)(db, "")
    answer = send("audits", golden("audits_read"))
    assert answer.body["holds"] is False
    (verdict,) = [each for each in answer.body["verdicts"] if each["verdict"] == "violated"]
    assert verdict["guarantee"] == "I1"


@pytest.mark.parametrize("roles", ["resident@wulin", "city@wulin", "store@wulin"])
def test_only_auditors_audit(db: Engine, roles: str) -> None:
    answer = send("audits", golden("audits_read", roles=roles))
    assert (answer.status, answer.code) == (403, "forbidden")


def test_an_audit_only_reads(db: Engine) -> None:
    neighbourhood()
    before = db.everything()
    db.forget_costs()
    audit.run(20)
    assert set(db.calls) == {"Scan"}
    assert db.everything() == before


def test_the_command_prints_the_verdicts_and_ends_with_one_if_a_guarantee_is_broken(
    db: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    neighbourhood()
    assert main() == 0
    assert "I1  holds" in capsys.readouterr().out
    number(Table.STOCK, is_level, "atp_units", 1)(db, "")
    assert main() == 1
    assert "VIOLATED" in capsys.readouterr().out


def test_the_command_without_tables_says_which_it_misses() -> None:
    here = {"PYTHONPATH": str(ROOT / "layers/domain/python"), "AWS_REGION": "us-east-1"}
    done = subprocess.run(
        [sys.executable, "-m", "linli.audit"], capture_output=True, text=True, env=here, check=False
    )
    assert done.returncode not in (0, 2)
    assert "TABLE_BOXES is not set" in done.stderr
