"""
How incidents are stored, in the table INCIDENTS, one partition for each community.

    pk COMMUNITY#{c}   sk INCIDENT#{id}            an incident; ids sort by device time
    pk COMMUNITY#{c}   sk OPEN#{thing}#{kind}      exists while the thing's incident is open
"""

from pynamodb.attributes import UnicodeAttribute

from linli.kernel.tables import Row, Table

OPEN = "OPEN#"
INCIDENT = "INCIDENT#"


def community_key(community_id: str) -> str:
    """The partition of a community."""
    return f"COMMUNITY#{community_id}"


class IncidentRow(Row):
    """An incident; `closing_id` and `closing_digest` are of the command that closed it."""

    table = Table.INCIDENTS
    state = UnicodeAttribute()
    body = UnicodeAttribute()
    closing_id = UnicodeAttribute(null=True)
    closing_digest = UnicodeAttribute(null=True)


class OpenRow(Row):
    """The one open incident of a thing and kind."""

    table = Table.INCIDENTS
    incident_id = UnicodeAttribute()


class IncidentsItem(Row):
    """Any item of the table, for audits: attributes that an item lacks are None."""

    table = Table.INCIDENTS
    state = UnicodeAttribute(null=True)
    body = UnicodeAttribute(null=True)
    incident_id = UnicodeAttribute(null=True)


def incident_key(incident_id: str) -> tuple[str, str]:
    """The key of an incident, whose id begins with its community."""
    community_id = incident_id.partition(".")[0]
    return community_key(community_id), f"{INCIDENT}{incident_id}"


def open_sort_key(thing: str, kind: str) -> str:
    """The sort key of the marker that a thing's incident is open."""
    return f"{OPEN}{thing}#{kind}"
