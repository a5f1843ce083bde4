"""Protection: what a store's own walk-ins buy, and how much is kept for them at each hour."""

from linli.protection import recompute
from linli.protection.recompute import recompute_store
from linli.protection.till import TillLine, TillSale, sell_at_till

__all__ = ["TillLine", "TillSale", "recompute", "recompute_store", "sell_at_till"]
