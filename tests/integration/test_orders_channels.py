"""Pickup, locker, the last 500 metres, and orders for somebody else: each has its own way."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from linli import catalogue, credit, lockers, orders, stock
from linli.catalogue import PutProduct
from linli.kernel import editing
from linli.kernel.errors import Contended, IdReused, Invalid, NotFound, Refused
from linli.kernel.identity import Caller, Role
from linli.kernel.ids import uuid7
from linli.kernel.tables import Table
from linli.lockers import PutLocker
from linli.orders import ChangeLines, Collect, GiveConsent, Order, consent
from linli.orders.collect import CODE_VALID, MOST_TRIES
from linli.orders.model import LineIn
from tests.support import lives
from tests.support import village as v
from tests.support.engine import Engine, engine
from tests.support.http import golden, send
from tests.support.picking import pack, send_off
from tests.support.world import audit_now

GREENS, RICE, EGGS, TEA = v.SKUS
LEADER = Caller("l-1", frozenset({(Role.LEADER, v.COMMUNITY)}))


@pytest.fixture
def db() -> Iterator[Engine]:
    with engine() as opened:
        v.furnish_quickly(opened, "lives", lives.furnish)
        yield opened
        assert audit_now() == []


def code_of(order: Order, now: Any = v.LATER) -> str:
    return orders.issue_code(order.order_id, resident_id="r-an", now=now).code


def collect(order: Order, code: str, caller: Caller | None = None, **more: Any) -> Order:
    now = more.pop("now", v.LATER)
    command = Collect.model_validate({"id": uuid7(), "code": code} | more)
    who = caller or v.keeper(order.store_ids[0])
    return orders.collect(order.order_id, command, caller=who, now=now)


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**8:08d}"


def refused(code: str, attempt: Any) -> None:
    with pytest.raises(Refused) as refusal:
        attempt()
    assert refusal.value.code == code


# ---------------------------------------------------------------- pickup


def test_a_pickup_comes_from_the_nearest_store_that_has_it_all(db: Engine) -> None:
    lives.place({GREENS: 8}, "r-bo")
    order = lives.place({GREENS: 2, RICE: 1}, slot_id=lives.PICKUP_SLOT)
    assert order.store_ids == [v.STORES[1]]
    refused("out_of_stock", lambda: lives.place({GREENS: 10}, slot_id=lives.PICKUP_SLOT))


def test_a_pickup_comes_from_the_chosen_store_or_not_at_all(db: Engine) -> None:
    order = lives.place({GREENS: 2}, slot_id=lives.PICKUP_SLOT, store_id=v.STORES[2])
    assert order.store_ids == [v.STORES[2]]
    chosen = {"slot_id": lives.PICKUP_SLOT, "store_id": v.STORES[2]}
    refused("out_of_stock", lambda: lives.place({GREENS: 8}, **chosen))
    far = chosen | {"store_id": v.FAR_STORE}
    refused("outside_every_pool", lambda: lives.place({GREENS: 1}, **far))
    with pytest.raises(ValueError, match="only an order that is picked up"):
        v.wish(None, {GREENS: 1}, store_id=v.STORES[2])


def test_a_pickup_is_picked_without_a_wave_and_collected_with_its_code(db: Engine) -> None:
    order = pack(lives.place({GREENS: 2}, slot_id=lives.PICKUP_SLOT, boxes=1), v.NOON)
    assert order.state == "packed"
    order = collect(order, code_of(order), box_ids=[v.box(0)])
    assert (order.state, order.progress.outcome) == ("collected", "collected")
    assert credit.statement("r-an", now=v.NOON).deposit_fen == 1000


def test_a_courier_does_not_take_what_is_picked_up(db: Engine) -> None:
    order = pack(lives.place({GREENS: 2}, slot_id=lives.PICKUP_SLOT), v.NOON)
    refused(
        "out_of_order",
        lambda: orders.hand_over(order.order_id, order.store_ids[0], by="k", now=v.NOON),
    )
    brought = pack(lives.frozen(lives.place({GREENS: 2})), v.LATER)
    refused("out_of_order", lambda: collect(brought, code_of(brought)))


def test_what_nobody_collects_in_time_is_for_others_again(db: Engine) -> None:
    order = lives.paid(lives.place({GREENS: 2}, slot_id=lives.PICKUP_SLOT, pay="online"))
    pack(order, v.LATER)
    day = v.LATER + timedelta(days=1)
    assert orders.sweep(day - timedelta(seconds=1))["collect"] == 0
    assert orders.sweep(day)["collect"] == 1
    order = orders.read(order.order_id)
    assert (order.state, order.progress.refund_fen) == ("failed", 700)


# ---------------------------------------------------------------- codes


def test_a_code_is_kept_as_a_digest_alone(db: Engine) -> None:
    order = pack(lives.place({GREENS: 2}, slot_id=lives.PICKUP_SLOT), v.NOON)
    code = code_of(order)
    assert not any(code in str(item) for item in db.items(Table.ORDERS).values())


def test_a_code_opens_once_and_a_new_one_voids_it(db: Engine) -> None:
    order = pack(lives.place({GREENS: 2}, slot_id=lives.PICKUP_SLOT), v.NOON)
    old, code = code_of(order), code_of(order)
    refused("wrong_code", lambda: collect(order, old))
    command = Collect(id=uuid7(), code=code)
    keeper = v.keeper(order.store_ids[0])
    for _ in range(2):
        done = orders.collect(order.order_id, command, caller=keeper, now=v.LATER)
        assert done.state == "collected"
    refused("out_of_order", lambda: collect(order, code))


def test_a_code_that_is_old_or_was_guessed_at_opens_nothing(db: Engine) -> None:
    order = pack(lives.place({GREENS: 2}, slot_id=lives.PICKUP_SLOT), v.NOON)
    refused("wrong_code", lambda: collect(order, "12345678"))
    code = code_of(order)
    refused("wrong_code", lambda: collect(order, code, now=v.LATER + CODE_VALID))
    for _ in range(MOST_TRIES):
        refused("wrong_code", lambda: collect(order, wrong(code)))
    refused("wrong_code", lambda: collect(order, code))
    assert collect(order, code_of(order)).state == "collected"


def test_only_the_orders_own_store_hands_it_out(db: Engine) -> None:
    order = pack(lives.place({GREENS: 2}, slot_id=lives.PICKUP_SLOT), v.NOON)
    code = code_of(order)
    for stranger in (v.keeper(v.FAR_STORE), v.resident("r-an")):
        with pytest.raises(NotFound):
            collect(order, code, stranger)
    with pytest.raises(NotFound):
        orders.issue_code(order.order_id, resident_id="r-bo", now=v.LATER)


# ---------------------------------------------------------------- lockers


def test_a_lockers_order_is_stored_by_its_courier_and_taken_out_with_a_code(db: Engine) -> None:
    order = send_off(lives.frozen(lives.place({GREENS: 2}, slot_id=lives.LOCKER_SLOT)), v.LATER)
    refused("out_of_order", lambda: lives.end(order, "delivered"))
    stored = lives.end(order, "stored")
    assert stored.state == "stored"
    refused("already_settled", lambda: lives.end(order, "failed"))
    code = code_of(order)
    with pytest.raises(NotFound):
        collect(order, code)
    assert collect(order, code, v.resident("r-an")).state == "collected"


def test_a_doorsteps_order_is_not_stored(db: Engine) -> None:
    order = send_off(lives.frozen(lives.place({GREENS: 2})), v.LATER)
    refused("out_of_order", lambda: lives.end(order, "stored"))


def test_a_locker_takes_no_more_orders_than_it_has_boxes(db: Engine) -> None:
    for _ in range(9):
        lives.place({EGGS: 1}, slot_id=lives.LOCKER_SLOT)
    refused("slot_full", lambda: lives.place({EGGS: 1}, slot_id=lives.LOCKER_SLOT))


def register(locker_id: str, metres: float = 0, **compartments: tuple[int, int]) -> None:
    """A locker east of the residents' home with `count, most_grams` compartments by size."""
    sizes = [
        {"size": size, "count": count, "most_grams": grams}
        for size, (count, grams) in compartments.items()
    ]
    place = {"lon": v.HOME_LON + metres / 96_000, "lat": v.HOME_LAT}
    names = {"name_zh": "柜", "name_en": "Locker", "community_id": v.COMMUNITY}
    lockers.put_locker(
        locker_id, PutLocker.model_validate(names | place | {"compartments": sizes}), None
    )


def in_locker(units: int = 1, sku: str = EGGS, who: str = "r-an", **more: Any) -> Order:
    """Each unit weighs 500 g."""
    return lives.place({sku: units}, who, slot_id=lives.LOCKER_SLOT, **more)


def where(order: Order) -> tuple[str, str]:
    assert order.locker is not None
    assert order.locker.on == "2026-06-01"
    return order.locker.locker_id, order.locker.size


def free() -> list[tuple[str, str, int]]:
    told = send("slots", golden("lockers_listed", query={"community_id": "wulin", "on": ON})).body
    return [
        (each["locker_id"], size["size"], size["free"])
        for each in told["lockers"]
        for size in each["compartments"]
    ]


ON = "2026-06-01"


def test_an_order_takes_the_smallest_compartment_that_holds_it_in_the_nearest_locker(
    db: Engine,
) -> None:
    register("near", S=(1, 1000), L=(1, 4000))
    register("far", 200, M=(2, 2000))
    assert where(in_locker(2)) == ("near", "S")
    assert where(in_locker(1, who="r-bo")) == ("near", "L"), "the small one is taken"
    assert where(in_locker(1)) == ("far", "M"), "the near one is full"
    refused("locker_full", lambda: in_locker(1, locker_id="near"))
    refused("unknown_locker", lambda: in_locker(1, locker_id="nowhere"))
    refused("locker_full", lambda: in_locker(8))
    refused("too_big_for_locker", lambda: in_locker(9))
    assert free() == [("far", "M", 1), ("near", "S", 0), ("near", "L", 0)]


@pytest.mark.parametrize("end", ["cancelled", "expired"])
def test_an_order_that_ends_before_its_day_gives_its_compartment_back(db: Engine, end: str) -> None:
    register("near", S=(1, 1000))
    order = in_locker(pay="online" if end == "expired" else "cash")
    refused("locker_full", lambda: in_locker(who="r-bo"))
    if end == "expired":
        orders.expire(order.order_id, v.LATE)
    else:
        orders.cancel(order.order_id, resident_id="r-an", now=v.NOON)
    again = in_locker(who="r-bo")
    assert where(again) == ("near", "S")
    if end == "expired":
        assert orders.revive(order.order_id, v.LATE, v.SETTINGS) is False, "it is another's now"


def test_money_that_comes_late_has_the_compartment_again_if_it_is_free(db: Engine) -> None:
    register("near", S=(1, 1000))
    order = in_locker(pay="online")
    orders.expire(order.order_id, v.LATE)
    assert free() == [("near", "S", 1)]
    assert orders.revive(order.order_id, v.LATE, v.SETTINGS)
    assert free() == [("near", "S", 0)]


def test_an_order_that_grows_takes_a_larger_compartment(db: Engine) -> None:
    register("near", S=(1, 1000), M=(1, 2000))
    order = in_locker(2)
    for units, size in ((4, "M"), (3, "M"), (1, "S")):
        lines = (LineIn(sku=EGGS, units=units),)
        changed = orders.change(
            order.order_id,
            ChangeLines(id=uuid7(), lines=lines),
            resident_id="r-an",
            now=v.NOON,
            settings=v.SETTINGS,
        )
        assert where(changed) == ("near", size)
        assert sum(left for _, _, left in free()) == 1
    too_many = ChangeLines(id=uuid7(), lines=(LineIn(sku=EGGS, units=5),))
    refused(
        "too_big_for_locker",
        lambda: orders.change(
            order.order_id, too_many, resident_id="r-an", now=v.NOON, settings=v.SETTINGS
        ),
    )


def test_a_compartment_is_emptied_by_the_next_morning(db: Engine) -> None:
    register("near", S=(1, 1000))
    order = send_off(lives.frozen(in_locker()), v.LATER)
    stored = lives.end(order, "stored")
    assert stored.progress.collect_by == "2026-06-01T22:00:00.000Z", "six o'clock"
    morning = datetime(2026, 6, 1, 22, tzinfo=UTC)
    assert orders.give_up_waiting(order.order_id, morning).state == "failed"
    assert free() == [("near", "S", 0)], "that day's compartment is not given twice"


@pytest.mark.parametrize("taken", [False, True])
def test_an_order_that_waits_for_another_day_has_its_compartment_there(
    db: Engine, taken: bool
) -> None:
    register("near", S=(1, 1000))
    tomorrow = f"{v.COMMUNITY}.locker.20260602T1600"
    v.offer(tomorrow, capacity=9, starts_at=v.LATER + timedelta(days=1))
    order = lives.frozen(in_locker())
    if taken:
        lives.place({EGGS: 1}, "r-bo", slot_id=tomorrow)

    def wait() -> Order:
        how: dict[str, Any] = {"by": "d-1", "reason": "no rider", "now": v.NOON}
        return orders.postpone(order.order_id, tomorrow, lambda tx: None, **how)

    if taken:
        refused("locker_full", wait)
        assert free() == [("near", "S", 0)]
        return
    moved = wait()
    assert moved.locker is not None
    assert (moved.locker.on, free()) == ("2026-06-02", [("near", "S", 1)])


def test_twenty_residents_at_once_have_as_many_compartments_as_there_are(db: Engine) -> None:
    register("near", S=(2, 1000), M=(3, 2000))

    def place(n: int) -> str:
        for _ in range(20):
            try:
                return "placed" if in_locker(sku=v.SKUS[n % 4], who=f"r-{n}") else ""
            except Contended:
                continue
            except Refused as refusal:
                return refusal.code
        return "gave up"

    with ThreadPoolExecutor(8) as pool:
        told = Counter(pool.map(place, range(9)))
    assert told == {"placed": 5, "locker_full": 4}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"roles": "dispatcher@wulin"}, "forbidden"),
        ({"roles": "city@gulou"}, "not_found"),
        ({"body": {"compartments": []}}, "invalid"),
        ({"body": {"lat": 120.0, "lon": 30.0}}, "invalid"),
        ({"body": {"compartments": [{"size": "S", "count": 0, "most_grams": 1}]}}, "invalid"),
        (
            {"body": {"compartments": [{"size": s, "count": 1, "most_grams": 9} for s in "SM"]}},
            "invalid",
        ),
    ],
)
def test_a_locker_that_cannot_be_is_not_registered(
    db: Engine, changes: dict[str, Any], code: str
) -> None:
    assert send("slots", golden("locker_set", **changes)).code == code
    assert free() == []


def test_a_locker_is_registered_and_changed_under_its_etag(db: Engine) -> None:
    first = send("slots", golden("locker_set"))
    assert (first.status, free()) == (200, [("gate-3", "S", 2), ("gate-3", "M", 1)])
    assert send("slots", golden("locker_set")).status == 200
    fewer = {"compartments": [{"size": "S", "count": 1, "most_grams": 2000}]}
    assert send("slots", golden("locker_set", body=fewer)).status == 428


# ---------------------------------------------------------------- the last 500 metres


def test_the_last_500_metres_are_served_from_stores_so_near_only(db: Engine) -> None:
    near = lives.place({GREENS: 18}, slot_id=lives.LASTMILE_SLOT)
    assert near.store_ids == list(v.STORES[:2]), "the third is 900 metres away"
    refused("out_of_stock", lambda: lives.place({GREENS: 1}, slot_id=lives.LASTMILE_SLOT))
    away = v.HOME | {"lon": v.HOME_LON - 0.01}
    nobody: dict[str, Any] = {"slot_id": lives.LASTMILE_SLOT, "deliver_to": away}
    refused("outside_every_pool", lambda: lives.place({RICE: 1}, **nobody))


# ---------------------------------------------------------------- for somebody else


def agreed(**changed: Any) -> GiveConsent:
    until = v.NOON + timedelta(days=30)
    facts = {"id": uuid7(), "community_id": v.COMMUNITY, "resident_id": "elder", "until": until}
    return GiveConsent.model_validate(facts | {"proxy_id": "r-an"} | changed)


def for_elder(command: GiveConsent, who: str = "r-an", **more: Any) -> Order:
    wanted = {"resident_id": "elder", "consent_id": str(command.id)}
    return lives.place({GREENS: 2}, who, for_resident=wanted, **more)


def test_a_proxy_orders_for_an_elder_who_agreed(db: Engine) -> None:
    command = agreed()
    consent.give(command, caller=LEADER, now=v.NOON)
    order = for_elder(command, spend_points=2)
    assert (order.proxy_fen, order.total_fen) == (300, 700 + 300 - 200)
    assert order.people == {"r-an", "elder"}
    assert credit.statement("r-an", now=v.NOON).held_points == 2, "the points are the payer's"
    assert orders.read(order.order_id, "elder").resident_id == "r-an"
    assert orders.cancel(order.order_id, resident_id="elder", now=v.NOON).state == "cancelled"


@pytest.mark.parametrize(
    "case", ["none", "revoked", "over", "another proxy", "another elder", "elsewhere"]
)
def test_nobody_orders_for_an_elder_without_a_valid_consent(db: Engine, case: str) -> None:
    cases: dict[str, dict[str, Any]] = {
        "over": {"until": v.NOON + timedelta(seconds=1)},
        "another proxy": {"proxy_id": "r-bo"},
        "another elder": {"resident_id": "other"},
        "elsewhere": {"community_id": "gulou"},
    }
    changed = cases.get(case, {})
    command = agreed(**changed)
    witness = Caller("l-1", frozenset({(Role.LEADER, c) for c in (v.COMMUNITY, "gulou")}))
    if case != "none":
        consent.give(command, caller=witness, now=v.NOON - timedelta(hours=1))
    if case == "revoked":
        consent.revoke(str(command.id), caller=v.resident("elder"), now=v.NOON)
    if case == "over":
        command = agreed(until=v.NOON)
        consent.give(command, caller=witness, now=v.NOON - timedelta(hours=1))
    refused("no_consent", lambda: for_elder(command))


@pytest.mark.parametrize(
    ("who", "may"),
    [
        (v.resident("elder"), True),
        (LEADER, True),
        (v.DISPATCHER, True),
        (v.resident("r-an"), False),
        (Caller("r-an", frozenset({(Role.LEADER, v.COMMUNITY)})), False),
        (Caller("l-2", frozenset({(Role.LEADER, "gulou")})), False),
    ],
    ids=["themselves", "leader", "dispatcher", "the proxy", "the proxy as leader", "elsewhere"],
)
def test_a_consent_is_given_by_the_elder_or_before_a_witness(
    db: Engine, who: Caller, may: bool
) -> None:
    command = agreed()
    if not may:
        with pytest.raises(NotFound):
            consent.give(command, caller=who, now=v.NOON)
        return
    first = consent.give(command, caller=who, now=v.NOON)
    assert first.by == who.subject
    assert consent.give(command, caller=who, now=v.NOON) == first
    with pytest.raises(IdReused):
        consent.give(agreed(id=command.id, proxy_id="r-bo"), caller=who, now=v.NOON)


OFFICIAL = Caller("d-1", frozenset({(Role.DISPATCHER, v.COMMUNITY)}))


def in_need(caller: Caller, command: GiveConsent | None = None, **more: Any) -> Order:
    """An order of goods of which all but one are in the reserve."""
    for_whom = {"resident_id": "elder", "consent_id": str(command.id)} if command else None
    facts = {"emergency": True, "for_resident": for_whom} | more
    wish = v.wish(uuid7(), {GREENS: 5}, **facts)
    return orders.place(wish, caller=caller, now=v.NOON, settings=v.SETTINGS)


def reserved() -> GiveConsent:
    """All units of every shelf but one are kept for emergencies; the elder has agreed."""
    product = catalogue.products_by_id([GREENS])[GREENS]
    command = PutProduct.model_validate(product.model_dump(exclude={"sku"}) | {"emergency": True})
    catalogue.put_product(GREENS, command, editing.ANY)
    catalogue.forget()
    for store_id in v.STORES:
        stock.put_reserve(store_id, GREENS, 8)
    consented = agreed(proxy_id=OFFICIAL.subject)
    consent.give(consented, caller=LEADER, now=v.NOON)
    return consented


def test_who_serves_the_community_orders_from_the_reserve_for_a_resident(db: Engine) -> None:
    command = reserved()
    refused("out_of_stock", lambda: in_need(v.resident("r-an"), emergency=False))
    order = in_need(OFFICIAL, command)
    assert (order.proxy_fen, order.total_fen) == (0, 5 * 350)
    assert orders.read(order.order_id, "elder").people == {"elder", OFFICIAL.subject}
    assert orders.cancel(order.order_id, resident_id="elder", now=v.NOON).state == "cancelled"
    assert stock.levels([(v.STORES[0], GREENS)])[v.STORES[0], GREENS].held_units == 0


@pytest.mark.parametrize(
    ("caller", "more", "code"),
    [
        (OFFICIAL, {"emergency": False}, "forbidden"),
        (OFFICIAL, {"for_resident": None}, "forbidden"),
        (OFFICIAL, {"boxes": 1}, "invalid"),
        (OFFICIAL, {"spend_points": 1}, "invalid"),
        (OFFICIAL, {"pay": "online"}, "invalid"),
        (Caller("d-2", OFFICIAL.grants), {}, "no_consent"),
        (Caller("d-1", frozenset({(Role.DISPATCHER, "gulou")})), {}, "not_found"),
        (Caller("d-1", frozenset({(Role.LEADER, v.COMMUNITY)})), {}, "not_found"),
        (v.resident("d-1"), {}, "no_emergency"),
        (
            Caller("d-1", OFFICIAL.grants | {(Role.RESIDENT, v.COMMUNITY)}),
            {"for_resident": None},
            "no_emergency",
        ),
    ],
)
def test_the_reserve_is_not_opened_otherwise(
    db: Engine, caller: Caller, more: dict[str, Any], code: str
) -> None:
    command = reserved()
    refused(code, lambda: in_need(caller, command, **more))


def test_a_consent_has_a_future_and_is_to_somebody_else(db: Engine) -> None:
    for changed in ({"until": v.NOON}, {"proxy_id": "elder"}):
        with pytest.raises(Invalid):
            consent.give(agreed(**changed), caller=LEADER, now=v.NOON)


def test_a_consent_that_is_revoked_at_this_moment_does_not_count(db: Engine) -> None:
    command = agreed()
    consent.give(command, caller=LEADER, now=v.NOON)
    calls = iter(range(99))

    def revoke_in_between(operation: str) -> None:
        if operation == "TransactWriteItems" and next(calls) == 0:
            consent.revoke(str(command.id), caller=v.resident("elder"), now=v.NOON)

    db.before_call = revoke_in_between
    refused("no_consent", lambda: for_elder(command))


# ---------------------------------------------------------------- quotes


def test_a_quote_is_what_the_order_would_cost_and_holds_nothing(db: Engine) -> None:
    command = v.wish(None, {GREENS: 12, RICE: 1}, spend_points=2, boxes=1, pay="online")
    before = db.everything()
    quoted = orders.quote(command, caller=v.resident("r-an"), now=v.NOON, settings=v.SETTINGS)
    assert db.everything() == before
    placed = orders.place(
        command.model_copy(update={"expected_total_fen": quoted.total_fen}),
        caller=v.resident("r-an"),
        now=v.NOON,
        settings=v.SETTINGS,
    )
    assert (quoted.stores, quoted.pay_by) == (len(placed.store_ids), placed.progress.pay_by)
    assert quoted.total_fen == placed.total_fen
    assert "69012345" not in quoted.model_dump_json(), "no store is named"


def test_a_quote_is_refused_as_the_order_would_be(db: Engine) -> None:
    who = {"caller": v.resident("r-an"), "now": v.NOON, "settings": v.SETTINGS}
    before = db.everything()
    for code, command in {
        "out_of_stock": v.wish(None, {GREENS: 28}),
        "unknown_sku": v.wish(None, {v.UNSOLD_SKU: 1}),
    }.items():
        refused(code, lambda command=command: orders.quote(command, **who))  # type: ignore[arg-type]
    assert db.everything() == before
