"""
Whom routes are offered to: the assignment beside greedy and first come, over a seeded week.

`python -m benchmarks.dispatch.run [--couriers 120] [--seed 1]` with `layers/domain/python` and
`layers/solver` on the path. Prints for each way of choosing the empty kilometres (from where
couriers are to where routes begin), the Gini coefficient of the week's incomes, the mean time from
a route's offer to its acceptance, and routes that four rounds left without a courier; then the
seconds that choosing takes for 500 routes and 1,000 couriers.

Who says yes, and how fast, is assumed (`town.accepts`) and the same for all ways. The source's
productivity of +280 % is that of hiring idle workers of other trades against employed part-timers:
nothing here compares with it; what is printed beside it is stops per courier and hour of the week.

Exit code 1 when the assignment does not beat both in empty kilometres and in Gini's coefficient.
"""

import argparse
import random
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from benchmarks.dispatch.town import (
    MONDAY,
    OFFER_SECONDS,
    RESPONSE_SECONDS,
    Job,
    Week,
    accepts,
    candidates,
    couriers,
    gini,
    jobs,
)
from linli.dispatch.matrix import costs_of
from linli.dispatch.rules import Costs, first_come, greedy
from linli.fleet import Courier
from linli_solver.assignment import assign

WAYS: dict[str, Callable[[Costs], dict[int, int]]] = {
    "first come": first_come,
    "greedy": greedy,
    "assignment": assign,
}
DAYS, WAVES_A_DAY, ROUNDS = 6, 2, 4


@dataclass(frozen=True, slots=True)
class Outcome:
    """A week's figures under one way of choosing."""

    empty_km: float
    empty_share: float
    gini: float
    wait_seconds: float
    uncovered: int
    routes: int
    choose_seconds: float


def week(way: str, riders: list[Courier], routes_a_wave: int, seed: int) -> Outcome:
    """Play a week; what is drawn is the same for every way as far as the choices let it be."""
    rng, incomes, told = random.Random(seed), {each.courier_id: 0 for each in riders}, Week()
    begun = time.process_time()
    for day in range(DAYS):
        for wave in range(WAVES_A_DAY):
            at = MONDAY + timedelta(days=day, hours=6 * wave)
            play_wave(WAYS[way], riders, jobs(routes_a_wave, at, rng), incomes, told, seed)
    whole = told.empty_metres + told.loaded_metres
    return Outcome(
        empty_km=told.empty_metres / 1000,
        empty_share=told.empty_metres / whole,
        gini=gini(list(incomes.values())),
        wait_seconds=told.waited_seconds / max(1, told.covered),
        uncovered=told.routes - told.covered,
        routes=told.routes,
        choose_seconds=(time.process_time() - begun) / (DAYS * WAVES_A_DAY),
    )


def play_wave(
    choose: Callable[[Costs], dict[int, int]],
    riders: list[Courier],
    wave: list[Job],
    incomes: dict[str, int],
    told: Week,
    seed: int,
) -> None:
    """Offer a wave's routes in rounds; whoever accepts has the route and its pay."""
    left, busy, refused = list(wave), set[str](), dict[str, set[str]]()
    told.routes += len(wave)
    for number in range(ROUNDS):
        who = candidates(riders, incomes, refused, busy)
        costs = costs_of([job.need for job in left], who, wave[0].need.depart_at)
        taken = []
        for row, column in choose(costs).items():
            job, courier = left[row], who[column].courier
            metres = courier.start.point.metres_to(job.need.start)
            draw = random.Random(f"{seed} {job.need.route_id} {courier.courier_id}")
            told.asked += 1
            if not accepts(metres, draw):
                refused.setdefault(courier.courier_id, set()).add(job.need.route_id)
                continue
            told.waited_seconds += number * OFFER_SECONDS + draw.expovariate(1 / RESPONSE_SECONDS)
            told.empty_metres += metres
            told.loaded_metres += job.metres
            told.covered += 1
            incomes[courier.courier_id] += job.pay_fen
            busy.add(courier.courier_id)
            taken.append(job)
        left = [job for job in left if job not in taken]
        if not left:
            return


def large(routes: int, count: int, seed: int) -> tuple[float, float]:
    """CPU seconds to make the costs of many routes and couriers, and to assign them."""
    rng = random.Random(seed)
    who = candidates(couriers(count, rng), {}, {}, set())
    needs = [job.need for job in jobs(routes, MONDAY, rng)]
    begun = time.process_time()
    costs = costs_of(needs, who, needs[0].depart_at)
    made = time.process_time()
    chosen = assign(costs)
    assert len(chosen) == routes, "there are couriers for all"
    return made - begun, time.process_time() - made


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--couriers", type=int, default=120)
    parser.add_argument("--routes", type=int, default=60, help="of a wave")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--large", default="500x1000", help="routes x couriers; 0x0: not at all")
    chosen = parser.parse_args(arguments)
    riders = couriers(chosen.couriers, random.Random(chosen.seed))
    print(f"{DAYS} days, {WAVES_A_DAY} waves of {chosen.routes} routes, {len(riders)} couriers")
    print(
        f"{'way':14}{'empty km':>10}{'of all':>8}{'Gini':>8}{'wait s':>8}{'left':>6}{'s/wave':>8}"
    )
    found = {}
    for way in WAYS:
        found[way] = one = week(way, riders, chosen.routes, chosen.seed)
        print(
            f"{way:14}{one.empty_km:10.1f}{one.empty_share:8.1%}{one.gini:8.3f}"
            f"{one.wait_seconds:8.0f}{one.uncovered:6d}{one.choose_seconds:8.2f}"
        )
    routes, count = map(int, chosen.large.split("x"))
    if routes:
        costs, flow = large(routes, count, chosen.seed)
        print(
            f"{routes} routes x {count} couriers: costs {costs:.1f} s, assignment {flow:.1f} s CPU"
        )
    print("productivity +280 % in the source: not comparable (other trades' idle hours, hired)")
    best = found.pop("assignment")
    beaten = all(best.empty_km < o.empty_km and best.gini <= o.gini for o in found.values())
    return 0 if beaten else 1


if __name__ == "__main__":
    sys.exit(main())
