"""Tables and rows: which table a row lives in, bound to real names once, at a handler's start."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, ClassVar

from pynamodb.attributes import UnicodeAttribute
from pynamodb.connection import Connection
from pynamodb.connection.base import MetaTable
from pynamodb.connection.table import TableConnection
from pynamodb.models import Model


class Table(StrEnum):
    """One table per subject; the environment names it in `TABLE_<NAME>`."""

    CATALOGUE = "CATALOGUE"
    STOCK = "STOCK"
    ORDERS = "ORDERS"
    SLOTS = "SLOTS"
    LEDGER = "LEDGER"
    BOXES = "BOXES"
    WAVES = "WAVES"
    FLEET = "FLEET"
    READINGS = "READINGS"
    INCIDENTS = "INCIDENTS"
    PLANS = "PLANS"
    PAYMENTS = "PAYMENTS"
    PRESALES = "PRESALES"
    DEMAND = "DEMAND"
    CASES = "CASES"
    LEADERS = "LEADERS"
    DISPATCH = "DISPATCH"
    BUILDINGS = "BUILDINGS"
    NOTICES = "NOTICES"


class NotBound(RuntimeError):
    """A handler uses a table that its template block does not name: a defect, not a refusal."""


_names: dict[Table, str] = {}
_connection: list[Connection] = []


def bind(environment: Mapping[str, str], connection: Connection | None = None) -> None:
    """
    Name the tables after `TABLE_*` of `environment` and open the one connection of this process.

    Time-outs are short (1 s to connect, 2 s to read) because a phone is waiting; reads and
    writes are repeated by the SDK up to 4 times in all.
    """
    _names.clear()
    _names.update({t: environment[f"TABLE_{t}"] for t in Table if f"TABLE_{t}" in environment})
    _connection[:] = [
        connection
        or Connection(
            region=environment.get("AWS_REGION"),
            connect_timeout_seconds=1,
            read_timeout_seconds=2,
            max_retry_attempts=3,
            max_pool_connections=10,
        )
    ]


def connection() -> Connection:
    """The process's connection to DynamoDB."""
    if not _connection:
        raise NotBound("linli.kernel.tables.bind was not called")
    return _connection[0]


def name_of(table: Table) -> str:
    """The physical name of `table`."""
    try:
        return _names[table]
    except KeyError:
        raise NotBound(f"TABLE_{table} is not set") from None


class Row(Model):
    """
    An item as stored: `pk` and `sk` say what they hold, in each subject's `rows.py`.

    All rows share one client (PynamoDB would open one for every class).
    """

    table: ClassVar[Table]
    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)

    @classmethod
    def _get_connection(cls) -> TableConnection:
        shared, name = connection(), name_of(cls.table)
        table = TableConnection.__new__(TableConnection)
        table.table_name, table.connection = name, shared
        known: dict[str, MetaTable] = shared._tables
        if name not in known:
            shared.add_meta_table(MetaTable(_schema(name)))
        return table

    @classmethod
    def key(cls, pk: str, sk: str) -> dict[str, Any]:
        """The item's key in DynamoDB's form."""
        return {"pk": {"S": pk}, "sk": {"S": sk}}


def _schema(name: str) -> dict[str, Any]:
    return {
        "TableName": name,
        "KeySchema": [
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        "AttributeDefinitions": [
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
        ],
    }
