"""Fault: state is saved only at a clean stop.

Mend: save everything when asked to (`POST /_linli/save`: after a deployment, after a device was
registered) and at the stop; and every half minute what moves on its own: queues, executions,
schedules, shadows. Items need no such saving, since they have their journal. A save runs on the
event loop, between two requests, so that it never sees half a change; that is why the frequent
one is small.
"""

import asyncio
import logging
import time
from pathlib import Path
from typing import Any

from local.emulator import journal

EVERY_SECONDS = 30.0
MOVING = ("eventbridge", "iot", "lambda", "s3", "scheduler", "sns", "sqs", "stepfunctions")
LARGEST_JOURNAL_BYTES = 64_000_000


class Saver:
    """Decides when to save, and saves."""

    def __init__(self, journal_file: Path) -> None:
        """Keep the state in MiniStack's own files and the items' changes in `journal_file`."""
        self.journal_file = journal_file
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Replay the journal over the loaded snapshot, and begin to save."""
        logging.getLogger("persistence").setLevel(logging.WARNING)
        begun = time.monotonic()
        changes = journal.replay(self.journal_file)
        journal.install(self.journal_file)
        if changes:
            took = time.monotonic() - begun
            print(f"journal: {changes} changes replayed in {took:.2f} s", flush=True)
        self._task = asyncio.get_running_loop().create_task(self._keep_saving())

    def save(self) -> dict[str, Any]:
        """Save everything now; return how long it took and how far stream consumers are behind.

        While a consumer is behind, the items stay in the journal with the records it needs.
        """
        from ministack import app
        from ministack.core.persistence import save_all

        begun = time.monotonic()
        with journal.exclusively():
            states = app._build_persistence_save_dict()
            lag = _records_behind()
            if lag:
                states.pop("dynamodb", None)
            save_all(states)
            if not lag:
                journal.restart(_stream_ends())
        return {"seconds": round(time.monotonic() - begun, 3), "stream_records_behind": lag}

    def save_what_moves(self) -> None:
        """Save what changes by itself; everything, if the journal has grown large."""
        from ministack import app
        from ministack.core.persistence import save_all

        if self.journal_file.stat().st_size > LARGEST_JOURNAL_BYTES:
            self.save()
            return
        states = app._build_persistence_save_dict()
        save_all({name: states[name] for name in MOVING if name in states})

    async def _keep_saving(self) -> None:
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            self.save_what_moves()


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
