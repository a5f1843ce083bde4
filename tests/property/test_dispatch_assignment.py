"""The assignment: as many routes as can be, at the least cost, each courier at most once."""

from datetime import UTC, datetime, time, timedelta
from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from linli.dispatch.matrix import costs_of
from linli.dispatch.rest import Rest
from linli.dispatch.rules import Candidate, Costs, Need, cost_fen, first_come, greedy, obstacle
from linli.fleet import Courier
from linli.kernel.geography import Point
from linli_solver.assignment import assign

cells = st.one_of(st.none(), st.integers(0, 5_000))


@st.composite
def matrices(draw: st.DrawFn, most: int = 9) -> Costs:
    rows, columns = draw(st.integers(0, most)), draw(st.integers(1, most))
    return [[draw(cells) for _ in range(columns)] for _ in range(rows)]


def worth(costs: Costs, chosen: dict[int, int]) -> tuple[int, int]:
    """Fewer routes left first, then less cost."""
    spent = [costs[row][column] for row, column in chosen.items()]
    assert None not in spent, "somebody was chosen who cannot"
    return len(costs) - len(chosen), sum(each or 0 for each in spent)


@given(matrices())
@settings(max_examples=150, deadline=None)
def test_each_route_has_one_courier_each_courier_one_route_and_nobody_beats_it(
    costs: Costs,
) -> None:
    chosen = assign(costs)
    assert len(set(chosen.values())) == len(chosen)
    assert set(chosen) <= set(range(len(costs)))
    assert worth(costs, chosen) <= worth(costs, greedy(costs))
    assert worth(costs, chosen) <= worth(costs, first_come(costs))


@given(matrices(most=4))
@settings(max_examples=60, deadline=None)
def test_it_is_the_best_of_all_there_are(costs: Costs) -> None:
    columns = list(range(len(costs[0]) if costs else 0)) + [-1] * len(costs)
    best = min(
        (
            worth(costs, {row: c for row, c in enumerate(some) if c >= 0})
            for some in set(permutations(columns, len(costs)))
            if all(c < 0 or costs[row][c] is not None for row, c in enumerate(some))
        ),
        default=(0, 0),
    )
    assert worth(costs, assign(costs)) == best


VEHICLES = st.sampled_from(["walk", "ebike", "van"])
MORNING = datetime(2026, 6, 1, 1, tzinfo=UTC)


@st.composite
def points(draw: st.DrawFn) -> Point:
    """A town, with its far corners, the places where maps tear, and doors that are shared."""
    lon, lat = draw(st.sampled_from([(120.16, 30.27), (179.99, 0.0), (10.0, 79.95), (0.0, -89.9)]))
    step = draw(st.sampled_from([0, 1, 5, 40, 400]))
    east, north = draw(st.integers(-3, 3)), draw(st.integers(-3, 3))
    lon = (lon + 0.001 * step * east + 180) % 360 - 180
    return Point(lon, max(-90.0, min(90.0, lat + 0.001 * step * north)))


@st.composite
def wanted(draw: st.DrawFn) -> Need:
    depart = MORNING + timedelta(minutes=draw(st.integers(-120, 900)))
    return Need(
        route_id=f"r-{draw(st.integers(0, 2))}",
        start=draw(points()),
        depart_at=depart,
        finish_at=depart + timedelta(minutes=draw(st.integers(10, 300))),
        grams=draw(st.integers(0, 60_000)),
        boxes=draw(st.integers(0, 9)),
        vehicle=draw(VEHICLES),
        skills=draw(st.sampled_from([frozenset(), frozenset({"heavy_goods"})])),
        cold=draw(st.booleans()),
    )


@st.composite
def riders(draw: st.DrawFn) -> Candidate:
    start = draw(points())
    opens = draw(st.integers(0, 12))
    courier = Courier.model_validate(
        {
            "courier_id": "c",
            "community_id": "wulin",
            "trade": "rider",
            "vehicle": draw(VEHICLES),
            "start": {"lon": start.lon, "lat": start.lat},
            "shift": {"opens": time(opens), "closes": time(draw(st.integers(opens + 1, 23)))},
            "reach_metres": draw(st.sampled_from([1, 500, 6_000, 50_000])),
            "skills": draw(st.sampled_from([(), ("heavy_goods",)])),
            "cold_box": draw(st.booleans()),
        }
    )
    halted = MORNING - timedelta(minutes=draw(st.integers(0, 40)))
    ridden = draw(st.integers(1, 9 * 3600))
    tired = Rest(halted_at=halted, stretch_seconds=ridden, day=halted.date(), day_seconds=ridden)
    span = (MORNING, MORNING + timedelta(hours=draw(st.integers(1, 6))))
    return Candidate(
        courier,
        spans=draw(st.sampled_from([(), (span,)])),
        rest=draw(st.sampled_from([Rest(), tired])),
        fatigue=draw(st.sampled_from(["unknown", "fresh", "tired", "alarm"])),
        income_fen=draw(st.integers(0, 100_000)),
        refused=draw(st.sampled_from([frozenset(), frozenset({"r-1"})])),
    )


@given(st.lists(wanted(), max_size=4), st.lists(riders(), max_size=6))
@settings(max_examples=80, deadline=None)
def test_costs_of_all_at_once_are_those_of_each_pair(
    needs: list[Need], who: list[Candidate]
) -> None:
    mean = sum(each.income_fen for each in who) // max(1, len(who))
    each_alone = [
        [
            None if obstacle(need, one, MORNING) else cost_fen(need, one, mean, MORNING)
            for one in who
        ]
        for need in needs
    ]
    assert costs_of(needs, who, MORNING) == each_alone


@given(matrices())
@settings(max_examples=60, deadline=None)
def test_another_courier_never_makes_it_worse(costs: Costs) -> None:
    more = [[*row, 100] for row in costs]
    assert worth(more, assign(more)) <= worth(costs, assign(costs))
