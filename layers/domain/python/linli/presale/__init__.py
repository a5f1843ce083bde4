"""Presale (社区预售): demand collected in cycles, bought by the case, delivered as orders."""

from linli.presale.arrive import arrive
from linli.presale.close import close_presales
from linli.presale.collect import place
from linli.presale.cycles import cycles_of, procurements, put_cycle, read_cycle
from linli.presale.ending import cancel, read_order
from linli.presale.model import (
    Arrival,
    Cycle,
    Goods,
    PlacePresale,
    PresaleOrder,
    Procurement,
    PutCycle,
)

__all__ = [
    "Arrival",
    "Cycle",
    "Goods",
    "PlacePresale",
    "PresaleOrder",
    "Procurement",
    "PutCycle",
    "arrive",
    "cancel",
    "close_presales",
    "cycles_of",
    "place",
    "procurements",
    "put_cycle",
    "read_cycle",
    "read_order",
]
