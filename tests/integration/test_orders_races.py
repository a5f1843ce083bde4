"""
Any two turns of an order at the same moment, in every order of their calls: each happens once or
not at all, whoever was first, and the books are right whatever came of it.
"""

import itertools
import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial

import pytest

from linli import orders
from linli.kernel.errors import Contended, Refused
from linli.kernel.ids import uuid7
from linli.kernel.transact import transaction
from linli.orders import ChangeLines, Order
from tests.support import lives, picking
from tests.support import village as v
from tests.support.baton import Baton
from tests.support.engine import Engine, engine
from tests.support.money import capture
from tests.support.quick_sdk import quick_sdk
from tests.support.world import audit_now

GREENS = v.SKUS[0]
PAY_BY = v.NOON + timedelta(minutes=15)
SEEDS = 12


@pytest.fixture
def db() -> Iterator[Engine]:
    with engine() as opened, quick_sdk(opened):
        v.furnish_quickly(opened, "lives", lives.furnish)
        yield opened


def _pay(order: Order) -> None:
    """As payments do: in their own transaction; late money tries to have the order after all."""
    for _ in range(6):
        try:
            with transaction() as tx:
                capture(tx, order.order_id, PAY_BY)
            return
        except Contended:  # The notification is answered so that it comes again.
            continue
        except orders.NoLongerPayable:
            if not orders.revive(order.order_id, PAY_BY, v.SETTINGS):
                raise


def _change(order: Order) -> None:
    lines = [{"sku": GREENS, "units": 10}]
    command = ChangeLines.model_validate({"id": uuid7(), "lines": lines})
    who = {"resident_id": "r-an", "now": v.NOON, "settings": v.SETTINGS}
    orders.change(order.order_id, command, **who)  # type: ignore[arg-type]


def _pick(n: int, units: int | None = None) -> Callable[[Order], object]:
    def pick(order: Order) -> object:
        store_id = order.store_ids[n]
        changes = {} if units is None else {GREENS: {"units": units}}
        return picking.pick(order, store_id, v.LATER, changes)

    return pick


def _paper(order: Order) -> object:
    told = {"courier_id": None, "outcome": "delivered", "box_ids": (), "at": lives.END}
    return orders.deliver_on_paper(str(uuid7()), order.order_id, now=lives.END, **told)  # type: ignore[arg-type]


def _agree(order: Order) -> object:
    command = orders.Agree(id=uuid7(), sku=GREENS, substitute_sku=v.SKUS[1])
    return orders.agree(order.order_id, command, resident_id="r-an", now=v.NOON)


TURNS: dict[str, Callable[[Order], object]] = {
    "cancel": lambda o: orders.cancel(o.order_id, resident_id="r-an", now=PAY_BY),
    "pay": _pay,
    "expire": lambda o: orders.expire(o.order_id, PAY_BY),
    "change": _change,
    "agree": _agree,
    "freeze": lambda o: orders.freeze(o.order_id, o.slot_id, v.LATER),
    "route": lambda o: orders.mark_routed(o.order_id, f"{v.SLOT}.1", v.LATER),
    "pick one": _pick(0),
    "pick the other": _pick(-1, 1),
    "hand over one": lambda o: orders.hand_over(o.order_id, o.store_ids[0], by="k", now=v.LATER),
    "hand over the other": lambda o: orders.hand_over(
        o.order_id, o.store_ids[-1], by="k", now=v.LATER
    ),
    "deliver": lambda o: lives.end(o, "delivered"),
    "fail": lambda o: lives.end(o, "failed"),
    "paper": _paper,
    "wait": lambda o: orders.give_up_waiting(o.order_id, lives.END + timedelta(days=2)),
    "close": lambda o: orders.close(o.order_id, lives.END + timedelta(days=2)),
}


def due() -> Order:
    """To be paid, with points and boxes; two stores supply it, one line asks."""
    lines = [{"sku": GREENS, "units": 12, "substitute": "ask"}]
    body = v.order(spend_points=2, boxes=1, pay="online") | {"lines": lines}
    command = orders.PlaceOrder.model_validate(body)
    return orders.place(command, caller=v.resident("r-an"), now=v.NOON, settings=v.SETTINGS)


def pickup() -> Order:
    return lives.place({GREENS: 2}, slot_id=lives.PICKUP_SLOT, spend_points=1)


# Where two turns of these may meet.
MEETINGS: list[tuple[str, Callable[[], Order], tuple[str, ...]]] = [
    ("due", due, ("cancel", "pay", "expire", "change", "agree", "freeze")),
    ("paid", lambda: lives.paid(due()), ("cancel", "change", "agree", "freeze", "expire")),
    ("pickup", pickup, ("cancel", "change", "pick one", "expire")),
    (
        "frozen",
        lambda: lives.frozen(lives.paid(due())),
        ("cancel", "route", "pick one", "pick the other", "paper", "agree"),
    ),
    (
        "packed",
        lives.STATES["packed"],
        ("route", "hand over one", "hand over the other", "paper", "cancel"),
    ),
    ("handed_over", lives.STATES["handed_over"], ("deliver", "fail", "paper", "cancel")),
    ("stored", lives.STATES["stored"], ("wait", "close", "deliver")),
]
PAIRS = [
    pytest.param(make, one, other, id=f"{state}: {one}, {other}")
    for state, make, turns in MEETINGS
    for one, other in itertools.combinations_with_replacement(turns, 2)
]


@pytest.mark.parametrize(("make", "one", "other"), PAIRS)
def test_two_turns_at_the_same_moment_keep_the_books(
    db: Engine, make: Callable[[], Order], one: str, other: str
) -> None:
    clean = db.everything()
    for seed in range(SEEDS):
        db.restore(clean)
        order = make()
        faults: list[BaseException] = []
        baton = Baton(random.Random(seed), lambda: None)
        db.before_call = lambda operation, b=baton: b.hand_over()  # type: ignore[misc]
        for n, name in enumerate((one, other)):
            baton.spawn(f"{n} {name}", partial(_try, name, order, faults))
        baton.run()
        db.before_call = lambda operation: None
        assert faults == [], f"seed {seed}"
        assert audit_now() == [], f"seed {seed}"
        _check_money(orders.read(order.order_id))


def _try(name: str, order: Order, faults: list[BaseException]) -> None:
    """A refusal is an answer; being told to send again is one, too, as nothing was written."""
    try:
        TURNS[name](order)
    except (Contended, Refused):
        return
    except Exception as fault:
        faults.append(fault)


def _check_money(order: Order) -> None:
    kept = order.progress
    if order.payment == "paid":
        assert kept.paid_fen - kept.refund_fen == order.final_fen
    else:
        assert kept.paid_fen == kept.refund_fen == 0


def test_late_money_against_the_sweeper_ends_in_one_way(db: Engine) -> None:
    """Paid and placed, or expired and never paid: there is no third."""
    ends = set()
    clean = db.everything()
    for seed in range(40):
        db.restore(clean)
        order = due()
        baton = Baton(random.Random(seed), lambda: None)
        db.before_call = lambda operation, b=baton: b.hand_over()  # type: ignore[misc]
        for name in ("pay", "expire", "expire"):
            baton.spawn(name, partial(_try, name, order, []))
        baton.run()
        db.before_call = lambda operation: None
        after = orders.read(order.order_id)
        ends.add((after.state, after.payment))
        turns = [turn.turn for turn in orders.history(order.order_id, v.DISPATCHER)]
        assert turns in (["place", "pay"], ["place", "expire", "revive", "pay"])
        assert audit_now() == []
    assert ends == {("placed", "paid")}
