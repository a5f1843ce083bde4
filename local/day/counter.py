"""Orders that nobody brings to a door: picked up at a counter, from a locker; and for an elder."""

from typing import Any

from local.day import errands, paying
from local.day.neighbourhood import LOCKER_HOUR, PICKUP_HOUR
from local.day.places import COMMUNITY, Resident
from local.day.riding import Ride, race, run_wave, start_by_dispatcher
from local.day.sample import Product, Store
from local.day.stage import Stage


def pick_up(stage: Stage) -> None:
    """
    An order for the counter, paid online: one line is short and partly replaced, another short;
    what is missing is paid back, and the rest collected with a code.
    """
    store = stage.sample.stores[1]
    who, (first, second, third) = errands.people(stage, store)[0], errands.goods(stage)
    units = {first.sku: 3, second.sku: 2, third.sku: 1}
    errands.stock_up(stage, store, units, "pickup")
    lines = [
        errands.line(first, 3, substitute="ask"),
        errands.line(second, 2),
    ]
    slot_id = stage.calendar.slot_id(PICKUP_HOUR, channel="pickup")
    more = {"pay": "online", "store_id": store.store_id}
    order_id = errands.buy(stage, "pickup", who, lines, slot_id, **more)
    paying.pay(stage, who.subject, order_id)
    paying.wait_for(stage, order_id)
    _pick_short(stage, store, who, order_id, (first, second, third))
    collected = _collect(stage, who, order_id, stage.store_token(store))
    stage.tally.check("Collected at the counter", "到店自提", "collected", collected)


def _pick_short(
    stage: Stage, store: Store, who: Resident, order_id: str, products: tuple[Product, ...]
) -> None:
    """The store proposes a dearer substitute, gives it once that is agreed, for no more money."""
    first, second, third = products
    instead = {"sku": third.sku, "units": 1}
    found = [
        {"sku": first.sku, "units": 1, "substitute": instead},
        {"sku": second.sku, "units": 1},
    ]
    body = {"order_id": order_id, "store_id": store.store_id, "lines": found}
    token = stage.store_token(store)
    early = stage.doors.post("/v1/picks", token, body | {"id": stage.calendar.id("pick/early")})
    stage.tally.check("Substitute nobody agreed to", "未经同意的替代", "not_agreed", early.code)
    agreed = {"id": stage.calendar.id("agree"), "sku": first.sku, "substitute_sku": third.sku}
    errands.of_order(stage, who, "POST", order_id, "/substitutes", agreed)
    picked = stage.doors.post("/v1/picks", token, body | {"id": stage.calendar.id("pick/pickup")})
    stage.tally.expect("pick of the pickup", picked)
    told = errands.of_order(stage, who, "GET", order_id).body
    back_fen = first.price_fen + second.price_fen  # A unit of each is neither there nor replaced.
    got = told["total_fen"] - told["final_fen"] if "final_fen" in told else -1
    name = "Short pick pays back to the fen"
    stage.tally.check(name, "缺货精确退款到分", str(back_fen), str(got))
    stage.tally.counters.short_units += 3
    stage.tally.counters.substituted_units += 1


def _collect(stage: Stage, who: Resident, order_id: str, token: str) -> str:
    answer = errands.of_order(stage, who, "POST", order_id, "/code", {})
    if not answer.ok:
        return answer.code
    code = answer.body["code"]
    path = f"/v1/orders/{order_id}/collect"
    body = {"id": stage.calendar.id(f"collect/{order_id}"), "code": code}
    wrong = stage.doors.post(path, token, {**body, "code": f"{(int(code) + 1) % 10**8:08d}"})
    stage.tally.check("Wrong code at the counter", "取货码错误", "wrong_code", wrong.code)
    answer = stage.doors.post(path, token, body)
    stage.tally.counters.collected += answer.ok
    return str(answer.body.get("state", answer.code))


def order_for_locker(stage: Stage) -> None:
    """An order for the locker, whose slot is a wave of its own."""
    store = stage.sample.stores[2]
    who, product = errands.people(stage, store)[0], errands.goods(stage)[0]
    errands.stock_up(stage, store, {product.sku: 1}, "locker")
    slot_id = stage.calendar.slot_id(LOCKER_HOUR, channel="locker")
    errands.buy(stage, "locker", who, [errands.line(product, 1)], slot_id)


def fill_locker(stage: Stage) -> None:
    """A courier stores the order in the locker, and its resident opens it with a code."""
    slot_id = stage.calendar.slot_id(LOCKER_HOUR, channel="locker")
    ride = Ride(nobody_home="-")
    race(stage, slot_id, run_wave(stage, slot_id, start_by_dispatcher), ride)
    for drop in ride.drops:
        stage.clock_to(drop.at)
        body = {
            "id": stage.calendar.id(f"delivery/{drop.order_id}"),
            "order_id": drop.order_id,
            "outcome": "stored",
            "box_ids": [],
            "at": drop.at.isoformat(),
        }
        token = stage.token("courier", drop.courier.courier)
        answer = stage.doors.post("/v1/deliveries", token, body)
        stage.tally.expect("the locker's delivery", answer)
    who = errands.people(stage, stage.sample.stores[2])[0]
    order_id = stage.calendar.id("errand/locker")
    got = _collect(stage, who, order_id, stage.token("resident", who.subject))
    stage.tally.check("Collected from the locker", "柜机自提", "collected", got)


def buy_for_elder(stage: Stage) -> None:
    """A neighbour orders for an elder: not without consent, then with it, for a fee."""
    store = stage.sample.stores[0]
    proxy, elder = errands.people(stage, store)[1:3]
    product = errands.goods(stage)[0]
    errands.stock_up(stage, store, {product.sku: 1}, "proxy")
    slot_id, consent_id = stage.calendar.slot_id(16), stage.calendar.id("consent")
    wish: dict[str, Any] = {"resident_id": elder.subject, "consent_id": consent_id}
    body = {
        "id": stage.calendar.id("errand/no-consent"),
        "community_id": COMMUNITY,
        "deliver_to": elder.deliver_to(),
        "lines": [errands.line(product, 1)],
        "slot_id": slot_id,
        "for_resident": wish,
    }
    early = stage.doors.post("/v1/orders", stage.token("resident", proxy.subject), body)
    stage.tally.check("Proxy without consent", "未经授权代购", "no_consent", early.code)
    consent = {
        "id": consent_id,
        "community_id": COMMUNITY,
        "resident_id": elder.subject,
        "proxy_id": proxy.subject,
        "until": stage.calendar.at(23, 59).isoformat(),
    }
    given = stage.doors.post("/v1/consents", stage.token("dispatcher"), consent)
    stage.tally.expect("an elder's consent", given)
    more = {"for_resident": wish, "deliver_to": elder.deliver_to()}
    order_id = errands.buy(stage, "proxy", proxy, [errands.line(product, 1)], slot_id, **more)
    stage.tally.counters.proxy += bool(order_id)
