"""
Credit under faults: rewards under caps, coupons in orders, deeds awarded and taken back, a leader's
commission, and sweepers that run while all this goes on.
"""

from collections.abc import Callable, Hashable
from datetime import timedelta
from functools import partial
from uuid import UUID

from linli import credit, leaders
from linli.credit import Done, Points, RedeemReward, ReverseDeed, programme
from linli.credit.programme import PutProgramme
from linli.kernel.errors import Contended
from linli.kernel.identity import Caller, Role
from linli.kernel.ids import uuid7
from linli.kernel.tables import Table
from linli.kernel.transact import transaction
from linli.leaders import JoinLeader, PutLeader
from tests.simulation import requests as r
from tests.simulation.requests import Told
from tests.support import village as v
from tests.support.world import Request, World

PEOPLE = v.RESIDENTS
OPENING, PRICE, A_DAY = 13, 6, 3
ORDER_POINTS_A_DAY = 7
"""For all together: less than the orders of a run would spend."""
CITY = Caller("city-1", frozenset({(Role.CITY, v.COMMUNITY)}))
LEADER = Caller("leader-1", frozenset({(Role.LEADER, v.COMMUNITY)}))
SHORT, LONG = "ends soon", "ends late"
SOON = v.NOON + timedelta(minutes=30)
"""When the coupon `SHORT` of everybody ends."""
NEXT_YEAR = v.NOON + timedelta(days=430)
"""When the points that everybody began with are expired."""


def crediting(w: World) -> None:
    """
    Four residents want three rewards of the day, use the same coupons in several orders, cancel
    some of them and receive others, while coupons and points expire, deeds are awarded and taken
    back, and the cut-off of the top tier is solved.
    """
    w.furnish("crediting", _furnish)
    told = Told(opening_units=100)
    ends = w.chance(0.3)
    redeemed = [_redeem(w, n, who) for n, who in enumerate((*PEOPLE, PEOPLE[0]))]
    spent = _orders(w, told)
    earned = _deeds(w)
    sweeps = [SOON - timedelta(minutes=5), SOON, *([NEXT_YEAR] if ends else [])]
    for n, at in enumerate(sweeps):
        w.client(f"sweeper {n}", _job(f"sweep {n}", partial(credit.sweep, at)))
    w.client("solver", _job("solve", lambda: credit.resolve(v.COMMUNITY, v.NOON)))
    w.run()
    r.check(w, told)
    _check(w, redeemed, spent, earned, ends=ends)


def _furnish() -> None:
    v.furnish({(v.STORES[0], v.SKUS[1]): 100})
    rules = programme.defaults().model_dump()
    rules["rewards"]["delivery"]["a_day"] = A_DAY
    rules["deeds"]["volunteered"]["a_window"] = 1
    rules["order_points_a_day"] = ORDER_POINTS_A_DAY
    programme.put(v.COMMUNITY, PutProgramme.model_validate(rules), "*")
    leaders.put_leader(PutLeader(community_id=v.COMMUNITY, building="3"), caller=LEADER)
    for who in PEOPLE:
        _give(who)
    join = JoinLeader(id=uuid7(), community_id=v.COMMUNITY, building="3", consent=True)
    leaders.join(join, caller=v.resident(PEOPLE[0]), now=v.NOON)


def _give(who: str) -> None:
    """Points to begin with, and a coupon that ends soon and one that does not."""
    ends_soon = credit.Terms(goods_fen=500, days_valid=1)
    with transaction() as tx:
        credit.grant(
            tx,
            transfer_id=f"{who}/gift",
            resident_id=who,
            points=Points(OPENING),
            deed="gift",
            now=v.NOON,
            done=Done(v.COMMUNITY),
        )
        before = SOON - timedelta(days=1)
        credit.grant_coupon(tx, who, "yuan_5", f"{who}/{SHORT}", before, ends_soon)
        credit.grant_coupon(tx, who, "yuan_20", f"{who}/{LONG}", v.NOON)


def _job(name: str, act: Callable[[], object]) -> Request:
    """Something that a schedule starts, and starts again."""

    def send() -> Hashable:
        try:
            act()
        except ExceptionGroup as troubles:
            if troubles.split(Contended)[1] is None:
                raise Contended from troubles
            raise
        return None

    return Request(name, send)


def _redeem(w: World, n: int, who: str) -> tuple[str, str]:
    command = RedeemReward(id=w.id(), community_id=v.COMMUNITY, reward="delivery")

    def send() -> Hashable:
        return credit.redeem(command, caller=v.resident(who), now=v.NOON).coupon_id

    request = Request(f"redeem {n}", send, final=None)
    w.client(request.name, request)
    if w.chance(0.3):
        w.client(f"{request.name} again", request)
    return request.name, who


def _orders(w: World, told: Told) -> list[tuple[UUID, tuple[str, int]]]:
    """Orders with coupons, some of them the same ones, and what becomes of them."""
    spent = []
    for n in range(3):
        who, order_id, points = PEOPLE[n % 2], w.id(), w.rng.choice((0, 4))
        sources = [f"{who}/{which}" for which in w.rng.sample((SHORT, LONG), w.rng.randint(1, 2))]
        more = {"coupons": [credit.coupon_id(source) for source in sources]}
        order = r.place(w, told, order_id, who, {v.SKUS[1]: 3}, spend_points=points, **more)
        then = _after(w, told, order_id, who)
        w.client(f"buyer {n}", order, *then)
        if w.chance(0.3):
            w.client(f"buyer {n} again", order, *then[-1:])
        spent.append((order_id, (who, points)))
    return spent


def _after(w: World, told: Told, order_id: UUID, who: str) -> list[Request]:
    kind = w.rng.choice(["kept", "cancelled", "delivered", "failed"])
    if kind == "cancelled":
        return [r.cancel(w, told, order_id, who)]
    if kind == "kept":
        return []
    outcome = r.deliver(w, told, order_id, "delivered" if kind == "delivered" else "failed")
    return [r.freeze(order_id, v.SLOT), r.send_off(order_id), outcome]


def _deeds(w: World) -> dict[str, tuple[str, int, str]]:
    """Deeds, and the requests that take them back; some are never awarded."""
    deeds = {}
    for n in range(3):
        who, points = w.rng.choice(PEOPLE), w.rng.randint(4, 10)
        deed = r.award(w, f"award {n}", who, points)
        deed_id = w.id()
        undo = _undo(w, f"undo {n}", who, deed_id)
        w.client(deed.name, deed)
        if n == 0:
            given = _deed(w, f"given {n}", who, deed_id, points)
            w.client(given.name, given, undo)
            w.client(undo.name, undo)
            deeds[given.name] = who, points, undo.name
        deeds[deed.name] = who, points, ""
    return deeds


def _deed(w: World, name: str, who: str, deed_id: UUID, points: int) -> Request:
    command = credit.AwardDeed(id=deed_id, resident_id=who, deed="volunteered", points=points)

    def send() -> Hashable:
        return credit.award(command, caller=v.DISPATCHER, now=v.NOON).points

    return Request(name, send, final=None)


def _undo(w: World, name: str, who: str, deed_id: UUID) -> Request:
    command = ReverseDeed(
        id=w.id(), community_id=v.COMMUNITY, resident_id=who, deed_id=deed_id, reason="mistake"
    )

    def send() -> Hashable:
        return credit.reverse_deed(command, caller=CITY, now=v.NOON).points

    return Request(name, send)


def _check(
    w: World,
    redeemed: list[tuple[str, str]],
    spent: list[tuple[UUID, tuple[str, int]]],
    deeds: dict[str, tuple[str, int, str]],
    *,
    ends: bool,
) -> None:
    done = {name: who for name, who in redeemed if (t := w.told(name)) and t.ok}
    kept = [i for k, i in w.db.items(Table.LEDGER).items() if k[0].startswith("REDEMPTION#")]
    if sum("body" in item for item in kept) != len(done) or len(done) > A_DAY:
        w.violations.append(f"{len(done)} were told of a reward, {A_DAY} a day, kept {kept}")
    if ends:
        return  # What is left then is in the audit's sums.
    earned = [(who, -PRICE) for who in done.values()]
    for name, (who, points, undo) in deeds.items():
        awarded, undone = w.told(name), w.told(undo) if undo else None
        if awarded and awarded.ok and not (undone and undone.ok):
            earned.append((who, points))
    r.check_points(w, PEOPLE, OPENING, earned, spent)
