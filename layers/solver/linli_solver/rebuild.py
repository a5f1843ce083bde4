"""
Ruin and recreate over every rule of a wave, in pure Python.

Neighbouring stops are taken out of neighbouring routes, in strings as they lie on them, and put
back where they cost least, at times not in the best place (Christiaens & Vanden Berghe, *Slack
induction by string removals for vehicle routing problems*, Transportation Science 54, 2020);
a worse plan is accepted by a temperature that falls as the time runs out. A step looks only at
routes nearby, so it costs no more in a large wave. It knows what the insertion knows: cold limits,
rests, lateness, returns, priorities, routes under way, but not the balance of work.

A large wave is divided: each of several processes first searches the routes of its own couriers
alone, then takes over the others' and polishes the whole (`Division`).
"""

import math
from collections.abc import Sequence
from random import Random

from linli.routing.inserting import insert, tour_cost, without
from linli.routing.model import Problem
from linli.routing.nearby import Nearby
from linli.routing.placing import worth
from linli.routing.plan import Plan, rank
from linli.routing.timetable import plan_for
from linli.routing.tours import Fleet, Tour, Trip
from linli_solver.repair import finished
from linli_solver.trips import divided, load

SOLVER = "rebuild"
NEAR = 40
"""Nearest stops of a stop that are looked at."""
STRINGS, LONGEST, REMOVED = 4, 8, 12
"""Most routes disturbed at once, most stops of one, and about how many in all."""
LARGE, REMOVED_OF_LARGE = 200, 8
"""With more stops, smaller steps: there is time for few on each."""
BLINK = 0.02
"""How often a route is overlooked while a stop is put back."""
CHOICES = 2
HOT, COLD = 2.0, 0.01
"""Temperatures at the beginning and the end, in mean ways to the nearest stops."""

State = list[tuple[list[Trip], int]]
Kept = dict[int, tuple[Tour, list[Trip], int]]


class Rebuild:
    """A search in progress; `ready` when there is anything to move."""

    def __init__(self, problem: Problem, started: Plan, seed: int) -> None:
        self._problem, self._fleet, self._chance = problem, Fleet(problem), Random(seed)
        self._nearby = Nearby(self._fleet, NEAR)
        self._others: frozenset[int] = frozenset()
        self._seeds = list(self._fleet.open)
        self.progress = 0.0
        self._begin(started)
        self._way = self._mean_way()
        self._keep_best()
        self.ready = bool(self._seeds and self._fleet.tours)

    def _begin(self, plan: Plan) -> None:
        """The state that a plan is; what it serves in ways that no trip knows is put in anew."""
        self._nearby.tour_of = load(self._fleet, plan)
        self._left = set(self._fleet.open) - set(self._nearby.tour_of)
        for stop in sorted(self._left):
            self._put(stop, None)
        self._costs = {id(tour): tour_cost(self._fleet, tour) for tour in self._fleet.tours}
        missed = sum(worth(self._problem.stops[n]) for n in self._left)
        self._current = sum(self._costs.values()) + missed

    def divide(self, parts: int, mine: int) -> None:
        """Leave the tours of other parts alone until another's plan is adopted."""
        part_of = divided(self._fleet, parts)
        tours = self._fleet.tours
        self._others = frozenset(
            id(t) for t, part in zip(tours, part_of, strict=True) if part != mine
        )
        served = self._nearby.tour_of
        self._seeds = [
            n for n in self._fleet.open if n in served and id(served[n]) not in self._others
        ]
        self._seeds = self._seeds or list(self._fleet.open)

    def adopt(self, plan: Plan) -> bool:
        """
        Go on from another's plan if it is better; whether it was.

        While the problem is divided, the routes of other parts are taken from it where they still
        serve the same stops.
        """
        best = self.plan()
        if self._others:
            plan = self._joined(best, plan)
            self._others, self._seeds = frozenset(), list(self._fleet.open)
        if rank(self._problem, plan) >= rank(self._problem, best):
            return False
        self._begin(plan)
        if self._current < self.best_cost:
            self._keep_best()
        return True

    def _joined(self, own: Plan, plan: Plan) -> Plan:
        """Own routes and the other parts' from `plan`; own alone where these do not match."""
        mine = {t.vehicle.id for t in self._fleet.tours if id(t) not in self._others}
        routes = [route for route in own.routes if route.vehicle_id in mine]
        routes += [route for route in plan.routes if route.vehicle_id not in mine]
        served = [stop_id for route in routes for stop_id in route.stop_ids]
        before = {stop_id for route in own.routes for stop_id in route.stop_ids}
        if len(set(served)) < len(served) or not before <= {*served}:
            return own
        return plan_for(self._problem, SOLVER, routes)

    def _state(self) -> State:
        return [(tour.trips, tour.soft) for tour in self._fleet.tours]

    def _set(self, state: State) -> None:
        for tour, (trips, soft) in zip(self._fleet.tours, state, strict=True):
            tour.trips, tour.soft = trips, soft

    def _keep_best(self) -> None:
        self.best_cost, self._best = self._current, self._state()

    def plan(self) -> Plan:
        """The best plan so far; what it leaves out is tried once more, with every courier."""
        state = self._state()
        self._set(self._best)
        routes = self._fleet.routes()
        self._set(state)
        return finished(self._problem, SOLVER, routes)

    def _mean_way(self) -> float:
        """Thousandths of a fen of a mean way to one of the nearest stops."""
        if not self._fleet.tours:
            return 1.0
        at, tour = self._fleet.stop_at, self._fleet.tours[0]
        near = self._nearby.near
        ways = [tour.legs[at[n]][at[m]] for n in self._fleet.open for m in near[n][:10]]
        return max(1, tour.vehicle.fen_per_km) * max(1.0, sum(ways) / max(1, len(ways)))

    def _put(self, stop: int, tours: Sequence[Tour] | None) -> bool:
        placed = insert(self._fleet, stop, tours, CHOICES)
        if placed is None:
            return False
        self._nearby.tour_of[stop] = placed.tour
        self._left.discard(stop)
        return True

    def step(self) -> None:
        """One ruin and recreate, kept if the temperature allows."""
        kept: Kept = {}
        before = set(self._left)
        removed = self._ruin(kept)
        if removed is None:
            self._undo(kept, before)
            return
        self._left.update(removed)
        others = self._chance.sample(sorted(before), min(len(before), 3))
        self._recreate([*removed, *others], kept)
        new = {key: tour_cost(self._fleet, tour) for key, (tour, _, _) in kept.items()}
        cost = self._current + sum(new.values()) - sum(self._costs[key] for key in kept)
        stops = self._problem.stops
        cost += sum(worth(stops[n]) for n in self._left - before)
        cost -= sum(worth(stops[n]) for n in before - self._left)
        warmth = self._way * HOT * (COLD / HOT) ** min(1.0, self.progress)
        # In whole numbers: what an urgent stop weighs is beyond any float.
        if cost - self._current >= int(-warmth * math.log(1.0 - self._chance.random())):
            self._undo(kept, before)
            return
        self._current = cost
        self._costs |= new
        if cost < self.best_cost:
            self._keep_best()

    def _undo(self, kept: Kept, left: set[int]) -> None:
        self._left = left
        for tour, trips, soft in kept.values():
            tour.trips, tour.soft = trips, soft
            for trip in trips:
                self._nearby.tour_of |= dict.fromkeys(trip.stops, tour)

    def _ruin(self, kept: Kept) -> list[int] | None:
        """Take strings of stops out of routes near one stop; None when a route then breaks."""
        seed = self._chance.choice(self._seeds)
        goal = self._chance.randint(
            1, 2 * (REMOVED if len(self._fleet.open) <= LARGE else REMOVED_OF_LARGE)
        )
        removed: list[int] = []
        for stop in (seed, *self._nearby.near[seed]):
            tour = self._nearby.tour_of.get(stop)
            if len(removed) >= goal or len(kept) >= STRINGS:
                break
            if stop in self._left or tour is None or id(tour) in kept or id(tour) in self._others:
                continue
            kept[id(tour)] = tour, tour.trips, tour.soft
            string = self._string(tour, stop, goal - len(removed))
            for each in string:
                tour.trips = without(self._fleet, tour, each)
            soft = self._fleet.judge(tour, tour.trips)
            if soft is None:  # Without a stop a route may be worse, where detours are shorter.
                return None
            tour.soft = soft
            removed += string
        return removed

    def _string(self, tour: Tour, stop: int, most: int) -> list[int]:
        """Neighbouring stops of a tour around one."""
        order = [n for trip in tour.trips for n in trip.stops]
        length = min(len(order), most, self._chance.randint(1, LONGEST))
        at = order.index(stop)
        first = self._chance.randint(max(0, at - length + 1), min(at, len(order) - length))
        return order[first : first + length]

    def _recreate(self, stops: list[int], kept: Kept) -> None:
        """Put the stops back, most urgent first, else in one of three orders."""
        asked, chance = self._problem.stops, self._chance
        way = chance.random()
        chance.shuffle(stops)
        if way < 0.3:
            stops.sort(key=lambda n: asked[n].window.close_seconds)
        elif way < 0.6:
            stops.sort(key=self._closeness)
        stops.sort(key=lambda n: -asked[n].priority)
        idle = [tour for tour in self._nearby.idle() if id(tour) not in self._others]
        for stop in stops:
            nearby = {id(tour): tour for tour in (*self._nearby.tours(stop), *idle)}
            nearby |= {key: tour for key, (tour, _, _) in kept.items()}
            tours = [
                tour
                for key, tour in nearby.items()
                if key not in self._others and chance.random() >= BLINK
            ]
            before = {id(tour): (tour, tour.trips, tour.soft) for tour in tours}
            if self._put(stop, tours):
                changed = id(self._nearby.tour_of[stop])
                kept.setdefault(changed, before[changed])

    def _closeness(self, stop: int) -> int:
        """The far before the near, by the way from the first store."""
        fleet = self._fleet
        sources = fleet.sources[stop]
        if not sources:
            return 0
        return -fleet.tours[0].legs[fleet.store_at[sources[0]]][fleet.stop_at[stop]]
