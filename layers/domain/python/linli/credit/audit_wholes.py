"""The ledger's balances, lots, caps, scores and tiers beside what its transfers say."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from linli.credit.audit_sums import Key, Sums
from linli.credit.keys import COMMISSION

_DAY = 24 * 60 * 60 * 1000
"""In milliseconds."""


@dataclass(slots=True)
class Kept:
    """The items that transfers must agree with, by (holder, sort key) or whole key."""

    balances: dict[tuple[str, str], tuple[int, int, int]] = field(default_factory=dict)
    days: dict[tuple[str, str], int] = field(default_factory=dict)
    lots: dict[tuple[str, str], int] = field(default_factory=dict)
    times: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    counts: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    weights: dict[tuple[str, str], int] = field(default_factory=dict)
    tiers: dict[tuple[str, str], str] = field(default_factory=dict)
    cutoffs: dict[str, tuple[str, int, int, int]] = field(default_factory=dict)


def compare(sums: Sums, kept: Kept, cap_points: int | None) -> Iterator[str]:
    """What does not agree, in words."""
    yield from _balances(sums, kept)
    yield from _same("points of a day", kept.days, sums.days)
    yield from _same("lot", kept.lots, sums.lots)
    yield from _same("score", kept.weights, sums.weights)
    for key, points in sorted(kept.days.items()):
        if key[1].startswith("SPENT") and cap_points is not None and points > cap_points:
            yield f"{key}: {points} over the cap"
    yield from _counts(sums, kept)
    yield from _windows(sums, kept)
    yield from _tiers(kept)
    for source, times in sums.coupons.items():
        if times > 1:
            yield f"{times} coupons for {source}"
    for transfer_id in sorted(sums.bought - set(sums.coupons)):
        yield f"transfer {transfer_id}: a reward was paid for, and there is no coupon"


def _balances(sums: Sums, kept: Kept) -> Iterator[str]:
    for holder, fen in sorted(sums.owed.items()):
        if fen < 0:
            yield f"{holder}: paid {-fen} fen more than was owed"
    keys = kept.balances.keys() | sums.available.keys() | sums.held.keys() | sums.spent.keys()
    for key in sorted(keys):
        stored = kept.balances.get(key, (0, 0, 0))
        summed = sums.available[key], sums.held[key], sums.spent[key]
        if stored != summed:
            yield f"{key}: stored {stored}, transfers say {summed}"
        if min(stored) < 0 and key[1] != COMMISSION:
            yield f"{key}: negative {stored}"


def _same(what: str, kept: Mapping[Key, int], summed: Counter[Key]) -> Iterator[str]:
    for key in sorted(kept.keys() | summed.keys()):
        if kept.get(key, 0) != summed[key]:
            yield f"{what} {key}: stored {kept.get(key, 0)}, transfers say {summed[key]}"


def _counts(sums: Sums, kept: Kept) -> Iterator[str]:
    quotas: Counter[str] = Counter()
    for (pk, sk), (count, cap) in sorted(kept.counts.items()):
        if count > cap:
            yield f"{pk} {sk}: {count} over the cap of {cap}"
        if pk.startswith("QUOTA#"):
            quotas[pk] += count
        elif sk.startswith("REDEEMED#") and count != sums.redeemed[pk, sk]:
            yield f"{pk} {sk}: {count} counted, {sums.redeemed[pk, sk]} were redeemed"
    for pk in sorted(quotas.keys() | sums.quotas.keys()):
        count = quotas[pk]
        if count != sums.quotas[pk]:
            yield f"{pk}: {count} counted, {sums.quotas[pk]} were taken"


def _windows(sums: Sums, kept: Kept) -> Iterator[str]:
    """No deed was one too many in the window before it, and the newest ones are the ones kept."""
    for key in sorted(sums.deeds.keys() | kept.times.keys()):
        awards, times = sorted(sums.deeds.get(key, [])), kept.times.get(key, [])
        for n, (at, rule) in enumerate(awards):
            most, days = (int(each) for each in rule.split("/"))
            if n >= most and awards[n - most][0] > at - days * _DAY:
                yield f"{key}: awarded more than {most} times in {days} days"
        if not times or [at for at, _ in awards][-len(times) :] != times:
            yield f"{key}: the times kept are not those of its newest awards"


def _tiers(kept: Kept) -> Iterator[str]:
    """The top tier is who the last cut-off let in, and as many as its band allows."""
    now_top = Counter(community for (community, _), tier in kept.tiers.items() if tier == "top")
    for community in sorted(now_top.keys() | kept.cutoffs.keys()):
        _, least, most, top = kept.cutoffs.get(community, ("", 0, 0, 0))
        if now_top[community] != top:
            yield f"{community}: {now_top[community]} in the top tier, solved were {top}"
        if not least <= top <= most:
            yield f"{community}: {top} in the top tier, the band is {least} to {most}"
