"""However a large wave's doors lie: each order and courier in one cluster, all of one size."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from linli.fleet import Courier
from linli.orders import Order
from linli.waves.clusters import clusters_of
from tests.unit.test_waves_rules import courier, order

SIDE = 40
RULE = settings(max_examples=60, deadline=None)


def at(n: int, x: int, y: int) -> Order:
    """An order whose door is `x`, `y` steps of a hundred metres from the corner."""
    found = order(("s", 1), n=n)
    to = found.deliver_to.model_copy(update={"lon": 120 + x / 1000, "lat": 30 + y / 1000})
    return found.model_copy(update={"deliver_to": to})


def riding(n: int, vehicle: str, x: int, y: int) -> Courier:
    start = {"lon": 120 + x / 1000, "lat": 30 + y / 1000}
    return courier(courier_id=f"c-{n:03d}", vehicle=vehicle, start=start)


steps = st.integers(0, SIDE)
doors = st.lists(st.tuples(steps, steps), min_size=0, max_size=60)
crews = st.lists(st.tuples(st.sampled_from(["walk", "ebike", "van"]), steps, steps), max_size=12)


@RULE
@given(doors, crews, st.integers(3, 20))
def test_every_order_and_every_courier_is_in_exactly_one_cluster(
    places: list[tuple[int, int]], crew: list[tuple[str, int, int]], most: int
) -> None:
    wanted = [at(n, *place) for n, place in enumerate(places)]
    riders = [riding(n, *each) for n, each in enumerate(crew)]
    found = clusters_of(wanted, riders, most)
    assert Counter(o.order_id for part in found for o in part.orders) == Counter(
        o.order_id for o in wanted
    )
    if wanted:
        assert Counter(c.courier_id for part in found for c in part.couriers) == Counter(
            c.courier_id for c in riders
        )
    assert len(found) == -(-len(wanted) // most)
    assert clusters_of(wanted[::-1], riders[::-1], most) == found


@RULE
@given(doors, st.integers(3, 20))
def test_clusters_are_about_the_same_size_and_share_the_couriers(
    places: list[tuple[int, int]], most: int
) -> None:
    wanted = [at(n, *place) for n, place in enumerate(dict.fromkeys(places))]
    riders = [riding(n, "ebike", n % SIDE, 0) for n in range(24)]
    found = clusters_of(wanted, riders, most)
    for part in found:
        share = len(part.orders) * len(riders) / max(1, len(wanted))
        assert share - 1 < len(part.couriers) < share + 1
        assert len(part.orders) <= most * 1.5 + 3


def test_two_villages_are_two_clusters_each_with_its_own_couriers() -> None:
    near = [at(n, n % 3, n // 3) for n in range(6)]
    far = [at(10 + n, SIDE + n % 3, n // 3) for n in range(6)]
    riders = [riding(n, "ebike", x, 0) for n, x in enumerate((0, SIDE, 1, SIDE - 1))]
    left, right = clusters_of(near + far, riders, 6)
    assert {o.order_id for o in left.orders} == {o.order_id for o in near}
    assert {c.courier_id for c in left.couriers} == {"c-000", "c-002"}
    assert {c.courier_id for c in right.couriers} == {"c-001", "c-003"}


def test_doors_of_one_building_stay_together() -> None:
    tower = [at(n, 5, 5) for n in range(4)]
    others = [at(10 + n, n, 5) for n in (0, 1, 2, 8, 9, 10)]
    found = clusters_of(tower + others, [], 5)
    homes = {n for n, part in enumerate(found) for o in part.orders if o in tower}
    assert len(homes) == 1
