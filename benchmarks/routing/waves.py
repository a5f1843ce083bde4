"""Seeded waves of an invented neighbourhood: stores, doorsteps and couriers around one centre."""

import random
from dataclasses import dataclass, replace

from linli.kernel.geography import Point
from linli.routing.model import EMERGENCY, Problem, Stop, Window
from linli.routing.rules import CourierOffer, Doorstep, StoreSite, VehicleKind, problem_for

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


RIDERS: tuple[VehicleKind, ...] = ("e_bike", "e_bike", "e_bike", "van", "walk", "robot")
WINDOWS = (TWO_HOURS, TWO_HOURS, Window(1_800, 5_400), Window(3_600, 10_800))


def rich_problem(stops: int, seed: int = 1) -> Problem:
    """
    A wave in which every rule is in use: five stores, couriers of four kinds who have worked
    before, goods out of the cold, empties to hand in, urgent and late stops, balance of work.
    """
    chance = random.Random(seed)
    stores = [StoreSite(f"store-{n}", _near(chance)) for n in range(5)]
    doorsteps = [_rich_doorstep(chance, stores, n) for n in range(stops)]
    couriers = [
        CourierOffer(
            f"courier-{n}",
            chance.choice(RIDERS),
            chance.choice(stores).at,
            Window(0, 14_400),
            worked_seconds=chance.choice([0, 0, 7_200, 10_000]),
        )
        for n in range(max(3, stops // 6))
    ]
    problem = problem_for(stores, doorsteps, couriers, seed)
    due = tuple(_due(stop) if chance.random() < 0.3 else stop for stop in problem.stops)
    return replace(problem, stops=due, balance_fen_per_hour=500)


def _rich_doorstep(chance: random.Random, stores: list[StoreSite], n: int) -> Doorstep:
    wave = Wave("rich", 0, len(stores), 0, window=chance.choice(WINDOWS))
    plain = _doorstep(chance, wave, stores, n)
    first = next(iter(plain.parts))
    return replace(
        plain,
        returns={stores[0].id: (500, 1)} if chance.random() < 0.1 else {},
        priority=EMERGENCY if chance.random() < 0.02 else 0,
        cold_limits={first: 3_600} if chance.random() < 0.3 else {},
        volumes={store: chance.randint(1_000, 20_000) for store in plain.parts},
    )


def _due(stop: Stop) -> Stop:
    return replace(stop, due_seconds=stop.window.close_seconds - 1_200, late_fen_per_minute=50)
