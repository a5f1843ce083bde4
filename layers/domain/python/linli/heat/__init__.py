"""Heat map (配送热力图) and peaks, and the presale's share of sales: counted from the orders."""

from linli.heat.count import count
from linli.heat.read import heat_of, share_of
from linli.heat.rules import Area, Peak, Share, peaks, published

__all__ = ["Area", "Peak", "Share", "count", "heat_of", "peaks", "published", "share_of"]
