"""An emergency as its dispatcher and the city see it."""

from linli.kernel import reads
from linli.kernel.time import parse_instant
from linli.resilience.model import Assessment, EmergencyView, PaperLine, Tally
from linli.resilience.packs import packs_of
from linli.resilience.reserve import activations
from linli.resilience.rows import LINE, BodyRow, EmergencyRow, emergency_key


def lines_of(emergency_id: str) -> list[PaperLine]:
    """The paper lines of an emergency that were entered, by order."""
    rows = reads.query(BodyRow, emergency_key(emergency_id), BodyRow.sk.startswith(LINE))
    return [PaperLine.model_validate_json(row.body) for row in rows]


def tally(emergency_id: str) -> Tally:
    """Counts of an emergency's paper lines; an order is outstanding until its line is entered."""
    packs, lines = packs_of(emergency_id), lines_of(emergency_id)
    printed = {stop.order_id for made in packs for stop in made.stops}
    entered = {str(line.entry.order_id) for line in lines}
    return Tally(
        packs=len(packs),
        orders=len(printed),
        applied=sum(line.state == "applied" for line in lines),
        conflicts=sum(line.state == "conflict" for line in lines),
        outstanding=len(printed - entered),
    )


def emergency(row: EmergencyRow) -> EmergencyView:
    """The whole of an emergency."""
    emergency_id = row.pk.partition("#")[2]
    called_up = activations(emergency_id)
    minutes = [each.minutes_since_warning for each in called_up]
    return EmergencyView(
        id=emergency_id,
        community_id=row.community_id,
        kind=row.kind,
        level=row.level,
        state=row.state,
        issued_at=parse_instant(row.issued_at),
        declared_at=parse_instant(row.declared_at),
        assessment=Assessment.model_validate_json(row.assessment),
        activations=called_up,
        minutes_to_activation=max(minutes, default=None),
        faults=[fault for fault in (row.packing_fault, row.ending_fault) if fault],
        tally=tally(emergency_id),
        conflicts=[line for line in lines_of(emergency_id) if line.state == "conflict"],
        end_requested_by=row.end_by,
        ended_at=parse_instant(row.ended_at) if row.ended_at else None,
        ended_how=row.ended_how,
    )
