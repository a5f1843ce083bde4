"""A pool is drawn around the delivery point: whatever the border, whoever the owner."""

from collections.abc import Iterator

import pytest

from linli import catalogue, orders, stock
from linli.catalogue import Community, PutCommunity, PutProduct, PutStore, Store
from linli.kernel.errors import Conflict
from linli.kernel.geography import Point
from linli.kernel.ids import gs1_check_digit, uuid7
from linli.kernel.tables import Table
from linli.orders import PlaceOrder
from linli.orders.model import OutsideEveryPool
from linli.stock import OutOfStock
from tests.support import village as v
from tests.support.engine import Engine, engine
from tests.support.http import golden, send

HERE = Point(120.16, 30.27)
ACROSS = "xihu"
NEXT_DOOR = "690123450071" + gs1_check_digit("690123450071")
METRE = 1 / 96_100  # A degree of longitude at this latitude, in metres.


@pytest.fixture
def db() -> Iterator[Engine]:
    with engine() as opened:
        v.furnish({})
        yield opened
    catalogue.forget()


def open_store(store_id: str, metres_east: float, community_id: str = ACROSS) -> Store:
    command = PutStore(
        community_id=community_id,
        owner_id="another-owner",
        name_zh="店",
        name_en="Shop",
        lon=HERE.lon + metres_east * METRE,
        lat=HERE.lat,
    )
    return catalogue.put_store(store_id, command, None)[0]


def list_for_emergencies(sku: str) -> None:
    product = next(each for each in catalogue.products() if each.sku == sku)
    changed = PutProduct(**product.model_dump(exclude={"sku"}) | {"emergency": True})
    etag = catalogue.put_product(sku, PutProduct(**product.model_dump(exclude={"sku"})), None)[1]
    catalogue.put_product(sku, changed, etag)


def pool(sku: str, **settings: object) -> list[tuple[str, str]]:
    community = Community.model_validate({"community_id": v.COMMUNITY, **settings})
    return stock.pool_for(HERE, [sku], community).shelves([sku])


def wish(sku: str) -> PlaceOrder:
    return PlaceOrder.model_validate(v.wish(uuid7(), {sku: 1}).model_dump())


def test_a_store_of_another_community_within_reach_counts(db: Engine) -> None:
    open_store(NEXT_DOOR, 2_900)
    stock.receive(v.receipt(uuid7(), NEXT_DOOR, v.SKUS[0], 5), by="k", now=v.NOON)
    placed = orders.place(wish(v.SKUS[0]), caller=v.resident("r"), now=v.NOON, settings=v.SETTINGS)
    assert placed.lines[0].sources[0].store_id == NEXT_DOOR
    assert placed.lines[0].sources[0].owner_id == "another-owner"
    assert placed.community_id == v.COMMUNITY


@pytest.mark.parametrize(
    ("metres", "listed", "settings", "gives"),
    [
        (2_990, False, {}, True),
        (3_010, False, {}, False),
        (3_010, True, {}, True),
        (4_990, True, {}, True),
        (5_010, True, {}, False),
        (4_990, False, {"emergency": True}, True),
        (5_010, False, {"emergency": True}, False),
        (1_010, False, {"pool_metres": 1_000}, False),
        (3_500, False, {"pool_metres": 4_000}, True),
    ],
)
def test_the_second_ring_helps_with_emergency_goods_or_in_an_emergency(
    db: Engine, metres: int, listed: bool, settings: dict[str, object], gives: bool
) -> None:
    if listed:
        list_for_emergencies(v.SKUS[1])
    open_store(NEXT_DOOR, metres)
    catalogue.forget()
    assert ((NEXT_DOOR, v.SKUS[1]) in pool(v.SKUS[1], **settings)) is gives


def test_the_ring_gives_only_the_listed_line_of_a_mixed_order(db: Engine) -> None:
    list_for_emergencies(v.SKUS[1])
    open_store(NEXT_DOOR, 4_000)
    for sku in v.SKUS[:2]:
        stock.receive(v.receipt(uuid7(), NEXT_DOOR, sku, 5), by="k", now=v.NOON)
    both = PlaceOrder.model_validate(v.wish(uuid7(), {v.SKUS[0]: 1, v.SKUS[1]: 1}).model_dump())
    with pytest.raises(OutOfStock) as caught:
        orders.place(both, caller=v.resident("r"), now=v.NOON, settings=v.SETTINGS)
    assert caught.value.fields["short"] == [{"sku": v.SKUS[0], "units": 1}]
    placed = orders.place(wish(v.SKUS[1]), caller=v.resident("r"), now=v.NOON, settings=v.SETTINGS)
    assert placed.store_ids == [NEXT_DOOR]


def test_a_point_beyond_all_stores_is_outside_every_pool(db: Engine) -> None:
    far = v.order(deliver_to=v.HOME | {"lat": 39.9, "lon": 116.4})
    with pytest.raises(OutsideEveryPool):
        orders.place(
            PlaceOrder.model_validate(far),
            caller=v.resident("r"),
            now=v.NOON,
            settings=v.SETTINGS,
        )


def test_a_store_that_moves_leaves_its_old_neighbourhood(db: Engine) -> None:
    open_store(NEXT_DOOR, 1_000)
    etag = catalogue.put_store(NEXT_DOOR, command_of(NEXT_DOOR), None)[1]
    moved = command_of(NEXT_DOOR).model_copy(update={"lon": 121.9})
    catalogue.put_store(NEXT_DOOR, moved, etag)
    assert NEXT_DOOR not in [store.store_id for store, _ in catalogue.stores_near(HERE, 6_000)]
    there = catalogue.stores_near(moved.point, 100)
    assert [store.store_id for store, _ in there] == [NEXT_DOOR]


def test_a_store_registered_before_there_were_cells_enters_its_own_when_put_again(
    db: Engine,
) -> None:
    open_store(NEXT_DOOR, 1_000)
    whole = db.everything()
    old = {key: item for key, item in whole[Table.CATALOGUE].items() if "CELL#" not in key[0]}
    db.restore({**whole, Table.CATALOGUE: old})
    catalogue.forget()
    assert catalogue.stores_near(HERE, 3_000) == []
    open_store(NEXT_DOOR, 1_000)
    assert [store.store_id for store, _ in catalogue.stores_near(HERE, 3_000)] == [NEXT_DOOR]
    healed = db.items(Table.CATALOGUE)
    db.forget_costs()
    open_store(NEXT_DOOR, 1_000)
    assert (db.items(Table.CATALOGUE), db.written_units) == (healed, 0)


def command_of(store_id: str) -> PutStore:
    store = catalogue.store(store_id)
    assert store is not None
    return PutStore(**store.model_dump(exclude={"store_id"}))


def test_a_store_stays_in_its_community(db: Engine) -> None:
    open_store(NEXT_DOOR, 1_000)
    with pytest.raises(Conflict):
        open_store(NEXT_DOOR, 1_000, v.COMMUNITY)


def test_a_warm_order_reads_once_and_writes_once(db: Engine) -> None:
    stock.receive(v.receipt(uuid7(), v.STORES[0], v.SKUS[0], 5), by="k", now=v.NOON)
    for _ in range(2):
        db.forget_costs()
        orders.place(wish(v.SKUS[0]), caller=v.resident("r"), now=v.NOON, settings=v.SETTINGS)
    assert dict(db.calls) == {"BatchGetItem": 1, "TransactWriteItems": 1}


def test_emergency_mode_reaches_the_pool_through_the_door(db: Engine) -> None:
    open_store(NEXT_DOOR, 4_000)
    stock.receive(v.receipt(uuid7(), NEXT_DOOR, v.SKUS[0], 5), by="k", now=v.NOON)
    with pytest.raises(OutOfStock):
        orders.place(wish(v.SKUS[0]), caller=v.resident("r"), now=v.NOON, settings=v.SETTINGS)
    answer = send("catalogue", golden("community_set", body={"emergency": True}))
    assert (answer.status, answer.body["emergency"]) == (200, True)
    catalogue.forget()  # Another process would see it within a minute.
    placed = orders.place(wish(v.SKUS[0]), caller=v.resident("r"), now=v.NOON, settings=v.SETTINGS)
    assert placed.store_ids == [NEXT_DOOR]


def test_settings_are_read_back_and_changed_only_by_who_has_seen_them(db: Engine) -> None:
    before = send("catalogue", golden("community_read"))
    assert before.body["pool_metres"] == 3_000
    first = send("catalogue", golden("community_set", body={"pool_metres": 2_000}))
    blind = send("catalogue", golden("community_set", body={"pool_metres": 1_000}))
    assert (first.status, blind.status, blind.code) == (200, 428, "precondition_required")
    assert send("catalogue", golden("community_read")).body["pool_metres"] == 2_000


@pytest.mark.parametrize(
    "body",
    [
        {"pool_metres": 0},
        {"pool_metres": 6_001, "aid_metres": 6_001},
        {"pool_metres": 5_000, "aid_metres": 4_000},
        {"protection_quantile": "NaN"},
        {"protection_quantile": 1.5},
        {"replenish_hours": []},
        {"replenish_hours": [6, 6]},
        {"replenish_hours": [24]},
        {"pay_minutes": 0},
        {"proxy_fee_fen": -1},
        {"unknown": 1},
    ],
)
def test_settings_without_sense_change_nothing(db: Engine, body: dict[str, object]) -> None:
    before = db.everything()
    answer = send("catalogue", golden("community_set", body=body))
    assert (answer.status, answer.code) == (422, "invalid")
    assert db.everything() == before


@pytest.mark.parametrize("roles", ["city@xihu", "dispatcher@wulin", "resident@wulin"])
def test_others_do_not_set_a_communitys_settings(db: Engine, roles: str) -> None:
    before = db.everything()
    assert send("catalogue", golden("community_set", roles=roles)).status in (403, 404)
    assert db.everything() == before


def test_settings_of_put_community_are_those_of_the_answer() -> None:
    assert Community(community_id="x", **PutCommunity().model_dump()).pay_minutes == 15


@pytest.mark.parametrize("most", [1, 2, 3, 20])
def test_every_store_is_on_exactly_one_page(db: Engine, most: int) -> None:
    ids = []
    for n in range(7):
        body = f"69055500{n:04d}"
        ids.append(body + gs1_check_digit(body))
        place = {"community_id": f"place-{n // 3}", "lon": 113.0, "lat": 23.0}
        names = {"name_zh": "店", "name_en": "Shop", "owner_id": "o"}
        catalogue.put_store(ids[-1], PutStore.model_validate(place | names), None)
    catalogue.forget()
    pages = [catalogue.stores_of_page(page) for page in catalogue.store_pages(most)]
    found = [store.store_id for page in pages for store in page]
    assert set(ids) <= set(found)
    assert len(found) == len(set(found))
    assert all(0 < len(page) <= most for page in pages)
