"""
The watch over deeds: each hour it looks for signals and opens a review for a person to decide.

It never takes anything away by itself. The resident sees the review among their cases at once; if
a person upholds it, the entries are reversed by new entries, which the statement shows.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from hashlib import sha256

from linli import cases, catalogue
from linli.cases import Case, Decision
from linli.credit import programme
from linli.credit.keys import BY_DAY, day_mark, reversed_id, transfers_of
from linli.credit.reverse import reverse
from linli.credit.rows import TransferRow
from linli.credit.signals import Entry, Signal, signals
from linli.kernel import reads
from linli.kernel.errors import AlreadyDone
from linli.kernel.time import local_date, parse_instant
from linli.kernel.transact import Transaction, transaction

REVIEW = "credit_review"
WATCH = "system:watch"


def watch_all(now: datetime) -> dict[str, int]:
    """
    Look at every community; answers how many reviews were opened in each. Again: none.

    Raises:
        ExceptionGroup: What went wrong in some, after the others have been seen to.
    """
    opened: dict[str, int] = {}
    faults: list[Exception] = []
    for community_id in catalogue.communities():
        try:
            opened[community_id] = watch(community_id, now)
        except Exception as fault:  # One community's trouble must not keep the others waiting.
            faults.append(fault)
    if faults:
        raise ExceptionGroup("some communities could not be watched", faults)
    return opened


def watch(community_id: str, now: datetime) -> int:
    """Open a review for each signal in a community that has none this week yet."""
    rules = programme.read(community_id).watch
    entries = list(_entries(community_id, now, rules.days))
    return sum(_review(signal, community_id, now) for signal in signals(entries, rules))


def _entries(community_id: str, now: datetime, days: int) -> Iterator[Entry]:
    today = local_date(now)
    for back in range(days):
        mark = day_mark(community_id, today - timedelta(days=back))
        for row in reads.index(TransferRow, BY_DAY, "day_mark", mark):
            yield Entry(
                entry_id=row.sk,
                resident_id=row.pk.partition("#")[2],
                deed=row.reason,
                at=parse_instant(row.at),
                counterpart=row.counterpart,
                device=row.device,
            )


def review_id(signal: Signal, community_id: str, now: datetime) -> str:
    """The id of a signal's review: one for the same resident, people and week."""
    year, week, _ = local_date(now).isocalendar()
    text = repr((community_id, signal.kind, signal.resident_id, signal.people, year, week))
    return f"review-{sha256(text.encode()).hexdigest()[:32]}"


def _review(signal: Signal, community_id: str, now: datetime) -> bool:
    standing = _not_reversed(signal.resident_id, signal.entry_ids)
    if not standing:
        return False  # A person has decided about all of it already.
    about = {
        "signal": signal.kind,
        "people": str(len(signal.people)),
        "entries": " ".join(standing),
    }
    case_id = review_id(signal, community_id, now)
    if reads.batch([cases.case_key(case_id)]).get(*cases.case_key(case_id)) is not None:
        return False
    try:
        with transaction() as tx:
            cases.open_case(
                tx,
                case_id,
                REVIEW,
                about,
                WATCH,
                community_id,
                now,
                party=signal.resident_id,
            )
    except AlreadyDone:
        return False
    return True


def _not_reversed(resident_id: str, entry_ids: Sequence[str]) -> list[str]:
    """Those of a resident's entries that were not taken back yet."""
    pk = transfers_of(resident_id)
    return [each for each in entry_ids if reads.get(TransferRow, pk, reversed_id(each)) is None]


def decide_review(tx: Transaction, case: Case, decision: Decision, now: datetime) -> None:
    """
    What the decision on a review means: upheld, its entries of deeds are reversed, but for those
    that another decision has reversed; dismissed, nothing.

    Raises, here or when `tx` commits:
        NotEnoughPoints: They are spent; the case stays open for a person to settle.
        NotReversible: One is being reversed by somebody else; decide again.
    """
    if decision != "upheld":
        return
    left = _not_reversed(case.party, case.about["entries"].split())
    rows = [reads.get(TransferRow, transfers_of(case.party), entry_id) for entry_id in left]
    granted = [row for row in rows if row is not None and row.credit == f"points/{case.party}"]
    reverse(
        tx,
        transfer_ids=[row.sk for row in granted],
        resident_id=case.party,
        reason="review",
        by=case.case_id,
        now=now,
    )
