"""Demand table, its part of orders: counts by cell and hour, sales by day, and what was counted."""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from linli.kernel.tables import Row, Table


class HeatRow(Row):
    """pk = HEAT#<community_id>, sk = <H3 cell>#<hour of week, three digits>"""

    table = Table.DEMAND
    orders = NumberAttribute()


class SalesRow(Row):
    """pk = SALES#<community_id>, sk = <local date>"""

    table = Table.DEMAND
    units = NumberAttribute()
    fen = NumberAttribute()
    presale_units = NumberAttribute()
    presale_fen = NumberAttribute()


class CountedRow(Row):
    """pk = COUNTED#<order id>, sk = placed | sold: it was, and will not be again."""

    table = Table.DEMAND
    at = UnicodeAttribute()


def heat_key(community_id: str) -> str:
    """The partition of a community's heat."""
    return f"HEAT#{community_id}"


def sales_key(community_id: str) -> str:
    """The partition of a community's sales."""
    return f"SALES#{community_id}"
