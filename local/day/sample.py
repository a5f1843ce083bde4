"""The committed sample (`local/sample/`) as typed values."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from linli.kernel.geography import Point

FOLDER = Path(__file__).resolve().parent.parent / "sample"


@dataclass(frozen=True, slots=True)
class Product:
    """A product for sale; everything but `product` (the data set's number) is invented."""

    product: str
    sku: str
    name_zh: str
    name_en: str
    price_fen: int
    mass_grams: int
    zone: str


@dataclass(frozen=True, slots=True)
class Store:
    """A store, its owner and place; everything but `store` (the data set's number) is invented."""

    store: str
    store_id: str
    name_zh: str
    name_en: str
    owner_id: str
    place: Point


@dataclass(frozen=True, slots=True)
class Building:
    """An invented residential building."""

    building: str
    name_zh: str
    name_en: str
    place: Point
    floors: int
    has_lift: bool


@dataclass(frozen=True, slots=True)
class CourierPerson:
    """An invented courier: a trade, a vehicle, what it carries and where the day begins."""

    courier: str
    trade_zh: str
    trade_en: str
    vehicle: str
    capacity_grams: int
    capacity_boxes: int
    start: Point


@dataclass(frozen=True, slots=True)
class SalesRow:
    """One store's day of one product: units sold by hour, and whether it was out of stock."""

    store: str
    product: str
    units: tuple[int, ...]
    out: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Sample:
    """Everything committed under `local/sample/`."""

    sales: tuple[SalesRow, ...]
    products: tuple[Product, ...]
    stores: tuple[Store, ...]
    buildings: tuple[Building, ...]
    couriers: tuple[CourierPerson, ...]


def load_sample(folder: Path = FOLDER) -> Sample:
    """Read the sample's files; raises ValueError or KeyError where one is malformed."""
    return Sample(
        sales=tuple(_sales_row(row) for row in _rows(folder / "sales.csv")),
        products=tuple(_product(row) for row in _rows(folder / "products.csv")),
        stores=tuple(_store(row) for row in _rows(folder / "stores.csv")),
        buildings=tuple(_building(row) for row in _rows(folder / "buildings.csv")),
        couriers=tuple(_courier(row) for row in _rows(folder / "couriers.csv")),
    )


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _sales_row(row: dict[str, str]) -> SalesRow:
    mask = int(row["stockout_mask_hex"], 16)
    units = tuple(int(value) for value in row["units_by_hour"].split())
    if len(units) != 24:
        raise ValueError(f"a day has 24 hours, not {len(units)}")
    return SalesRow(
        store=row["store"],
        product=row["product"],
        units=units,
        out=tuple(bool(mask >> hour & 1) for hour in range(24)),
    )


def _product(row: dict[str, str]) -> Product:
    return Product(
        product=row["product"],
        sku=row["sku"],
        name_zh=row["name_zh"],
        name_en=row["name_en"],
        price_fen=int(row["price_fen"]),
        mass_grams=int(row["mass_grams"]),
        zone=row["zone"],
    )


def _store(row: dict[str, str]) -> Store:
    return Store(
        store=row["store"],
        store_id=row["store_id"],
        name_zh=row["name_zh"],
        name_en=row["name_en"],
        owner_id=row["owner_id"],
        place=Point(float(row["lon"]), float(row["lat"])),
    )


def _building(row: dict[str, str]) -> Building:
    return Building(
        building=row["building"],
        name_zh=row["name_zh"],
        name_en=row["name_en"],
        place=Point(float(row["lon"]), float(row["lat"])),
        floors=int(row["floors"]),
        has_lift=row["has_lift"] == "1",
    )


def _courier(row: dict[str, str]) -> CourierPerson:
    return CourierPerson(
        courier=row["courier"],
        trade_zh=row["trade_zh"],
        trade_en=row["trade_en"],
        vehicle=row["vehicle"],
        capacity_grams=int(row["capacity_grams"]),
        capacity_boxes=int(row["capacity_boxes"]),
        start=Point(float(row["lon"]), float(row["lat"])),
    )
