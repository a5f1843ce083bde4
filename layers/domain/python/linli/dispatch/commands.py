"""Dispatchers' commands by their client-made ids: a resend is known, another use refused."""

from pydantic import BaseModel

from linli.dispatch.rows import COMMAND, CommandRow
from linli.kernel import reads
from linli.kernel.errors import AlreadyDone, IdReused
from linli.kernel.ids import fingerprint
from linli.kernel.transact import transaction


def note_command(command: BaseModel, command_id: object, about: str) -> bool:
    """
    Note a command; False if it came before.

    Raises:
        IdReused: The id came with another command, or about something else.
    """
    digest = fingerprint(command, about=about)
    row = CommandRow(f"COMMAND#{command_id}", COMMAND, fingerprint=digest)
    try:
        with transaction() as tx:
            tx.put(row, condition=CommandRow.pk.does_not_exist(), refusal=AlreadyDone())
    except AlreadyDone:
        kept = reads.get(CommandRow, row.pk, COMMAND)
        if kept is None or kept.fingerprint != digest:
            raise IdReused from None
        return False
    return True
