"""What looks odd in what residents do together. Signals, not verdicts: a person looks. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from linli.credit.programme import Watch

MOST_ENTRIES = 20
"""How many entries a signal names: as many as one decision can reverse."""
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Entry:
    """A deed, return or redemption, as the watch sees it."""

    entry_id: str
    resident_id: str
    deed: str
    at: datetime
    counterpart: str | None = None
    device: str | None = None


@dataclass(frozen=True, slots=True)
class Signal:
    """Why a person should look at `resident_id`, who with, and the entries that it is about."""

    kind: str
    resident_id: str
    people: tuple[str, ...]
    entry_ids: tuple[str, ...]


def signals(entries: Sequence[Entry], watch: Watch) -> Iterator[Signal]:
    """Every signal in the entries of some days, one for each resident that it concerns."""
    yield from _rings(entries, watch.mutual_deeds)
    yield from _devices(entries, watch.residents_a_device)
    yield from _returns(entries, watch.returns_an_hour)


def _signal(kind: str, who: str, people: Iterable[str], entries: Iterable[Entry]) -> Signal:
    ids = sorted(entry.entry_id for entry in entries)
    return Signal(kind, who, tuple(sorted(people)), tuple(ids[-MOST_ENTRIES:]))


def _rings(entries: Sequence[Entry], least: int) -> Iterator[Signal]:
    """
    Residents who do deeds for one another round a ring, at least `least` times along each edge: a
    pair that helps each other is the smallest ring.
    """
    done: Counter[tuple[str, str]] = Counter()
    for entry in entries:
        if entry.counterpart is not None:
            done[entry.resident_id, entry.counterpart] += 1
    reach: defaultdict[str, set[str]] = defaultdict(set)
    for (doer, other), times in done.items():
        if times >= least:
            reach[doer].add(other)
    for ring in _cycles(reach):
        for who in sorted(ring):
            mine = (e for e in entries if e.resident_id == who and e.counterpart in ring)
            yield _signal("mutual_deeds", who, ring, mine)


def _cycles(reach: Mapping[str, set[str]]) -> list[frozenset[str]]:
    """The groups within which everybody reaches everybody, of at least two."""
    reached = {who: _from(who, reach) for who in reach}
    groups = {
        frozenset({who} | {other for other in reached[who] if who in reached.get(other, ())})
        for who in reach
    }
    return sorted((group for group in groups if len(group) > 1), key=sorted)


def _from(who: str, reach: Mapping[str, set[str]]) -> set[str]:
    seen, ahead = set[str](), [who]
    while ahead:
        for other in reach.get(ahead.pop(), ()):
            if other not in seen:
                seen.add(other)
                ahead.append(other)
    return seen


def _devices(entries: Sequence[Entry], least: int) -> Iterator[Signal]:
    """One device by which many residents earn or redeem."""
    users: defaultdict[str, set[str]] = defaultdict(set)
    for entry in entries:
        if entry.device is not None:
            users[entry.device].add(entry.resident_id)
    for device, people in sorted(users.items()):
        if len(people) >= least:
            for who in sorted(people):
                mine = (e for e in entries if e.device == device and e.resident_id == who)
                yield _signal("shared_device", who, people, mine)


def _returns(entries: Sequence[Entry], least: int) -> Iterator[Signal]:
    """More returns of boxes within an hour than one person can carry."""
    by_resident: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in sorted(entries, key=lambda e: e.at):
        if entry.deed == "returned_box":
            by_resident[entry.resident_id].append(entry)
    for who, mine in sorted(by_resident.items()):
        crowded = [
            mine[n : n + least]
            for n in range(len(mine) - least + 1)
            if mine[n + least - 1].at - mine[n].at <= _HOUR
        ]
        if crowded:
            yield _signal("many_returns", who, [who], crowded[-1])
