"""Demand table: what walk-ins bought, by store, day, SKU and hour."""

from datetime import date
from typing import Any

from pynamodb.attributes import NumberAttribute

from linli.kernel.tables import Row, Table

_HOUR = "h"


class DemandRow(Row):
    """
    pk = <store_id>, sk = <local date>#<sku>, with a number `h0` to `h23` for each local hour in
    which something was sold.
    """

    table = Table.DEMAND
    hours: dict[int, int]

    @classmethod
    def from_raw_data(cls, data: dict[str, Any]) -> "DemandRow":
        """The row of an item, with its hours."""
        row: DemandRow = super().from_raw_data(data)
        row.hours = {
            int(name.removeprefix(_HOUR)): int(value["N"])
            for name, value in data.items()
            if name.startswith(_HOUR)
        }
        return row


def hour(of_day: int) -> NumberAttribute:
    """The attribute of an hour."""
    return NumberAttribute(attr_name=f"{_HOUR}{of_day}")


def demand_key(on: date, sku: str) -> str:
    """The sort key of a day's demand for a SKU."""
    return f"{on.isoformat()}#{sku}"
