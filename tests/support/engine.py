"""
DynamoDB in this process: the emulator's engine behind PynamoDB's own client, without a socket.

    with engine() as db:              # tables of template.yaml, empty; `linli.kernel.tables` bound
        ...                           # our code, unchanged
        assert db.written_units == 16

Only one engine is open at a time. A call is atomic, as in DynamoDB, whatever thread it comes from.
Faults are injected between botocore and the engine, so that the SDK's retries are real, though
nobody waits for them. `before_call` sees every call first: a scheduler can hand over there.
`not_yet_indexed` hides items from the answers of secondary indexes, which are late by nature.
"""

import json
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import botocore.endpoint
import yaml
from botocore import UNSIGNED
from botocore.awsrequest import AWSResponse
from ministack.services import dynamodb as backend
from pynamodb.connection import Connection

from linli.kernel import tables
from linli.kernel.tables import Table
from linli.kernel.transact import Transaction
from tests.support.faults import Crash, Fault, response, spoil

__all__ = ["WRITES", "Crash", "Engine", "Fault", "engine"]

TEMPLATE = Path(__file__).parents[2] / "template.yaml"
WRITES = frozenset({"TransactWriteItems", "PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem"})


class Engine:
    """The open engine: what was called and what it cost, and a place to make trouble."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.written_units = 0.0
        self.read_units = 0.0
        self.changes = 0
        self.faults: Counter[Fault] = Counter()
        self.choose_fault: Callable[[str], Fault | None] = lambda operation: None
        self.before_call: Callable[[str], None] = lambda operation: None
        self.not_yet_indexed: Callable[[dict[str, Any]], bool] | None = None
        self._lock = threading.RLock()

    def forget_costs(self) -> None:
        """Count from here on."""
        self.calls.clear()
        self.written_units = self.read_units = 0.0

    def items(self, table: Table) -> dict[tuple[str, str], dict[str, Any]]:
        """Every item of `table` by (pk, sk), in DynamoDB's JSON: a copy to compare with later."""
        with self._lock:
            stored = backend._tables[_name(table)]["items"]
            copied: dict[str, dict[str, dict[str, Any]]] = json.loads(json.dumps(stored))
        return {(pk, sk): item for pk, row in copied.items() for sk, item in row.items()}

    def damage(
        self, table: Table, key: tuple[str, str], change: Callable[[dict[str, Any]], None]
    ) -> None:
        """Change a stored item behind everybody's back, to see who notices."""
        with self._lock:
            change(backend._tables[_name(table)]["items"][key[0]][key[1]])

    def everything(self) -> dict[Table, dict[tuple[str, str], dict[str, Any]]]:
        """Every item of every table: equal before and after whatever must change nothing."""
        return {table: self.items(table) for table in Table}

    def facts(self) -> dict[Table, dict[tuple[str, str], dict[str, Any]]]:
        """`everything` but what was done or refused: equal before and after a refusal."""
        return {
            table: {key: item for key, item in items.items() if not key[1].startswith("DONE#")}
            for table, items in self.everything().items()
        }

    def negative(self, table: Table) -> Iterator[tuple[tuple[str, str], str]]:
        """
        The keys and attributes of `table` that hold a number below zero at this moment; moves of
        goods are signed.
        """
        for pk, row in backend._tables[_name(table)]["items"].items():
            if pk.startswith("MOVES#"):
                continue
            for sk, item in row.items():
                for attribute, value in item.items():
                    if value.get("N", "").startswith("-"):
                        yield (pk, sk), attribute

    def restore(self, everything: dict[Table, dict[tuple[str, str], dict[str, Any]]]) -> None:
        """Put items back as `everything` told them: a furnished world without its costs."""
        with self._lock:
            for table, items in everything.items():
                stored = backend._tables[_name(table)]["items"]
                stored.clear()
                for (pk, sk), item in items.items():
                    stored[pk][sk] = json.loads(json.dumps(item))

    def stream(self, table: Table) -> list[dict[str, Any]]:
        """The stream records of `table` so far, oldest first, as a function receives them."""
        records: list[dict[str, Any]] = backend.stream_live_records(_name(table))
        return records

    def _answer(self, request: Any, event_name: str, **_: Any) -> AWSResponse:
        operation = event_name.rsplit(".", 1)[-1]
        self.before_call(operation)
        fault = self.choose_fault(operation)
        if fault is Fault.CONFLICT and operation not in WRITES:
            fault = Fault.THROTTLE
        if fault is None:
            return self._call(request, operation)
        self.faults[fault] += 1
        if fault in (Fault.ERROR_AFTER, Fault.TIMEOUT_AFTER, Fault.CRASH_AFTER):
            self._call(request, operation)
        return spoil(fault, request, operation)

    def _call(self, request: Any, operation: str) -> AWSResponse:
        headers = {name.lower(): _text(value) for name, value in request.headers.items()}
        with self._lock:
            status, body = _drive(headers, request.body)
            self.calls[operation] += 1
            self._count(operation, body)
            self.changes += operation in WRITES
        if self.not_yet_indexed is not None and "IndexName" in json.loads(request.body):
            body = _without(body, self.not_yet_indexed)
        return response(request, status, body)

    def _count(self, operation: str, body: bytes) -> None:
        consumed = json.loads(body or b"{}").get("ConsumedCapacity") or []
        entries = consumed if isinstance(consumed, list) else [consumed]
        units = sum(entry["CapacityUnits"] for entry in entries)
        if operation in WRITES:
            self.written_units += units
        else:
            self.read_units += units


@contextmanager
def engine() -> Iterator[Engine]:
    """Open an engine with empty tables and bind the product to it, environment included."""
    assert not _open, "one engine at a time"
    opened = Engine()
    names = {f"TABLE_{table}": _name(table) for table in Table}
    kept = {name: os.environ.get(name) for name in names}
    os.environ.update(names)
    _create_tables()
    _open.append(opened)
    tables.bind(names, _connection())
    try:
        with _no_waiting(), _no_other_connection():
            yield opened
    finally:
        _open.remove(opened)
        for name, value in kept.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


_open: list[Engine] = []


@cache
def _connection() -> Connection:
    """One client for all engines: making one costs a third of a second."""
    connection = Connection(
        region="us-east-1",
        host="http://127.0.0.1:1",  # Nothing listens there, and nothing is sent.
        connect_timeout_seconds=1,
        read_timeout_seconds=2,
        # Legacy, for its retries are those of standard without a quota kept between runs.
        retry_configuration={"total_max_attempts": 4, "mode": "legacy"},
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    answer: Any = lambda **sent: _open[-1]._answer(**sent)  # noqa: E731 - typed as botocore isn't
    events = connection.client.meta.events
    events.register_first("before-send.dynamodb", answer)
    events.register("choose-signer.dynamodb", lambda **_: UNSIGNED)  # It takes a tenth of a call.
    return connection


@contextmanager
def _no_waiting() -> Iterator[None]:
    """Let neither the SDK nor our own transactions sleep between attempts."""
    endpoint: Any = botocore.endpoint
    commit: Any = Transaction.commit
    kept_time, kept_sleep = endpoint.time, commit.__defaults__
    endpoint.time = SimpleNamespace(time=time.time, sleep=lambda seconds: None)
    commit.__defaults__ = (lambda seconds: None,)
    try:
        yield
    finally:
        endpoint.time, commit.__defaults__ = kept_time, kept_sleep


@contextmanager
def _no_other_connection() -> Iterator[None]:
    """Whoever binds the tables meanwhile, as a handler does at its start, gets the engine too."""
    module: Any = tables
    kept = module.Connection
    module.Connection = lambda **_: _connection()
    try:
        yield
    finally:
        module.Connection = kept


def _name(table: Table) -> str:
    return f"test-{table.lower()}"


class _TemplateLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Reads CloudFormation's short functions as None: tables' keys use none of them."""


_TemplateLoader.add_multi_constructor("!", lambda loader, suffix, node: None)


@cache
def _declared() -> tuple[tuple[str, dict[str, Any]], ...]:
    """The tables as template.yaml declares them, so that no index can drift from it."""
    with TEMPLATE.open(encoding="utf-8") as file:
        resources = yaml.load(file, Loader=_TemplateLoader)["Resources"]
    wanted = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "StreamSpecification")
    found = []
    for table in Table:
        properties = resources[f"{table.capitalize()}Table"]["Properties"]
        definition = {key: properties[key] for key in wanted if key in properties}
        if "StreamSpecification" in definition:
            definition["StreamSpecification"]["StreamEnabled"] = True
        found.append((_name(table), {**definition, "BillingMode": "PAY_PER_REQUEST"}))
    return tuple(found)


def _create_tables() -> None:
    backend._txn_idempotency._data.clear()  # Tokens of another engine's transactions.
    backend._closed_streams.clear()  # Of earlier tables: each further deletion looks through all.
    for name, definition in _declared():
        _control("DeleteTable", {"TableName": name})
        created = _control("CreateTable", {"TableName": name, **json.loads(json.dumps(definition))})
        assert created == 200, f"the engine refuses the template's table {name}"


def _control(operation: str, body: dict[str, Any]) -> int:
    headers = {"x-amz-target": f"DynamoDB_20120810.{operation}"}
    return _drive(headers, json.dumps(body).encode())[0]


def _drive(headers: dict[str, str], body: bytes | str | None) -> tuple[int, bytes]:
    """Run one request through the engine, which never really awaits."""
    raw = (body or "").encode() if not isinstance(body, bytes) else body
    request = backend.handle_request("POST", "/", headers, raw, {})
    try:
        request.send(None)
    except StopIteration as end:
        status, _, answer = end.value
        return int(status), answer if isinstance(answer, bytes) else answer.encode()
    raise AssertionError("the engine awaited something")


def _without(body: bytes, hidden: Callable[[dict[str, Any]], bool]) -> bytes:
    """An index's answer without the items that it does not show yet."""
    answer = json.loads(body)
    answer["Items"] = [item for item in answer["Items"] if not hidden(item)]
    return json.dumps(answer).encode()


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value
