"""
Return stations (包装回收站): where they stand, how much room they have, which is near.

A station is found by the H3 cell in which it stands, as stores are.
"""

from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from linli import catalogue
from linli.boxes.model import StationId
from linli.boxes.refusals import (
    MachineTaken,
    StationFull,
    StationTaken,
    UnknownStation,
    UnknownStore,
)
from linli.boxes.station_rows import (
    MACHINE,
    STATION,
    MachineRow,
    StationRow,
    StationSpotRow,
    machine_key,
    spots_key,
    station_key,
)
from linli.catalogue.cells import MOST_METRES, cell_of, cells_around
from linli.kernel import editing, reads
from linli.kernel.errors import Contended, Invalid
from linli.kernel.geography import Crs, Point, point
from linli.kernel.identity import Caller, Role
from linli.kernel.ids import CommunityId, StoreId
from linli.kernel.transact import Transaction, transaction

NEAR_METRES = 3_000
MOST_NAMED = 3
"""How many other stations a full one names."""
MOST_LISTED = 50


class PutStation(BaseModel):
    """A return station, as the city registers it; a store of the community keeps it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    community_id: CommunityId
    store_id: StoreId = Field(description="The store that empties it")
    name_zh: Annotated[str, Field(min_length=1, max_length=80)]
    name_en: Annotated[str, Field(min_length=1, max_length=80)]
    lon: float
    lat: float
    crs: Crs = "WGS84"
    capacity_boxes: int = Field(strict=True, ge=0, le=10_000)

    @property
    def point(self) -> Point:
        """Where it stands, in WGS-84. Raises ValueError outside the world."""
        return point(self.lon, self.lat, self.crs)


class Station(PutStation):
    """A return station and how full it is."""

    station_id: str
    held_boxes: int = 0

    @property
    def room_boxes(self) -> int:
        """How many more boxes it takes."""
        return max(0, self.capacity_boxes - self.held_boxes)


class StationNear(BaseModel):
    """A station as somebody looks for one."""

    station_id: StationId
    name_zh: str
    name_en: str
    lon: float
    lat: float
    metres: int
    room_boxes: int


class PutMachine(BaseModel):
    """A return machine of a station."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    station_id: StationId


class Machine(PutMachine):
    """A registered return machine."""

    thing: str
    store_id: str


@dataclass(frozen=True, slots=True)
class _Spot:
    station_id: str
    metres: int


def put_station(
    station_id: str, command: PutStation, *, caller: Caller, if_match: str | None
) -> tuple[Station, str]:
    """
    Register a station or change it; answers it with its ETag. What is in it stays in it, also
    when it becomes smaller.

    Raises:
        NotFound: The community is not the caller's.
        Invalid: The place is not on Earth.
        UnknownStore: The store that keeps it is none of the community.
        StationTaken: It belongs to another community.
        Unconditional, Stale: See `kernel.editing`.
    """
    caller.require(command.community_id, Role.CITY)
    try:
        place = command.point
    except ValueError as error:
        raise Invalid(str(error)) from None
    store = catalogue.store(command.store_id)
    if store is None or store.community_id != command.community_id:
        raise UnknownStore
    row = reads.get(StationRow, station_key(station_id), STATION)
    if row is not None and row.community_id != command.community_id:
        raise StationTaken
    new = editing.etag(command)
    if editing.check(row.etag if row else None, new, if_match):
        _write(station_id, command, place, row, new)
    held = int(row.held_boxes) if row else 0
    station = Station(station_id=station_id, held_boxes=held, **command.model_dump())
    return station, new


def _write(
    station_id: str, command: PutStation, place: Point, row: StationRow | None, new: str
) -> None:
    seen = StationRow.pk.does_not_exist() if row is None else StationRow.etag == row.etag
    changes = [
        StationRow.body.set(command.model_dump_json()),
        StationRow.etag.set(new),
        StationRow.community_id.set(command.community_id),
        StationRow.capacity_boxes.set(command.capacity_boxes),
        StationRow.held_boxes.set(StationRow.held_boxes | 0),
    ]
    own = StationRow(station_key(station_id), STATION)
    with transaction() as tx:
        tx.update(own, changes, condition=seen, refusal=editing.Stale())
        cell = cell_of(place)
        tx.put(StationSpotRow(spots_key(cell), station_id, lon=place.lon, lat=place.lat))
        former = cell_of(PutStation.model_validate_json(row.body).point) if row else cell
        if former != cell:
            tx.delete(StationSpotRow(spots_key(former), station_id))


def station(station_id: str) -> Station:
    """
    A station as it is now.

    Raises:
        UnknownStation: There is none.
    """
    row = reads.get(StationRow, station_key(station_id), STATION)
    if row is None:
        raise UnknownStation
    return _station(row)


def _station(row: StationRow) -> Station:
    known = PutStation.model_validate_json(row.body).model_dump()
    station_id = row.pk.partition("#")[2]
    return Station(station_id=station_id, held_boxes=int(row.held_boxes), **known)


def near(place: Point, metres: int = NEAR_METRES) -> list[StationNear]:
    """
    The stations within `metres` of a place, the nearest first, with their room.

    Raises:
        Invalid: Farther than the index reaches.
    """
    if not 0 < metres <= MOST_METRES:
        raise Invalid(f"the index reaches {MOST_METRES} m")
    spots = sorted(
        (
            _Spot(row.sk, place.metres_to(Point(float(row.lon), float(row.lat))))
            for cell in cells_around(place, metres)
            for row in reads.query(StationSpotRow, spots_key(cell))
        ),
        key=lambda spot: (spot.metres, spot.station_id),
    )
    within = [spot for spot in spots if spot.metres <= metres][:MOST_LISTED]
    found = reads.batch((StationRow, station_key(s.station_id), STATION) for s in within)
    rows = [(found.get(StationRow, station_key(s.station_id), STATION), s) for s in within]
    return [_near(_station(row), spot.metres) for row, spot in rows if row is not None]


def _near(at: Station, metres: int) -> StationNear:
    place = at.point
    return StationNear(
        station_id=at.station_id,
        name_zh=at.name_zh,
        name_en=at.name_en,
        lon=place.lon,
        lat=place.lat,
        metres=metres,
        room_boxes=at.room_boxes,
    )


def check_room(at: Station, boxes: int = 1) -> None:
    """
    Send people on while they are still on their way.

    Raises:
        StationFull: With those that have room, the nearest first.
    """
    if at.room_boxes < boxes:
        others = [
            {"station_id": each.station_id, "metres": each.metres, "room_boxes": each.room_boxes}
            for each in near(at.point)
            if each.station_id != at.station_id and each.room_boxes >= boxes
        ]
        raise StationFull(nearest=others[:MOST_NAMED])


class StationFilled(Contended):
    """The station was filled, or emptied, at the same moment."""


def take_in(tx: Transaction, at: Station, boxes: int, *, forced: bool) -> None:
    """
    Count boxes into a station; `forced`: they are in it already, room or not.

    Raises, when `tx` commits:
        StationFilled: There was room when it was looked at, and is none now.
    """
    fits = StationRow.held_boxes <= at.capacity_boxes - boxes
    own = StationRow(station_key(at.station_id), STATION)
    condition = None if forced else fits
    tx.update(own, [StationRow.held_boxes.add(boxes)], condition=condition, refusal=StationFilled())


def let_out(tx: Transaction, station_id: str, boxes: int) -> None:
    """Count boxes out of a station."""
    own = StationRow(station_key(station_id), STATION)
    tx.update(
        own,
        [StationRow.held_boxes.add(-boxes)],
        condition=StationRow.held_boxes >= boxes,
        refusal=StationFilled(),
    )


def put_machine(thing: str, command: PutMachine, *, caller: Caller) -> Machine:
    """
    Say at which station a return machine stands; sending it again changes nothing.

    Raises:
        UnknownStation: There is no such station.
        NotFound: It is not kept by the caller's store.
        MachineTaken: Another store registered it.
    """
    store_id = station(command.station_id).store_id
    caller.require(store_id, Role.STORE)
    row = MachineRow(machine_key(thing), MACHINE, station_id=command.station_id, store_id=store_id)
    mine = MachineRow.pk.does_not_exist() | (MachineRow.store_id == store_id)
    with transaction() as tx:
        tx.put(row, condition=mine, refusal=MachineTaken())
    return Machine(thing=thing, store_id=store_id, station_id=command.station_id)
