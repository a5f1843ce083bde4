"""What there is, as CSV that a spreadsheet opens without calculating anything."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from linli import catalogue, stock
from linli.imports.parse import FORMULA, SHAPES

ExportKind = Literal["products", "stores", "stock"]
LEVEL_COLUMNS = (
    "store_id",
    "sku",
    "atp_units",
    "held_units",
    "inbound_units",
    "protected_units",
    "reserve_units",
    "received_units",
    "written_off_units",
    "sold_units",
)


def export(kind: ExportKind, place: str) -> str:
    """
    All products, the stores of community `place`, or the levels of store `place`.

    Products and stores come in the form in which they can be imported.
    """
    if kind == "stock":
        return _csv(LEVEL_COLUMNS, stock.of_store(place))
    if kind == "stores":
        return _csv(SHAPES["stores"].columns, catalogue.stores(place))
    return _csv(SHAPES["products"].columns, catalogue.products())


def _csv(columns: Sequence[str], rows: Iterable[Any]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([safe(getattr(row, column)) for column in columns])
    return text.getvalue()


def safe(value: object) -> str:
    """
    A cell that no spreadsheet takes for a formula (OWASP, CSV injection): text that begins like
    one gets an apostrophe. Numbers are ours and stay numbers.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    text = str(value)
    return f"'{text}" if text.startswith(FORMULA) else text
