"""
A crowd takes a day's rewards at once: how many come through, and how long it takes them.

**Run for real**: `linli.credit.redeem` itself with its transaction and its repeats, on the engine
that judges our races; in the end the audit must be clean. **Modelled**: time, as in
`benchmarks.orders.contention`: a call takes 4 ms there and back, and a transaction keeps its items
for `window` seconds, in which whoever comes for one of them meets a conflict. A resident who is
told that it is busy sends it again, at most `SENDINGS` times, after a pause.
"""

import importlib
import random
from collections.abc import Callable
from typing import Any

from benchmarks.orders.contention import Clock, Run, keep_items
from linli import credit
from linli.credit import Points, RedeemReward, programme
from linli.credit.programme import PutProgramme
from linli.kernel.errors import Contended, Refused
from linli.kernel.ids import uuid7
from linli.kernel.transact import Transaction, transaction
from tests.support import village as v
from tests.support.engine import engine
from tests.support.quick_sdk import quick_sdk

SENDINGS = 5
PAUSE_SECONDS = 0.5
redeeming: Any = importlib.import_module("linli.credit.redeem")


def play(people: int, a_day: int, parts: int, window: float) -> Run:
    """So many residents at one moment, for so many rewards, counted in so many items."""
    run, clock = Run(), Clock()
    random.seed(1)
    kept_parts, redeeming.PARTS = redeeming.PARTS, parts
    commit: Any = Transaction.commit
    kept = commit.__defaults__
    try:
        with engine() as db, quick_sdk(db):
            _furnish(people, a_day)
            keep_items(db, clock, window, run)
            commit.__defaults__ = (clock.wait,)
            for n in range(people):
                clock.at(0.0, _resident(clock, run, f"r-{n}"))
            clock.run()
            del db._answer
            assert credit.audit().breaches == []
            assert run.told["redeemed"] <= a_day
    finally:
        redeeming.PARTS, commit.__defaults__ = kept_parts, kept
    return run


def _furnish(people: int, a_day: int) -> None:
    rules = programme.defaults().model_dump()
    rules["rewards"]["delivery"]["a_day"] = a_day
    programme.put(v.COMMUNITY, PutProgramme.model_validate(rules), "*")
    for n in range(people):
        with transaction() as tx:
            credit.grant(
                tx,
                transfer_id=str(uuid7()),
                resident_id=f"r-{n}",
                points=Points(10),
                deed="gift",
                now=v.NOON,
            )


def _resident(clock: Clock, run: Run, who: str) -> Callable[[], None]:
    command = RedeemReward(id=uuid7(), community_id=v.COMMUNITY, reward="delivery")

    def act() -> None:
        for _ in range(SENDINGS):
            try:
                credit.redeem(command, caller=v.resident(who), now=v.NOON)
            except Contended:
                clock.wait(PAUSE_SECONDS)
                continue
            except Refused as refusal:
                run.told[refusal.code] += 1
                return
            run.told["redeemed"] += 1
            run.waits.append(clock.now)
            return
        run.told["contended"] += 1

    return act


def table() -> str:
    """Fifty and two hundred residents for thirty and fifty rewards, in 1, 4 and 8 items."""
    rows = ["people  a day  items  window  redeemed  turned away  gave up  transactions  slowest"]
    for people, a_day in ((50, 30), (200, 50)):
        for parts in (1, 4, 8):
            run = play(people, a_day, parts, 0.012)
            told = run.told
            rows.append(
                f"{people:6}  {a_day:5}  {parts:5}  {12:3} ms  {told['redeemed']:8}  "
                f"{told['programme_cap']:11}  {told['contended']:7}  "
                f"{run.attempts / people:12.1f}  {max(run.waits):5.2f} s"
            )
    return "\n".join(rows)
