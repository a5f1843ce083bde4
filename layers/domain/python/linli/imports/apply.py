"""
Running an import: the whole file is checked first; then row after row, each of which happens once.

A row's command has an id derived from the import's, or is the same content as is there already:
a run that broke off, or ran out of time, is gone on with by sending the same again.
"""

import json
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from linli import catalogue, stock
from linli.catalogue import PutProduct, PutStore
from linli.imports.model import MOST_ERRORS, ImportFile, Report, RowError
from linli.imports.parse import Parsed, Row, parse
from linli.imports.rows import IMPORT, ImportRow, import_key
from linli.kernel import editing, ids, reads
from linli.kernel.errors import AlreadyDone, Conflict, Contended, IdReused, NotFound, Refused
from linli.kernel.identity import Caller, Role
from linli.kernel.time import parse_instant, rfc3339
from linli.kernel.transact import transaction
from linli.stock import Receipt

NOTE_EVERY = 25
"""After so many rows the import notes how far it has come."""


def run(file: ImportFile, *, caller: Caller, now: datetime, has_time: Callable[[], bool]) -> Report:
    """
    Check a file, and unless it is a dry run or has an error anywhere, apply it.

    `has_time` tells whether to go on with another row; the report says `running` if it did not.

    Raises:
        NotFound: The caller's roles do not reach this kind of import.
        IdReused: The id was used for another import.
    """
    _let_in(file, caller)
    digest = ids.fingerprint(file, by=caller.subject)
    parsed = parse(file.kind, file.csv, file.id)
    kept = reads.get(ImportRow, import_key(file.id), IMPORT)
    if kept is None:
        errors = [*parsed.errors, *_checked(parsed.rows, caller, now)][:MOST_ERRORS]
        if errors or file.dry_run:
            state: Any = "invalid" if errors else "checked"
            return _report(file, parsed, state, 0, errors)
        kept = _begin(file, digest, caller, now)
    if kept.fingerprint != digest:
        raise IdReused
    return _go_on(file, parsed, kept, caller, has_time)


def _let_in(file: ImportFile, caller: Caller) -> None:
    role = Role.STORE if file.kind == "receipts" else Role.CITY
    if role not in caller.roles:
        raise NotFound


def _report(
    file: ImportFile, parsed: Parsed, state: Any, applied_rows: int, errors: Iterable[RowError]
) -> Report:
    return Report(
        id=str(file.id),
        kind=file.kind,
        state=state,
        rows=parsed.count,
        applied_rows=applied_rows,
        errors=list(errors),
    )


def _checked(rows: Iterable[Row], caller: Caller, now: datetime) -> Iterable[RowError]:
    """What of well-formed rows the catalogue, the caller's roles and the calendar refuse."""
    rows = list(rows)
    receipts = [row.command for row in rows if isinstance(row.command, Receipt)]
    products = catalogue.products_by_id(receipt.sku for receipt in receipts)
    stores = catalogue.stores_by_id(r.key for r in rows if isinstance(r.command, PutStore))
    for row in rows:
        command = row.command
        try:
            if isinstance(command, Receipt):
                caller.require(command.store_id, Role.STORE)
                stock.check_receipt(command, products.get(command.sku), now)
            elif isinstance(command, PutStore):
                before = stores.get(row.key)
                caller.require(command.community_id, Role.CITY)
                if before and before.community_id != command.community_id:
                    raise Conflict
        except Refused as refusal:
            yield RowError(row=row.number, column=_COLUMNS.get(refusal.code, ""), code=refusal.code)


_COLUMNS = {
    "not_found": "store_id",
    "unknown_sku": "sku",
    "expired_goods": "expires_on",
    "too_warm": "received_celsius",
    "conflict": "community_id",
}


def _begin(file: ImportFile, digest: str, caller: Caller, now: datetime) -> ImportRow:
    row = ImportRow(
        import_key(file.id),
        IMPORT,
        fingerprint=digest,
        by=caller.subject,
        begun_at=rfc3339(now),
        state="running",
        next_row=0,
        errors="[]",
    )
    try:
        with transaction() as tx:
            tx.put(row, condition=ImportRow.pk.does_not_exist(), refusal=AlreadyDone())
    except AlreadyDone:
        kept = reads.get(ImportRow, import_key(file.id), IMPORT)
        assert kept is not None, "imports are kept"
        return kept
    return row


def _go_on(
    file: ImportFile,
    parsed: Parsed,
    kept: ImportRow,
    caller: Caller,
    has_time: Callable[[], bool],
) -> Report:
    """Apply rows from where the last run noted, as long as there is time."""
    errors = [RowError.model_validate(each) for each in json.loads(kept.errors)]
    begun_at, done = parse_instant(kept.begun_at), int(kept.next_row)
    while done < len(parsed.rows) and has_time():
        errors += _apply(parsed.rows[done], caller.subject, begun_at)
        done += 1
        if done % NOTE_EVERY == 0 or done == len(parsed.rows):
            _note(file, done, len(parsed.rows), errors)
    state: Any = "done" if done == len(parsed.rows) else "running"
    return _report(file, parsed, state, done - len(errors), errors)


def _note(file: ImportFile, done: int, rows: int, errors: list[RowError]) -> None:
    told = json.dumps([error.model_dump() for error in errors])
    actions = [
        ImportRow.next_row.set(done),
        ImportRow.errors.set(told),
        ImportRow.state.set("done" if done == rows else "running"),
    ]
    further = ImportRow.next_row < done
    try:
        with transaction() as tx:
            row = ImportRow(import_key(file.id), IMPORT)
            tx.update(row, actions, condition=further, refusal=AlreadyDone())
    except AlreadyDone:
        return  # Another run of the same import has come further.


def _apply(row: Row, by: str, begun_at: datetime) -> list[RowError]:
    """Carry a row out; what is refused only now is told, what is busy stops the run."""
    try:
        if isinstance(row.command, Receipt):
            stock.receive(row.command, by=by, now=begun_at)
        elif isinstance(row.command, PutProduct):
            _put(catalogue.put_product, row.key, row.command)
        elif isinstance(row.command, PutStore):
            _put(catalogue.put_store, row.key, row.command)
    except Contended:
        raise
    except Refused as refusal:
        column = _COLUMNS.get(refusal.code, "")
        return [RowError(row=row.number, column=column, code=refusal.code)]
    return []


def _put(put: Callable[..., Any], key: str, command: PutProduct | PutStore) -> None:
    """Register or replace: an import is the word of who sends it."""
    try:
        put(key, command, None)
    except editing.Unconditional:
        put(key, command, editing.ANY)
