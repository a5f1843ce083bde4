"""
Leaders table.

    pk COMMUNITY#<community>      sk BUILDING#<building>   who leads it, on which terms, members
    pk LEADER#<leader>            sk BUILDING#<community>#<building>   the same, by leader
    pk LEADERS                    sk <leader>              everybody who leads, for the settlement
    pk LEADER#<leader>            sk MONTH#<month>         totals of orders that were closed in it
    pk BUYERS#<leader>#<month>    sk <resident>            whose orders they were: counted only
    pk RESIDENT#<resident>        sk LEADER                whom a resident has joined
    pk COMMAND#<id>               sk COMMAND               joined or left by it, once
"""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from linli.kernel.tables import Row, Table

LEADERS, LEADER, MONTH, BUILDING = "LEADERS", "LEADER", "MONTH#", "BUILDING#"


class BuildingRow(Row):
    """Who leads a building. `members` moves with the residents' own rows."""

    table = Table.LEADERS
    community_id = UnicodeAttribute()
    building = UnicodeAttribute()
    leader_id = UnicodeAttribute()
    permille = NumberAttribute()
    members = NumberAttribute(default=0)


class MembershipRow(Row):
    """Whom a resident has joined, and on which terms."""

    table = Table.LEADERS
    leader_id = UnicodeAttribute()
    community_id = UnicodeAttribute()
    building = UnicodeAttribute()
    permille = NumberAttribute()
    joined_at = UnicodeAttribute()


class CommandRow(Row):
    """A command that was carried out."""

    table = Table.LEADERS
    fingerprint = UnicodeAttribute()
    at = UnicodeAttribute()


class ListedRow(Row):
    """Somebody who leads a building."""

    table = Table.LEADERS
    community_id = UnicodeAttribute()


class MonthRow(Row):
    """
    Totals of a leader's month. `settled_in`: the month with which it was settled; `residents`,
    `orders`, `goods_fen` and `paid_fen` of all that were settled together stand in that one.
    """

    table = Table.LEADERS
    orders = NumberAttribute(default=0)
    goods_fen = NumberAttribute(default=0)
    commission_fen = NumberAttribute(default=0)
    settled_in = UnicodeAttribute(null=True)
    told = UnicodeAttribute(null=True)


class BuyerRow(Row):
    """A resident whose orders are in a leader's month."""

    table = Table.LEADERS
    orders = NumberAttribute(default=0)


class LeadersItem(Row):
    """Any item of the table, for audits: attributes that an item lacks are None."""

    table = Table.LEADERS
    leader_id = UnicodeAttribute(null=True)
    community_id = UnicodeAttribute(null=True)
    building = UnicodeAttribute(null=True)
    members = NumberAttribute(null=True)
    orders = NumberAttribute(null=True)
    goods_fen = NumberAttribute(null=True)
    commission_fen = NumberAttribute(null=True)
    settled_in = UnicodeAttribute(null=True)


def building_key(community_id: str, building: str) -> tuple[str, str]:
    """The key of a building."""
    return f"COMMUNITY#{community_id}", f"{BUILDING}{building}"


def led_key(leader_id: str, community_id: str, building: str) -> tuple[str, str]:
    """The key of a building among its leader's."""
    return leader_pk(leader_id), f"{BUILDING}{community_id}#{building}"


def leader_pk(leader_id: str) -> str:
    """The partition of a leader."""
    return f"LEADER#{leader_id}"


def member_key(resident_id: str) -> tuple[str, str]:
    """The key of whom a resident has joined."""
    return f"RESIDENT#{resident_id}", LEADER


def month_key(leader_id: str, month: str) -> tuple[str, str]:
    """The key of a leader's month (`2026-11`)."""
    return leader_pk(leader_id), f"{MONTH}{month}"


def buyers_pk(leader_id: str, month: str) -> str:
    """The partition of whose orders are in a leader's month."""
    return f"BUYERS#{leader_id}#{month}"
