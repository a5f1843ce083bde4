"""Returnable boxes: which stand in stores, who has which, and how they come back for points."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from local.day.baskets import Basket
from local.day.doors import Answer
from local.day.sample import Store
from local.day.stage import Stage

ASSET_TYPE = "06901234500912"
"""GRAI: 0, then the asset type's 13 digits with their check digit; a serial follows."""
BOXES_PER_STORE = 12
RETURN_POINTS = 5
POINT_FEN = 100
KEPT_EVERY = 4
"""One box in so many stays at home today."""
SPENDING_HOURS = (13, 14)


@dataclass
class BoxShelf:
    """Boxes in stores and at homes, as the doors have answered."""

    free: dict[str, list[str]] = field(default_factory=dict)
    """By store id."""
    given: dict[str, list[str]] = field(default_factory=dict)
    """By order id: what a courier takes along, the same at every asking."""
    out: dict[str, str] = field(default_factory=dict)
    """The resident's subject by box id."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def for_order(self, order_id: str, boxes: int, store_ids: Sequence[str]) -> list[str]:
        """The boxes for an order from the stores that supply it, as many as are left there."""
        with self._lock:
            if order_id not in self.given:
                shelves = [self.free.get(store_id, []) for store_id in store_ids]
                full = [shelf for shelf in shelves for _ in shelf]
                self.given[order_id] = [shelf.pop() for shelf in full[:boxes]]
            return self.given[order_id]

    def handed_over(self, box_ids: list[str], subject: str) -> None:
        """Note who has the boxes now."""
        with self._lock:
            self.out |= dict.fromkeys(box_ids, subject)


def box_ids(store_number: int) -> list[str]:
    """The GRAIs of a store's boxes."""
    return [f"{ASSET_TYPE}S{store_number}N{serial:03d}" for serial in range(BOXES_PER_STORE)]


def register_boxes(stage: Stage) -> BoxShelf:
    """Take the stores' boxes into use; those that were left at a door overnight come back first."""
    shelf = BoxShelf()
    wanted = [(s, b) for n, s in enumerate(stage.sample.stores) for b in box_ids(n)]
    answers = stage.each("循环箱 boxes", lambda pair: _register(stage, *pair), wanted)
    for (store, box_id), answer in zip(wanted, answers, strict=True):
        if answer.body.get("custodian") == "store":
            _wash(stage, answer)
            shelf.free.setdefault(answer.body["custodian_id"], []).append(box_id)
        elif answer.ok and _found_at_the_door(stage, store, box_id):
            _wash(stage, _register(stage, store, box_id))
            shelf.free.setdefault(store.store_id, []).append(box_id)
    return shelf


def _register(stage: Stage, store: Store, box_id: str) -> Answer:
    body = {"store_id": store.store_id}
    answer = stage.doors.put(f"/v1/boxes/{box_id}", stage.store_token(store), body)
    return stage.tally.expect(f"box {box_id}", answer)


def _wash(stage: Stage, box: Answer) -> None:
    """Whoever has a box that came back washes and inspects it before it goes out again."""
    if box.body["clean"]:
        return
    store_id, box_id = box.body["custodian_id"], box.body["box_id"]
    body = {
        "id": stage.calendar.id(f"inspection/{box_id}"),
        "box_id": box_id,
        "store_id": store_id,
        "result": "clean",
    }
    answer = stage.doors.post("/v1/inspections", _keeper(stage, store_id), body)
    stage.tally.expect(f"box {box_id} washed", answer)


def _found_at_the_door(stage: Stage, store: Store, box_id: str) -> bool:
    """A box of an earlier day that nobody claims: the deposit goes back, nobody earns points."""
    body = {
        "id": stage.calendar.id(f"found/{box_id}"),
        "box_id": box_id,
        "store_id": store.store_id,
    }
    answer = stage.doors.post("/v1/returns", stage.store_token(store), body)
    stage.tally.expect(f"box {box_id} found at the door", answer)
    stage.tally.credit.boxes_found += answer.ok
    stage.tally.credit.deposits_refunded_fen += answer.body.get("refund_fen", 0)
    return answer.ok


def plan_boxes(stage: Stage, baskets: tuple[Basket, ...], morning_until: int) -> None:
    """Residents who order again in the afternoon take a box in the morning, to have points."""
    again = {one.resident.subject for one in baskets if one.hour in SPENDING_HOURS}
    stage.tally.boxed = {
        one.number for one in baskets if one.hour < morning_until and one.resident.subject in again
    }


def return_boxes(stage: Stage, shelf: BoxShelf, baskets: tuple[Basket, ...]) -> None:
    """Residents return boxes, one a neighbour's; who orders later plans to spend the points."""
    out = sorted(shelf.out.items())
    later = {one.resident.subject for one in baskets if one.hour in SPENDING_HOURS}
    back = [(b, who) for n, (b, who) in enumerate(out) if who in later or n % KEPT_EVERY]
    others = [who for who in sorted({who for _, who in out}) if who not in later]
    neighbour = others[-1] if others else "resident-b01-1"
    by_neighbour = next((b for b, who in back if who not in later and who != neighbour), "")
    plans = [(b, neighbour if b == by_neighbour else who) for b, who in back]
    answers = stage.each("还箱 boxes returned", lambda p: _return(stage, p[0], p[1]), plans)
    for (box_id, who), answer in zip(plans, answers, strict=True):
        if stage.tally.expect(f"return of {box_id}", answer).ok:
            _note_return(stage, shelf, box_id, answer)
            _plan_spending(stage, who, baskets)
    told = {box_id: got.code for (box_id, _), got in zip(plans, answers, strict=True)}
    stage.tally.check(
        "A box returned by a neighbour", "邻居代还", "ok", told.get(by_neighbour, "no such box")
    )
    if plans:
        _return_again(stage, *plans[0], answers[0])


def _return(stage: Stage, box_id: str, who: str, name: str = "return") -> Answer:
    """The resident announces the return; the nearest store has the box in hand and confirms it."""
    store_id = stage.nearest_store_id(who)
    body = {"box_id": box_id, "store_id": store_id}
    claim_id = stage.calendar.id(f"{name}/{box_id}/announced")
    told = stage.doors.post("/v1/returns", stage.token("resident", who), body | {"id": claim_id})
    if not told.ok:
        return told
    confirmed = body | {"id": stage.calendar.id(f"{name}/{box_id}"), "claim_id": claim_id}
    return stage.doors.post("/v1/returns", _keeper(stage, store_id), confirmed)


def _keeper(stage: Stage, store_id: str) -> str:
    store = next(each for each in stage.sample.stores if each.store_id == store_id)
    return stage.store_token(store)


def _note_return(stage: Stage, shelf: BoxShelf, box_id: str, answer: Answer) -> None:
    shelf.out.pop(box_id, None)
    of = stage.tally.credit
    of.boxes_back += 1
    of.points_earned += answer.body["reward_points"]
    of.deposits_refunded_fen += answer.body["refund_fen"]


def _plan_spending(stage: Stage, who: str, baskets: tuple[Basket, ...]) -> None:
    """The resident's next order of the afternoon spends the points, up to what it costs."""
    price = {product.sku: product.price_fen for product in stage.sample.products}
    for basket in baskets:
        if basket.resident.subject == who and basket.hour in SPENDING_HOURS:
            goods_fen = sum(price[sku] * units for sku, units in basket.lines)
            stage.tally.spending[basket.number] = min(RETURN_POINTS, goods_fen // POINT_FEN)
            return


def _return_again(stage: Stage, box_id: str, who: str, first: Answer) -> None:
    same = _return(stage, box_id, who)
    told = "same" if same.body == first.body else same.code
    stage.tally.check("Return sent twice", "还箱重复提交", "same", told)
    again = _return(stage, box_id, who, "return-again")
    stage.tally.check("Box returned a second time", "同一箱再次归还", "box_not_out", again.code)
