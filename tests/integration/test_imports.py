"""Files are checked whole, applied row by row once, and told of by row and column."""

import csv
import io
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli import catalogue, imports, stock
from linli.imports.export import safe
from linli.imports.parse import FORMULA, parse
from linli.kernel import editing
from linli.kernel.identity import Caller, Role
from linli.kernel.ids import derived, gs1_check_digit, uuid7
from tests.support import village as v
from tests.support.engine import Crash, Engine, Fault, engine
from tests.support.http import CONTEXT, Answer, _handler, golden, send
from tests.support.noon import at_noon
from tests.support.world import audit_now

STORE, SKU = v.STORES[0], v.SKUS[0]
NEW_STORE = "690123450081" + gs1_check_digit("690123450081")
PRODUCTS = "sku,name_zh,name_en,price_fen,grams,zone,emergency"
STORES = "store_id,community_id,owner_id,name_zh,name_en,lon,lat,crs"
RECEIPTS = "store_id,sku,units,lot_id,expires_on,received_celsius"
GOOD = {
    "products": f"{PRODUCTS}\n{v.UNSOLD_SKU},米,Rice,500,1000,,true\n{SKU},菜,Greens,360,500,,",
    "stores": f"{STORES}\n{NEW_STORE},wulin,o-9,店,Shop,120.17,30.27,",
    "receipts": f"{RECEIPTS}\n{STORE},{SKU},7,A,2026-06-09,\n{STORE},{v.SKUS[1]},5,B,2026-06-09,4",
}
KEEPER, MAYOR = f"store@{STORE}", "city@wulin"


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Engine]:
    with engine() as opened, at_noon(tmp_path):
        v.furnish({})
        yield opened
    catalogue.forget()


def send_file(kind: str, text: str, *, dry_run: bool = False, **more: Any) -> Answer:
    roles = KEEPER if kind == "receipts" else MAYOR
    body = {"id": str(uuid7()), "kind": kind, "csv": text, "dry_run": dry_run} | more
    return send("imports", golden("file_imported", body=body, roles=roles))


def errors(answer: Answer) -> list[tuple[int, str, str]]:
    return [(each["row"], each["column"], each["code"]) for each in answer.body["errors"]]


@pytest.mark.parametrize("kind", GOOD)
def test_a_dry_run_tells_all_and_changes_nothing(db: Engine, kind: str) -> None:
    before = db.everything()
    answer = send_file(kind, GOOD[kind], dry_run=True)
    assert (answer.body["state"], answer.body["errors"]) == ("checked", [])
    assert db.everything() == before


def test_products_are_made_and_replaced(db: Engine) -> None:
    answer = send_file("products", "\ufeff" + GOOD["products"].replace("\n", "\r\n"))
    assert (answer.body["state"], answer.body["applied_rows"]) == ("done", 2)
    found = {each.sku: each for each in catalogue.products()}
    assert found[SKU].price_fen == 360
    assert found[v.UNSOLD_SKU].emergency
    assert catalogue.emergency_list() == {v.UNSOLD_SKU}


def test_a_store_from_a_file_is_in_the_pool(db: Engine) -> None:
    assert send_file("stores", GOOD["stores"]).body["state"] == "done"
    store = catalogue.store(NEW_STORE)
    assert store is not None
    assert catalogue.stores_near(store.point, 10)[0][0] == store


def test_receipts_are_booked_once_however_often_the_file_is_sent(db: Engine) -> None:
    again = str(uuid7())
    first = send_file("receipts", GOOD["receipts"], id=again)
    before = db.everything()
    assert send_file("receipts", GOOD["receipts"], id=again).body == first.body
    assert db.everything() == before
    assert [level.atp_units for level in stock.of_store(STORE)] == [7, 5]
    assert audit_now() == []
    changed = GOOD["receipts"].replace(",7,", ",8,")
    assert send_file("receipts", changed, id=again).code == "id_reused"


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("products", "", None),
        ("products", PRODUCTS, [(1, "", "no_rows")]),
        ("products", 'sku,"name', [(1, "", "not_csv")]),
        ("products", "sku,price\n1,2", [(1, "price", "unknown_column")]),
        ("products", f"{PRODUCTS},sku\n", [(1, "sku", "duplicate_column")]),
        ("products", f"{PRODUCTS}\n1,2", [(2, "", "wrong_number_of_cells")]),
        ("products", f"{PRODUCTS}\n{SKU},a,b,-1,5,,", [(2, "price_fen", "not_a_number")]),
        ("products", f"{PRODUCTS}\n{SKU},a,b,1.5,5,,", [(2, "price_fen", "not_a_number")]),
        ("products", f"{PRODUCTS}\n{SKU},a,b,NaN,5,,", [(2, "price_fen", "not_a_number")]),
        ("products", f"{PRODUCTS}\n{SKU},a,b,٣,5,,", [(2, "price_fen", "not_a_number")]),
        ("products", f"{PRODUCTS}\n{SKU},a,b,0,5,,", [(2, "price_fen", "greater_than")]),
        ("products", f"{PRODUCTS}\n{SKU},a,b,{9**99},5,,", [(2, "price_fen", "less_than_equal")]),
        ("products", f"{PRODUCTS}\n{SKU},,b,1,5,,", [(2, "name_zh", "string_too_short")]),
        ("products", f"{PRODUCTS}\n{SKU},a,b,1,5,hot,", [(2, "zone", "literal_error")]),
        ("products", f"{PRODUCTS}\n123,a,b,1,5,,", [(2, "sku", "string_pattern_mismatch")]),
        (
            "products",
            f"{PRODUCTS}\n{SKU},a,b,1,5,,\n\n{SKU},a,b,1,5,,",
            [(4, "sku", "duplicate")],
        ),
        ("stores", f"{STORES}\n{NEW_STORE},wulin,o,a,b,30,120,", [(2, "lon", "not_on_earth")]),
        ("stores", f"{STORES}\n{NEW_STORE},wulin,o,a,b,nan,30,", [(2, "lon", "not_on_earth")]),
        ("stores", f"{STORES}\n{NEW_STORE},xihu,o,a,b,120,30,", [(2, "store_id", "not_found")]),
        (
            "receipts",
            f"{RECEIPTS}\n{STORE},{SKU},7,A,2026-05-31,",
            [(2, "expires_on", "expired_goods")],
        ),
        (
            "receipts",
            f"{RECEIPTS}\n{STORE},{v.UNSOLD_SKU},7,A,2026-06-09,",
            [(2, "sku", "unknown_sku")],
        ),
        (
            "receipts",
            f"{RECEIPTS}\n{v.STORES[1]},{SKU},7,A,2026-06-09,",
            [(2, "store_id", "not_found")],
        ),
        ("receipts", f"{RECEIPTS}\n{STORE},{SKU},0,A,2026-06-09,", [(2, "units", "greater_than")]),
        (
            "receipts",
            f"{RECEIPTS}\n{STORE},{SKU},1,A,2026-06-09,warm",
            [(2, "received_celsius", "not_a_number")],
        ),
    ],
)
def test_an_error_anywhere_is_told_by_row_and_column_and_nothing_is_changed(
    db: Engine, kind: str, text: str, expected: list[tuple[int, str, str]] | None
) -> None:
    before = db.everything()
    good_first = text.replace("\n", "\n" + GOOD[kind].split("\n")[1] + "\n", 1)
    for file in (text, good_first):
        answer = send_file(kind, file)
        if expected is None:
            assert (answer.status, answer.code) == (422, "invalid")
            continue
        assert answer.body["state"] == "invalid"
        if file == text:
            assert set(expected) <= set(errors(answer))
    assert db.everything() == before


def test_a_file_with_more_than_a_thousand_rows_is_told_so(db: Engine) -> None:
    row = GOOD["products"].split("\n")[1]
    assert errors(send_file("products", "\n".join([PRODUCTS, *[row] * 1_001]))) == [
        (1, "", "too_many_rows")
    ]
    assert send_file("products", "x" * 600_000).status == 422
    assert send_file("products", "x" * 1_100_000).status == 413


def test_a_run_out_of_time_goes_on_when_it_is_sent_again(db: Engine) -> None:
    rows = [f"{STORE},{SKU},1,L{n},2026-06-09," for n in range(60)]
    file = imports.ImportFile(
        id=uuid7(), kind="receipts", dry_run=False, csv="\n".join([RECEIPTS, *rows])
    )
    keeper = Caller("k", frozenset({(Role.STORE, STORE)}))
    states = []
    for _ in range(9):
        left = iter([True] * 30)
        report = imports.run(file, caller=keeper, now=v.NOON, has_time=partial(next, left, False))
        states.append(report.state)
        if report.state == "done":
            break
    assert states == ["running", "running", "done"]
    assert stock.of_store(STORE)[0].received_units == 60
    assert audit_now() == []


def test_a_run_that_broke_off_goes_on_and_books_nothing_twice(db: Engine) -> None:
    rows = [f"{STORE},{SKU},1,L{n},2026-06-09," for n in range(40)]
    file = imports.ImportFile(
        id=uuid7(), kind="receipts", dry_run=False, csv="\n".join([RECEIPTS, *rows])
    )
    keeper = Caller("k", frozenset({(Role.STORE, STORE)}))
    calls = iter(range(10_000))
    db.choose_fault = lambda _: Fault.CRASH_AFTER if next(calls) == 97 else None
    with pytest.raises(Crash):
        imports.run(file, caller=keeper, now=v.NOON, has_time=lambda: True)
    report = imports.run(file, caller=keeper, now=v.NOON, has_time=lambda: True)
    assert (report.state, report.applied_rows) == ("done", 40)
    assert stock.of_store(STORE)[0].received_units == 40


@pytest.mark.parametrize(
    ("kind", "roles", "status"),
    [
        ("products", KEEPER, 404),
        ("stores", KEEPER, 404),
        ("receipts", MAYOR, 404),
        ("products", "resident@wulin", 403),
    ],
)
def test_others_import_nothing(db: Engine, kind: str, roles: str, status: int) -> None:
    body = {"id": str(uuid7()), "kind": kind, "csv": GOOD[kind], "dry_run": False}
    before = db.everything()
    assert send("imports", golden("file_imported", body=body, roles=roles)).status == status
    assert db.everything() == before


def exported(kind: str, roles: str = MAYOR, **query: str) -> tuple[int, str]:
    event = golden("products_exported", path={"kind": kind}, query=query, roles=roles)
    answer = _handler("imports").lambda_handler(event, CONTEXT)
    return answer["statusCode"], answer["body"]


@pytest.mark.parametrize("kind", ["products", "stores"])
def test_what_is_exported_can_be_imported_and_changes_nothing(db: Engine, kind: str) -> None:
    for name in ("=1+1", "+a", "-b", "@c", "'d", '"quoted", with comma'):
        more = {"name_zh": name, "by_weight": True, "shelf": "A1.3"}
        product = catalogue.products()[0].model_dump(exclude={"sku"}) | more
        seen = editing.ANY
        catalogue.put_product(SKU, catalogue.PutProduct(**product), seen)
        status, text = exported(kind, community_id="wulin")
        before = catalogue.products(), catalogue.stores("wulin")
        assert status == 200
        assert send_file(kind, text).body["state"] == "done"
        assert (catalogue.products(), catalogue.stores("wulin")) == before


@pytest.mark.parametrize(
    ("kind", "roles", "query", "status"),
    [
        ("stock", KEEPER, {"store_id": STORE}, 200),
        ("stock", "dispatcher@wulin", {"store_id": STORE}, 200),
        ("stock", "city@xihu", {"store_id": STORE}, 404),
        ("stock", KEEPER, {}, 422),
        ("stores", MAYOR, {}, 422),
        ("stores", "city@xihu", {"community_id": "wulin"}, 404),
        ("secrets", MAYOR, {}, 422),
    ],
)
def test_an_export_is_for_those_whose_business_it_is(
    db: Engine, kind: str, roles: str, query: dict[str, str], status: int
) -> None:
    stock.receive(v.receipt(uuid7(), STORE, SKU, 7), by="k", now=v.NOON)
    found, text = exported(kind, roles, **query)
    assert found == status
    if status == 200:
        assert f"{STORE},{SKU},7,0," in text


@given(st.text(max_size=20))
def test_no_exported_text_begins_like_a_formula(text: str) -> None:
    cell = safe(text)
    assert not cell.startswith(FORMULA) or cell.startswith("'")
    assert cell.removeprefix("'") == text or cell == text


@given(st.text(max_size=400))
def test_whatever_is_in_a_file_is_told_never_raised(text: str) -> None:
    for kind in ("products", "stores", "receipts"):
        parsed = parse(kind, text, uuid7())
        assert parsed.errors or parsed.rows


def test_a_rows_id_is_its_own_and_always_the_same() -> None:
    base = uuid7()
    found = [derived(base, f"row {n}") for n in range(100)]
    assert len({*found, base}) == 101
    assert found == [derived(base, f"row {n}") for n in range(100)]
    assert all(each.version == 7 and each.int >> 80 == base.int >> 80 for each in found)
    names = csv.reader(io.StringIO(PRODUCTS))
    assert len(next(names)) == 7
