"""What every subject rests on: ids, callers, languages, edits, and whose refusal is raised."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError
from pynamodb.exceptions import VerboseClientError

from linli.kernel import editing, ids, money, problems, tables
from linli.kernel.errors import Contended, Forbidden, NotFound, Refused
from linli.kernel.identity import Role, caller_from
from linli.kernel.time import local_date, parse_instant, rfc3339
from linli.kernel.transact import Transaction, transaction
from linli.stock.rows import LevelRow
from tests.support.engine import Fault, engine

CLAIMS = {"sub": "r-1", "token_use": "access", "linli_roles": "resident@wulin store@6901234500011"}


def test_a_token_says_who_holds_what_where() -> None:
    caller = caller_from(CLAIMS)
    assert caller.subject == "r-1"
    assert caller.roles == {Role.RESIDENT, Role.STORE}
    assert caller.places(Role.STORE) == ["6901234500011"]
    caller.require("wulin", Role.RESIDENT, Role.CITY)
    with pytest.raises(NotFound):
        caller.require("xixi", Role.RESIDENT)
    with pytest.raises(NotFound):
        caller.require("wulin", Role.CITY)


@pytest.mark.parametrize(
    "claims",
    [
        {},
        CLAIMS | {"sub": ""},
        CLAIMS | {"token_use": "id"},
        CLAIMS | {"linli_roles": "king@wulin"},
        CLAIMS | {"linli_roles": "resident"},
        CLAIMS | {"linli_roles": "resident@"},
    ],
)
def test_a_token_that_is_not_an_access_token_of_ours_opens_nothing(claims: dict[str, Any]) -> None:
    with pytest.raises(Forbidden):
        caller_from(claims)


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("zh", "zh"),
        ("zh-CN,zh;q=0.9,en;q=0.5", "zh"),
        ("en-GB,zh;q=0.9", "en"),
        ("zh;q=0.2,en;q=0.8", "en"),
        ("fr, zh;q=0", "en"),
        ("fr", "en"),
        (";;;q=", "en"),
    ],
)
def test_a_title_is_in_the_language_that_weighs_more(accepted: str | None, language: str) -> None:
    assert problems.language(accepted) == language


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (ids.Sku, ["4006381333931"], ["4006381333932", "400638133393", "40063813339310", "x" * 13]),
        (ids.StoreId, ["6901234567892"], ["6901234567891", "", "６９０１２３４５６７８９２"]),
        (ids.BoxId, ["06901234567892A1"], ["06901234567892", "16901234567892A", "06901234567891A"]),
        (ids.CommunityId, ["wulin", "a1-b"], ["Wulin", "w", "1a", "a" * 41, "wu.lin"]),
        (
            ids.SlotId,
            ["wulin.courier.20240628T1000"],
            ["wulin.20240628T1000", "a.b.2024"],
        ),
        (ids.PersonId, ["auth0|a.b-c_1"], ["", "a b", "a" * 65, "a#b"]),
        (ids.CommandId, [str(ids.uuid7())], ["0b8f6a5e-4d1c-4c86-9f4e-1f2d3c4b5a69", "1", ""]),
    ],
)
def test_an_identifier_is_checked_to_its_last_digit(
    kind: Any, good: list[str], bad: list[str]
) -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(kind)
    for text in good:
        assert str(adapter.validate_python(text)) == text
    for text in bad:
        with pytest.raises(ValidationError):
            adapter.validate_python(text)


def test_ids_that_are_made_later_sort_later() -> None:
    made = [ids.uuid7() for _ in range(50)]
    assert {each.version for each in made} == {7}
    assert {each.variant for each in made} == {UUID(int=0x8000 << 48).variant}
    milliseconds = [each.int >> 80 for each in made]
    assert milliseconds == sorted(milliseconds)


def test_a_digest_tells_a_resend_from_a_reuse() -> None:
    class Command(BaseModel):
        units: int

    same = ids.fingerprint(Command(units=1), by="a")
    assert same == ids.fingerprint(Command(units=1), by="a")
    assert same != ids.fingerprint(Command(units=2), by="a")
    assert same != ids.fingerprint(Command(units=1), by="b")


@pytest.mark.parametrize(("fen", "text"), [(0, "¥0.00"), (1234, "¥12.34"), (-5, "-¥0.05")])
def test_money_reads_as_people_write_it(fen: int, text: str) -> None:
    assert money.yuan(fen) == text


def test_an_instant_keeps_its_moment_and_needs_an_offset() -> None:
    instant = parse_instant("2026-06-01T23:30:00.5+08:00")
    assert rfc3339(instant) == "2026-06-01T15:30:00.500Z"
    assert parse_instant(rfc3339(instant)) == instant
    assert local_date(parse_instant("2026-06-01T16:30:00Z")).isoformat() == "2026-06-02"
    with pytest.raises(ValueError, match="offset"):
        parse_instant("2026-06-01T23:30:00")


def test_who_edits_must_have_seen_what_is_there() -> None:
    assert editing.check(None, "a", None) is True
    assert editing.check("a", "b", "a") is True
    assert editing.check("a", "a", None) is False
    assert editing.check("a", "a", "old") is False
    with pytest.raises(editing.Unconditional):
        editing.check("a", "b", None)
    for current, seen in (("a", "old"), (None, "a")):
        with pytest.raises(editing.Stale):
            editing.check(current, "b", seen)


def test_a_table_that_nobody_named_is_a_defect_and_not_a_refusal() -> None:
    with engine():
        tables.bind({}, tables.connection())
        with pytest.raises(tables.NotBound):
            tables.name_of(tables.Table.STOCK)
    assert not issubclass(tables.NotBound, Refused)


class First(Refused):
    code = "first"


class Second(Refused):
    code = "second"


def row(sku: str) -> LevelRow:
    return LevelRow("s", sku)


def write(act: Callable[[Transaction], None]) -> None:
    with transaction() as tx:
        act(tx)


def put(level: LevelRow) -> None:
    write(lambda tx: tx.put(level))


def update_then_check(tx: Transaction) -> None:
    """PynamoDB's own transactions would send the check first, and blame it for the update."""
    add = [LevelRow.atp_units.add(1)]
    tx.put(row("new"))
    tx.update(row("none"), add, condition=LevelRow.pk.exists(), refusal=First())
    tx.check(row("there"), condition=LevelRow.pk.does_not_exist(), refusal=Second())


def delete_then_check(tx: Transaction) -> None:
    tx.delete(row("there"), condition=LevelRow.pk.exists(), refusal=First())
    tx.check(row("none"), condition=LevelRow.pk.exists(), refusal=Second())


@pytest.mark.parametrize(
    ("act", "refusal"), [(update_then_check, First), (delete_then_check, Second)]
)
def test_the_first_failed_write_in_the_order_of_the_calls_speaks(
    act: Callable[[Transaction], None], refusal: type[Refused]
) -> None:
    with engine() as db:
        put(row("there"))
        before = db.everything()
        with pytest.raises(refusal):
            write(act)
        assert db.everything() == before, "all or nothing"


def put_and_raise(tx: Transaction) -> None:
    tx.put(row("a"))
    raise KeyError


def test_nothing_is_written_when_the_block_raises() -> None:
    with engine() as db:
        with pytest.raises(KeyError):
            write(put_and_raise)
        assert not any(db.everything().values())
        assert not db.calls


def test_a_condition_without_a_refusal_that_fails_is_a_fault() -> None:
    with engine(), pytest.raises(VerboseClientError):
        write(lambda tx: tx.put(row("a"), condition=LevelRow.pk.exists()))


@pytest.mark.parametrize("conflicts", [1, 7])
def test_a_conflict_is_tried_again(conflicts: int) -> None:
    with engine() as db:
        left = [Fault.CONFLICT] * conflicts
        db.choose_fault = lambda operation: left.pop() if left else None
        put(row("a"))
        assert ("s", "a") in db.items(tables.Table.STOCK)
        assert db.faults[Fault.CONFLICT] == conflicts


def test_who_meets_conflicts_only_is_told_to_ask_again_and_nothing_is_written() -> None:
    with engine() as db:
        db.choose_fault = lambda operation: Fault.CONFLICT
        pauses: list[float] = []
        tx = Transaction()
        tx.put(row("a"))
        with pytest.raises(Contended):
            tx.commit(pauses.append)
        assert len(pauses) == 8
        assert 0 <= min(pauses) <= max(pauses) <= 0.4
        assert not any(db.everything().values())


def test_a_lost_answer_does_not_make_a_write_happen_twice() -> None:
    with engine() as db:
        left: list[Fault] = []
        db.choose_fault = lambda operation: left.pop() if left else None
        for lost in (Fault.ERROR_AFTER, Fault.TIMEOUT_AFTER):
            left.append(lost)
            write(lambda tx: tx.update(row("a"), [LevelRow.atp_units.add(1)]))
        items = list(db.items(LevelRow.table).values())
        assert [item["atp_units"] for item in items] == [{"N": "2"}]


def test_an_empty_transaction_calls_nobody() -> None:
    with engine() as db:
        with transaction():
            pass
        assert not db.calls
