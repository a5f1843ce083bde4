"""
What an order does to the ledger, as parts of the order's own transactions.

Two phases, in the style of TigerBeetle: placing an order makes pending transfers, its end posts
or voids them. Points are taken from the resident's available balance at once; a deposit is owed
to the resident only when a box is in their hands. An order has ONE pending deposit transfer for
all its boxes: delivery posts the part for the boxes handed over and the rest lapses with it
(`settle.post_part`). That writes two items whatever the number of boxes; a transfer for each box
would write one each and touch the one balance several times, which a transaction forbids.
"""

import dataclasses
from datetime import date, datetime

from linli.credit import lots, score
from linli.credit import quota as quotas
from linli.credit.keys import DEPOSIT, POINTS, day_mark, due_mark, person, spent, transfers_of
from linli.credit.model import (
    CASH,
    ISSUER,
    C,
    CreditView,
    Done,
    Fen,
    NotEnoughDeposit,
    NotEnoughPoints,
    Points,
    RedemptionCap,
    State,
    Transfer,
    deposit_of,
    points_of,
)
from linli.credit.quota import Quota, Taken
from linli.credit.rows import BalanceRow, DayRow, TransferRow
from linli.kernel import reads
from linli.kernel.errors import AlreadyDone, Contended, Refused
from linli.kernel.time import local_date, rfc3339
from linli.kernel.transact import Transaction


def order_keys(resident_id: str, on: date) -> list[reads.Key]:
    """What placing an order reads of a resident's credit; `on` is the community's day."""
    pk = person(resident_id)
    return [(BalanceRow, pk, POINTS), (DayRow, pk, spent(on))]


def view(found: reads.Found, resident_id: str, on: date) -> CreditView:
    """The resident's credit from a batch that read `order_keys`; no account is an empty one."""
    pk = person(resident_id)
    balance = found.get(BalanceRow, pk, POINTS) or BalanceRow(pk, POINTS)
    day = found.get(DayRow, pk, spent(on)) or DayRow(pk, spent(on))
    available, held = int(balance.available_units), int(balance.held_units)
    return CreditView(Points(available + held), Points(held), Points(int(day.points)))


def hold_points(
    tx: Transaction,
    *,
    transfer_id: str,
    resident_id: str,
    points: Points,
    on: date,
    cap_points: Points,
    now: datetime,
    expires_at: datetime | None = None,
    quota: Quota | None = None,
    gone: Refused | None = None,
) -> None:
    """
    Hold `points` (at least 1), for an order as a rule; `on` is the community's day they count
    against. With `expires_at` they are free again by then, if nobody has settled the transfer.

    `quota`: what all may spend on that day, as a batch read it; `gone`: it has changed since.

    Raises, here or when `tx` commits:
        Invalid: Not an amount.
        RedemptionCap: More than `cap_points` would be spent on that day.
        ProgrammePointsCap: The quota has less left.
        NotEnoughPoints: The available balance is smaller.
        AlreadyDone: The transfer exists.
    """
    transfer = Transfer(transfer_id, resident_id, points_of(resident_id), ISSUER, points, "order")
    if points > cap_points:
        raise RedemptionCap(cap_points=cap_points)
    taken = quotas.choose(quota, points, transfer_id) if quota else None
    put_transfer(tx, transfer, State.PENDING, now, capped_on=on, expires_at=expires_at, taken=taken)
    tx.update(
        BalanceRow(person(resident_id), POINTS),
        [BalanceRow.available_units.add(-points), BalanceRow.held_units.add(points)],
        condition=BalanceRow.available_units >= points,
        refusal=NotEnoughPoints(),
    )
    _count(tx, resident_id, points, on, cap_points)
    if quota and taken:
        quotas.take(tx, quota, taken, gone or Contended("the day's points are in demand"))


def _count(tx: Transaction, resident_id: str, points: Points, on: date, cap_points: Points) -> None:
    tx.update(
        DayRow(person(resident_id), spent(on)),
        [DayRow.points.add(points)],
        condition=DayRow.points.does_not_exist() | (DayRow.points <= cap_points - points),
        refusal=RedemptionCap(cap_points=cap_points),
    )


def hold_deposit(
    tx: Transaction, *, transfer_id: str, resident_id: str, fen: Fen, now: datetime
) -> None:
    """
    Note the deposit for all boxes of an order (at least 1 fen); the resident owns none of it yet.

    Raises, here or when `tx` commits:
        Invalid: Not an amount.
        AlreadyDone: The transfer exists.
    """
    pair = CASH, deposit_of(resident_id)
    transfer = Transfer(transfer_id, resident_id, *pair, fen, "boxes")
    put_transfer(tx, transfer, State.PENDING, now)


def refund_deposit(
    tx: Transaction, *, transfer_id: str, resident_id: str, fen: Fen, now: datetime
) -> None:
    """
    Pay a deposit (at least 1 fen) back to whose it was, at once.

    Raises, here or when `tx` commits:
        Invalid: Not an amount.
        NotEnoughDeposit: Less is held for the resident.
        AlreadyDone: The transfer exists.
    """
    pair = deposit_of(resident_id), CASH
    transfer = Transfer(transfer_id, resident_id, *pair, fen, "refund")
    put_transfer(tx, transfer, State.POSTED, now)
    tx.update(
        BalanceRow(person(resident_id), DEPOSIT),
        [BalanceRow.available_units.add(-fen)],
        condition=BalanceRow.available_units >= fen,
        refusal=NotEnoughDeposit(),
    )


def grant(
    tx: Transaction,
    *,
    transfer_id: str,
    resident_id: str,
    points: Points,
    deed: str,
    now: datetime,
    by: str | None = None,
    capped_on: date | None = None,
    done: Done | None = None,
) -> None:
    """
    Give a resident points (at least 1) for a deed, at once, into the lot of this month. The caller
    bounds how often, and says in `capped_on` if they count against the cap of a day's deeds.

    `done` says in which community, for whom and by which device: then the deed counts for the
    resident's score there, and the watch sees it.

    Raises, here or when `tx` commits:
        Invalid: Not an amount.
        AlreadyDone: The transfer exists.
    """
    pair = ISSUER, points_of(resident_id)
    transfer = Transfer(transfer_id, resident_id, *pair, points, deed)
    put_transfer(tx, transfer, State.POSTED, now, by=by, capped_on=capped_on, done=done)
    tx.update(
        BalanceRow(person(resident_id), POINTS),
        [BalanceRow.available_units.add(points)],
    )
    lots.add(tx, resident_id, points, now)
    if done is not None:
        score.add(tx, resident_id, done.community_id, points, now)


def put_transfer(
    tx: Transaction,
    transfer: Transfer[C],
    state: State,
    now: datetime,
    *,
    by: str | None = None,
    capped_on: date | None = None,
    done: Done | None = None,
    expires_at: datetime | None = None,
    reverses: str | None = None,
    taken: Taken | None = None,
    refusal: Refused | None = None,
) -> None:
    """
    Write a new transfer; the commit raises `refusal` (AlreadyDone) if its id exists. A pending one
    with `expires_at` lapses by itself.
    """
    posted = state is State.POSTED
    row = TransferRow(
        transfers_of(transfer.resident_id),
        transfer.transfer_id,
        debit=transfer.debit.name,
        credit=transfer.credit.name,
        currency=transfer.debit.currency.value,
        units=transfer.amount,
        state=state.value,
        reason=transfer.reason,
        at=rfc3339(now),
        by=by,
        capped_on=capped_on.isoformat() if capped_on else None,
        posted_units=transfer.amount if posted else None,
        settled_at=rfc3339(now) if posted else None,
        reverses=reverses,
        due_mark=due_mark("transfer", transfer.transfer_id) if expires_at else None,
        due_at=rfc3339(expires_at) if expires_at else None,
    )
    _mark(row, done, taken, now)
    tx.put(row, condition=TransferRow.pk.does_not_exist(), refusal=refusal or AlreadyDone())


def _mark(row: TransferRow, done: Done | None, taken: Taken | None, now: datetime) -> None:
    """Note where a deed was done, or where an order's points count."""
    if taken is not None:
        row.community_id, row.parts = taken.community_id, taken.text
    if done is not None:
        row.community_id, row.counterpart, row.device, row.rule = dataclasses.astuple(done)
        row.day_mark = day_mark(done.community_id, local_date(now))
