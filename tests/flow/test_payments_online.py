"""
Paying on the real stack: the doors, the simulated WeChat Pay, notifications, the sweeper, cash.

After each test the audits are clean: what was captured less what went back is what orders cost.
"""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from linli.kernel.ids import uuid7
from local.stack import Stack
from tests.support.counter import (
    DEAR,
    OPENID,
    OTHER,
    OTHER_FEN,
    PHONE,
    PRICE_FEN,
    RARE,
    SKU,
    STORE,
    Counter,
)


@pytest.fixture(scope="module")
def counter(stack: Stack) -> Counter:
    made = Counter(stack)
    made.furnish()
    return made


@pytest.fixture
def it(counter: Counter) -> Iterator[Counter]:
    counter.sandbox("faults")
    yield counter
    counter.sandbox("faults")


def test_an_order_is_paid_by_phone_and_partly_paid_back(it: Counter) -> None:
    order_id = it.order()
    attempt = it.pay(order_id)
    assert attempt.status_code == 201, attempt.text
    handle = attempt.json()["handle"]
    assert handle["package"].startswith("prepay_id=")
    assert {"appId", "timeStamp", "nonceStr", "signType", "paySign"} <= set(handle)
    assert it.phone_pays(attempt.json()["attempt_id"])
    it.until(lambda: it.stands(order_id)["state"] == "captured")
    refund = {"id": str(uuid7()), "fen": 500, "reason": "short_pick"}
    for _ in range(2):
        told = it.call("POST", f"/v1/orders/{order_id}/refunds", "dispatcher", refund, "d-1")
        assert told.status_code == 201, told.text
    it.until(lambda: it.stands(order_id)["refunded_fen"] == 500)
    assert it.stands(order_id)["captured_fen"] == PRICE_FEN


def test_notifications_that_are_late_copied_or_forged_pay_once_or_not_at_all(it: Counter) -> None:
    order_id = it.order()
    attempt_id = it.pay(order_id).json()["attempt_id"]
    it.sandbox("faults", notice_lost=1)
    assert it.phone_pays(attempt_id)
    assert set(it.sandbox("forge").values()) == {401}
    assert it.stands(order_id)["state"] == "open"
    for _ in range(3):
        assert set(it.sandbox("redeliver")["answers"]) == {204}
    told = it.stands(order_id)
    assert (told["state"], told["captured_fen"]) == ("captured", PRICE_FEN)


def test_an_outage_parks_the_payment_and_the_sweeper_goes_on_with_it(it: Counter) -> None:
    order_id = it.order()
    it.sandbox("faults", outage=True)
    parked = it.pay(order_id)
    assert (parked.status_code, parked.json()["state"]) == (202, "unknown")
    it.sandbox("faults")
    it.stack.set_clock(it.stack.now() + timedelta(minutes=1))
    it.run("SweepPaymentsFunction")
    attempt = it.stands(order_id)["attempts"][0]
    assert (attempt["state"], bool(attempt["handle"])) == ("created", True)
    assert it.phone_pays(attempt["attempt_id"])
    it.until(lambda: it.stands(order_id)["state"] == "captured")


def test_a_lost_notification_is_found_by_asking(it: Counter) -> None:
    order_id = it.order()
    attempt_id = it.pay(order_id).json()["attempt_id"]
    it.sandbox("faults", notice_lost=1)
    assert it.phone_pays(attempt_id)
    it.stack.set_clock(it.stack.now() + timedelta(minutes=2))
    it.run("SweepPaymentsFunction")
    assert it.stands(order_id)["state"] == "captured"


def test_two_devices_at_once_pay_one_order_once(it: Counter) -> None:
    for _ in range(3):
        order_id = it.order()
        with ThreadPoolExecutor(6) as pool:
            answers = list(pool.map(it.pay, [order_id] * 6))
        assert sorted(a.status_code for a in answers) == [201, *[409] * 5], answers
        assert {a.json()["code"] for a in answers if not a.is_success} == {"payment_under_way"}
        mine = [a["attempt_id"] for a in it.stands(order_id)["attempts"]]
        assert [it.phone_pays(each) for each in mine] == [True]
        it.captured(order_id)


@pytest.mark.parametrize("end", ["expiry", "cancel"])
def test_the_end_of_an_order_racing_its_payment_leaves_it_paid_or_paid_back(
    it: Counter, end: str
) -> None:
    order_ids = [it.order() for _ in range(6)]
    attempts = {o: it.pay(o).json()["attempt_id"] for o in order_ids}
    if end == "expiry":
        it.stack.set_clock(it.stack.now() + timedelta(minutes=14, seconds=59))

    def stop(order_id: str) -> None:
        if end == "cancel":
            it.mine("POST", order_id, "/cancel")
            return
        time.sleep(1)
        it.run("SweepOrdersFunction")

    def phone(order_id: str) -> None:
        time.sleep(0.3 * order_ids.index(order_id) * (end == "expiry"))
        it.phone_pays(attempts[order_id])

    with ThreadPoolExecutor(8) as pool:
        done = [pool.submit(act, o) for o in order_ids for act in (stop, phone)]
    assert [each.exception() for each in done] == [None] * len(done)
    it.settle()
    for order_id in order_ids:
        order = it.mine("GET", order_id)
        kept = PRICE_FEN if order["payment"] == "paid" and order["state"] == "placed" else 0
        assert it.kept_fen(order_id) == kept, order


def test_what_is_held_waits_for_a_dispatchers_word(it: Counter) -> None:
    """One device, far away, pays for one resident after the other."""
    far = {"lon": 116.4, "lat": 39.9}
    more: dict[str, Any] = {"device_id": "device-0000", "device_at": far}
    more["payer_phone"] = "+8613911112222"
    attempts = [(it.order(), uuid7()) for _ in range(6)]
    answers = [it.pay(*attempt, **more) for attempt in attempts]
    held = [a.json()["attempt_id"] for a in answers if a.status_code == 202]
    assert [a.status_code for a in answers] == [201] * 4 + [202] * 2, [a.text for a in answers]
    waiting = it.sure("GET", "/v1/payments/held", "dispatcher")["attempts"]
    mine = next(a for a in waiting if a["attempt_id"] == held[0])
    assert {reason["rule"] for reason in mine["reasons"]} >= {"device_hour", "far_away"}
    word = {"id": str(uuid7()), "reason": "called the resident"}
    path = f"/v1/payments/{held[0]}/release"
    assert it.call("POST", path, "resident", word).status_code == 403
    released = it.call("POST", path, "dispatcher", word, "d-1")
    assert (released.status_code, released.json()["state"]) == (200, "created")
    rejection = {"id": str(uuid7()), "reason": "nobody answers", "block": ["device"]}
    path = f"/v1/payments/{held[1]}/reject"
    assert it.call("POST", path, "dispatcher", rejection, "d-1").json()["state"] == "rejected"
    assert it.pay(it.order(), **more).json()["code"] == "payment_blocked"


def test_what_is_not_picked_goes_back_to_the_fen_and_the_rest_is_collected(it: Counter) -> None:
    lines = [
        {"sku": SKU, "units": 3, "substitute": "same_price"},
        {"sku": OTHER, "units": 2, "substitute": "ask"},
    ]
    order_id = it.order("pickup", lines=lines)
    assert it.pick(order_id, {SKU: {"units": 3}, OTHER: {"units": 2}}).status_code == 409
    it.paid(order_id)
    agreed = {"id": str(uuid7()), "sku": OTHER, "substitute_sku": RARE}
    it.mine("POST", order_id, "/substitutes", agreed)
    found = {"units": 1, "substitute": {"sku": DEAR, "units": 1}}
    assert it.pick(order_id, {SKU: found, OTHER: {"units": 1}}).json()["state"] == "packed"
    due_fen = 2 * PRICE_FEN + OTHER_FEN  # What was given instead costs no more than the original.
    it.run("SweepPaymentsFunction")
    it.until(lambda: it.kept_fen(order_id) == due_fen)
    assert it.collect(order_id)["final_fen"] == due_fen
    for n, (fen, code) in enumerate([(500, None), (500, None), (due_fen, "refund_too_large")]):
        refund = {"id": str(uuid7()), "fen": fen, "reason": "complaint"}
        told = it.call("POST", f"/v1/orders/{order_id}/refunds", "dispatcher", refund, "d-1")
        assert told.json().get("code") == code, n
    it.until(lambda: it.kept_fen(order_id) == due_fen - 1000)


def test_a_paid_order_that_is_cancelled_is_paid_back_once(it: Counter) -> None:
    order_id = it.order()
    attempt_id = it.paid(order_id)
    for _ in range(2):
        assert it.mine("POST", order_id, "/cancel")["state"] == "cancelled"
    for _ in range(2):
        it.run("SweepPaymentsFunction")
    it.until(lambda: it.stands(order_id)["state"] == "refunded")
    backs = it.sandbox("state")["refunds"].values()
    mine = [b["amount"]["refund"] for b in backs if b["out_trade_no"] == UUID(attempt_id).hex]
    assert mine == [PRICE_FEN]
    assert it.messages(order_id) == ["PaymentRefunded", "PaymentSettled"]


def test_the_deposit_of_a_box_that_is_back_is_paid_back_once(it: Counter) -> None:
    order_id, box_id = it.order("pickup", boxes=1), it.box()
    attempt_id = it.paid(order_id)
    it.pick(order_id, {SKU: {"units": 1}})
    it.collect(order_id, [box_id])
    return_id = uuid7()
    for _ in range(2):
        told = it.bring_back(box_id, return_id)
        assert (told["state"], told["refund_fen"]) == ("returned", 1000)
    for _ in range(2):
        it.run("SweepPaymentsFunction")
    it.until(
        lambda: it.kept_fen(order_id) == PRICE_FEN and not it.stands(order_id)["refunding_fen"]
    )
    backs = it.sandbox("state")["refunds"].values()
    mine = [b["amount"]["refund"] for b in backs if b["out_trade_no"] == UUID(attempt_id).hex]
    assert mine == [1000]
    assert it.messages(order_id) == ["PaymentRefunded", "PaymentSettled"]


def test_a_deposit_that_came_in_cash_is_paid_out_by_a_keeper(it: Counter) -> None:
    order_id, box_id = it.order("pickup", boxes=1, pay="cash"), it.box()
    it.pick(order_id, {SKU: {"units": 1}})
    it.collect(order_id, [box_id])
    it.bring_back(box_id, uuid7())
    listed = it.sure("GET", "/v1/payouts", "store")["payouts"]
    (mine,) = [each for each in listed if each["order_id"] == order_id]
    assert (mine["fen"], mine["state"]) == (1000, "to_collect")
    path = f"/v1/orders/{order_id}/refunds/{mine['refund_id']}/pay-out"
    word = {"id": str(uuid7()), "store_id": STORE}
    assert it.call("POST", path, "resident", word).status_code == 403
    for _ in range(2):
        assert it.call("POST", path, "store", word, "k-1").json()["state"] == "succeeded"
    other = it.call("POST", path, "store", word | {"id": str(uuid7())}, "k-1")
    assert other.json()["code"] == "nothing_to_pay_out"
    assert it.stands(order_id)["refunded_fen"] == 1000


def test_money_that_comes_after_expiry_has_the_order_after_all_or_goes_back(it: Counter) -> None:
    again, gone = it.order(), it.order(lines=[{"sku": RARE, "units": 5}])
    late = {o: it.pay(o).json()["attempt_id"] for o in (again, gone)}
    it.stack.set_clock(it.stack.now() + timedelta(minutes=16))
    it.run("SweepOrdersFunction")
    assert [it.mine("GET", o)["state"] for o in (again, gone)] == ["expired"] * 2
    it.order(lines=[{"sku": RARE, "units": 5}], pay="cash")
    for attempt_id in late.values():
        it.sandbox("pay-despite", out_trade_no=UUID(attempt_id).hex)
    it.captured(again)
    assert it.mine("GET", again)["state"] == "placed"
    it.settle()
    told = it.stands(gone)
    assert (told["state"], it.kept_fen(gone)) == ("refunded", 0)
    assert it.mine("GET", gone)["state"] == "expired"
    assert (it.messages(again), it.messages(gone)) == (["PaymentSettled"], ["PaymentRefunded"])


def test_a_payment_that_the_bank_declines_leaves_its_order_to_another(it: Counter) -> None:
    order_id = it.order()
    first = it.pay(order_id).json()["attempt_id"]
    it.sandbox("decline", out_trade_no=UUID(first).hex)
    assert not it.phone_pays(first)
    it.stack.set_clock(it.stack.now() + timedelta(minutes=2))
    it.run("SweepPaymentsFunction")
    assert it.stands(order_id)["attempts"][0]["state"] == "failed"
    it.paid(order_id)


def test_whatever_the_network_does_each_order_is_paid_once(it: Counter) -> None:
    attempts = {it.order(): uuid7() for _ in range(5)}
    shares = dict.fromkeys(("lost_before", "lost_after", "error", "unsigned"), 0.12)
    notices = {"notice_copies": 3, "notice_reversed": True, "notice_lost": 0.4}
    it.sandbox("faults", **shares, **notices, seed=7)
    for _ in range(6):
        for order_id, attempt_id in attempts.items():  # Residents tap again: the same attempt.
            told = it.pay(order_id, attempt_id).json()
            if told.get("handle"):
                it.phone_pays(told["attempt_id"])
        it.stack.set_clock(it.stack.now() + timedelta(minutes=1))
        it.run("SweepPaymentsFunction")
    it.sandbox("faults")
    it.settle()
    assert [it.kept_fen(order_id) for order_id in attempts] == [PRICE_FEN] * 5
    captures = it.sandbox("state")["captures"]
    assert [captures[attempt_id.hex] for attempt_id in attempts.values()] == [1] * 5


@pytest.mark.parametrize(
    "amount", [{"total": 1, "currency": "CNY"}, {"total": PRICE_FEN, "currency": "USD"}]
)
def test_money_of_another_amount_or_currency_pays_nothing(
    it: Counter, amount: dict[str, Any]
) -> None:
    order_id = it.order()
    attempt_id = it.pay(order_id).json()["attempt_id"]
    told = it.sandbox("misreport", out_trade_no=UUID(attempt_id).hex, amount=amount)
    assert told["answer"] == 409
    assert it.stands(order_id)["captured_fen"] == 0
    assert it.phone_pays(attempt_id)
    it.captured(order_id)


def test_cash_is_accounted_when_it_is_handed_over(it: Counter) -> None:
    order_id = it.order("pickup", pay="cash")
    assert it.pay(order_id).json()["code"] == "no_longer_payable"
    it.pick(order_id, {SKU: {"units": 1}})
    assert it.stands(order_id)["captured_fen"] == 0
    it.collect(order_id)
    told = it.stands(order_id)
    assert (told["captured_fen"], told["attempts"][0]["method"]) == (PRICE_FEN, "cash")
    refund = {"id": str(uuid7()), "fen": 90, "reason": "damaged"}
    it.call("POST", f"/v1/orders/{order_id}/refunds", "store", refund, "k-1")
    assert it.stands(order_id)["refunded_fen"] == 90, "handed back at the counter"


def test_a_presale_is_paid_online_and_becomes_a_paid_order_or_goes_back(it: Counter) -> None:
    bought, failed = it.presale("bought", minimum_fen=0), it.presale("failed", minimum_fen=10**7)
    for order_id in (bought, failed):
        it.paid(order_id)
    it.stack.set_clock(it.stack.now() + timedelta(hours=2))
    it.run("ClosePresalesFunction")
    arrival = {"cycle_id": "bought", "units": 2, "lot_id": "P1", "expires_on": "2099-01-01"}
    arrival |= {"id": str(uuid7()), "store_id": STORE, "sku": SKU}
    assert it.call("POST", "/v1/presale-arrivals", "store", arrival).status_code == 201
    it.run("ClosePresalesFunction")
    order = it.mine("GET", bought)
    assert (order["state"], order["payment"]) == ("placed", "paid")
    it.settle()
    told = it.stands(failed)
    assert (told["state"], told["refunds"][0]["reason"]) == ("refunded", "cycle_failed")
    assert it.kept_fen(bought) == 2 * PRICE_FEN


def test_nobody_else_sees_or_pays_an_order(it: Counter) -> None:
    order_id = it.order()
    path = f"/v1/orders/{order_id}/payments"
    assert it.call("GET", path, "resident", who="stranger").status_code == 404
    body = {"id": str(uuid7()), "method": "wechat_native", "device_id": "device-0009"}
    assert it.call("POST", path, "resident", body, "stranger").status_code == 404
    refund = {"id": str(uuid7()), "fen": 1, "reason": "other"}
    path = f"/v1/orders/{order_id}/refunds"
    assert it.call("POST", path, "resident", refund).status_code == 403
    assert it.call("POST", path, "store", refund, "k-1").json()["code"] == "refund_too_large"
    assert it.call("POST", path, "store", refund, it.owner[order_id]).status_code == 404


def test_the_log_names_nobody(it: Counter, stack_log: Path) -> None:
    log = stack_log.read_text(errors="replace")
    for secret in (PHONE, OPENID, "PRIVATE KEY"):
        assert secret not in log
