"""
The audit: look, and look again at whatever seemed wrong, before calling it a violation.

Scans are not atomic, so a look at tables that are being written to can see half of a write. What
was concluded from is its evidence; if a second look, begun after the first had ended, sees the
same evidence, then nothing of it changed between the end of the first and the beginning of the
second, and it was all true at one moment (the double collect of Afek et al., "Atomic snapshots of
shared memory", JACM 1993). States of orders and transfers never come back, which rules out
changes to and fro. On quiet tables the audit is therefore exact.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from linli.audit import checks, credit, deposits, devices, machines, money, paper, presales
from linli.audit.look import look
from linli.audit.model import TITLES, Finding, Note, Snapshot, Suspicion, Verdict

MOST_LOOKS = 6
_PAUSE_SECONDS = 0.2
Findings = dict[str, list[Finding]]


def run(cap_points: int, sleep: Callable[[float], None] = time.sleep) -> list[Verdict]:
    """
    A verdict for each guarantee of DESIGN section 4; `cap_points` is the present cap on spending.

    A day on which more was spent under a former, higher cap counts as a violation.
    """
    return settle(lambda: look(cap_points), sleep)


def settle(looks: Callable[[], Snapshot], sleep: Callable[[float], None]) -> list[Verdict]:
    """The verdicts on what `looks` sees, time and again."""
    snapshot = looks()
    findings = find(snapshot)
    confirmed: Findings = {guarantee: [] for guarantee in findings}
    for attempt in range(MOST_LOOKS - 1):
        if confirmed == findings:
            break
        if attempt:
            sleep(_PAUSE_SECONDS)
        snapshot = looks()
        again = find(snapshot)
        confirmed = {g: [f for f in found if f in findings[g]] for g, found in again.items()}
        findings = again
    return list(_verdicts(snapshot, findings, confirmed))


def find(snapshot: Snapshot) -> Findings:
    """What seems wrong in one snapshot, by guarantee; a guarantee without a subject is absent."""
    return {
        "I1": list(checks.stock(snapshot)),
        "I2": list(checks.orders(snapshot)),
        "I3": [
            *snapshot.ledger,
            *credit.check(snapshot.records, snapshot.coupons, snapshot.reimbursed_fen),
        ],
        "I4": [*snapshot.boxes, *deposits.check(snapshot.given_back, snapshot.books)],
        "I5": list(money.check(snapshot.books, snapshot.records, snapshot.presales)),
        "I6": [
            *checks.slots(snapshot),
            *presales.check(snapshot.presales, snapshot.slots),
        ],
        "I7": list(paper.lines(snapshot.emergencies, snapshot.records)),
        "I8": [
            *devices.messages(snapshot.measured, snapshot.incidents),
            *machines.messages(snapshot.machines),
        ],
        "I9": list(devices.times(snapshot.measured, snapshot.incidents)),
    }


def _verdicts(snapshot: Snapshot, findings: Findings, confirmed: Findings) -> Iterator[Verdict]:
    checked: Mapping[str, int] = {
        "I1": len(snapshot.booked),
        "I2": len(snapshot.records),
        "I3": snapshot.ledger_items,
        "I4": snapshot.boxes_items,
        "I5": len(snapshot.books),
        "I6": len(snapshot.slots) + len(snapshot.waves) + len(snapshot.presales),
        "I7": sum(len(e.printed) + len(e.lines) for e in snapshot.emergencies.values()),
        "I8": snapshot.measured.size + len(snapshot.incidents) + snapshot.machines.size,
        "I9": sum(len(t.readings) + len(t.latest) for t in snapshot.measured.things.values()),
    }
    notes: Mapping[str, Note | None] = {
        "I7": paper.outstanding(snapshot.emergencies, snapshot.records),
        "I8": devices.DEAD_LETTERS,
    }
    for guarantee, (title_en, title_zh) in TITLES.items():
        violations = confirmed.get(guarantee, [])
        doubtful = [f for f in findings.get(guarantee, []) if f not in violations]
        verdict = Verdict(
            guarantee=guarantee,
            title_en=title_en,
            title_zh=title_zh,
            verdict="no_subject",
            checked=checked.get(guarantee, 0),
            violations=_suspicions(violations),
            unsettled=_suspicions(doubtful),
        )
        if guarantee in checked:
            state = "violated" if violations else "unsettled" if doubtful else "holds"
            verdict = verdict.model_copy(update={"verdict": state})
        if note := notes.get(guarantee):
            verdict = verdict.model_copy(update={"note_en": note.en, "note_zh": note.zh})
        yield verdict


def _suspicions(findings: Sequence[Finding]) -> list[Suspicion]:
    return [Suspicion(key=finding.key, what=finding.what) for finding in findings]
