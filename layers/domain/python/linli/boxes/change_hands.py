"""A box goes out with an order, and comes back to a store."""

from datetime import datetime

from linli import catalogue, credit
from linli.boxes import rules
from linli.boxes.model import Box, BoxMoved, ReturnBox, Returned, UnknownStore
from linli.boxes.register import find
from linli.boxes.rows import BOX, RETURN, BoxRow, ReturnRow, box_key, box_of, put_move, return_key
from linli.credit import Fen, Points
from linli.kernel import reads
from linli.kernel.errors import AlreadyDone, Forbidden, IdReused, NotFound
from linli.kernel.identity import Caller, Role
from linli.kernel.ids import fingerprint
from linli.kernel.time import rfc3339
from linli.kernel.transact import Transaction, transaction

RETURNED_BOX = "returned_box"
"""The deed that a return is."""


def hand_over(
    tx: Transaction,
    *,
    box_id: str,
    order_id: str,
    resident_id: str,
    deposit_transfer_id: str | None,
    deposit_fen: Fen,
    now: datetime,
) -> None:
    """
    Give a box to the resident of an order, in the transaction that delivers it.

    `deposit_fen` is this box's part of the deposit that the same transaction posts: it is what
    the return will refund, whatever the deposit of new orders is by then; none needs no transfer.

    Raises, here or when `tx` commits:
        NotFound: There is no such box.
        BoxNotInStore, RetiredBox: It cannot be handed over.
        BoxMoved: It changed hands at the same moment.
    """
    box = find(box_id)
    if box is None:
        raise NotFound
    assert deposit_transfer_id or not deposit_fen, "a deposit has a transfer"
    after = rules.hand_over(box, resident_id, deposit_transfer_id, deposit_fen)
    put_move(tx, box, after, move_id=f"{order_id}/out", now=now, order_id=order_id)


def take_back(
    command: ReturnBox, *, caller: Caller, now: datetime, reward_points: Points
) -> Returned:
    """
    Return a box to a store: custody, the refund to whose deposit it was and the points to who
    returned it, in one write under the command's id. Sending it again answers the same; a refusal
    is not recorded, for it changed nothing and may have passed by then.

    Raises:
        NotFound: There is no such box, or the caller is neither a resident nor this store.
        Forbidden: A resident returns it for another's credit.
        BoxNotOut, RetiredBox: It cannot be returned.
        UnknownStore: There is no such store.
        IdReused: The id was used for another return.
    """
    returner = _returner(command, caller)
    digest = fingerprint(command, by=caller.subject)
    found = reads.batch(
        [(BoxRow, box_key(command.box_id), BOX), (ReturnRow, return_key(command.id), RETURN)]
    )
    if done := found.get(ReturnRow, return_key(command.id), RETURN):
        return _replay(done, digest)
    row = found.get(BoxRow, box_key(command.box_id), BOX)
    if row is None:
        raise NotFound
    box = box_of(row)
    after = rules.take_back(box, command.store_id)
    if catalogue.store(command.store_id) is None:
        raise UnknownStore
    returned = _returned(command, box, reward_points if returner else 0, now)
    try:
        _write(returned, box, after, digest, caller.subject, returner, now)
    except (AlreadyDone, BoxMoved):  # A resend, or another return, was faster: see which.
        return _after_a_race(command, digest)
    return returned


def _returned(command: ReturnBox, box: Box, reward_points: int, now: datetime) -> Returned:
    return Returned(
        id=command.id,
        box_id=box.box_id,
        store_id=command.store_id,
        cycle=box.cycle,
        refund_fen=box.deposit_fen,
        reward_points=reward_points,
        returned_at=rfc3339(now),
    )


def _returner(command: ReturnBox, caller: Caller) -> str | None:
    """Who earns the points, if anybody."""
    if caller.holds(Role.STORE, command.store_id):
        return command.returned_by
    if Role.RESIDENT not in caller.roles:
        raise NotFound
    if command.returned_by not in (None, caller.subject):
        raise Forbidden("a resident returns boxes for their own credit")
    return caller.subject


def _write(
    returned: Returned,
    box: Box,
    after: Box,
    digest: str,
    by: str,
    returner: str | None,
    now: datetime,
) -> None:
    with transaction() as tx:
        tx.put(
            ReturnRow(
                return_key(returned.id),
                RETURN,
                fingerprint=digest,
                body=returned.model_dump_json(),
            ),
            condition=ReturnRow.pk.does_not_exist(),
            refusal=AlreadyDone(),
        )
        put_move(tx, box, after, move_id=str(returned.id), now=now, by=by)
        if box.deposit_fen:
            assert box.holder_id is not None, "a deposit is somebody's"
            credit.refund_deposit(
                tx,
                transfer_id=f"{returned.id}/refund",
                resident_id=box.holder_id,
                fen=Fen(box.deposit_fen),
                now=now,
            )
        if returner and returned.reward_points:
            credit.grant(
                tx,
                transfer_id=f"{returned.id}/reward",
                resident_id=returner,
                points=Points(returned.reward_points),
                deed=RETURNED_BOX,
                now=now,
                by=by,
            )


def _replay(row: ReturnRow, digest: str) -> Returned:
    if row.fingerprint != digest:
        raise IdReused
    return Returned.model_validate_json(row.body)


def _after_a_race(command: ReturnBox, digest: str) -> Returned:
    row = reads.get(ReturnRow, return_key(command.id), RETURN)
    if row is not None:
        return _replay(row, digest)
    box = find(command.box_id)
    if box is not None:
        rules.take_back(box, command.store_id)
    raise BoxMoved
