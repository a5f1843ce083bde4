"""Random rich routing problems for Hypothesis, and small ones made by hand."""

from dataclasses import replace
from math import ceil, hypot
from typing import Any

from hypothesis import reject
from hypothesis import strategies as st

from linli.routing.index import Index
from linli.routing.insertion import insertion
from linli.routing.model import (
    ALWAYS,
    EMERGENCY,
    UNREACHABLE,
    Depot,
    InvalidProblem,
    Part,
    Problem,
    Rest,
    Return,
    Stop,
    Travel,
    Underway,
    Vehicle,
    Window,
)
from linli.routing.visits import Call, Kind, Visit

SKILLS = ("stairs", "cold", "heavy")


@st.composite
def windows(draw: st.DrawFn, longest: int = 3_000) -> Window:
    """Mostly wide, so that there is something to plan."""
    if draw(st.integers(0, 9)) < 5:
        return Window(0, 3 * longest)
    start = draw(st.integers(0, longest))
    return Window(start, start + draw(st.integers(0, longest)))


def mostly(usual: Any, other: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """The usual value three times of four."""
    return st.integers(0, 3).flatmap(lambda n: other if n == 3 else st.just(usual))


@st.composite
def travels(draw: st.DrawFn, places: int, cut: bool) -> tuple[Travel, ...]:
    points = [(draw(st.integers(0, 900)), draw(st.integers(0, 900))) for _ in range(places)]
    metres = [[ceil(hypot(a[0] - b[0], a[1] - b[1])) for b in points] for a in points]
    if cut:
        for _ in range(draw(mostly(0, st.integers(0, 6)))):
            a, b = draw(st.integers(0, places - 1)), draw(st.integers(0, places - 1))
            metres[a][b] = UNREACHABLE
    rows = tuple(map(tuple, metres))
    slow = tuple(tuple(2 * each if each > 0 else each for each in row) for row in metres)
    return Travel("e_bike", rows, rows), Travel("walk", rows, slow)


@st.composite
def stops(draw: st.DrawFn, n: int, places: int, depots: list[str]) -> Stop:
    """A stop of any kind: delivered to, taken from, or both."""
    at = st.integers(0, places - 1)
    sources = draw(st.lists(st.sampled_from(depots), max_size=3, unique=True))
    back = draw(mostly([], st.lists(st.sampled_from(depots), max_size=2, unique=True)))
    if not sources and not back:
        sources = [draw(st.sampled_from(depots))]
    cold = mostly(None, st.integers(300, 4_000))
    parts = tuple(
        Part(
            depot_id=each,
            load_grams=draw(st.integers(0, 40)),
            boxes=draw(mostly(0, st.integers(0, 2))),
            volume_millilitres=draw(mostly(0, st.integers(0, 900))),
            cold_boxes=draw(mostly(0, st.integers(0, 1))),
            cold_limit_seconds=draw(cold),
        )
        for each in sources
    )
    returns = tuple(
        Return(each, *(draw(st.integers(0, most)) for most in (20, 2, 300))) for each in back
    )
    window = draw(windows())
    return Stop(
        id=f"s{n}",
        location=draw(at),
        parts=parts,
        window=window,
        service_seconds=draw(st.integers(0, 300)),
        penalty_fen=draw(st.sampled_from([0, 50, 100_000])),
        returns=returns,
        skills=draw(mostly((), st.tuples(st.sampled_from(SKILLS)))),
        due_seconds=draw(st.none() | st.integers(0, window.close_seconds)),
        late_fen_per_minute=draw(st.sampled_from([0, 10, 600])),
        priority=draw(st.sampled_from([0, 0, 0, 1, EMERGENCY])),
    )


@st.composite
def vehicles(draw: st.DrawFn, n: int, places: int) -> Vehicle:
    at = st.integers(0, places - 1)
    rest = st.none() | st.builds(Rest, st.integers(300, 4_000), st.integers(0, 400))
    return Vehicle(
        id=f"v{n}",
        profile=draw(st.sampled_from(["e_bike", "walk"])),
        start=draw(at),
        capacity_grams=draw(mostly(90, st.integers(0, 120))),
        capacity_boxes=draw(mostly(5, st.integers(0, 6))),
        shift=draw(windows(6_000)),
        max_duration_seconds=draw(mostly(20_000, st.integers(0, 9_000))),
        end=draw(st.none() | at),
        fen_per_km=draw(st.integers(0, 300)),
        fixed_fen=draw(st.integers(0, 50)),
        capacity_millilitres=draw(mostly(3_000, st.integers(0, 3_000))),
        capacity_cold_boxes=draw(mostly(2, st.integers(0, 3))),
        skills=draw(
            mostly(SKILLS, st.lists(st.sampled_from(SKILLS), max_size=3, unique=True).map(tuple))
        ),
        rest=draw(rest),
        worked_seconds=draw(st.sampled_from([0, 0, 200])),
    )


@st.composite
def problems(draw: st.DrawFn, cut: bool = True, underway: bool = True) -> Problem:
    """Any problem of up to nine places, eight stops and three couriers."""
    places = draw(st.integers(1, 9))
    at = st.integers(0, places - 1)
    depots = tuple(
        Depot(
            f"d{n}",
            draw(at),
            draw(st.integers(0, 200)),
            draw(st.sampled_from([Window(0, 172_800), Window(0, 2_000), Window(300, 9_000)])),
        )
        for n in range(draw(st.integers(1, 3)))
    )
    names = [depot.id for depot in depots]
    problem = Problem(
        depots,
        tuple(draw(stops(n, places, names)) for n in range(draw(st.integers(0, 8)))),
        tuple(draw(vehicles(n, places)) for n in range(draw(st.sampled_from([1, 2, 3, 0])))),
        draw(travels(places, cut)),
        balance_fen_per_hour=draw(st.sampled_from([0, 0, 500])),
    )
    return draw(begun(problem)) if underway and draw(st.booleans()) else problem


@st.composite
def easy_problems(draw: st.DrawFn) -> Problem:
    """Problems in which there is always a route to alter: one store, room and time for all."""
    problem = draw(problems(cut=False, underway=False))
    free = Window(0, 30_000)
    parts = (Part("d0", draw(st.integers(1, 20)), 1),)
    asked = problem.stops or (door("s0", 0, parts=parts),)
    crew = problem.vehicles or (replace(RIDER, id="v0"),)
    return replace(
        problem,
        depots=tuple(replace(depot, window=ALWAYS) for depot in problem.depots),
        stops=tuple(
            replace(s, parts=s.parts or parts, window=free, due_seconds=None, skills=(),
                    penalty_fen=100_000)
            for s in _lukewarm(asked)
        ),
        vehicles=tuple(
            replace(v, shift=free, max_duration_seconds=30_000, capacity_grams=500,
                    capacity_boxes=50, capacity_cold_boxes=9, rest=None)
            for v in crew
        ),
    )  # fmt: skip


def _lukewarm(asked: tuple[Stop, ...]) -> tuple[Stop, ...]:
    return tuple(
        replace(s, parts=tuple(replace(p, cold_limit_seconds=None) for p in s.parts)) for s in asked
    )


@st.composite
def begun(draw: st.DrawFn, problem: Problem) -> Problem:
    """The problem at an instant when the insertion's routes are being ridden."""
    plan = insertion(problem)
    now = draw(st.integers(0, 4_000))
    index = Index(problem)
    ridden: dict[str, Underway] = {}
    for route in plan.routes:
        past = tuple(v for v in route.visits if v.start_seconds <= now)
        to_come = [v.call for v in route.visits[len(past) :] if v.kind is not Kind.REST]
        locked = tuple(to_come[: draw(st.integers(0, 2))])
        at = index.vehicles[route.vehicle_id].start
        for visit in past:
            if visit.kind is not Kind.REST:
                at = index.place(visit.call).location
        free_at = max(now, past[-1].leave_seconds) if past else now
        ridden[route.vehicle_id] = Underway(past, at, free_at, locked)
    vehicles = tuple(replace(v, underway=ridden.get(v.id)) for v in problem.vehicles)
    try:
        return replace(problem, vehicles=vehicles)
    except InvalidProblem:  # From where the courier is now there may be no way home at all.
        reject()


LINE = tuple(tuple(100 * abs(a - b) for b in range(6)) for a in range(6))
"""Six places in a row, a hundred metres and seconds apart."""
DAY = Window(0, 36_000)
STORE = Depot("store", 0, 60)
FAR_STORE = Depot("far-store", 5, 60)
RIDER = Vehicle("rider", "e_bike", 0, 5_000, 5, DAY, 36_000)


def door(stop_id: str, place: int, **more: Any) -> Stop:
    """A stop that gets a kilogram in a box from the store, if nothing else is said."""
    fields: dict[str, Any] = {
        "parts": (Part("store", 1_000, 1),),
        "window": DAY,
        "service_seconds": 30,
    }
    return Stop(id=stop_id, location=place, **{**fields, **more})


def wave(*doors: Stop, couriers: tuple[Vehicle, ...] = (RIDER,), **more: Any) -> Problem:
    """A problem on the line, with a store at each end."""
    return Problem((STORE, FAR_STORE), doors, couriers, (Travel("e_bike", LINE, LINE),), **more)


def collect(store: str, *stop_ids: str) -> Call:
    """Loading at a store."""
    return Call(Kind.COLLECT, store, stop_ids)


def deliver(stop_id: str) -> Call:
    """Handing over at a door."""
    return Call(Kind.DELIVER, stop_id, (stop_id,))


def hand_in(store: str, *stop_ids: str) -> Call:
    """Bringing returns to a store or station."""
    return Call(Kind.RETURN, store, stop_ids)


def done(call: Call, at: int, stay: int) -> Visit:
    """A call that was made, without a wait."""
    return Visit(call.kind, call.place_id, call.stop_ids, at, at, at + stay)
