"""What time does to credit, each minute: holds lapse, points and coupons expire."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from pynamodb.attributes import NumberAttribute
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from linli.credit.coupons import CouponState
from linli.credit.hold import put_transfer
from linli.credit.keys import BY_DUE, DUE_SHARDS, LOT, POINTS, person
from linli.credit.model import ISSUER, Points, State, Transfer, TransferSettled, points_of
from linli.credit.rows import BalanceRow, CouponRow, DueRow, LotRow, TransferRow
from linli.credit.settle import void
from linli.kernel import reads
from linli.kernel.errors import AlreadyDone, Contended
from linli.kernel.ids import derived
from linli.kernel.time import rfc3339
from linli.kernel.transact import Transaction, transaction

MOST_A_RUN = 500
"""How many of a kind are seen to in one run; the rest waits for the next minute."""
_HELD_FOR = timedelta(hours=1)
"""When to look again at points that are expired, but held by an order."""


def sweep(now: datetime) -> dict[str, int]:
    """
    Do what is due by `now`; answers how many of each kind were looked at.

    The index is late, the transitions are conditional: what is not due after all stays as it is.

    Raises:
        ExceptionGroup: What went wrong with some, after the others have been seen to.
    """
    steps: dict[str, Callable[[DueRow, datetime], None]] = {
        "transfer": lapse,
        "lot": expire_lot,
        "coupon": expire_coupon,
    }
    faults: list[Exception] = []
    seen = dict.fromkeys(steps, 0)
    for kind, step in steps.items():
        for row in _due(kind, now):
            seen[kind] += 1
            try:
                step(row, now)
            except Exception as fault:  # One resident's trouble must not keep the others waiting.
                faults.append(fault)
    if faults:
        raise ExceptionGroup("some credit could not be seen to", faults)
    return seen


def _due(kind: str, now: datetime) -> list[DueRow]:
    until = "due_at", rfc3339(now)
    found = [
        row
        for shard in range(DUE_SHARDS)
        for row in reads.index(DueRow, BY_DUE, "due_mark", f"{kind}#{shard}", until=until)
    ]
    return found[:MOST_A_RUN]


def lapse(due: DueRow, now: datetime) -> None:
    """Let a pending transfer expire that nobody has settled in time."""
    row = reads.get(TransferRow, due.pk, due.sk)
    if row is None or row.due_at is None or row.due_at > rfc3339(now):
        return
    resident_id = due.pk.partition("#")[2]
    try:
        with transaction() as tx:
            void(tx, transfer_id=due.sk, resident_id=resident_id, now=now, into=State.EXPIRED)
    except TransferSettled:
        return  # Somebody was faster, which is as good.


def expire_coupon(due: DueRow, now: datetime) -> None:
    """Let a coupon expire that nobody holds; one that an order holds waits for the order's end."""
    row = reads.get(CouponRow, due.pk, due.sk)
    if row is None or row.due_mark is None or row.expires_at > rfc3339(now):
        return
    expires = row.state == CouponState.AVAILABLE.value
    into = [CouponRow.state.set(CouponState.EXPIRED.value)] if expires else []
    with transaction() as tx:
        tx.update(
            CouponRow(due.pk, due.sk),
            [*into, CouponRow.due_mark.remove()],
            condition=CouponRow.state == row.state,
            refusal=Contended("the coupon moves"),
        )


def expire_lot(due: DueRow, now: datetime) -> None:
    """
    Let what is left of a lot expire, by an entry. Points of it that an order holds stay until the
    order ends: given back, they expire within the hour.
    """
    resident_id, last_on = due.pk.partition("#")[2], due.sk.removeprefix(LOT)
    rows = reads.query(LotRow, due.pk, LotRow.sk.between(LOT, due.sk))
    lot = next((row for row in rows if row.sk == due.sk), None)
    if lot is None or lot.due_at is None or lot.due_at > rfc3339(now):
        return
    balance = reads.get(BalanceRow, due.pk, POINTS)
    if balance is None:
        raise Contended("points without a balance")
    spent, held = int(balance.spent_units), int(balance.held_units)
    left = sum(int(row.granted_units) for row in rows) - spent
    points = Points(max(0, left - held))
    try:
        with transaction() as tx:
            if points:
                what = f"{resident_id}/{last_on}/{spent}"
                _expire_points(tx, resident_id, points, what, (spent, held), now)
            tx.update(LotRow(due.pk, due.sk), _again(left - points, now))
    except AlreadyDone:
        return  # Another run was faster.


def _again(held_points: int, now: datetime) -> list[Action]:
    """When to look at a lot again."""
    if held_points > 0:
        return [LotRow.due_at.set(rfc3339(now + _HELD_FOR))]
    return [LotRow.due_mark.remove(), LotRow.due_at.remove()]


def _expire_points(
    tx: Transaction,
    resident_id: str,
    points: Points,
    what: str,
    seen: tuple[int, int],
    now: datetime,
) -> None:
    spent, held = seen
    transfer_id = f"{derived(_at(now), what)}/expired"
    transfer = Transfer(transfer_id, resident_id, points_of(resident_id), ISSUER, points, "expired")
    put_transfer(tx, transfer, State.POSTED, now)
    tx.update(
        BalanceRow(person(resident_id), POINTS),
        [BalanceRow.available_units.add(-points), BalanceRow.spent_units.add(points)],
        condition=_as_seen(BalanceRow.spent_units, spent) & _as_seen(BalanceRow.held_units, held),
        refusal=Contended("the resident is spending"),
    )


def _as_seen(attribute: NumberAttribute, units: int) -> Condition:
    """What was never added to is not there."""
    same: Condition = attribute == units
    return same if units else same | attribute.does_not_exist()


def _at(now: datetime) -> UUID:
    """A UUIDv7 of an instant, to derive ids from that sort by it."""
    return UUID(int=(int(now.timestamp() * 1000) << 80) | (0x7 << 76) | (0x2 << 62))
