"""
What credit costs, how it holds under a crowd, and a year of its tiers.

`python -m benchmarks.credit.run [--transfers 300] [--seed 1]` with `layers/domain/python` on the
path and the development requirements installed. DynamoDB is the emulator's engine in this process,
which counts units as DynamoDB does; time inside it is left out of the transfers a second, so that
what remains is ours and the SDK's, on one core. The crowd's time and the year's behaviour are
models, stated in `crowd` and `growth`.
"""

import argparse
import time
from collections.abc import Callable
from typing import Any

from benchmarks.credit import crowd, growth
from linli import credit
from linli.credit import AwardDeed, Done, Fen, Points, RedeemReward
from linli.kernel import reads
from linli.kernel.ids import uuid7
from linli.kernel.time import local_date
from linli.kernel.transact import Transaction, transaction
from tests.support import village as v
from tests.support.engine import Engine, engine

WARM = 20
Act = Callable[[int], None]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--transfers", type=int, default=300, help="of each kind")
    parser.add_argument("--seed", type=int, default=1, help="of the year")
    chosen = parser.parse_args()
    print(
        "what                              write units  calls  transfers/s (one core, ours alone)"
    )
    for name, act in ACTS.items():
        print(measure(name, act, chosen.transfers), flush=True)
    print("\nA crowd for a day's rewards; the time is a model")
    print(crowd.table(), flush=True)
    print("\nThe top tier's share in a year of growth; the behaviour is a model")
    print("the source: 27 % without control, 15-18 % with it")
    print(growth.table(growth.play(chosen.seed)))


def measure(name: str, act: Act, count: int) -> str:
    """One row of the table."""
    with engine() as db:
        for n in range(count + WARM):
            v.give_points(f"r-{n}", 30)
        for n in range(WARM):
            act(n)
        inside = _time_inside(db)
        db.forget_costs()
        started = time.perf_counter()
        for n in range(WARM, WARM + count):
            act(n)
        spent = time.perf_counter() - started - inside()
        units, calls = db.written_units / count, sum(db.calls.values()) / count
    return f"{name:32}  {units:11.1f}  {calls:5.1f}  {count / spent:11.0f}"


def _time_inside(db: Engine) -> Callable[[], float]:
    """How many seconds the engine itself has taken so far."""
    total, answer = [0.0], db._call

    def timed(request: Any, operation: str) -> Any:
        began = time.perf_counter()
        try:
            return answer(request, operation)
        finally:
            total[0] += time.perf_counter() - began

    db._call = timed  # type: ignore[method-assign]
    return lambda: total[0]


def _tx(act: Callable[[Transaction], None]) -> None:
    with transaction() as tx:
        act(tx)


def _grant(n: int) -> None:
    done = Done(v.COMMUNITY)
    who, one = f"r-{n}", Points(1)
    _tx(
        lambda tx: credit.grant(
            tx,
            transfer_id=str(uuid7()),
            resident_id=who,
            points=one,
            deed="gift",
            now=v.NOON,
            done=done,
        )
    )


def _award(n: int) -> None:
    command = AwardDeed(id=uuid7(), resident_id=f"r-{n}", deed="helped_elder")
    credit.award(command, caller=v.DISPATCHER, now=v.NOON)


def _hold(n: int) -> str:
    """As an order does, which reads the community's quota with all else that it needs."""
    transfer_id, on = str(uuid7()), local_date(v.NOON)
    found = reads.batch(credit.quota_keys(f"c-{n // 100}", on))
    _tx(
        lambda tx: credit.hold_points(
            tx,
            transfer_id=transfer_id,
            resident_id=f"r-{n}",
            points=Points(1),
            on=on,
            cap_points=Points(20),
            now=v.NOON,
            quota=credit.quota_in(found, f"c-{n // 100}", on),
        )
    )
    return transfer_id


def _hold_and_post(n: int) -> None:
    key, who = _hold(n), f"r-{n}"
    _tx(lambda tx: credit.post(tx, transfer_id=key, resident_id=who, now=v.NOON))


def _hold_and_void(n: int) -> None:
    key, who = _hold(n), f"r-{n}"
    _tx(lambda tx: credit.void(tx, transfer_id=key, resident_id=who, now=v.NOON))


def _deposit(n: int) -> None:
    who = f"r-{n}"
    _tx(
        lambda tx: credit.hold_deposit(
            tx, transfer_id=str(uuid7()), resident_id=who, fen=Fen(1000), now=v.NOON
        )
    )


def _redeem(n: int) -> None:
    command = RedeemReward(id=uuid7(), community_id=f"c-{n // 150}", reward="delivery")
    caller = v.resident(f"r-{n}")
    grants = frozenset({(role, command.community_id) for role, _ in caller.grants})
    credit.redeem(command, caller=type(caller)(caller.subject, grants), now=v.NOON)


ACTS: dict[str, Act] = {
    "grant of points": _grant,
    "deed, with its caps": _award,
    "hold of points, then posted": _hold_and_post,
    "hold of points, then voided": _hold_and_void,
    "deposit, pending": _deposit,
    "reward for points, with its coupon": _redeem,
}


if __name__ == "__main__":
    main()
