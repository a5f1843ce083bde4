"""Every use case on an order in every state: it turns it and says so, or changes nothing."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from linli import orders
from linli.kernel.errors import NotFound, Refused
from linli.kernel.identity import Caller, Role
from linli.kernel.ids import uuid7
from linli.kernel.transact import transaction
from linli.orders import Order
from tests.support import lives, picking
from tests.support import village as v
from tests.support.engine import Engine, engine
from tests.support.money import capture
from tests.support.world import audit_now

LATE = lives.END + timedelta(days=3)
KEEPER = v.keeper(v.STORES[0])


@pytest.fixture
def db() -> Iterator[Engine]:
    with engine() as opened:
        v.furnish_quickly(opened, "lives", lives.furnish)
        yield opened
        assert audit_now() == []


def _pick(order: Order) -> object:
    last = order.store_ids[-1]
    return orders.pick(picking.report(order, last), caller=picking.keeper(last), now=lives.END)


def _paper(order: Order, outcome: str) -> object:
    return orders.deliver_on_paper(
        str(uuid7()),
        order.order_id,
        courier_id=None,
        outcome=outcome,  # type: ignore[arg-type]
        box_ids=(),
        at=lives.END,
        now=lives.END,
    )


def _pay(order: Order) -> object:
    with transaction() as tx:
        capture(tx, order.order_id, lives.END)
    return None


def _change(order: Order) -> object:
    lines = [{"sku": v.SKUS[0], "units": 2}]
    command = orders.ChangeLines.model_validate({"id": uuid7(), "lines": lines})
    return orders.change(
        order.order_id, command, resident_id="r-an", now=v.NOON, settings=v.SETTINGS
    )


def _agree(order: Order) -> object:
    command = orders.Agree(id=uuid7(), sku=v.SKUS[0], substitute_sku=v.SKUS[1])
    return orders.agree(order.order_id, command, resident_id="r-an", now=lives.END)


def _collect(order: Order) -> object:
    code = orders.issue_code(order.order_id, resident_id="r-an", now=lives.END).code
    command = orders.Collect(id=uuid7(), code=code)
    who = v.resident("r-an") if order.channel == "locker" else KEEPER
    return orders.collect(order.order_id, command, caller=who, now=lives.END)


USES: dict[str, Callable[[Order], object]] = {
    "change": _change,
    "agree": _agree,
    "cancel": lambda o: orders.cancel(o.order_id, resident_id="r-an", now=lives.END),
    "freeze": lambda o: orders.freeze(o.order_id, o.slot_id, lives.END),
    "route": lambda o: orders.mark_routed(o.order_id, f"{v.SLOT}.2", lives.END),
    "pick": _pick,
    "hand_over": lambda o: orders.hand_over(o.order_id, o.store_ids[0], by="k", now=lives.END),
    "deliver": lambda o: lives.end(o, "delivered"),
    "fail": lambda o: lives.end(o, "failed"),
    "store": lambda o: lives.end(o, "stored"),
    "paper": lambda o: _paper(o, "delivered"),
    "paper_failed": lambda o: _paper(o, "failed"),
    "collect": _collect,
    "pay": _pay,
    "expire": lambda o: orders.expire(o.order_id, LATE),
    "revive": lambda o: orders.revive(o.order_id, v.NOON, v.SETTINGS),
    "wait": lambda o: orders.give_up_waiting(o.order_id, LATE),
    "close": lambda o: orders.close(o.order_id, LATE),
}
# By use case, the states of `lives.STATES` in which it turns the order, and into what.
# What it does again without effect is not a turn; all else is refused.
TURNS = {
    "change": {"placed": "placed"},
    "cancel": {"placed": "cancelled"},
    "freeze": {"placed": "frozen"},
    "route": {"frozen": "routed", "routed": "routed", "picking": "picking", "packed": "packed"},
    "pick": {"frozen": "picking", "routed": "picking", "picking": "packed"},
    "hand_over": {"packed": "packed"},
    "deliver": {"handed_over": "delivered"},
    "fail": {"handed_over": "failed"},
    "paper": dict.fromkeys(("frozen", "routed", "picking", "packed", "handed_over"), "delivered"),
    "paper_failed": dict.fromkeys(
        ("frozen", "routed", "picking", "packed", "handed_over"), "failed"
    ),
    "collect": {"stored": "collected"},
    "revive": {"expired": "placed"},
    "wait": {"stored": "failed"},
    "close": {"delivered": "closed", "collected": "closed", "failed": "closed"},
}
CODED = ("routed", "picking", "packed", "handed_over", "stored")
"""States in which a code is made: to collect the order, or for the courier at the door."""
CODES = {
    "pick": {"out_of_order", "already_picked"},
    "deliver": {"out_of_order", "already_settled"},
    "fail": {"out_of_order", "already_settled"},
    "store": {"out_of_order", "already_settled"},
    "paper": {"out_of_order", "already_settled"},
    "paper_failed": {"out_of_order", "already_settled"},
    "agree": {"not_asked"},
    "pay": {"no_longer_payable"},
}


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("state", lives.STATES)
def test_a_turn_is_made_and_recorded_or_nothing_changes(db: Engine, state: str, use: str) -> None:
    order = lives.STATES[state]()
    assert order.state == state
    before, version = db.everything(), order.version
    refused = ""
    try:
        USES[use](order)
    except Refused as refusal:
        refused = refusal.code
    after = orders.read(order.order_id)
    to = TURNS.get(use, {}).get(state)
    if to is None:
        if use != "collect" or state not in CODED:  # A code was made for nothing.
            assert db.everything() == before, "refused, or done before, and something changed"
        assert refused in CODES.get(use, {"out_of_order"}) | {""}
        return
    assert (refused, after.state, after.version) == ("", to, version + 1)
    turn = orders.history(order.order_id, v.resident("r-an"))[-1]
    assert (turn.before, turn.after) == (state, to)
    assert turn.actor
    assert turn.at


def test_the_history_tells_who_did_what_and_why(db: Engine) -> None:
    order = lives.STATES["closed"]()
    told = [
        (turn.turn, turn.before, turn.after, turn.actor)
        for turn in orders.history(order.order_id, v.DISPATCHER)
    ]
    keepers = [picking.keeper(store_id).subject for store_id in order.store_ids]
    assert told == [
        ("place", None, "placed", "r-an"),
        ("freeze", "placed", "frozen", "system:waves"),
        ("pick", "frozen", "picking", keepers[0]),
        ("pack", "picking", "packed", keepers[1]),
        ("hand_part", "packed", "packed", "k"),
        ("hand_over", "packed", "handed_over", "k"),
        ("deliver", "handed_over", "delivered", "c-1"),
        ("close", "delivered", "closed", "system:sweeper"),
    ]


@pytest.mark.parametrize(
    ("who", "may"),
    [
        (v.resident("r-an"), True),
        (KEEPER, True),
        (v.DISPATCHER, True),
        (v.resident("r-bo"), False),
        (v.keeper(v.FAR_STORE), False),
        (Caller("d", frozenset({(Role.DISPATCHER, "gulou")})), False),
        (Caller("r-an", frozenset({(Role.COURIER, v.COMMUNITY)})), False),
    ],
    ids=["owner", "store", "dispatcher", "neighbour", "another store", "elsewhere", "courier"],
)
def test_a_history_is_for_its_people_stores_and_dispatchers(
    db: Engine, who: Caller, may: bool
) -> None:
    order = lives.wide()
    if may:
        assert orders.history(order.order_id, who)
        return
    with pytest.raises(NotFound):
        orders.history(order.order_id, who)
