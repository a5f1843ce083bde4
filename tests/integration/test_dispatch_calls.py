"""Masked calls: lines leased to couriers, which lead to a resident only while their order rides."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from linli import dispatch, orders, waves
from linli.dispatch import AskCall, AskConnection, PutCallPool, TellActions
from linli.dispatch.call_model import CallsOver, NoLineFree, NoPhone
from linli.kernel.errors import NotFound
from linli.kernel.identity import Caller, Role
from linli.kernel.ids import uuid7
from linli.kernel.tables import Table
from linli.waves.privacy import AFTER_FINISH
from tests.support import community as here
from tests.support import dispatching
from tests.support.community import AFTER, COMMUNITY, DISPATCHER
from tests.support.engine import Engine, engine
from tests.support.riding import ANNA, BELA, ROUTE, furnish_ridden_route

CITY = here.person("city-1", Role.CITY)
SWITCHBOARD = here.person("pls", Role.SWITCHBOARD)
NUMBER, OTHER = "+8617000000001", "+8617000000002"


@pytest.fixture
def db() -> Iterator[Engine]:
    """Anna holds the one route of a wave with four doors."""
    with engine() as opened:
        furnish_ridden_route(opened)
        yield opened


def rent(*numbers: str, extensions: int = 0) -> None:
    pool = PutCallPool(numbers=numbers, extensions=extensions)
    dispatch.put_pool(COMMUNITY, pool, CITY)


def doors() -> list[str]:
    return list(waves.route_on_desk(ROUTE).order_ids)


def call(order_id: str, who: Caller = ANNA, now: datetime = AFTER) -> str:
    command = AskCall.model_validate({"id": uuid7(), "order_id": order_id})
    return dispatch.lease(command, who, now).dial


def reach(dial: str, now: datetime = AFTER, who: Caller = SWITCHBOARD) -> str | None:
    """Whom the switchboard connects, as a simulated one asks."""
    number, _, extension = dial.removeprefix("tel:").partition(";ext=")
    asked = AskConnection(community_id=COMMUNITY, number=number, extension=extension)
    try:
        return dispatch.connection(asked, who, now).connect_to
    except NotFound:
        return None


def phone(order_id: str) -> str:
    return str(orders.read(order_id).deliver_to.contact_phone)


def end(*order_ids: str) -> None:
    actions = [
        {
            "id": uuid7(),
            "seq": int(uuid7()) % 10**9,
            "at": AFTER,
            "kind": "delivered",
            "order_id": o,
        }
        for o in order_ids
    ]
    body = {"community_id": COMMUNITY, "device": "phone", "actions": actions}
    command = TellActions.model_validate(body)
    told = dispatch.tell(command, ANNA, dispatching.helpers(), AFTER)
    assert {each.state for each in told.results} == {"applied"}


def hand_over() -> None:
    """The route goes from Anna to Bela."""
    withdraw = dispatch.Withdraw(id=uuid7(), reason="ill")
    machine, tokens = dispatching.Started(), dispatching.Waiting()
    dispatch.withdraw(ROUTE, withdraw, DISPATCHER, machine, tokens, AFTER)
    dispatching.take(ROUTE, BELA.subject, AFTER)


def test_a_line_leads_to_the_resident_whose_number_nobody_else_is_told(db: Engine) -> None:
    rent(NUMBER, extensions=10)
    first, second, *_ = doors()
    dial = call(first)
    assert call(first) == dial
    assert call(second) != dial
    assert reach(dial) == phone(first)
    for who in (ANNA, CITY, DISPATCHER, here.person("p", Role.SWITCHBOARD, community="gulou")):
        assert reach(dial, who=who) is None
    following = dispatch.next_stop(ANNA, AFTER).stop
    for told in (
        dispatch.manifest(ROUTE, ANNA, AFTER).model_dump_json(),
        dispatch.manifest(ROUTE, DISPATCHER, AFTER).model_dump_json(),
        following.model_dump_json() if following else "",
    ):
        assert dial in told
        assert not any(phone(each) in told for each in doors())
    own = [each.address for each in dispatch.manifest(ROUTE, ANNA, AFTER).visits if each.address]
    assert Counter(str(each.contact_phone) for each in own)["None"] == 2


ENDS: dict[str, tuple[Callable[[], None], timedelta]] = {
    "the order has ended": (lambda: end(doors()[0]), timedelta()),
    "the route is done": (lambda: end(*doors()), timedelta()),
    "the route has another courier": (hand_over, timedelta()),
    "the route was never ended": (lambda: None, AFTER_FINISH + timedelta(hours=4)),
}


@pytest.mark.parametrize("case", ENDS)
def test_after_the_close_a_line_leads_nowhere(db: Engine, case: str) -> None:
    rent(NUMBER)
    first, *_ = doors()
    dial = call(first)
    happens, passes = ENDS[case]
    happens()
    assert reach(dial, AFTER + passes) is None
    with pytest.raises((CallsOver, NotFound)):
        call(first, now=AFTER + passes)
    assert dial not in dispatch.manifest(ROUTE, DISPATCHER, AFTER + passes).model_dump_json()


def test_the_next_courier_has_a_line_of_their_own(db: Engine) -> None:
    rent(NUMBER, OTHER)
    first, *_ = doors()
    old = call(first)
    hand_over()
    new = call(first, BELA)
    assert new != old  # The one that rested longest.
    assert (reach(old), reach(new)) == (None, phone(first))
    with pytest.raises(NotFound):
        call(first, ANNA)


def test_without_a_free_line_the_answer_says_so_and_tells_no_number(db: Engine) -> None:
    first, second, *_ = doors()
    with pytest.raises(NoLineFree):
        call(first)
    rent(NUMBER)
    assert call(first) == f"tel:{NUMBER}"
    with pytest.raises(NoLineFree) as refused:
        call(second)
    assert phone(second) not in str(refused.value) + refused.value.title_en
    assert reach(call(first)) == phone(first)


def test_a_resident_without_a_number_is_not_called(db: Engine) -> None:
    rent(NUMBER)
    first, *_ = doors()

    number = f'"{phone(first)}"'

    def forget(item: dict[str, Any]) -> None:
        item["body"]["S"] = item["body"]["S"].replace(number, "null")

    (key,) = [k for k, item in db.items(Table.ORDERS).items() if number in str(item.get("body"))]
    db.damage(Table.ORDERS, key, forget)
    with pytest.raises(NoPhone):
        call(first)


@pytest.mark.parametrize("lines", [1, 3, 4])
def test_whatever_the_race_a_line_is_one_orders_and_an_order_has_one(
    db: Engine, lines: int
) -> None:
    rent(NUMBER, extensions=lines)
    found: list[tuple[str, str]] = []
    refused: list[str] = []

    def device(order_id: str) -> None:
        try:
            found.append((order_id, call(order_id)))
        except NoLineFree:
            refused.append(order_id)

    threads = [threading.Thread(target=device, args=(each,)) for each in doors() * 3]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    leases = set(found)
    assert len(leases) == len({line for _, line in leases}) == len({o for o, _ in leases}) == lines
    assert all(reach(line) == phone(order_id) for order_id, line in leases)
    assert len(found) + len(refused) == 12
    end(*doors())
    assert not any(reach(line) for _, line in leases)
