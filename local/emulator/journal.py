"""Fault: DynamoDB's items are saved only at a clean stop; a kill loses acknowledged writes.

Mend: each committed change is appended to a journal before its answer leaves; the changes of one
request (a transaction, say) are one line, so that a torn last line undoes all of them or none.
At the start the journal is replayed over the last snapshot, with the stream records that its
consumers had not yet acknowledged. A new snapshot empties the journal, but only while every
consumer has caught up: until then the journal is what remembers their records.

Lines: {"w": [[account, region, table, pk, sk, item or null], ...]}    a request's changes
       {"a": [account, region, mapping id, position]}                  a consumer's progress
       {"b": [[account, region, table, position], ...]}                where the streams stood

Writes go to the operating system, not to the platter: a killed process loses nothing, a power
cut may.
"""

import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

_writing = threading.RLock()
_request = threading.local()
_journal: BinaryIO | None = None


def install(path: Path) -> None:
    """Record every change of an item in the journal at `path` from now on."""
    global _journal
    from ministack.services import dynamodb

    _cut_torn_line(path)
    _journal = path.open("ab", buffering=0)
    set_item, remove_item = dynamodb._set_item, dynamodb._remove_item
    handle = dynamodb.handle_request

    def set_and_note(table: Any, pk: Any, sk: Any, item: Any) -> Any:
        before = set_item(table, pk, sk, item)
        _note(table, pk, sk, item)
        return before

    def remove_and_note(table: Any, pk: Any, sk: Any) -> Any:
        before = remove_item(table, pk, sk)
        _note(table, pk, sk, None)
        return before

    async def handle_as_one_line(*arguments: Any, **options: Any) -> Any:
        changes: list[list[Any]] = []
        _request.changes = changes
        try:
            return await handle(*arguments, **options)
        finally:
            _request.changes = None
            if changes:
                append({"w": changes})

    dynamodb._set_item, dynamodb._remove_item = set_and_note, remove_and_note
    dynamodb.handle_request = handle_as_one_line


def append(line: dict[str, Any]) -> None:
    """Write one line to the journal."""
    if _journal is None:
        return
    with _writing:
        _journal.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")


def acknowledge(account: str, region: str, mapping: str, position: int) -> None:
    """Remember how far a stream's consumer has come."""
    append({"a": [account, region, mapping, position]})


def restart(bases: list[list[Any]]) -> None:
    """Empty the journal after a snapshot; `bases` says where the tables' streams stand."""
    if _journal is None:
        return
    with _writing:
        _journal.truncate(0)
        append({"b": bases})


def exclusively() -> threading.RLock:
    """Return the lock that keeps writers out while a snapshot is taken."""
    return _writing


def replay(path: Path) -> int:
    """Apply the journal to the tables just loaded; return how many changes it held."""
    from ministack.services import lambda_svc

    bases: dict[tuple[str, ...], int] = {}
    positions: dict[tuple[str, ...], int] = {}
    changes = 0
    for line in _lines(path):
        for change in line.get("w", ()):
            changes += _apply(*change)
        for account, region, table, position in line.get("b", ()):
            bases[account, region, table] = position
        if "a" in line:
            account, region, mapping, position = line["a"]
            positions[account, region, mapping] = position
    _restore_positions(lambda_svc, bases, positions)
    return changes


def _restore_positions(
    lambda_svc: Any, bases: dict[tuple[str, ...], int], positions: dict[tuple[str, ...], int]
) -> None:
    # The streams begin anew at 0 with the replayed records, so a consumer stands where it stood
    # relative to the journal's beginning.
    for account, region, mapping in list(lambda_svc._iter_all_esms()):
        source = mapping.get("EventSourceArn", "")
        if ":dynamodb:" in source:
            table = source.split("/")[1]
            stood = positions.get((account, region, mapping["UUID"]), 0)
            position = max(0, stood - bases.get((account, region, table), 0))
            lambda_svc._dynamodb_stream_positions.set_scoped(
                account, region, mapping["UUID"], position
            )


def _note(table: Any, pk: Any, sk: Any, item: Any) -> None:
    _, _, _, region, account, _ = table["TableArn"].split(":", 5)
    change = [account, region, table["TableName"], pk, sk, item]
    open_request = getattr(_request, "changes", None)
    if open_request is None:
        append({"w": [change]})
    else:
        open_request.append(change)


def _cut_torn_line(path: Path) -> None:
    if path.exists():
        written = path.read_bytes()
        os.truncate(path, written.rfind(b"\n") + 1)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    if not path.exists():
        return
    with path.open("rb") as handle:
        for raw in handle:
            if raw.endswith(b"\n"):  # A torn last line was never acknowledged.
                yield json.loads(raw)


def _apply(account: str, region: str, name: str, pk: Any, sk: Any, item: Any) -> int:
    from ministack.core.responses import request_scope
    from ministack.services import dynamodb

    with request_scope(account, region):
        table = dynamodb._tables.get(name)
        if table is None:
            print(f"journal: no table {name}; its change is dropped", flush=True)
            return 0
        if item is None:
            before = dynamodb._remove_item(table, pk, sk)
        else:
            before = dynamodb._set_item(table, pk, sk, item)
        if before is not None or item is not None:
            event = "REMOVE" if item is None else "INSERT" if before is None else "MODIFY"
            dynamodb._emit_stream_event(name, event, before, item)
    return 1
