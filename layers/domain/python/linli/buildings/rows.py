"""
Buildings table: what is known of a community's buildings beside its orders; no person's address.

    pk LIFTS#<community>     sk <building>#<unit>          the last word on a lift
    pk REPORT#<id>           sk REPORT                     a report as told, to know a resend
    pk QUIET#<community>     sk <building>                 answers, quiet deliveries, complaints
    pk QUIET#<community>     sk ~VOICE#<building>#<person>  who has answered: each counts once
    pk QUIET#<community>     sk ~ORDER#<order>             a quiet order that was counted
"""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from linli.kernel.tables import Row, Table

REPORT = "REPORT"
NOT_A_BUILDING = "~"
"""What is not a building sorts after all that are."""


class LiftRow(Row):
    """A lift: `state` is broken or works; `confirmed_by` counts couriers who say so."""

    table = Table.BUILDINGS
    state = UnicodeAttribute()
    since = UnicodeAttribute()
    seen_at = UnicodeAttribute()
    expires_at = UnicodeAttribute()
    by = UnicodeAttribute()
    confirmed_by = UnicodeAttribute(null=True)
    version = NumberAttribute()


class OnceRow(Row):
    """Something that counts once; `fingerprint` tells a resend from another use of its id."""

    table = Table.BUILDINGS
    fingerprint = UnicodeAttribute()
    body = UnicodeAttribute(null=True)


class QuietRow(Row):
    """What a building says of quiet deliveries, in counts."""

    table = Table.BUILDINGS
    yes = NumberAttribute(default=0)
    no = NumberAttribute(default=0)
    deliveries = NumberAttribute(default=0)
    complaints = NumberAttribute(default=0)


def lifts_key(community_id: str) -> str:
    """The partition of a community's lifts."""
    return f"LIFTS#{community_id}"


def lift_key(building: str, unit: str) -> str:
    """The sort key of a lift."""
    return f"{building}#{unit}"


def quiet_key(community_id: str) -> str:
    """The partition of what a community's buildings say of quiet deliveries."""
    return f"QUIET#{community_id}"


def voice_key(building: str, person_id: str) -> str:
    """The sort key of a person's answer."""
    return f"{NOT_A_BUILDING}VOICE#{building}#{person_id}"


def counted_key(what: str, order_id: str) -> str:
    """The sort key of a quiet order that counted as `what`."""
    return f"{NOT_A_BUILDING}{what}#{order_id}"
