"""Delivery slots (错峰): capacity, cut-off and price; a slot becomes a wave when it closes."""

from linli.slots.change import close, due, give_back, put_slot, take
from linli.slots.model import PutSlot, Slot, SlotClosed, SlotFull, UnknownSlot
from linli.slots.rows import slot_in, slot_key, slots_of

__all__ = [
    "PutSlot",
    "Slot",
    "SlotClosed",
    "SlotFull",
    "UnknownSlot",
    "close",
    "due",
    "give_back",
    "put_slot",
    "slot_in",
    "slot_key",
    "slots_of",
    "take",
]
