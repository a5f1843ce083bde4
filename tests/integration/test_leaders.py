"""Leaders: joined by consent, paid for orders that stood, told totals of many alone."""

import contextlib
from collections.abc import Iterator
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest

from linli import audit, credit, leaders, orders
from linli.kernel.errors import AlreadyDone
from linli.kernel.identity import Caller, Role
from linli.kernel.ids import uuid7
from linli.kernel.tables import Table
from linli.kernel.transact import transaction
from linli.leaders import JoinLeader, LeaveLeader, PutLeader
from linli.orders import Order
from tests.support import picking
from tests.support import village as v
from tests.support.engine import Engine, engine
from tests.support.http import golden, send

LEADER = Caller("leader-1", frozenset({(Role.LEADER, v.COMMUNITY)}))
CLOSED = v.LATER + timedelta(days=2)
NEXT_MONTH = v.NOON + timedelta(days=31)
GOODS_FEN = 10 * v.PRICES_FEN[v.SKUS[1]]
COMMISSION_FEN = GOODS_FEN * 30 // 1000
PEOPLE = tuple(f"neighbour-{n}" for n in range(6))


@pytest.fixture
def db() -> Iterator[Engine]:
    with engine() as opened:
        v.furnish({(v.STORES[0], v.SKUS[1]): 500})
        lead()
        yield opened
        assert list(leaders.breaches()) == []
        violations = [f for each in audit.run(20, lambda s: None) for f in each.violations]
        assert violations == []


def lead(building: str = "3", who: Caller = LEADER) -> leaders.Building:
    return leaders.put_leader(PutLeader(community_id=v.COMMUNITY, building=building), caller=who)


def join(who: str, building: str = "3") -> leaders.Membership:
    command = JoinLeader(id=uuid7(), community_id=v.COMMUNITY, building=building, consent=True)
    return leaders.join(command, caller=v.resident(who), now=v.NOON)


def leave(who: str) -> leaders.Membership:
    return leaders.leave(LeaveLeader(id=uuid7()), caller=v.resident(who), now=v.NOON)


def place(who: str, units: int = 10, **more: Any) -> Order:
    command = v.wish(None, {v.SKUS[1]: units}, **more)
    return orders.place(command, caller=v.resident(who), now=v.NOON, settings=v.SETTINGS)


def deliver(order: Order, outcome: Any = "delivered") -> None:
    orders.freeze(order.order_id, v.SLOT, v.LATER)
    picking.send_off(orders.read(order.order_id), v.LATER)
    orders.deliver(
        str(uuid7()),
        order.order_id,
        courier_id="c",
        outcome=outcome,
        box_ids=[],
        at=v.LATER,
        now=v.LATER,
    )


def commission(order: Order) -> tuple[str, int]:
    return credit.audit().transfers[f"{order.order_id}/commission"]


def months() -> list[dict[str, Any]]:
    body = send("leaders", golden("leader_totals")).body
    return list(body["months"])


def test_an_order_counts_for_the_leader_its_resident_has_joined(db: Engine) -> None:
    join("r-an")
    order = place("r-an")
    assert order.attribution is not None
    assert order.attribution.leader_id == "leader-1"
    assert commission(order) == ("pending", 0)
    assert place("r-bo").attribution is None


def test_a_resident_who_left_counts_no_more_but_what_was_placed_stays(db: Engine) -> None:
    join("r-an")
    before = place("r-an")
    assert leave("r-an").leader_id is None
    assert place("r-an").attribution is None
    deliver(before)
    orders.sweep(CLOSED)
    assert commission(before) == ("posted", COMMISSION_FEN)


def test_a_commission_is_owed_when_nobody_can_dispute_the_order_any_more(db: Engine) -> None:
    join("r-an")
    order = place("r-an")
    deliver(order)
    assert commission(order) == ("pending", 0)
    orders.sweep(CLOSED)
    orders.sweep(CLOSED)
    assert commission(order) == ("posted", COMMISSION_FEN)


def test_an_order_that_is_cancelled_or_fails_earns_nothing(db: Engine) -> None:
    join("r-an")
    cancelled, failed = place("r-an"), place("r-an")
    orders.cancel(cancelled.order_id, resident_id="r-an", now=v.NOON)
    deliver(failed, "failed")
    orders.sweep(CLOSED)
    assert {commission(cancelled), commission(failed)} == {("voided", 0)}


def test_what_was_not_found_earns_nothing(db: Engine) -> None:
    join("r-an")
    order = place("r-an")
    orders.freeze(order.order_id, v.SLOT, v.LATER)
    report = picking.report(orders.read(order.order_id), v.STORES[0], {v.SKUS[1]: {"units": 4}})
    orders.pick(report, caller=picking.keeper(v.STORES[0]), now=v.LATER)
    orders.hand_over(order.order_id, v.STORES[0], by="k", now=v.LATER)
    orders.deliver(
        str(uuid7()),
        order.order_id,
        courier_id="c",
        outcome="delivered",
        box_ids=[],
        at=v.LATER,
        now=v.LATER,
    )
    orders.sweep(CLOSED)
    assert commission(order) == ("posted", 4 * v.PRICES_FEN[v.SKUS[1]] * 30 // 1000)


def trade(people: tuple[str, ...]) -> None:
    for who in people:
        join(who)
        deliver(place(who))
    orders.sweep(CLOSED)


def test_a_month_of_enough_neighbours_is_paid_once_and_told_in_totals(db: Engine) -> None:
    trade(PEOPLE)
    assert leaders.settle(CLOSED) == [], "the month is not over"
    assert months() == []
    assert leaders.settle(NEXT_MONTH) == ["leader-1"]
    assert leaders.settle(NEXT_MONTH) == []
    assert months() == [
        {
            "month": "2026-06",
            "orders": 6,
            "residents": 6,
            "goods_fen": 6 * GOODS_FEN,
            "commission_fen": 6 * COMMISSION_FEN,
        }
    ]
    assert credit.audit().transfers["2026-06/paid"] == ("posted", 6 * COMMISSION_FEN)


def test_a_total_of_too_few_is_not_told_and_not_paid_until_there_are_enough(db: Engine) -> None:
    trade(PEOPLE[:4])
    assert leaders.settle(NEXT_MONTH) == []
    body = send("leaders", golden("leader_totals")).body
    assert (body["months"], body["members"], body["paid_fen"]) == ([], None, 0)


def test_what_a_leader_sees_names_no_neighbour_and_no_order(db: Engine) -> None:
    trade(PEOPLE)
    leaders.settle(NEXT_MONTH)
    text = repr(send("leaders", golden("leader_totals")).body)
    ids = [row["pk"]["S"] for row in db.items(Table.ORDERS).values()]
    assert not [each for each in (*PEOPLE, *ids) if each in text]


def test_a_resident_joins_one_leader_and_by_their_own_word(db: Engine) -> None:
    lead("4", Caller("leader-2", LEADER.grants))
    first = send("leaders", golden("leader_joined"))
    assert first.body["leader_id"] == "leader-1"
    assert send("leaders", golden("leader_joined")).body == first.body
    again = golden("leader_joined", body={"id": str(uuid7()), "building": "4"})
    assert send("leaders", again).code == "has_leader"
    unwilling = golden("leader_joined", body={"id": str(uuid7()), "consent": False})
    assert send("leaders", unwilling).code == "invalid"
    assert send("leaders", golden("leader_left")).body["leader_id"] is None
    assert send("leaders", again).body["leader_id"] == "leader-2"
    assert send("leaders", golden("my_leader")).body["building"] == "4"
    assert send("leaders", golden("leader_left")).body["leader_id"] == "leader-2", "sent before"


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (golden("leader_joined", body={"building": "99"}), "not_found"),
        (golden("leader_joined", roles="resident@elsewhere"), "not_found"),
        (golden("leader_joined", roles="leader@wulin"), "forbidden"),
        (golden("leader_left"), "not_found"),
        (golden("building_led", subject="leader-2"), "building_taken"),
        (golden("building_led", roles="leader@elsewhere"), "not_found"),
        (golden("leader_totals", roles="resident@wulin"), "forbidden"),
    ],
)
def test_what_makes_no_sense_changes_nothing(db: Engine, event: Any, code: str) -> None:
    before = db.everything()
    assert send("leaders", event).code == code
    assert db.everything() == before


def test_buildings_with_leaders_are_listed(db: Engine) -> None:
    found = send("leaders", golden("leaders_listed")).body["buildings"]
    assert [(b["building"], b["leader_id"]) for b in found] == [("3", "leader-1")]


def test_joining_twice_at_once_joins_once(db: Engine) -> None:
    start = Barrier(4)

    def run() -> None:
        start.wait()
        try:
            join("r-an")
        except leaders.HasLeader:
            return

    threads = [Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert leaders.membership("r-an").leader_id == "leader-1"


def test_the_audit_sees_a_member_who_is_not_counted() -> None:
    with engine() as db:
        v.furnish({})
        lead()
        join("r-an")
        key = f"COMMUNITY#{v.COMMUNITY}", "BUILDING#3"
        db.damage(Table.LEADERS, key, lambda i: i.update(members={"N": "2"}))
        assert len(list(leaders.breaches())) == 1


def test_a_refund_out_of_goodwill_takes_the_commission_on_it_back_by_a_new_entry(
    db: Engine,
) -> None:
    trade(PEOPLE)
    order_id = orders.of_resident(PEOPLE[0])[0].order_id
    for _ in range(2):
        with contextlib.suppress(AlreadyDone), transaction() as tx:
            orders.conceded(tx, order_id, "refund-1", GOODS_FEN, CLOSED)
    leaders.settle(NEXT_MONTH)
    assert months()[0]["commission_fen"] == 5 * COMMISSION_FEN
    assert credit.audit().transfers[f"{order_id}/conceded/refund-1"] == ("posted", COMMISSION_FEN)


def test_what_is_taken_back_after_it_was_paid_comes_off_the_next_months(db: Engine) -> None:
    trade(PEOPLE)
    leaders.settle(NEXT_MONTH)
    order_id = orders.of_resident(PEOPLE[0])[0].order_id
    with transaction() as tx:
        orders.conceded(tx, order_id, "refund-1", GOODS_FEN, NEXT_MONTH)
    assert leaders.settle(NEXT_MONTH + timedelta(days=40)) == []
    assert months()[0]["commission_fen"] == 6 * COMMISSION_FEN
