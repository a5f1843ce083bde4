"""Bulk import and export as CSV: products, stores, receipts of stock."""

from linli.imports.apply import run
from linli.imports.export import export
from linli.imports.model import ImportFile, Kind, Report, RowError

__all__ = ["ImportFile", "Kind", "Report", "RowError", "export", "run"]
