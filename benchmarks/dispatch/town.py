"""An invented town of couriers and a week of routes, from a seed: positions, incomes, tempers."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from linli.dispatch.pay import DEFAULT, route_fen
from linli.dispatch.rules import Candidate, Need
from linli.fleet import Courier
from linli.kernel.geography import Point
from linli.kernel.time import ZONE

LON, LAT = 120.16, 30.27
MONDAY = datetime(2026, 6, 1, 9, 45, tzinfo=ZONE)
REACH_METRES = 6_000
OFFER_SECONDS = 180
RESPONSE_SECONDS = 45
"""Mean time until somebody who will accept does so (assumption)."""


@dataclass(frozen=True, slots=True)
class Job:
    """A route with what it pays and how far it goes."""

    need: Need
    metres: int
    pay_fen: int


@dataclass
class Week:
    """What came of a week under one way of choosing."""

    empty_metres: int = 0
    loaded_metres: int = 0
    waited_seconds: float = 0.0
    covered: int = 0
    asked: int = 0
    routes: int = 0


def couriers(count: int, rng: random.Random) -> list[Courier]:
    """Couriers who start anywhere within some 4 km of the middle; one in ten has a van."""
    return [
        Courier.model_validate(
            {
                "courier_id": f"c-{n:04d}",
                "community_id": "wulin",
                "trade": "rider",
                "vehicle": "van" if rng.random() < 0.1 else "ebike",
                "start": {"lon": LON + rng.gauss(0, 0.02), "lat": LAT + rng.gauss(0, 0.018)},
                "shift": {"opens": "08:00", "closes": "21:00"},
                "reach_metres": REACH_METRES,
            }
        )
        for n in range(count)
    ]


def jobs(count: int, at: datetime, rng: random.Random) -> list[Job]:
    """The routes of a wave: each begins at one of eight stores and takes one to two hours."""
    stores = [Point(LON + 0.012 * (n % 4) - 0.018, LAT + 0.015 * (n // 4)) for n in range(8)]
    found = []
    for n in range(count):
        stops = rng.randint(5, 14)
        metres = round(stops * rng.uniform(350, 900))
        need = Need(
            route_id=f"wulin.courier.{at:%Y%m%dT%H%M}.{n + 1}",
            start=rng.choice(stores),
            depart_at=at + timedelta(minutes=15),
            finish_at=at + timedelta(minutes=15 + 8 * stops),
            grams=rng.randint(8_000, 45_000),
            boxes=rng.randint(0, 8),
            vehicle="ebike",
        )
        found.append(Job(need, metres, route_fen(DEFAULT, stops=stops, metres=metres)))
    return found


def accepts(metres: int, rng: random.Random) -> bool:
    """Whether a courier who is asked says yes: nine in ten next door, half at 6 km (assumption)."""
    return rng.random() < 0.9 - 0.4 * min(1.0, metres / REACH_METRES)


def candidates(
    riders: list[Courier], incomes: dict[str, int], refused: dict[str, set[str]], busy: set[str]
) -> list[Candidate]:
    """Who is free, with what they have earned and refused so far."""
    return [
        Candidate(
            each,
            income_fen=incomes.get(each.courier_id, 0),
            refused=refused.get(each.courier_id, set()),
        )
        for each in riders
        if each.courier_id not in busy
    ]


def gini(amounts: list[int]) -> float:
    """The Gini coefficient of incomes: 0 all alike, 1 all with one (Gini, 1912)."""
    ordered = sorted(amounts)
    total, count = sum(ordered), len(ordered)
    if not total:
        return 0.0
    weighted = sum(rank * amount for rank, amount in enumerate(ordered, start=1))
    return 2 * weighted / (count * total) - (count + 1) / count
