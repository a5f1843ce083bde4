"""Cut the committed sample of real sales out of the five neighbouring stores' hourly series.

Usage: ``python local/sample/make_sample.py DATA_DIR`` where DATA_DIR holds
``frn_clusterA_hourly_common.csv`` (taken from FreshRetailNet-50K, Dingdong, CC BY 4.0; units are
the published figures times 10). Writes ``sales.csv`` beside this script, the same each time.
"""

import csv
import sys
from collections import defaultdict
from pathlib import Path

SOURCE_NAME = "frn_clusterA_hourly_common.csv"
FRIDAY = "2024-06-14"
KEPT_SKUS = 48
COLUMNS = ("store", "product", "on", "units_by_hour", "stockout_mask_hex")

Row = dict[str, str]


def whole(row: Row) -> bool:
    """Whether every hour's units are a whole number (weighed goods are left out)."""
    return "." not in row["units_by_hour"]


def total_units(row: Row) -> int:
    """Units sold in the row's 24 hours."""
    return sum(int(units) for units in row["units_by_hour"].split())


def by_product(rows: list[Row]) -> dict[str, list[Row]]:
    """The day's rows grouped by product."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row["product_id"]].append(row)
    return groups


def select(rows: list[Row]) -> list[Row]:
    """The Friday's rows of the best sold products that all five stores carry in whole units."""
    groups = by_product([row for row in rows if row["dt"] == FRIDAY])
    full = {
        product: group
        for product, group in groups.items()
        if len(group) == 5 and all(map(whole, group))
    }
    ranked = sorted(full, key=lambda product: (-sum(map(total_units, full[product])), product))
    kept = sorted(ranked[:KEPT_SKUS], key=int)
    return [row for p in kept for row in sorted(full[p], key=lambda row: int(row["store_id"]))]


def write(rows: list[Row], path: Path) -> None:
    """Write the selected rows under the sample's own column names."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for row in rows:
            names = ("store_id", "product_id", "dt", "units_by_hour", "stockout_mask_hex")
            writer.writerow([row[name] for name in names])


def main(arguments: list[str]) -> int:
    """Read DATA_DIR's series and write ``sales.csv``; returns the process's exit code."""
    if len(arguments) != 1:
        sys.stderr.write(__doc__ or "")
        return 2
    with (Path(arguments[0]) / SOURCE_NAME).open(encoding="utf-8") as file:
        rows = select(list(csv.DictReader(file)))
    write(rows, Path(__file__).with_name("sales.csv"))
    sys.stdout.write(f"{len(rows)} rows, {sum(map(total_units, rows))} units\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
