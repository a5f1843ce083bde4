"""A station, scans, machines and empties beside the shops, for the tests of packaging."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from linli import boxes, slots
from linli.boxes import ReturnArrival, Scan, Scanned, TakenIn
from linli.boxes.model import Place, PlaceIn
from linli.boxes.register import find
from linli.credit import Points
from linli.kernel.identity import Caller, Role
from linli.kernel.ids import gs1_check_digit, uuid7
from tests.support.boxes import BOX, HOME, NOW, OTHER, SECOND, shops
from tests.support.engine import Engine

STATION, NEXT, FAR = (f"69012345000{n}" + gs1_check_digit(f"69012345000{n}") for n in (4, 5, 6))
THING = "return-machine-1"
REWARD = Points(5)
KEEPER = Caller("keeper-1", frozenset({(Role.STORE, HOME)}))
OTHER_KEEPER = Caller("keeper-2", frozenset({(Role.STORE, OTHER)}))
COURIER = Caller("courier-1", frozenset({(Role.COURIER, "wulin")}))
CITY = Caller("city-1", frozenset({(Role.CITY, "wulin")}))
RESIDENT = Caller("resident-1", frozenset({(Role.RESIDENT, "wulin")}))
SLOT = "wulin.courier.20240628T1600"


def put_station(station_id: str = STATION, *, lat: float = 30.271, capacity: int = 2) -> None:
    """A station of the community, kept by the home store; registered anew with any capacity."""
    command = boxes.PutStation(
        community_id="wulin",
        store_id=HOME,
        name_zh="站",
        name_en="Station",
        lon=120.161,
        lat=lat,
        capacity_boxes=capacity,
    )
    known = None
    if find_station(station_id) is not None:
        known = "*"
    boxes.put_station(station_id, command, caller=CITY, if_match=known)


def find_station(station_id: str = STATION) -> boxes.Station | None:
    """The station, if it is registered."""
    try:
        return boxes.station(station_id)
    except boxes.UnknownStation:
        return None


@contextmanager
def stations() -> Iterator[Engine]:
    """Shops, two boxes, a station with its machine, and a slot."""
    with shops() as db:
        for box_id in (BOX, SECOND):
            command = boxes.RegisterBox(store_id=HOME)
            boxes.register(box_id, command, caller=KEEPER, now=NOW - timedelta(days=1))
        put_station()
        boxes.put_machine(THING, boxes.PutMachine(station_id=STATION), caller=KEEPER)
        starts_at = NOW + timedelta(hours=6)
        slots.put_slot(
            SLOT,
            slots.PutSlot(
                starts_at=starts_at,
                ends_at=starts_at + timedelta(hours=2),
                cutoff_at=starts_at - timedelta(hours=1),
                capacity_orders=9,
                price_fen=0,
            ),
            now=NOW,
        )
        yield db


def scan(
    kind: str,
    place_id: str | None = None,
    *,
    box_id: str = BOX,
    at: datetime = NOW,
    now: datetime = NOW,
    caller: Caller = KEEPER,
    scan_id: UUID | None = None,
    **more: Any,
) -> Scanned:
    """Somebody scans a box; a keeper for the home store."""
    if Role.STORE in caller.roles:
        more = {"store_id": caller.places(Role.STORE)[0]} | more
    place = PlaceIn.model_validate({"kind": kind, "id": place_id})
    command = Scan(id=scan_id or uuid7(), box_id=box_id, place=place, at=at, **more)
    return boxes.scan(command, caller=caller, now=now, reward_points=REWARD)


def where(box_id: str = BOX) -> tuple[str, str]:
    """Who has a box."""
    box = find(box_id)
    assert box is not None
    return box.custodian.value, box.custodian_id


def place_of(box_id: str = BOX) -> Place:
    """Who has a box."""
    box = find(box_id)
    assert box is not None
    return box.place


def message(
    seq: int,
    *,
    kind: str = "box",
    boot: int = 1,
    at: datetime = NOW,
    thing: str = THING,
    store_id: str = HOME,
    client_id: str | None = None,
    raw: bytes | None = None,
    **said: Any,
) -> ReturnArrival:
    """What the topic rule hands over of a machine's message."""
    if kind == "box":
        said = {"box_id": BOX} | said
    body = {"boot": boot, "seq": seq, "at": at.isoformat()} | said
    content = json.dumps(body, default=str).encode() if raw is None else raw
    return ReturnArrival(
        payload=base64.b64encode(content).decode(),
        store_id=store_id,
        thing=thing,
        kind=kind,
        client_id=client_id or thing,
        received_at_ms=int(NOW.timestamp() * 1000),
    )


def put_in(seq: int, *, now: datetime = NOW, **said: Any) -> TakenIn:
    """A machine's message is taken in."""
    return boxes.take_in(message(seq, **said), now=now, reward_points=REWARD)


def announce(box_id: str = BOX, *, caller: Caller = RESIDENT, **more: Any) -> boxes.Returned:
    """A resident announces a return."""
    command = boxes.ReturnBox(id=uuid7(), box_id=box_id, **more)
    return boxes.take_back(command, caller=caller, now=NOW, reward_points=REWARD)
