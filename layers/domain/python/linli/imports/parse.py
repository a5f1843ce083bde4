"""From CSV text to commands, or to everything that is wrong with it. Pure."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from pydantic import BaseModel, TypeAdapter, ValidationError

from linli.catalogue import PutProduct, PutStore
from linli.imports.model import MOST_ERRORS, MOST_ROWS, Kind, RowError
from linli.kernel.ids import Sku, StoreId, derived
from linli.stock import Receipt

HEADER_ROW: Final = 1
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "'")
"""What makes a spreadsheet take a cell for a formula; `'` before it says that it is text."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The columns of a kind of file; the key names what a row is about, once a file."""

    columns: tuple[str, ...]
    needed: frozenset[str]
    key: tuple[str, ...]
    whole: frozenset[str] = frozenset()
    decimal: frozenset[str] = frozenset()


SHAPES: Final[Mapping[Kind, Shape]] = {
    "products": Shape(
        (
            "sku",
            "name_zh",
            "name_en",
            "price_fen",
            "grams",
            "zone",
            "emergency",
            "by_weight",
            "shelf",
        ),
        frozenset({"sku", "name_zh", "name_en", "price_fen", "grams"}),
        ("sku",),
        whole=frozenset({"price_fen", "grams"}),
    ),
    "stores": Shape(
        ("store_id", "community_id", "owner_id", "name_zh", "name_en", "lon", "lat", "crs"),
        frozenset({"store_id", "community_id", "owner_id", "name_zh", "name_en", "lon", "lat"}),
        ("store_id",),
        decimal=frozenset({"lon", "lat"}),
    ),
    "receipts": Shape(
        (
            "store_id",
            "sku",
            "units",
            "lot_id",
            "expires_on",
            "supplier_id",
            "supplier_lot",
            "received_celsius",
            "cost_fen",
        ),
        frozenset({"store_id", "sku", "units", "lot_id", "expires_on"}),
        ("store_id", "sku", "lot_id", "expires_on"),
        whole=frozenset({"units", "cost_fen"}),
        decimal=frozenset({"received_celsius"}),
    ),
}

_SKU: TypeAdapter[str] = TypeAdapter(Sku)
_STORE: TypeAdapter[str] = TypeAdapter(StoreId)


@dataclass(frozen=True, slots=True)
class Row:
    """A row that makes sense: its number, what it is about, and the command in it."""

    number: int
    key: str
    command: BaseModel


@dataclass(frozen=True, slots=True)
class Parsed:
    """A file's rows that make sense, how many it has in all, and what is wrong."""

    rows: tuple[Row, ...]
    count: int
    errors: tuple[RowError, ...]


def parse(kind: Kind, text: str, import_id: UUID) -> Parsed:
    """Read a file whole; never raises for what is in it."""
    shape = SHAPES[kind]
    try:
        table = list(csv.reader(io.StringIO(text.removeprefix("\ufeff")), strict=True))
    except csv.Error:
        return Parsed((), 0, (RowError(row=HEADER_ROW, column="", code="not_csv"),))
    if not table:
        return Parsed((), 0, (RowError(row=HEADER_ROW, column="", code="no_header"),))
    header, lines = [name.strip() for name in table[0]], table[1:]
    errors = _of_header(shape, header, len(lines))
    if errors:
        return Parsed((), len(lines), tuple(errors))
    rows, seen = [], set[tuple[str, ...]]()
    for number, cells in enumerate(lines, start=HEADER_ROW + 1):
        if not any(cells):
            continue
        found = _row(kind, shape, header, cells, number, import_id)
        key = tuple(_cell(cells[header.index(c)]) for c in shape.key if len(cells) == len(header))
        if isinstance(found, Row) and key in seen:
            found = [RowError(row=number, column=shape.key[0], code="duplicate")]
        seen.add(key)
        if isinstance(found, Row):
            rows.append(found)
        else:
            errors += found
    return Parsed(tuple(rows), len(lines), tuple(errors[:MOST_ERRORS]))


def _of_header(shape: Shape, header: Sequence[str], lines: int) -> list[RowError]:
    wrong = [(name, "unknown_column") for name in header if name not in shape.columns]
    wrong += [(name, "missing_column") for name in sorted(shape.needed - set(header))]
    wrong += [(name, "duplicate_column") for name in set(header) if header.count(name) > 1]
    if lines > MOST_ROWS:
        wrong.append(("", "too_many_rows"))
    if not lines:
        wrong.append(("", "no_rows"))
    return [RowError(row=HEADER_ROW, column=column, code=code) for column, code in sorted(wrong)]


def _row(
    kind: Kind,
    shape: Shape,
    header: Sequence[str],
    cells: Sequence[str],
    number: int,
    import_id: UUID,
) -> Row | list[RowError]:
    if len(cells) != len(header):
        return [RowError(row=number, column="", code="wrong_number_of_cells")]
    values: dict[str, Any] = {}
    errors = []
    for column, raw in zip(header, cells, strict=True):
        cell = _cell(raw)
        if not cell and column not in shape.needed:
            continue
        try:
            values[column] = _value(shape, column, cell)
        except ValueError:
            errors.append(RowError(row=number, column=column, code="not_a_number"))
    if errors:
        return errors
    try:
        return Row(number, *_command(kind, values, number, import_id))
    except ValidationError as error:
        return [_told(number, shape, each) for each in error.errors()]
    except ValueError:
        return [RowError(row=number, column="lon", code="not_on_earth")]


def _cell(raw: str) -> str:
    """A cell as meant: the apostrophe that kept a spreadsheet from calculating is dropped."""
    cell = raw.strip(" ")
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA) else cell


def _value(shape: Shape, column: str, cell: str) -> Any:
    if column in shape.whole:
        if not (cell.isascii() and cell.isdigit()):
            raise ValueError("not a whole number")
        return int(cell[:12])
    if column in shape.decimal:
        return float(cell)
    if column in ("emergency", "by_weight") and cell.lower() in ("true", "false", "1", "0"):
        return cell.lower() in ("true", "1")
    return cell


def _command(
    kind: Kind, values: dict[str, Any], number: int, import_id: UUID
) -> tuple[str, BaseModel]:
    if kind == "products":
        return _SKU.validate_python(values.pop("sku")), PutProduct.model_validate(values)
    if kind == "stores":
        store_id = _STORE.validate_python(values.pop("store_id"))
        store = PutStore.model_validate(values)
        _ = store.point
        return store_id, store
    receipt = Receipt.model_validate({"id": derived(import_id, f"row {number}"), **values})
    return receipt.store_id, receipt


def _told(number: int, shape: Shape, error: Any) -> RowError:
    """A validation error at its column; one of a bare key is of the first key column."""
    column = str(error["loc"][0]) if error["loc"] else shape.key[0]
    return RowError(row=number, column=column, code=str(error["type"]))
