"""Honeycomb stock (蜂巢式库存): the stores near a point are sold as one pool."""

from linli.stock.booking import Why
from linli.stock.change import (
    Sale,
    hold,
    protection,
    put_hours,
    put_protection,
    put_reserve,
    release,
    sell,
    sell_at_till,
)
from linli.stock.commands import Receipt, SupplierReturn, WriteOff
from linli.stock.fefo import Lot
from linli.stock.model import Level, NotEnoughOnHand, OutOfStock, Shelf, Source
from linli.stock.moves import Move, lots_on_hand, moves_of, receive, return_to_supplier, write_off
from linli.stock.moves import check_receipt as check_receipt
from linli.stock.pool import Pool, availability, level_keys, levels_in, of_store, pool_for
from linli.stock.presold import arrive_free, arrive_held, expect
from linli.stock.rules import MOST_STORES, Offer, choose_sources, offers

__all__ = [
    "MOST_STORES",
    "Level",
    "Lot",
    "Move",
    "NotEnoughOnHand",
    "Offer",
    "OutOfStock",
    "Pool",
    "Receipt",
    "Sale",
    "Shelf",
    "Source",
    "SupplierReturn",
    "Why",
    "WriteOff",
    "arrive_free",
    "arrive_held",
    "availability",
    "check_receipt",
    "choose_sources",
    "expect",
    "hold",
    "level_keys",
    "levels_in",
    "lots_on_hand",
    "moves_of",
    "of_store",
    "offers",
    "pool_for",
    "protection",
    "put_hours",
    "put_protection",
    "put_reserve",
    "receive",
    "release",
    "return_to_supplier",
    "sell",
    "sell_at_till",
    "write_off",
]
