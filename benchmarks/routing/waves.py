"""Seeded waves of an invented neighbourhood: stores, doorsteps and couriers around one centre."""

import random
from dataclasses import dataclass

from linli.kernel.geography import Point
from linli.routing.model import Problem, Window
from linli.routing.rules import CourierOffer, Doorstep, StoreSite, problem_for

CENTRE = Point(121.4737, 31.2304)
DEGREES = 0.012
"""Standard deviation of doorsteps about the centre: some 1.2 km."""


TWO_HOURS = Window(0, 7_200)


@dataclass(frozen=True, slots=True)
class Wave:
    """How many of what; `from_two` is the share of orders whose lines come from two stores."""

    name: str
    stops: int
    stores: int
    couriers: int
    from_two: float = 0.15
    seed: int = 1
    window: Window = TWO_HOURS


def wave_problem(wave: Wave) -> Problem:
    """The routing problem of a wave; the same wave gives the same problem."""
    chance = random.Random(f"{wave.name}:{wave.seed}")
    stores = [StoreSite(f"store-{n}", _near(chance)) for n in range(wave.stores)]
    doorsteps = [_doorstep(chance, wave, stores, n) for n in range(wave.stops)]
    couriers = [
        CourierOffer(f"courier-{n}", "e_bike", chance.choice(stores).at, Window(0, 10_800))
        for n in range(wave.couriers)
    ]
    return problem_for(stores, doorsteps, couriers, wave.seed)


def _near(chance: random.Random) -> Point:
    return Point(chance.gauss(CENTRE.lon, DEGREES), chance.gauss(CENTRE.lat, DEGREES))


def _doorstep(chance: random.Random, wave: Wave, stores: list[StoreSite], n: int) -> Doorstep:
    several = len(stores) > 1 and chance.random() < wave.from_two
    sources = chance.sample(stores, 2 if several else 1)
    return Doorstep(
        order_id=f"order-{n}",
        at=_near(chance),
        floor=chance.randint(1, 6),
        has_lift=chance.random() < 0.4,
        parts={each.id: (chance.randint(300, 5_000), chance.randint(0, 1)) for each in sources},
        window=wave.window,
    )
