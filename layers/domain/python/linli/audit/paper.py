"""
I7, paper manifests: every line ended applied once, or stands as a conflict that somebody owns.

The rule for paper that is still out: an order that was printed for an emergency is settled when it
has ended, by phone or by paper, and owned when its line is a conflict. Until then it is
*outstanding*, also after the emergency's end, since paper has no deadline: outstanding orders are
counted in the note and violate nothing. The same goes for a line that was sent and has not ended
because the reconciliation was interrupted: sending it again goes on.
"""

from collections import Counter
from collections.abc import Iterator, Mapping

from linli.audit.model import Finding, Note
from linli.orders.audit import LIVE, Record
from linli.resilience.audit import EmergencyRecord, Entered


def lines(
    emergencies: Mapping[str, EmergencyRecord], records: Mapping[str, Record]
) -> Iterator[Finding]:
    """I7: what was printed exists; what was entered is applied once or owned."""
    for emergency in emergencies.values():
        for what in _of_paper(emergency, records):
            yield Finding(emergency.emergency_id, what, emergency)
        for entered in emergency.lines:
            yield from _of_line(emergency, entered, records)
    yield from _applied_twice(emergencies)


def outstanding(
    emergencies: Mapping[str, EmergencyRecord], records: Mapping[str, Record]
) -> Note | None:
    """What is still to come of emergencies that have ended, and of interrupted reconciliations."""
    waiting = sum(
        order_id in records and records[order_id].state in LIVE
        for emergency in emergencies.values()
        if emergency.state == "ended"
        for order_id in emergency.waiting
    )
    unsettled = sum(len(emergency.unsettled) for emergency in emergencies.values())
    if not waiting + unsettled:
        return None
    return Note(
        f"Outstanding: {waiting} printed orders wait for their paper after the emergency's end; "
        f"{unsettled} lines were sent and have not ended, send them again",
        f"待回收：应急结束后仍有 {waiting} 单待交纸质回单；{unsettled} 行已提交未了结，请重新提交",
    )


def _of_paper(emergency: EmergencyRecord, records: Mapping[str, Record]) -> Iterator[str]:
    if emergency.state is None:
        yield "paper of an emergency that never was"
    for key in emergency.unreadable:
        yield f"{key} cannot be read"
    for order_id in emergency.printed:
        if order_id not in records or not records[order_id].state:
            yield f"order {order_id} was printed and does not exist"


def _of_line(
    emergency: EmergencyRecord, entered: Entered, records: Mapping[str, Record]
) -> Iterator[Finding]:
    record = _record_of(entered, records)
    told = (record.version, record.outcomes) if record else None
    evidence = entered, told, emergency.printed
    for what in _wrong_with(emergency, entered, record):
        yield Finding(f"{emergency.emergency_id}/{entered.key}", what, evidence)


def _record_of(entered: Entered, records: Mapping[str, Record]) -> Record | None:
    return records.get(str(entered.line.entry.order_id)) if entered.line else None


def _wrong_with(
    emergency: EmergencyRecord, entered: Entered, record: Record | None
) -> Iterator[str]:
    line = entered.line
    if line is None:
        yield "the line cannot be read"
        return
    if not entered.own_key:
        yield "the line stands under a key that its facts do not make"
    if line.state == "conflict":
        if not (line.owner and line.reason):
            yield "a conflict without an owner or a reason"
        return
    if str(line.entry.order_id) not in emergency.printed:
        yield "applied, and was never printed"
    outcome, outcomes = (record.outcome, record.outcomes) if record else (None, ())
    if outcome != line.entry.outcome:
        yield f"applied as {line.entry.outcome}, the order ended as {outcome}"
    if line.reason is None and outcomes != (line.entry.outcome,):
        yield f"applied as {line.entry.outcome}, deliveries tell {list(outcomes)}"


def _applied_twice(emergencies: Mapping[str, EmergencyRecord]) -> Iterator[Finding]:
    """Whichever line ended the order's stop, any other can only say that it was told before."""
    applied = Counter(
        str(entered.line.entry.order_id)
        for emergency in emergencies.values()
        for entered in emergency.lines
        if entered.line and entered.line.state == "applied" and entered.line.reason is None
    )
    for order_id, times in sorted(applied.items()):
        if times > 1:
            yield Finding(order_id, f"its paper was applied {times} times", times)
