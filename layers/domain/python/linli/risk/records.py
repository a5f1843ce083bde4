"""What is recorded of payment attempts: read in one batch, written with the attempt itself."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from linli.kernel import reads
from linli.kernel.time import rfc3339
from linli.kernel.transact import Transaction
from linli.risk import rows
from linli.risk.model import Kind, Seen, Subject
from linli.risk.rows import BLOCKED, HISTORY, BlockedRow, DeviceRow, HistoryRow, VelocityRow
from linli.risk.rules import DAY_SECONDS, HOUR_SECONDS, sliding

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


def keys(subject: Subject, now: datetime) -> list[reads.Key]:
    """What judging an attempt reads: up to 17 items."""
    person = rows.counted("resident", subject.resident)
    found: list[reads.Key] = [
        (HistoryRow, person, HISTORY),
        (DeviceRow, person, rows.device(subject.device)),
    ]
    for kind, digest in subject.ids.items():
        found.append((BlockedRow, rows.blocked(kind, digest), BLOCKED))
        pk = rows.counted(kind, digest)
        for sk in (_hour(now), _hour(now - _HOUR), _day(now), _day(now - _DAY)):
            found.append((VelocityRow, pk, sk))
    return found


def seen(found: reads.Found, subject: Subject, now: datetime) -> Seen:
    """What a batch of `keys` says of `subject`."""
    person = rows.counted("resident", subject.resident)
    history = found.get(HistoryRow, person, HISTORY)
    return Seen(
        attempts_hour={kind: _in_hour(found, kind, d, now) for kind, d in subject.ids.items()},
        attempts_day={kind: _in_day(found, kind, d, now) for kind, d in subject.ids.items()},
        paid_orders=int(history.paid_orders) if history else 0,
        paid_fen=int(history.paid_fen) if history else 0,
        device_known=found.get(DeviceRow, person, rows.device(subject.device)) is not None,
        blocked=sum(
            found.get(BlockedRow, rows.blocked(kind, digest), BLOCKED) is not None
            for kind, digest in subject.ids.items()
        ),
    )


def count(tx: Transaction, subject: Subject, now: datetime) -> None:
    """
    Count an attempt, in the transaction that puts its id: a resend counts nothing.

    Writes two items for each of the subject's ids (person, device, card).
    """
    for kind, digest in subject.ids.items():
        pk = rows.counted(kind, digest)
        for sk, kept in ((_hour(now), 3 * _HOUR), (_day(now), 3 * _DAY)):
            forget_at = int((now + kept).timestamp())
            tx.update(
                VelocityRow(pk, sk),
                [VelocityRow.attempts.add(1), VelocityRow.forget_at.set(forget_at)],
            )


def remember(tx: Transaction, resident: str, device: str | None, fen: int, now: datetime) -> None:
    """Note that a resident has paid `fen`, and with which device, in the write that captures it."""
    person = rows.counted("resident", resident)
    tx.update(
        HistoryRow(person, HISTORY),
        [HistoryRow.paid_orders.add(1), HistoryRow.paid_fen.add(fen)],
    )
    if device is not None:
        paid_at = DeviceRow.last_paid_at.set(rfc3339(now))
        tx.update(DeviceRow(person, rows.device(device)), [paid_at])


def block(
    tx: Transaction,
    subject: Subject,
    kinds: Iterable[Kind],
    *,
    by: str,
    reason: str,
    attempt_id: str,
    now: datetime,
) -> None:
    """Put the subject's ids of these kinds on the blocked list; kinds it has not are left out."""
    for kind in sorted(set(kinds) & subject.ids.keys()):
        row = BlockedRow(
            rows.blocked(kind, subject.ids[kind]),
            BLOCKED,
            by=by,
            reason=reason,
            attempt_id=attempt_id,
            at=rfc3339(now),
        )
        tx.put(row)


def attempts_counted(kind: Kind) -> int:
    """How many attempts the daily counters of a kind have counted; reads the table whole."""
    return sum(
        int(row.attempts)
        for row in reads.scan(VelocityRow)
        if row.pk.startswith(f"RISK#{kind}#") and row.sk.startswith("DAY#")
    )


def _in_hour(found: reads.Found, kind: Kind, digest: str, now: datetime) -> int:
    elapsed = int(now.timestamp()) % HOUR_SECONDS
    current, before = (_attempts(found, kind, digest, _hour(at)) for at in (now, now - _HOUR))
    return sliding(current, before, elapsed, HOUR_SECONDS)


def _in_day(found: reads.Found, kind: Kind, digest: str, now: datetime) -> int:
    elapsed = int(now.timestamp()) % DAY_SECONDS
    current, before = (_attempts(found, kind, digest, _day(at)) for at in (now, now - _DAY))
    return sliding(current, before, elapsed, DAY_SECONDS)


def _attempts(found: reads.Found, kind: Kind, digest: str, sk: str) -> int:
    row = found.get(VelocityRow, rows.counted(kind, digest), sk)
    return int(row.attempts) if row else 0


def _hour(instant: datetime) -> str:
    return f"HOUR#{instant.astimezone(UTC):%Y-%m-%dT%H}"


def _day(instant: datetime) -> str:
    return f"DAY#{instant.astimezone(UTC):%Y-%m-%d}"
