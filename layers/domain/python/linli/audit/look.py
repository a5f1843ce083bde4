"""Looking at the live tables: through what each subject exports for audits."""

import hashlib
import json
from collections.abc import Iterable

from linli import boxes, cases, credit, leaders
from linli.audit.model import Finding, Snapshot
from linli.audit.presales import expected
from linli.boxes.audit_machines import machines
from linli.incidents.audit import kept
from linli.kernel import tables
from linli.kernel.tables import Table
from linli.lockers.audit import used
from linli.orders.audit import records
from linli.payments.audit import books
from linli.presale.audit import cycles
from linli.resilience.audit import emergencies
from linli.sensing.audit import measured
from linli.slots.audit import offered
from linli.stock.audit import booked
from linli.waves.audit import frozen_waves


def look(cap_points: int) -> Snapshot:
    """
    One look at every table that has a guarantee; not atomic, see `Finding`.

    The ledger and the boxes audit themselves and tell in words, so the evidence of what they find
    is all that was in their tables when they began.
    """
    boxes_items, boxes_before = _state_of(Table.BOXES)
    ledger_items, ledger_before = _state_of(Table.LEDGER)
    ledger = credit.audit(cap_points=cap_points)
    people_items, people_before = _state_of(Table.CASES)
    leading_items, leading_before = _state_of(Table.LEADERS)
    words = [
        *_told("ledger", ledger.breaches, ledger_before),
        *_told("cases", cases.breaches(), people_before),
        *_told("leaders", leaders.breaches(), leading_before),
    ]
    breaches = boxes.breaches(ledger.deposits_fen, ledger.forfeits_fen)
    presales = cycles()
    return Snapshot(
        booked=expected(booked(), presales),
        records=records(),
        slots=offered(),
        lockers=used(),
        waves=frozen_waves(),
        presales=presales,
        transfers=ledger.transfers,
        ledger=words,
        ledger_items=ledger_items + people_items + leading_items,
        coupons=ledger.coupons,
        reimbursed_fen=ledger.reimbursed_fen,
        boxes=_told("boxes", breaches, (boxes_before, ledger_before)),
        boxes_items=boxes_items,
        given_back=ledger.given_back,
        machines=machines(),
        books=books(),
        emergencies=emergencies(),
        measured=measured(),
        incidents=kept(),
    )


def _told(key: str, breaches: Iterable[str], evidence: object) -> list[Finding]:
    assert isinstance(evidence, str | tuple)
    return [Finding(key, what, evidence) for what in breaches]


def _state_of(table: Table) -> tuple[int, str]:
    """How many items a table has, and a digest of all that is in them."""
    request = {"TableName": tables.name_of(table), "ConsistentRead": True}
    items: list[str] = []
    while True:
        answer = tables.connection().dispatch("Scan", dict(request))
        items += [json.dumps(item, sort_keys=True) for item in answer["Items"]]
        if "LastEvaluatedKey" not in answer:
            break
        request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
    return len(items), hashlib.sha256("\n".join(sorted(items)).encode()).hexdigest()
