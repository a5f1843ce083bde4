"""Public instances: every format is read by its own convention, and what is wrong is named."""

import math
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from linli.routing.model import InvalidProblem
from linli_solver.instances.check import faults
from linli_solver.instances.model import Instance, Routing, rank
from linli_solver.instances.read import parse_instance, read_instance
from linli_solver.instances.solution import from_sol, to_sol, written_cost

SOLOMON = """tiny101

VEHICLE
NUMBER     CAPACITY
  3          50

CUSTOMER
CUST NO.   XCOORD.   YCOORD.    DEMAND   READY TIME  DUE DATE   SERVICE TIME

    0      0         0          0          0       230          0
    1      3         4         10        161       171         10
    2      1         1          7         50        60         10
    3      -2        5         13        100       126         10
"""
CVRP = """NAME : tiny-n4-k2
COMMENT : (an invented one: of no set)
TYPE : CVRP
DIMENSION : 4
EDGE_WEIGHT_TYPE : EUC_2D
CAPACITY : 20
NODE_COORD_SECTION
1 0 0
2 3 4
3 1e0 1
4 -2.0 5
DEMAND_SECTION
1 0
2 10
3 7
4 13
DEPOT_SECTION
 1
 -1
EOF
"""
EXPLICIT = """NAME : tiny-road
TYPE : VRPTW
DIMENSION : 3
EDGE_WEIGHT_TYPE : EXPLICIT
EDGE_WEIGHT_FORMAT : FULL_MATRIX
VEHICLES : 2
CAPACITY : 5
EDGE_WEIGHT_SECTION
0 7 9
8 0 3
10 4 0
DEMAND_SECTION
1 0
2 2
3 3
DEPOT_SECTION
1
-1
SERVICE_TIME_SECTION
1 0
2 60
3 60
TIME_WINDOW_SECTION
1 0 1000
2 0 500
3 100 200
EOF
"""
LILIM = """2 20 1
0 0 0 0 0 1000 0 0 0
1 3 4 10 0 900 10 0 3
2 1 1 5 0 900 10 0 4
3 -2 5 -10 0 900 10 1 0
4 6 0 -5 0 900 10 2 0
"""
FLEETS = """NAME: tiny-hf
TYPE: HFVRP
DIMENSION: 4
VEHICLES: 3
EDGE_WEIGHT_TYPE: EUC_2D
NODE_COORD_SECTION
1 0 0
2 3 4
3 1 1
4 -2 5
DEMAND_SECTION
1 0
2 10
3 7
4 13
CAPACITY_SECTION
1 13
2 20
3 13
VEHICLES_FIXED_COST_SECTION
1 500
2 800
3 500
VEHICLES_UNIT_DISTANCE_COST_SECTION
1 100
2 150
3 100
DEPOT_SECTION
1
-1
EOF
"""
DEPOTS = """NAME: tiny-md
TYPE: MDVRPTW
EDGE_WEIGHT_TYPE: EUC_2D
DIMENSION: 4
VEHICLES: 2
CAPACITY: 20
VEHICLES_MAX_DURATION: 40.5
NODE_COORD_SECTION
1 0 0
2 10 0
3 1 1
4 9 1
DEMAND_SECTION
1 0
2 0
3 7
4 13
SERVICE_TIME_SECTION
1 0
2 0
3 2
4 2.5
TIME_WINDOW_SECTION
1 0 1000
2 0 1000
3 0 100
4 0 100
VEHICLES_DEPOT_SECTION
1 1
2 2
DEPOT_SECTION
1
2
-1
EOF
"""
ALL = {"solomon": SOLOMON, "cvrp": CVRP, "explicit": EXPLICIT, "lilim": LILIM, "hf": FLEETS,
       "md": DEPOTS}  # fmt: skip


def read(name: str) -> Instance:
    return parse_instance(ALL[name], name)


def straight(a: tuple[float, float], b: tuple[float, float]) -> float:
    return math.hypot(a[0] - b[0], a[1] - b[1])


AT = [(0, 0), (3, 4), (1, 1), (-2, 5)]


def tour(rule: Callable[[float], float], *nodes: int) -> float:
    way = [0, *nodes, 0]
    return sum(rule(straight(AT[a], AT[b])) for a, b in pairwise(way))


@pytest.mark.parametrize(
    ("name", "routes", "cost"),
    [
        ("solomon", ((0, (2, 3, 1)),), f"{tour(lambda d: math.floor(d * 10) / 10, 2, 3, 1):.1f}"),
        ("cvrp", ((0, (1, 2)), (0, (3,))),
         f"{tour(round, 1, 2) + tour(round, 3):.0f}"),
        ("explicit", ((0, (1, 2)),), "20"),
        ("hf", ((0, (1,)), (1, (3, 2))),
         f"{(500 + 100 * tour(float, 1) + 800 + 150 * tour(float, 3, 2)) / 100:.2f}"),
        ("md", ((0, (2,)), (1, (3,))), str(4 * round(1000 * math.sqrt(2)))),
        ("lilim", ((0, (1, 3)), (0, (2, 4))),
         f"{tour(float, 1, 3) + math.sqrt(2) + math.hypot(5, 1) + 6:.2f}"),
    ],
)  # fmt: skip
def test_a_cost_is_rounded_as_its_family_does(
    name: str, routes: tuple[tuple[int, tuple[int, ...]], ...], cost: str
) -> None:
    instance, routing = read(name), Routing(routes)
    assert faults(instance, routing) == []
    assert written_cost(instance, routing) == cost
    text = to_sol(instance, routing)
    assert text.splitlines()[-1] == f"Cost {cost}"
    assert from_sol(instance, text).key == routing.key


def test_every_vehicle_has_its_line_where_vehicles_differ() -> None:
    text = to_sol(read("hf"), Routing(((1, (3, 2)), (0, (1,)))))
    assert text.splitlines()[:3] == ["Route #1: 1", "Route #2: 3 2", "Route #3:"]


def test_solutions_of_one_kind_of_vehicle_list_only_routes() -> None:
    text = to_sol(read("cvrp"), Routing(((0, (1, 2)), (0, (3,)))))
    assert text == "Route #1: 1 2\nRoute #2: 3\nCost 20\n"


def test_orders_own_solution_form_is_read_too() -> None:
    assert from_sol(read("explicit"), "Route 1 : 1 2\nCost 20\n").routes == ((0, (1, 2)),)


def test_double_precision_families_ride_no_shorter_than_they_are() -> None:
    instance = read("lilim")
    for a, row in enumerate(instance.durations):
        for b, leg in enumerate(row):
            real = straight(instance.points[a], instance.points[b]) * instance.scale
            assert real - 1e-6 <= int(leg) < real + 1


@pytest.mark.parametrize("name", ["CMT1", "Golden_9", "Li_21", "tai75a"])
def test_sets_whose_costs_are_doubles_are_known_by_name(name: str) -> None:
    instance = parse_instance(CVRP.replace("tiny-n4-k2", name), name)
    assert instance.printed.exact
    assert written_cost(instance, Routing(((0, (1,)),))) == "10.00"


def test_distance_bounds_a_route_with_its_service() -> None:
    text = CVRP.replace("CAPACITY", "DISTANCE : 15\nSERVICE_TIME : 5\nCAPACITY")
    instance = parse_instance(text, "d")
    assert faults(instance, Routing(((0, (1,)), (0, (2,)), (0, (3,))))) == [
        "route 2 takes too long"
    ]


CORDEAU = """2 1 2 2
 30 20
 0 15
 1  3  4 5 10 1 2 1 2
 2 11  0 5 12 1 2 1 2
 3  0  0 0  0 0 0
 4 10  0 0  0 0 0
"""


def test_cordeau_s_customers_keep_their_numbers_and_depots_their_vehicles() -> None:
    instance = parse_instance(CORDEAU, "p00")
    assert (instance.customers, instance.depots) == ([1, 2], (0, 3))
    routing = Routing(((0, (1,)), (1, (2,))))
    assert faults(instance, routing) == []
    assert to_sol(instance, routing) == "Route #1: 1\nRoute #2: 2\nCost 12.00\n"
    shorter = parse_instance(CORDEAU.replace(" 30 20", " 14 20"), "p00")
    assert faults(shorter, routing) == ["route 0 takes too long"]
    assert "route 0 is overloaded" in faults(instance, Routing(((0, (1, 2)),)))


def test_cordeau_s_windows_are_the_last_two_columns() -> None:
    lines = CORDEAU.replace("2 1 2 2", "6 1 2 2").splitlines()
    text = "\n".join(
        [*lines[:3], f"{lines[3]} 6 8", f"{lines[4]} 0 90", *(f"{each} 0 99" for each in lines[5:])]
    )
    instance = parse_instance(text, "pr00")
    assert (instance.opens[1], instance.closes[1]) == (60_000, 80_000)
    with pytest.raises(InvalidProblem):
        parse_instance(text.replace("6 1 2 2", "7 1 2 2", 1), "pr00")


FULL = [[0, 1, 2, 3], [1, 0, 4, 5], [2, 4, 0, 6], [3, 5, 6, 0]]
FORMS = {
    "LOWER_ROW": "1 2 4 3 5 6",
    "LOWER_DIAG_ROW": "0 1 0 2 4 0 3 5 6 0",
    "UPPER_ROW": "1 2 3 4 5 6",
    "UPPER_DIAG_ROW": "0 1 2 3 0 4 5 0 6 0",
    "LOWER_COL": "1 2 3 4 5 6",
    "UPPER_COL": "1 2 4 3 5 6",
    "UPPER_DIAG_COL": "0 1 0 2 4 0 3 5 6 0",
    "LOWER_DIAG_COL": "0 1 2 3 0 4 5 0 6 0",
    "FULL_MATRIX": "0 1 2 3 1 0 4 5 2 4 0 6 3 5 6 0",
}


@pytest.mark.parametrize("form", FORMS)
def test_line_ends_mean_nothing_in_a_matrix(form: str) -> None:
    words = FORMS[form].split()
    lines = "\n".join(" ".join(words[n : n + 5]) for n in range(0, len(words), 5))
    head = f"EXPLICIT\nEDGE_WEIGHT_FORMAT : {form}\nEDGE_WEIGHT_SECTION\n{lines}\n"
    text = re.sub(r"EUC_2D\n", "XX", CVRP).replace("XX", head, 1)
    text = text.replace("CAPACITY : 20\n", "").replace("DEMAND_SECTION", "DEMAND_SECTION", 1)
    text = text.replace("DIMENSION : 4", "CAPACITY : 20\nDIMENSION : 4")
    assert [list(row) for row in parse_instance(text, "m").distances] == FULL


@pytest.mark.parametrize(
    ("kind", "leg"), [("CEIL_2D", 6), ("FLOOR_2D", 5), ("MAN_2D", 7), ("MAX_2D", 5), ("ATT", 2)]
)
def test_other_edge_weight_types_follow_tsplib(kind: str, leg: int) -> None:
    text = CVRP.replace("EUC_2D", kind).replace("4 -2.0 5", "4 -2.0 5.0")
    assert int(parse_instance(text, "t").distances[0][3]) == leg


@pytest.mark.parametrize("name", ALL)
def test_comments_blank_lines_and_carriage_returns_change_nothing(name: str) -> None:
    noisy = "\r\n\r\n# said before\r\n" + ALL[name].replace("\n", " \r\n\r\n")
    assert rank(parse_instance(noisy, name), Routing(())) == (0, 0)
    plain, other = read(name), parse_instance(noisy, name)
    assert (plain.demands, plain.fleets, plain.opens) == (other.demands, other.fleets, other.opens)


def cut(text: str, first: str, last: str) -> str:
    """The text without its lines from the one with `first` to before the one with `last`."""
    return text[: text.index(first)] + text[text.index(last) :]


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("", "file"),
        ("lorem ipsum", "file"),
        (cut(SOLOMON, "CUSTOMER", "CUST NO"), "CUSTOMER"),
        (cut(SOLOMON, "  3          50", "CUSTOMER"), "VEHICLE"),
        (SOLOMON.replace("161", "soon"), "CUSTOMER"),
        (SOLOMON.replace("    2      1 ", "    5      1 "), "CUSTOMER[2]"),
        (CVRP.replace("DIMENSION : 4", ""), "DIMENSION"),
        (CVRP.replace("DIMENSION : 4", "DIMENSION : four"), "DIMENSION"),
        (CVRP.replace("DIMENSION : 4", "DIMENSION : 5"), "NODE_COORD_SECTION"),
        (CVRP.replace("EUC_2D", "SPECIAL"), "EDGE_WEIGHT_TYPE"),
        (cut(CVRP, "DEMAND_SECTION", "DEPOT_SECTION"), "DEMAND_SECTION"),
        (cut(CVRP, "NODE_COORD_SECTION", "DEMAND_SECTION"), "NODE_COORD_SECTION"),
        (CVRP.replace(" -1\n", " 9\n -1\n"), "DEPOT_SECTION"),
        (CVRP.replace("CAPACITY : 20", "CAPACITY : nan"), "CAPACITY"),
        (CVRP.replace("DEPOT_SECTION", "PRIZE_SECTION\n1 5\nDEPOT_SECTION"), "PRIZE_SECTION"),
        (CVRP.replace("CAPACITY :", "COLOUR : red\nCAPACITY :"), "COLOUR"),
        (EXPLICIT.replace("8 0 3", "8 0"), "EDGE_WEIGHT_SECTION"),
        (EXPLICIT.replace("FULL_MATRIX", "ZIGZAG"), "EDGE_WEIGHT_FORMAT"),
        (EXPLICIT.replace("3 100 200", "3 100"), "TIME_WINDOW_SECTION[2]"),
        (FLEETS.replace("3 13\n", ""), "CAPACITY_SECTION"),
        (DEPOTS.replace("2 2\nDEPOT", "2 4\nDEPOT"), "VEHICLES_DEPOT_SECTION"),
        (LILIM.replace("10 1 0", "10 2 0"), "tasks[1]"),
        (LILIM.replace("900 10 0 3", "900 10"), "tasks[1]"),
    ],
)  # fmt: skip
def test_what_is_missing_or_wrong_is_refused_by_its_name(text: str, field: str) -> None:
    with pytest.raises(InvalidProblem) as refused:
        parse_instance(text, "x")
    assert refused.value.fields["field"] == field


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidProblem) as refused:
        read_instance(tmp_path / "none.vrp")
    assert refused.value.fields["field"] == "file"


@pytest.mark.parametrize(
    ("name", "routes", "fault"),
    [
        ("solomon", ((0, (2, 3)),), "node 1 is visited 0 times"),
        ("solomon", ((0, (1, 2, 3)),), "route 0 is late at 2"),
        ("cvrp", ((0, (1, 2, 3)),), "route 0 is overloaded"),
        ("cvrp", ((0, (1, 2)), (0, (2, 3))), "node 2 is visited 2 times"),
        ("explicit", ((0, (1,)), (0, (2,)), (0, ())), "3 vehicles of kind 0 are used"),
        ("lilim", ((0, (1, 2, 3)), (0, (4,))), "route 0 separates a pair"),
        ("lilim", ((0, (3, 1)), (0, (2, 4))), "route 0 separates a pair"),
        ("hf", ((1, (1, 3)), (0, (2,))), "route 0 is overloaded"),
        ("md", ((0, (3, 2)),), "route 0 takes too long"),
    ],
)
def test_the_check_says_what_is_wrong(
    name: str, routes: tuple[tuple[int, tuple[int, ...]], ...], fault: str
) -> None:
    instance = read(name)
    if name == "md":
        instance = parse_instance(DEPOTS.replace("40.5", "20"), name)
    assert any(each.startswith(fault) for each in faults(instance, Routing(routes)))
