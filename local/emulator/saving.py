"""Fault: state is saved only at a clean stop.

Mend: save soon after every call that changes something other than items (those have their
journal), every few seconds otherwise, and whenever asked to (`POST /_linli/save`). A save runs
on the event loop, between two requests, so that it never sees half a change.
"""

import asyncio
import time
from pathlib import Path
from typing import Any

from local.emulator import journal

EVERY_SECONDS = 20.0
SOON_SECONDS = 1.0


class Saver:
    """Decides when to save, and saves."""

    def __init__(self, journal_file: Path) -> None:
        """Keep the state in MiniStack's own files and the items' changes in `journal_file`."""
        self.journal_file = journal_file
        self.saved_at = time.monotonic()
        self.changed = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Replay the journal over the loaded snapshot, snapshot again, and begin to save."""
        begun = time.monotonic()
        changes = journal.replay(self.journal_file)
        journal.install(self.journal_file)
        if changes:
            took = time.monotonic() - begun
            print(f"journal: {changes} changes replayed in {took:.2f} s", flush=True)
        self._task = asyncio.get_running_loop().create_task(self._keep_saving())

    def note_change(self) -> None:
        """Ask for a save soon."""
        self.changed = True

    def save(self) -> dict[str, Any]:
        """Save everything now; return what was done and how long it took, in seconds."""
        from ministack import app
        from ministack.core.persistence import save_all

        begun = time.monotonic()
        self.changed = False
        with journal.exclusively():
            states = app._build_persistence_save_dict()
            lag = _records_behind()
            if lag:
                states.pop("dynamodb", None)
            save_all(states)
            if not lag:
                journal.restart(_stream_ends())
        self.saved_at = time.monotonic()
        return {"seconds": round(self.saved_at - begun, 3), "stream_records_behind": lag}

    async def _keep_saving(self) -> None:
        while True:
            await asyncio.sleep(SOON_SECONDS)
            if self.changed or time.monotonic() - self.saved_at > EVERY_SECONDS:
                self.save()


def _stream_ends() -> list[list[Any]]:
    from ministack.services import dynamodb

    return [
        [account, region, name, _end(account, region, name)]
        for (account, region, name), table in dynamodb._tables.all_items()
        if (table.get("StreamSpecification") or {}).get("StreamEnabled")
    ]


def _records_behind() -> int:
    from ministack.services import lambda_svc

    behind = 0
    for account, region, mapping in list(lambda_svc._iter_all_esms()):
        source = mapping.get("EventSourceArn", "")
        if ":dynamodb:" in source:
            end = _end(account, region, source.split("/")[1])
            stands = lambda_svc._dynamodb_stream_positions.get_scoped(
                account, region, mapping["UUID"], 0
            )
            behind += max(0, end - stands)
    return behind


def _end(account: str, region: str, table: str) -> int:
    from ministack.services import dynamodb

    return int(dynamodb.stream_end_position(table, account_id=account, region=region))
