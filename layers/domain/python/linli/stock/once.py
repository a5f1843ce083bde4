"""A store's command is carried out once, or refused for ever; and writes that begin anew."""

from collections.abc import Callable
from datetime import datetime

from linli.kernel import reads
from linli.kernel.errors import AlreadyDone, Contended, IdReused, Refused
from linli.kernel.refusals import recorded, refusal_text
from linli.kernel.time import rfc3339
from linli.kernel.transact import Transaction, transaction
from linli.stock.model import ShelfMoved
from linli.stock.rows import DoneRow, done_key

_ATTEMPTS = 5


def settled(act: Callable[[Transaction], None]) -> None:
    """
    Commit what `act` adds, and begin anew if a shelf was changed since `act` had read it.

    Raises:
        Contended: It was, at every attempt.
        Refused: What `act` refuses.
    """
    for _ in range(_ATTEMPTS):
        try:
            with transaction() as tx:
                act(tx)
        except ShelfMoved:
            continue
        return
    raise Contended("the shelf is in demand")


def once(
    scope: str,
    command_id: object,
    digest: str,
    now: datetime,
    write: Callable[[Transaction], None],
) -> bool:
    """
    Carry a command out once, or refuse it for ever; False: it was carried out before.

    `scope` is the store, or the transfer, that the id belongs to. `write` reads what it needs,
    refuses, or adds its writes; it is called again if a shelf has changed since it read it.

    Raises:
        IdReused: The id was used for another command of this scope.
        Contended: The shelf was changed at every attempt; nothing was written.
        Refused: What `write` refuses, or what it refused under this id before.
    """
    row = DoneRow(scope, done_key(command_id), fingerprint=digest, at=rfc3339(now))

    def act(tx: Transaction) -> None:
        tx.put(row, condition=DoneRow.pk.does_not_exist(), refusal=AlreadyDone())
        write(tx)

    try:
        settled(act)
    except AlreadyDone:
        return _again(row)
    except Contended:
        raise
    except Refused as refusal:
        return _refuse(row, refusal)
    return True


def _refuse(row: DoneRow, refusal: Refused) -> bool:
    """Record the refusal and raise it; whoever wrote first under the id is right."""
    row.refusal = refusal_text(refusal)
    try:
        with transaction() as tx:
            tx.put(row, condition=DoneRow.pk.does_not_exist(), refusal=AlreadyDone())
    except AlreadyDone:
        return _again(row)
    raise refusal


def _again(row: DoneRow) -> bool:
    """What was answered under the row's id before."""
    told = reads.get(DoneRow, row.pk, row.sk)
    if told is None or told.fingerprint != row.fingerprint:
        raise IdReused
    if told.refusal is not None:
        raise recorded(told.refusal)
    return False
