"""Each night: how much each store keeps for its walk-ins, from its own till."""

from collections import defaultdict
from datetime import date, datetime, timedelta

from linli import stock
from linli.catalogue import Community
from linli.kernel import reads
from linli.kernel.time import local_date
from linli.protection.rows import DemandRow
from linli.protection.rules import Day, levels

WEEKS = 8
"""How far back the record counts."""

History = dict[str, dict[date, Day]]
"""By SKU and day."""


def recompute_store(store_id: str, community: Community, now: datetime) -> int:
    """
    Write the protection of every level of a store anew; answers of how many.

    Levels of which the record knows nothing are left as they are. Doing it again changes nothing.
    """
    known, changed = history(store_id, local_date(now)), 0
    for level in stock.of_store(store_id):
        if level.sku not in known:
            continue
        kept = levels(known[level.sku], community.replenish_hours, community.protection_quantile)
        if stock.put_hours(level, kept):
            changed += 1
    return changed


def history(store_id: str, today: date) -> History:
    """
    What walk-ins bought on each of the last `WEEKS` weeks' days before `today`, from the first
    day on which the store's till told of anything; days without a sale are zeros.
    """
    begin = today - timedelta(weeks=WEEKS)
    span = DemandRow.sk.between(begin.isoformat(), today.isoformat())
    found: dict[str, dict[date, list[int]]] = defaultdict(dict)
    days: set[date] = set()
    for row in reads.query(DemandRow, store_id, span):
        on, _, sku = str(row.sk).partition("#")
        day = date.fromisoformat(on)
        days.add(day)
        found[sku][day] = [row.hours.get(hour, 0) for hour in range(24)]
    if not days:
        return {}
    first = min(days)
    record = [first + timedelta(days=n) for n in range((today - first).days)]
    return {sku: {on: sold.get(on, [0] * 24) for on in record} for sku, sold in found.items()}
