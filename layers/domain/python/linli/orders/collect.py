"""
Collecting an order at a store's counter or from a locker, with a code that its people ask for.

The code is shown once, to them; a digest alone is kept. A new one replaces it, it opens once, and
after some wrong ones it opens nothing any more.
"""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from pynamodb.expressions.condition import Condition

from linli.kernel import reads
from linli.kernel.errors import Conflict, NotFound
from linli.kernel.identity import Caller, Role
from linli.kernel.ids import BoxId, CommandId
from linli.kernel.time import rfc3339
from linli.kernel.transact import Transaction, transaction
from linli.orders import serve, states
from linli.orders.model import Order
from linli.orders.read import read
from linli.orders.rows import CODE, CodeRow
from linli.orders.states import OutOfOrder
from linli.orders.turn import carry_out, once

CODE_VALID = timedelta(minutes=30)
MOST_TRIES = 5
_DIGITS = 8
_TO_THE_DOOR = ("routed", "picking", "packed", "handed_over")


class WrongCode(Conflict):
    """The code is not the present one, is too old, or was tried too often: ask for a new one."""

    code = "wrong_code"
    title_en = "This code opens nothing; ask for a new one"
    title_zh = "取货码无效，请重新获取"


class Collect(BaseModel):
    """Somebody is there with a code; boxes that they take along, at a counter."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: CommandId
    code: Annotated[str, Field(pattern=r"^\d{8}$")]
    box_ids: Annotated[tuple[BoxId, ...], Field(max_length=5)] = ()


class CodeView(BaseModel):
    """A code for collecting, shown this once."""

    code: str
    valid_until: str


def issue_code(order_id: str, *, resident_id: str, now: datetime) -> CodeView:
    """
    Make a code for an order that waits to be collected; the one before it is void.

    Raises:
        NotFound: There is no such order of this resident's.
        OutOfOrder: It does not wait to be collected, nor is it on its way to the door.
    """
    order = read(order_id, resident_id)
    if order.channel in ("locker", "pickup") or order.state not in _TO_THE_DOOR:
        _check_waiting(order)  # Else it is told to the courier at the door, as a proof.
    code, salt = f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}d}", secrets.token_hex(16)
    until = rfc3339(now + CODE_VALID)
    row = CodeRow(order_id, CODE, digest=_digest(code, salt), salt=salt, until=until, tries=0)
    with transaction() as tx:
        tx.put(row)
    return CodeView(code=code, valid_until=until)


def _check_waiting(order: Order) -> None:
    states.after(order.state, "collect")
    if order.channel != ("locker" if order.state == "stored" else "pickup"):
        raise OutOfOrder("it is brought", state=order.state, turn="collect")


def _digest(code: str, salt: str) -> str:
    return hashlib.scrypt(code.encode(), salt=bytes.fromhex(salt), n=2**12, r=8, p=1).hex()


def collect(order_id: str, command: Collect, *, caller: Caller, now: datetime) -> Order:
    """
    Hand an order over to who has its code: at the counter its store says so, at a locker its
    people. The same command again changes nothing.

    Raises:
        NotFound: There is no such order of the caller's.
        WrongCode: See there; a wrong one is counted.
        OutOfOrder: It does not wait to be collected.
        TooManyBoxes: The boxes do not fit.
        IdReused: The id was used for something else.
    """

    def act(tx: Transaction, order: Order) -> None:
        _check_caller(order, caller)
        _check_waiting(order)
        serve.check_boxes(command.box_ids, order.boxes)
        kept = _check_code(order_id, command.code, now)
        serve.serve(tx, order, "collect", command.box_ids, by=caller.subject, now=now)
        same = CodeRow.digest == kept.digest
        tx.delete(CodeRow(order_id, CODE), condition=same, refusal=WrongCode())

    return carry_out(order_id, act, once(command, command.id, order_id, caller.subject, now))


def check_door_code(order_id: str, code: str, now: datetime) -> None:
    """
    Check the code that a resident tells a courier at the door; it stays valid for its time, so
    that a report sent again is believed again.

    Raises:
        WrongCode: See there; a wrong one is counted.
    """
    _check_code(order_id, code, now)


def _check_caller(order: Order, caller: Caller) -> None:
    if order.channel == "locker":
        if caller.subject not in order.people:
            raise NotFound
    elif not any(caller.holds(Role.STORE, store_id) for store_id in order.store_ids):
        raise NotFound


def _check_code(order_id: str, code: str, now: datetime) -> CodeRow:
    """
    The present code's row, if `code` is it. A try is counted before it is looked at, and given
    back if it was right: so however many are made at once, `MOST_TRIES` wrong ones are the most.
    """
    row = reads.get(CodeRow, order_id, CODE)
    if row is None or row.until <= rfc3339(now):
        raise WrongCode
    _count_try(row, 1, CodeRow.tries < MOST_TRIES)
    if not hmac.compare_digest(_digest(code, row.salt), row.digest):
        raise WrongCode
    _count_try(row, -1, CodeRow.tries > 0)
    return row


def _count_try(row: CodeRow, by: int, may: Condition) -> None:
    with transaction() as tx:
        tx.update(
            CodeRow(row.pk, CODE),
            [CodeRow.tries.add(by)],
            condition=(CodeRow.digest == row.digest) & may,
            refusal=WrongCode(),
        )
