"""Honeycomb stock (蜂巢式库存): the stores near a point are sold as one pool."""

from linli.stock.change import hold, put_protection, receive, release, sell, write_off
from linli.stock.model import Level, OutOfStock, Receipt, Source, WriteOff
from linli.stock.pool import Pool, availability, level_keys, levels_in, of_store, pool_for
from linli.stock.rules import MOST_STORES, choose_sources

__all__ = [
    "MOST_STORES",
    "Level",
    "OutOfStock",
    "Pool",
    "Receipt",
    "Source",
    "WriteOff",
    "availability",
    "choose_sources",
    "hold",
    "level_keys",
    "levels_in",
    "of_store",
    "pool_for",
    "put_protection",
    "receive",
    "release",
    "sell",
    "write_off",
]
