"""Catalogue table: the imports that were begun."""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from linli.kernel.tables import Row, Table


class ImportRow(Row):
    """pk = IMPORT#<id>, sk = IMPORT; rows before `next_row` are done, with `errors`."""

    table = Table.CATALOGUE
    fingerprint = UnicodeAttribute()
    by = UnicodeAttribute()
    begun_at = UnicodeAttribute()
    state = UnicodeAttribute()
    next_row = NumberAttribute()
    errors = UnicodeAttribute()


IMPORT = "IMPORT"


def import_key(import_id: object) -> str:
    """The partition of an import."""
    return f"IMPORT#{import_id}"
