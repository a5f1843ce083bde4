"""What the rules of risk make of a labelled stream: the rules in force, the records in memory."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from benchmarks.payments.stream import DAY, HOUR, Tap
from linli import risk
from linli.risk import Kind, Seen, Verdict
from linli.risk.rules import features, score, sliding

JUDGED_AFTER = 600.0
"""Seconds until a dispatcher has judged what was held (assumption)."""


@dataclass
class Records:
    """What `linli.risk.records` keeps in the table, in memory, by the same windows."""

    attempts: Counter[tuple[str, int, int]] = field(default_factory=Counter)
    paid: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    devices: set[tuple[str, str]] = field(default_factory=set)
    blocked: set[str] = field(default_factory=set)

    def seen(self, tap: Tap) -> Seen:
        """What is known of who taps."""
        ids = _ids(tap)
        paid = self.paid.get(tap.resident, [])
        return Seen(
            attempts_hour={kind: self._within(id_, tap.at, HOUR) for kind, id_ in ids.items()},
            attempts_day={kind: self._within(id_, tap.at, DAY) for kind, id_ in ids.items()},
            paid_orders=len(paid),
            paid_fen=sum(paid),
            device_known=(tap.resident, tap.device) in self.devices,
            blocked=sum(id_ in self.blocked for id_ in ids.values()),
        )

    def count(self, tap: Tap) -> None:
        """Count an attempt."""
        for id_ in _ids(tap).values():
            for window in (HOUR, DAY):
                self.attempts[id_, window, int(tap.at) // window] += 1

    def pay(self, tap: Tap) -> None:
        """Remember a payment."""
        self.paid[tap.resident].append(tap.fen)
        self.devices.add((tap.resident, tap.device))

    def _within(self, id_: str, at: float, window: int) -> int:
        now = int(at) // window
        current, before = self.attempts[id_, window, now], self.attempts[id_, window, now - 1]
        return sliding(current, before, int(at) % window, window)


def _ids(tap: Tap) -> dict[Kind, str]:
    return {"resident": tap.resident, "device": tap.device, "card": tap.card}


@dataclass
class Confusion:
    """Attempts by what they were (a thief's kind, or `resident`) and what the rules said."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    stolen_fen: int = 0
    tried_fen: int = 0

    def of(self, thief: bool, verdict: str | None = None) -> int:
        """How many attempts of thieves, or residents; of one verdict, if given."""
        return sum(
            count
            for (label, told), count in self.counts.items()
            if (label != "resident") == thief and verdict in (None, told)
        )

    @property
    def interception(self) -> float:
        """The share of thieves' attempts that took nothing: blocked, or held and then rejected."""
        return 1 - self.of(True, "accept") / max(1, self.of(True))

    @property
    def untroubled(self) -> float:
        """The share of residents' attempts that were let through at once."""
        return self.of(False, "accept") / max(1, self.of(False))


def judge(taps: Iterable[Tap]) -> Confusion:
    """
    Judge a stream. Whoever holds an attempt judges it rightly after `JUDGED_AFTER` seconds: a
    resident's pays, a thief's device and payer account are blocked (an assumption in our favour).
    """
    records, found, rules = Records(), Confusion(), risk.current()
    words: list[tuple[float, Tap]] = []
    for tap in taps:
        while words and words[0][0] <= tap.at:
            _word(records, words.pop(0)[1])
        known = features(
            records.seen(tap), fen=tap.fen, metres=tap.metres, phone_mismatch=tap.phone_mismatch
        )
        verdict = score(known, rules).verdict
        records.count(tap)
        found.counts[tap.thief or "resident", verdict.value] += 1
        if tap.thief:
            found.tried_fen += tap.fen
            found.stolen_fen += tap.fen * (verdict is Verdict.ACCEPT)
        if verdict is Verdict.ACCEPT:
            records.pay(tap)
        elif verdict is Verdict.REVIEW:
            words.append((tap.at + JUDGED_AFTER, tap))
    return found


def _word(records: Records, tap: Tap) -> None:
    if tap.thief is None:
        records.pay(tap)
    else:
        records.blocked |= {tap.device, tap.card}
