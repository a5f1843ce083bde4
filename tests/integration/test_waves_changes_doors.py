"""The doors of changes, pick lists, stranded orders and emergencies, as API Gateway calls them."""

from collections.abc import Iterator
from typing import Any

import pytest

from linli import orders, waves
from linli.kernel.ids import uuid7
from linli.orders import Order
from linli.waves.model import StartWave
from tests.support import community as here
from tests.support.asl import clock_at
from tests.support.community import AFTER, COMMUNITY, DISPATCHER, SLOT_ID, InProcess
from tests.support.engine import Engine, engine
from tests.support.http import Answer, golden, send

OTHERS = {
    "wave_replanned": ("resident@wulin", "courier@wulin", "store@6901234500017"),
    "replan_read": ("resident@wulin", "courier@wulin"),
    "pick_list_read": ("resident@wulin", "courier@wulin", "city@wulin"),
    "stranded_listed": ("resident@wulin", "courier@wulin", "city@wulin"),
    "stranded_resolved": ("resident@wulin", "courier@wulin", "city@wulin"),
    "emergency_rushed": ("resident@wulin", "courier@wulin", "city@wulin"),
}


@pytest.fixture
def db(monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with engine() as opened, clock_at(AFTER):
        here.open_community(couriers=0)
        yield opened


@pytest.fixture
def placed(db: Engine) -> list[Order]:
    """Two orders that no route of their wave brings, for nobody rides."""
    placed = [here.place(n) for n in range(2)]
    waves.start(StartWave(id=uuid7(), slot_id=SLOT_ID), DISPATCHER, InProcess(), AFTER)
    return placed


def ask(case: str, **changes: Any) -> Answer:
    return send("waves", golden(case, **changes))


@pytest.mark.parametrize(
    ("case", "roles"), [(case, roles) for case, some in OTHERS.items() for roles in some]
)
def test_only_those_whom_the_matrix_names_come_in(
    placed: list[Order], case: str, roles: str
) -> None:
    assert ask(case, roles=roles).status == 403


@pytest.mark.parametrize(
    "case", ["wave_replanned", "replan_read", "pick_list_read", "stranded_listed"]
)
def test_what_is_another_communitys_does_not_exist(placed: list[Order], case: str) -> None:
    assert ask(case, roles="dispatcher@gulou").code == "not_found"


def test_a_store_sees_its_own_pick_list_in_its_order(placed: list[Order]) -> None:
    store_id = orders.read(placed[0].order_id).store_ids[0]
    where = {"wave_id": SLOT_ID, "store_id": store_id}
    told = ask("pick_list_read", path=where, roles=f"store@{store_id}")
    assert told.status == 200, told.body
    assert sum(pick["units"] for pick in told.body["picks"]) >= 1
    other = next(each for each in here.STORES if each != store_id)
    assert ask("pick_list_read", path=where, roles=f"store@{other}").code == "not_found"
    assert ask("pick_list_read", path=where, roles="dispatcher@wulin").body == told.body


def test_a_stranded_order_is_listed_and_given_up_once(placed: list[Order]) -> None:
    listed = ask("stranded_listed").body["orders"]
    assert {each["order_id"] for each in listed} == {order.order_id for order in placed}
    first = placed[0].order_id
    for _ in range(2):
        told = ask("stranded_resolved", path={"order_id": first})
        assert (told.status, told.body["resolved"]) == (200, True), told.body
    assert orders.read(first).state == "cancelled"
    other = ask("stranded_resolved", path={"order_id": placed[1].order_id})
    assert other.code == "id_reused"


def test_what_is_no_change_is_invalid_and_an_ordinary_order_is_no_emergency(
    placed: list[Order],
) -> None:
    changes: list[dict[str, Any]] = [{"kind": "flood"}, {"kind": "lift_changed"}, {"route_ids": []}]
    for wrong in changes:
        assert ask("wave_replanned", body=wrong).status == 422
    told = ask("emergency_rushed", body={"order_id": placed[0].order_id})
    assert told.code == "not_an_emergency"
    assert ask("replan_read").code == "not_found"
    assert ask("stranded_listed", query={"community_id": COMMUNITY}).status == 200
