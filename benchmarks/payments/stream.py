"""
A labelled stream of attempts to pay, invented: what residents of a network do, and what thieves do.

Residents mostly pay from their own phone at home; some change phones, pay from afar for their
parents, order for a party, tap again and again when nothing happens, or share one phone. Thieves
come in five kinds, see `KINDS`; the last is one that no rule about an attempt can tell from a new
resident. All shares are assumptions, chosen before any rule was looked at; one seed is one stream.
"""

import heapq
import random
from collections.abc import Iterator
from dataclasses import dataclass

HOUR, DAY = 3600, 86_400
KINDS = {
    "tester": "tries stolen payer accounts in a row from one device, small amounts",
    "takeover": "uses a resident's account from another device, far away, for a large order",
    "farm": "many fresh accounts on one device, to take what new residents get",
    "repeater": "a thief who was turned away comes again from the same device",
    "patient": "one stolen payer account, one fresh resident nearby, one ordinary order",
}


@dataclass(frozen=True, slots=True, order=True)
class Tap:
    """An attempt to pay, as the door sees it, and what it really is (None: a resident)."""

    at: float
    resident: str
    device: str
    card: str
    fen: int
    metres: int
    phone_mismatch: bool
    thief: str | None


def stream(residents: int, days: int, thefts_a_day: int, seed: int) -> Iterator[Tap]:
    """The stream in the order of time."""
    rng = random.Random(seed)
    honest = (_resident(f"r{n}", days, random.Random(f"{seed}/{n}")) for n in range(residents))
    thefts = (
        _theft(n, rng.uniform(DAY, days * DAY), residents, random.Random(f"{seed}/t{n}"))
        for n in range(thefts_a_day * (days - 1))
    )
    taps = [tap for each in (*honest, *thefts) for tap in each]
    heapq.heapify(taps)
    while taps:
        yield heapq.heappop(taps)


def _resident(who: str, days: int, rng: random.Random) -> Iterator[Tap]:
    """Somebody who orders every few days; each oddity has its share."""
    device, usual = f"{who}-phone", rng.choice((2500, 4000, 6500, 11_000))
    if rng.random() < 0.02:
        device = f"family-{rng.randrange(50)}"
    for day in range(days):
        if rng.random() > 0.25:
            continue
        if rng.random() < 0.01:
            device = f"{who}-phone-{day}"
        fen = max(300, int(rng.lognormvariate(0, 0.45) * usual * (6 if rng.random() < 0.01 else 1)))
        far = rng.random() < 0.015
        at = (day + rng.triangular(0.3, 0.95, 0.72)) * DAY
        for _ in range(rng.randint(2, 4) if rng.random() < 0.02 else 1):
            metres = rng.randint(30_000, 1_500_000) if far else rng.randint(0, 4000)
            yield Tap(at, who, device, f"{who}-card", fen, metres, far or rng.random() < 0.03, None)
            at += rng.uniform(15, 200)


def _theft(n: int, at: float, residents: int, rng: random.Random) -> Iterator[Tap]:
    kind = rng.choices(list(KINDS), (3, 3, 2, 1, 1))[0]
    device, gap = f"thief-{n}", {"tester": 40, "farm": 240, "repeater": 400}.get(kind, 0)
    for m in range({"tester": 25, "farm": 12, "repeater": 15}.get(kind, 1)):
        who = f"r{rng.randrange(residents)}" if kind == "takeover" else f"thief-{n}-{m}"
        fen = {"takeover": 60_000, "tester": 400, "farm": 3000}.get(kind, 12_000)
        nearby = kind in ("patient", "farm")
        yield Tap(
            at,
            f"thief-{n}" if kind in ("tester", "repeater") else who,
            device,
            f"card-{n}" if kind == "repeater" else f"card-{n}-{m}",
            int(fen * rng.uniform(0.5, 2)),
            rng.randint(0, 4000) if nearby else rng.randint(20_000, 2_000_000),
            kind in ("takeover", "tester") or (kind == "repeater" and rng.random() < 0.5),
            kind,
        )
        at += rng.expovariate(1 / gap) if gap else 0
