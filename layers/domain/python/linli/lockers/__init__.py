"""Parcel lockers (智能柜): banks of compartments of several sizes; orders are collected there."""

from linli.lockers.model import (
    Compartments,
    Locker,
    LockerFull,
    LockerPlace,
    PutLocker,
    TooBigForLocker,
    UnknownLocker,
)
from linli.lockers.put import lockers_of, put_locker, read_locker, taken_on
from linli.lockers.use import Usage, choose, day_of, give_back, out_by, take, usage_in, usage_keys

__all__ = [
    "Compartments",
    "Locker",
    "LockerFull",
    "LockerPlace",
    "PutLocker",
    "TooBigForLocker",
    "UnknownLocker",
    "Usage",
    "choose",
    "day_of",
    "give_back",
    "lockers_of",
    "out_by",
    "put_locker",
    "read_locker",
    "take",
    "taken_on",
    "usage_in",
    "usage_keys",
]
