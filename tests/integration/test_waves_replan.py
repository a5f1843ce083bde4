"""Something changes while routes are ridden: who is concerned gets another plan, nobody else."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from linli import orders, waves
from linli.kernel.errors import IdReused, NotFound
from linli.kernel.identity import Role
from linli.kernel.ids import uuid7
from linli.orders import Order
from linli.waves import NotPublished, RoutesMoved
from linli.waves.model import ReportDelivery, StartWave
from linli.waves.rows import RouteRow
from tests.support import community as here
from tests.support.community import AFTER, COURIERS, DISPATCHER, SLOT_ID, InProcess
from tests.support.engine import Engine, engine
from tests.support.picking import send_off
from tests.support.replans import Replanner, ask, change

RIDING = AFTER + timedelta(hours=1, minutes=10)


@pytest.fixture
def db() -> Iterator[Engine]:
    """Nine orders on the routes of three couriers who walk, so that each has some."""
    with engine() as opened:
        here.open_community(couriers=3, vehicle="walk")
        for n in range(9):
            here.place(n)
        waves.start(StartWave(id=uuid7(), slot_id=SLOT_ID), DISPATCHER, InProcess(), AFTER)
        assert len(route_ids()) > 1
        yield opened


def route_ids() -> list[str]:
    return [line.route_id for line in waves.wave_view(SLOT_ID, DISPATCHER).routes]


def doors(route_id: str) -> list[str]:
    visits = waves.manifest_view(route_id, DISPATCHER, AFTER).visits
    return [visit.place_id for visit in visits if visit.kind == "deliver"]


def take_all() -> None:
    for route_id in route_ids():
        row = RouteRow.get(f"ROUTE#{route_id}", "ROUTE")
        row.update([RouteRow.state.set("taken"), RouteRow.courier_id.set(row.planned_for)])


def everything_once(placed: int = 9) -> None:
    """Each order is on exactly the route that it says."""
    found = [(order_id, route_id) for route_id in route_ids() for order_id in doors(route_id)]
    assert len({order_id for order_id, _ in found}) == len(found) == placed
    assert all(orders.read(order_id).route_id == route_id for order_id, route_id in found)


def test_a_courier_who_stops_before_collecting_is_replaced_by_the_others(db: Engine) -> None:
    take_all()
    stopped, *others = route_ids()
    moved = doors(stopped)
    told = ask(Replanner(), change("courier_stopped", route_ids=[stopped]))
    assert told.state == "applied", told
    assert set(told.moved_orders) == set(moved)
    everything_once()
    assert doors(stopped) == []
    view = waves.wave_view(SLOT_ID, DISPATCHER)
    assert {line.route_id: line.state for line in view.routes}[stopped] == "done"
    for route_id in others:
        row = RouteRow.get(f"ROUTE#{route_id}", "ROUTE")
        assert (row.version or 1) == (2 if set(doors(route_id)) & set(moved) else 1)
