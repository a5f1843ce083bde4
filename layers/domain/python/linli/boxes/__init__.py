"""Returnable boxes (共享包装): one custodian each, one deposit per cycle."""

from linli.boxes.audit import breaches
from linli.boxes.change_hands import hand_over, take_back
from linli.boxes.model import Box, Custodian, RegisterBox, ReturnBox, Returned
from linli.boxes.refusals import (
    BoxMoved,
    BoxNotClean,
    BoxNotInStore,
    BoxNotOut,
    BoxTaken,
    RetiredBox,
    UnknownStore,
)
from linli.boxes.register import read, register
from linli.boxes.wash import InspectBox, Inspected, inspect

__all__ = [
    "Box",
    "BoxMoved",
    "BoxNotClean",
    "BoxNotInStore",
    "BoxNotOut",
    "BoxTaken",
    "Custodian",
    "InspectBox",
    "Inspected",
    "RegisterBox",
    "RetiredBox",
    "ReturnBox",
    "Returned",
    "UnknownStore",
    "breaches",
    "hand_over",
    "inspect",
    "read",
    "register",
    "take_back",
]
