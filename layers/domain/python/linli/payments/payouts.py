"""
Refunds that a person pays out: deposits that came in cash or long ago, and what the provider
would not give back. Whoever waits for one gets it at any store of the community.
"""

from contextlib import suppress
from datetime import datetime
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from linli import catalogue
from linli.kernel import reads
from linli.kernel.errors import Conflict, NotFound
from linli.kernel.identity import Caller, Role
from linli.kernel.ids import CommandId, StoreId
from linli.kernel.transact import transaction
from linli.payments import push
from linli.payments.attempts import Moved
from linli.payments.model import Refund, RefundState
from linli.payments.refunds import get
from linli.payments.rows import (
    BY_DUE,
    BY_HAND,
    DUE_SHARDS,
    AttemptRow,
    DueRow,
    RefundRow,
    attempt_sk,
    due_mark,
    id_in,
    order_in,
)

BY_PEOPLE: Final = frozenset({RefundState.TO_COLLECT, RefundState.STUCK})


class NothingToPayOut(Conflict):
    """The refund is on its way by itself, or has been paid out."""

    code = "nothing_to_pay_out"
    title_en = "There is nothing to pay out"
    title_zh = "没有待支付的退款"


class PayOut(BaseModel):
    """Somebody has given a resident their money; a keeper says at which store."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: CommandId
    store_id: StoreId | None = None


class Payout(BaseModel):
    """A refund that waits for a person to pay it out."""

    refund_id: str
    order_id: str
    resident_id: str
    community_id: str
    fen: int
    reason: str
    state: RefundState = Field(description="`stuck`: the provider would not give it back")
    since: str
    failure: str | None = Field(default=None, description="The provider's word, if it is stuck")


def payouts(*, caller: Caller) -> list[Payout]:
    """What waits to be paid out in the caller's communities, the longest first."""
    mine = set(caller.places(Role.DISPATCHER))
    stores = [catalogue.store(store_id) for store_id in caller.places(Role.STORE)]
    mine |= {store.community_id for store in stores if store is not None}
    marks = [due_mark(BY_HAND, shard) for shard in DUE_SHARDS]
    due = [row for mark in marks for row in reads.index(DueRow, BY_DUE, "due_mark", mark)]
    found = reads.batch((RefundRow, row.pk, row.sk) for row in due)
    rows = [found.get(RefundRow, row.pk, row.sk) for row in due]
    waiting = [row for row in rows if row is not None and row.state in BY_PEOPLE]
    told = [_view(row, *_whose(row)) for row in sorted(waiting, key=lambda row: row.began_at)]
    return [each for each in told if each.community_id in mine]


def pay_out(
    order_id: str, refund_id: str, command: PayOut, *, caller: Caller, now: datetime
) -> Refund:
    """
    Book that a person has paid a refund out; sent again under the same id, it answers the same.

    Raises:
        NotFound: There is none of the caller's community, or it is the caller's own.
        NothingToPayOut: It is on its way by itself, or was paid out.
    """
    row = get(order_id, refund_id)
    if row is None:
        raise NotFound
    resident_id, community_id = _whose(row)
    if resident_id == caller.subject:
        raise NotFound
    _check_caller(command, caller, community_id)
    if row.paid_out_under == str(command.id):
        return push.view(row)
    if row.state not in BY_PEOPLE:
        raise NothingToPayOut(state=row.state)
    by = [
        RefundRow.paid_out_by.set(command.store_id or caller.subject),
        RefundRow.paid_out_under.set(str(command.id)),
    ]
    with suppress(Moved), transaction() as tx:
        push.settle(tx, row, now, by)
    row = push.again(row)
    if row.paid_out_under != str(command.id):
        raise NothingToPayOut(state=row.state)
    return push.view(row)


def _check_caller(command: PayOut, caller: Caller, community_id: str) -> None:
    if command.store_id is None:
        caller.require(community_id, Role.DISPATCHER)
        return
    caller.require(command.store_id, Role.STORE)
    store = catalogue.store(command.store_id)
    if store is None or store.community_id != community_id:
        raise NotFound


def _whose(row: RefundRow) -> tuple[str, str]:
    """Whose money it is, and in which community."""
    if row.deposit_of and row.community_id:
        return row.deposit_of, row.community_id
    attempt = reads.get(AttemptRow, row.pk, attempt_sk(row.attempt_id))
    assert attempt is not None, "attempts are never deleted"
    return attempt.resident_id, attempt.community_id


def _view(row: RefundRow, resident_id: str, community_id: str) -> Payout:
    return Payout(
        refund_id=id_in(row.sk),
        order_id=order_in(row.pk),
        resident_id=resident_id,
        community_id=community_id,
        fen=int(row.fen),
        reason=row.reason,
        state=RefundState(row.state),
        since=row.began_at,
        failure=row.failure,
    )
