"""Returnable boxes (共享包装): one custodian each, one deposit per cycle."""

from linli.boxes.audit import breaches
from linli.boxes.change_hands import hand_over, take_back
from linli.boxes.model import (
    Box,
    BoxMoved,
    BoxNotInStore,
    BoxNotOut,
    BoxTaken,
    Custodian,
    RegisterBox,
    RetiredBox,
    ReturnBox,
    Returned,
    UnknownStore,
)
from linli.boxes.register import read, register

__all__ = [
    "Box",
    "BoxMoved",
    "BoxNotInStore",
    "BoxNotOut",
    "BoxTaken",
    "Custodian",
    "RegisterBox",
    "RetiredBox",
    "ReturnBox",
    "Returned",
    "UnknownStore",
    "breaches",
    "hand_over",
    "read",
    "register",
    "take_back",
]
