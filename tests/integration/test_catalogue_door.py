"""Stores and products over HTTP: the city registers, everybody reads, two editors never collide."""

from collections.abc import Iterator
from typing import Any

import pytest

from linli import catalogue
from linli.kernel.geography import point
from tests.support.engine import Engine, engine
from tests.support.http import Answer, golden, send

ANYBODY = ["resident@wulin", "courier@wulin", "store@6901234500004", "auditor@xixi"]


@pytest.fixture
def db() -> Iterator[Engine]:
    with engine() as opened:
        catalogue.forget()
        yield opened
        catalogue.forget()


def edit(case: str, if_match: str | None = None, **body: Any) -> Answer:
    event = golden(case, body=body)
    if if_match is not None:
        event["headers"]["if-match"] = if_match
    return send("catalogue", event)


def refused(db: Engine, event: dict[str, Any], status: int, code: str) -> None:
    before = db.everything()
    answer = send("catalogue", event)
    assert (answer.status, answer.code) == (status, code)
    assert db.everything() == before


@pytest.mark.parametrize(
    ("put", "listing", "field"),
    [
        ("store_registered", "stores_listed", "stores"),
        ("product_registered", "products_listed", "products"),
    ],
)
def test_what_the_city_registers_everybody_reads(
    db: Engine, put: str, listing: str, field: str
) -> None:
    written = edit(put)
    assert written.status == 200
    assert written.headers["etag"].startswith('"')
    for roles in ANYBODY:
        assert send("catalogue", golden(listing, roles=roles)).body == {field: [written.body]}
    before = db.everything()
    assert edit(put).body == written.body
    assert db.everything() == before


@pytest.mark.parametrize("case", ["store_registered", "product_registered"])
@pytest.mark.parametrize("roles", ["resident@wulin", "dispatcher@wulin", "store@6901234500004"])
def test_only_the_city_registers(db: Engine, case: str, roles: str) -> None:
    refused(db, golden(case, roles=roles), 403, "forbidden")


def test_a_city_registers_in_its_own_communities_only(db: Engine) -> None:
    refused(db, golden("store_registered", roles="city@xixi"), 404, "not_found")


def test_a_store_stays_in_its_community(db: Engine) -> None:
    seen = edit("store_registered").headers["etag"]
    event = golden("store_registered", body={"community_id": "xixi"}, roles="city@xixi city@wulin")
    event["headers"]["if-match"] = seen
    refused(db, event, 409, "conflict")


@pytest.mark.parametrize("case", ["store_registered", "product_registered"])
def test_who_changes_something_must_have_seen_its_present_state(db: Engine, case: str) -> None:
    first = edit(case).headers["etag"]
    refused(db, golden(case, body={"name_en": "New"}), 428, "precondition_required")
    second = edit(case, first, name_en="New").headers["etag"]
    assert second != first
    stale = golden(case, body={"name_en": "Newer"})
    stale["headers"]["if-match"] = first
    refused(db, stale, 412, "stale")
    assert edit(case, second, name_en="Newer").status == 200


def test_two_editors_who_saw_the_same_are_not_both_right(db: Engine) -> None:
    seen = edit("product_registered").headers["etag"]

    def other_is_faster(operation: str) -> None:
        if operation == "TransactWriteItems":
            db.before_call = lambda operation: None
            assert edit("product_registered", seen, price_fen=1).status == 200

    db.before_call = other_is_faster
    answer = edit("product_registered", seen, price_fen=2)
    assert (answer.status, answer.code) == (412, "stale")
    (product,) = send("catalogue", golden("products_listed")).body["products"]
    assert product["price_fen"] == 1


def test_shifted_coordinates_are_understood(db: Engine) -> None:
    answer = edit("store_registered", lon=120.1657, lat=30.2686, crs="GCJ02")
    assert answer.status == 200
    (near,) = catalogue.stores_near(point(120.1610, 30.2710), 100)
    assert near[1] < 100


@pytest.mark.parametrize(
    ("case", "body"),
    [
        ("store_registered", {"lon": 30.271, "lat": 120.161}),
        ("store_registered", {"lon": float("nan")}),
        ("store_registered", {"lat": float("inf")}),
        ("store_registered", {"name_zh": ""}),
        ("store_registered", {"name_en": "x" * 81}),
        ("store_registered", {"owner_id": "two words"}),
        ("store_registered", {"community_id": "W"}),
        ("store_registered", {"open": True}),
        ("product_registered", {"price_fen": 0}),
        ("product_registered", {"price_fen": -1}),
        ("product_registered", {"price_fen": 1.5}),
        ("product_registered", {"price_fen": 10**12}),
        ("product_registered", {"price_fen": "350"}),
        ("product_registered", {"grams": 0}),
        ("product_registered", {"zone": "lukewarm"}),
    ],
)
def test_nonsense_is_not_registered(db: Engine, case: str, body: dict[str, Any]) -> None:
    refused(db, golden(case, body=body), 422, "invalid")


@pytest.mark.parametrize("store_id", ["6901234500005", "690123450000", "x", "%00"])
def test_a_store_needs_a_true_gln(db: Engine, store_id: str) -> None:
    refused(db, golden("store_registered", path={"store_id": store_id}), 422, "invalid")
