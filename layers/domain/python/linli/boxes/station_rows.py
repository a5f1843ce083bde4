"""Boxes table, its part of stations: each by itself and by place, and their machines."""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from linli.kernel.tables import Row, Table

STATION, MACHINE = "STATION", "MACHINE"


class StationRow(Row):
    """pk = STATION#<station_id>, sk = STATION; `held_boxes` moves with the boxes."""

    table = Table.BOXES
    body = UnicodeAttribute()
    etag = UnicodeAttribute()
    community_id = UnicodeAttribute()
    capacity_boxes = NumberAttribute()
    held_boxes = NumberAttribute(default=0)


class StationSpotRow(Row):
    """pk = STATIONS#<H3 cell, resolution 5>, sk = <station_id>: where it stands."""

    table = Table.BOXES
    lon = NumberAttribute()
    lat = NumberAttribute()


class MachineRow(Row):
    """pk = MACHINE#<thing>, sk = MACHINE: at which station a return machine stands, and whose."""

    table = Table.BOXES
    station_id = UnicodeAttribute()
    store_id = UnicodeAttribute()


def station_key(station_id: str) -> str:
    """The partition of a station."""
    return f"STATION#{station_id}"


def spots_key(cell: str) -> str:
    """The partition of the stations in a cell."""
    return f"STATIONS#{cell}"


def machine_key(thing: str) -> str:
    """The partition of a return machine."""
    return f"MACHINE#{thing}"
