"""Taking a box into use, and looking one up."""

from datetime import datetime

from linli import catalogue
from linli.boxes.model import Box, Custodian, RegisterBox
from linli.boxes.refusals import BoxMoved, BoxTaken, UnknownStore
from linli.boxes.rows import BOX, BoxRow, box_key, box_of, put_move
from linli.kernel import reads
from linli.kernel.errors import NotFound
from linli.kernel.identity import Caller, Role
from linli.kernel.time import rfc3339
from linli.kernel.transact import transaction


def register(box_id: str, command: RegisterBox, *, caller: Caller, now: datetime) -> Box:
    """
    Take a new box into use at a store; sending it again changes nothing and answers how the box
    stands by now.

    Raises:
        NotFound: The store is not the caller's.
        UnknownStore: The store is not in the catalogue.
        BoxTaken: Another store registered it.
    """
    caller.require(command.store_id, Role.STORE)
    if box := find(box_id):
        return _same(box, command)
    store = catalogue.store(command.store_id)
    if store is None:
        raise UnknownStore
    box = Box(
        box_id=box_id,
        custodian=Custodian.STORE,
        custodian_id=command.store_id,
        cycle=0,
        version=1,
        registered_at_store=command.store_id,
        community_id=store.community_id,
        seen_at=rfc3339(now),
    )
    try:
        with transaction() as tx:
            put_move(tx, None, box, move_id="registered", now=now, by=caller.subject)
    except BoxMoved:  # Registered at the same moment.
        return _same(find(box_id) or box, command)
    return box


def find(box_id: str) -> Box | None:
    """The box with this id, if there is one."""
    row = reads.get(BoxRow, box_key(box_id), BOX)
    return None if row is None else box_of(row)


def read(box_id: str, *, caller: Caller) -> Box:
    """
    A box as the caller may see it: stores see any box, but not which resident has it; residents
    see the box that they have.

    Raises:
        NotFound: There is none, or another resident has it.
    """
    box = find(box_id)
    if box is None:
        raise NotFound
    if box.custodian is Custodian.RESIDENT and box.custodian_id == caller.subject:
        return box
    if Role.STORE not in caller.roles:
        raise NotFound
    if box.custodian is not Custodian.RESIDENT:
        return box
    hidden = {"custodian_id": "", "holder_id": None, "deposit_transfer_id": None}
    return box.model_copy(update=hidden)


def _same(box: Box, command: RegisterBox) -> Box:
    if box.registered_at_store != command.store_id:
        raise BoxTaken
    return box
