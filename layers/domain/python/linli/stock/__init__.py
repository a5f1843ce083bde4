"""Honeycomb stock (蜂巢式库存): the stores near a point are sold as one pool."""

from linli.stock.allocate import allocate_lots, allocated
from linli.stock.booking import Why, book_in
from linli.stock.change import (
    Sale,
    hold,
    hold_from_shelf,
    lose,
    protection,
    put_hours,
    put_protection,
    put_reserve,
    release,
    sell,
    sell_at_till,
)
from linli.stock.commands import (
    Count,
    DecideStocktake,
    Receipt,
    ReceiveTransfer,
    RequestTransfer,
    ShipTransfer,
    Stocktake,
    SupplierReturn,
    Units,
    WriteOff,
)
from linli.stock.conflicts import TillConflict, conflicts, note_conflict
from linli.stock.debts import OwnerDebt, balances, debts
from linli.stock.fefo import Lot, Share
from linli.stock.levels import levels, of_store
from linli.stock.model import Level, NotEnoughOnHand, OutOfStock, Shelf, ShelfMoved, Source
from linli.stock.moves import (
    Move,
    check_receipt,
    lot_in,
    lots_on_hand,
    moves_of,
    receive,
    return_to_supplier,
    write_off,
)
from linli.stock.once import once
from linli.stock.pool import Pool, availability, level_keys, levels_in, pool_for
from linli.stock.presold import arrive_free, arrive_held, expect
from linli.stock.rules import MOST_STORES, Offer, choose_sources, offers
from linli.stock.shards import MOST_SHARDS
from linli.stock.split import split
from linli.stock.stocktake import Counted, FourEyes, decide, stocktake, stocktakes, take_stock
from linli.stock.suggest import Suggestion, distances, suggest
from linli.stock.sweep import sweep_store
from linli.stock.transfer import (
    Transfer,
    cancel_transfer,
    receive_transfer,
    request,
    ship,
    transfer,
    transfers,
)

__all__ = [
    "MOST_SHARDS",
    "MOST_STORES",
    "Count",
    "Counted",
    "DecideStocktake",
    "FourEyes",
    "Level",
    "Lot",
    "Move",
    "NotEnoughOnHand",
    "Offer",
    "OutOfStock",
    "OwnerDebt",
    "Pool",
    "Receipt",
    "ReceiveTransfer",
    "RequestTransfer",
    "Sale",
    "Share",
    "Shelf",
    "ShelfMoved",
    "ShipTransfer",
    "Source",
    "Stocktake",
    "Suggestion",
    "SupplierReturn",
    "TillConflict",
    "Transfer",
    "Units",
    "Why",
    "WriteOff",
    "allocate_lots",
    "allocated",
    "arrive_free",
    "arrive_held",
    "availability",
    "balances",
    "book_in",
    "cancel_transfer",
    "check_receipt",
    "choose_sources",
    "conflicts",
    "debts",
    "decide",
    "distances",
    "expect",
    "hold",
    "hold_from_shelf",
    "level_keys",
    "levels",
    "levels_in",
    "lose",
    "lot_in",
    "lots_on_hand",
    "moves_of",
    "note_conflict",
    "of_store",
    "offers",
    "once",
    "pool_for",
    "protection",
    "put_hours",
    "put_protection",
    "put_reserve",
    "receive",
    "receive_transfer",
    "release",
    "request",
    "return_to_supplier",
    "sell",
    "sell_at_till",
    "ship",
    "split",
    "stocktake",
    "stocktakes",
    "suggest",
    "sweep_store",
    "take_stock",
    "transfer",
    "transfers",
    "write_off",
]
