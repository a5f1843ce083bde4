"""Delivery slots (错峰): capacity, cut-off and price; a slot becomes a wave when it closes."""

from linli.slots.change import (
    close,
    due,
    etag,
    give_back,
    put_slot,
    read,
    reserve,
    take,
    take_reserved,
    unreserve,
)
from linli.slots.model import PutSlot, Slot, SlotClosed, SlotFull, UnknownSlot
from linli.slots.opening import open_slots, put_rules, read_rules
from linli.slots.pricing import PriceRule, PriceStep, price
from linli.slots.rows import slot_in, slot_key, slots_of
from linli.slots.week import Package, PutSlotRules, SlotRules

__all__ = [
    "Package",
    "PriceRule",
    "PriceStep",
    "PutSlot",
    "PutSlotRules",
    "Slot",
    "SlotClosed",
    "SlotFull",
    "SlotRules",
    "UnknownSlot",
    "close",
    "due",
    "etag",
    "give_back",
    "open_slots",
    "price",
    "put_rules",
    "put_slot",
    "read",
    "read_rules",
    "reserve",
    "slot_in",
    "slot_key",
    "slots_of",
    "take",
    "take_reserved",
    "unreserve",
]
