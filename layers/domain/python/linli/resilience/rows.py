"""
How emergencies are stored, in the table PLANS. Packs hold addresses: personal data.

    pk WARNING#{id}          sk WARNING             a warning as answered
    pk EMERGENCY#{id}        sk EMERGENCY           the emergency itself
    pk EMERGENCY#{id}        sk ACTIVATION#{v}      a reserve vehicle called up
    pk EMERGENCY#{id}        sk PACK#{route}        a manifest for paper
    pk EMERGENCY#{id}        sk LINE#{order}#{d}    a paper line as it ended; d: its digest
    pk COMMUNITY#{c}         sk UNDERWAY            exists while an emergency is
    pk COMMUNITY#{c}         sk VEHICLE#{v}         a reserve vehicle
    pk COMMUNITY#{c}         sk HOT#{day}           a local day of a heat warning
    pk RECONCILIATION#{id}   sk RECONCILIATION      a reconciliation as sent
"""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from linli.kernel.tables import Row, Table

WARNING, EMERGENCY, UNDERWAY, RECONCILIATION = "WARNING", "EMERGENCY", "UNDERWAY", "RECONCILIATION"
ACTIVATION, PACK, LINE, VEHICLE, HOT = "ACTIVATION#", "PACK#", "LINE#", "VEHICLE#", "HOT#"


class WarningRow(Row):
    """A warning; `body` is its WarningView."""

    table = Table.PLANS
    community_id = UnicodeAttribute()
    emergency_id = UnicodeAttribute()
    digest = UnicodeAttribute()
    body = UnicodeAttribute()


class EmergencyRow(Row):
    """An emergency; `assessment` is JSON, `task_token` the machine's, while it waits."""

    table = Table.PLANS
    community_id = UnicodeAttribute()
    kind = UnicodeAttribute()
    level = UnicodeAttribute()
    state = UnicodeAttribute()
    index = NumberAttribute()
    assessment = UnicodeAttribute()
    issued_at = UnicodeAttribute()
    declared_at = UnicodeAttribute()
    activated_at = UnicodeAttribute(null=True)
    packing_fault = UnicodeAttribute(null=True)
    ending_fault = UnicodeAttribute(null=True)
    task_token = UnicodeAttribute(null=True)
    end_id = UnicodeAttribute(null=True)
    end_digest = UnicodeAttribute(null=True)
    end_by = UnicodeAttribute(null=True)
    ended_at = UnicodeAttribute(null=True)
    ended_how = UnicodeAttribute(null=True)


class UnderwayRow(Row):
    """The one emergency of a community that has not ended."""

    table = Table.PLANS
    emergency_id = UnicodeAttribute()


class HotDayRow(Row):
    """A local day that a heat warning makes hot: the latest warning that says so."""

    table = Table.PLANS
    warning_id = UnicodeAttribute()
    issued_at = UnicodeAttribute()


class VehicleRow(Row):
    """A reserve vehicle; `active_in` names the emergency it serves."""

    table = Table.PLANS
    body = UnicodeAttribute()
    active_in = UnicodeAttribute(null=True)


class BodyRow(Row):
    """An activation, a pack or a line: JSON."""

    table = Table.PLANS
    body = UnicodeAttribute()


class ReconciliationRow(Row):
    """A reconciliation as sent; `lines` are the sort keys of its paper lines, as JSON."""

    table = Table.PLANS
    emergency_id = UnicodeAttribute()
    digest = UnicodeAttribute()
    lines = UnicodeAttribute(null=True)


class PlansItem(Row):
    """Any item of the table, for audits: attributes that an item lacks are None."""

    table = Table.PLANS
    state = UnicodeAttribute(null=True)
    emergency_id = UnicodeAttribute(null=True)
    body = UnicodeAttribute(null=True)
    lines = UnicodeAttribute(null=True)


def warning_key(warning_id: object) -> str:
    """The partition of a warning."""
    return f"WARNING#{warning_id}"


def emergency_key(emergency_id: object) -> str:
    """The partition of an emergency."""
    return f"EMERGENCY#{emergency_id}"


def community_key(community_id: str) -> str:
    """The partition of a community."""
    return f"COMMUNITY#{community_id}"


def reconciliation_key(reconciliation_id: object) -> str:
    """The partition of a reconciliation."""
    return f"RECONCILIATION#{reconciliation_id}"
