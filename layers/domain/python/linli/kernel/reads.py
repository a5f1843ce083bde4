"""Consistent reads: one item, many items over many tables in one call, or one partition."""

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from pynamodb.expressions.condition import Condition

from linli.kernel import tables
from linli.kernel.errors import Contended
from linli.kernel.tables import Row

R = TypeVar("R", bound=Row)
MOST_KEYS = 100
"""DynamoDB's limit of keys in one batch."""
_ATTEMPTS = 5

Key = tuple[type[Row], str, str]


class Found:
    """What a batch read found."""

    def __init__(self, items: dict[tuple[str, str, str], dict[str, Any]]) -> None:
        self._items = items

    def get(self, kind: type[R], pk: str, sk: str) -> R | None:
        """The row with this key, if there was one."""
        item = self._items.get((tables.name_of(kind.table), pk, sk))
        return None if item is None else kind.from_raw_data(item)


def batch(keys: Iterable[Key]) -> Found:
    """
    Read the items with `keys`, consistently, 100 keys a call.

    Raises:
        Contended: DynamoDB left keys unprocessed at every attempt.
    """
    wanted = list(dict.fromkeys((tables.name_of(kind.table), pk, sk) for kind, pk, sk in keys))
    items: dict[tuple[str, str, str], dict[str, Any]] = {}
    for start in range(0, len(wanted), MOST_KEYS):
        for name, item in _batch(wanted[start : start + MOST_KEYS]):
            items[name, item["pk"]["S"], item["sk"]["S"]] = item
    return Found(items)


def _batch(wanted: list[tuple[str, str, str]]) -> Iterator[tuple[str, dict[str, Any]]]:
    request: dict[str, Any] = {}
    for name, pk, sk in wanted:
        entry = request.setdefault(name, {"Keys": [], "ConsistentRead": True})
        entry["Keys"].append(Row.key(pk, sk))
    for _ in range(_ATTEMPTS):
        answer = tables.connection().dispatch("BatchGetItem", {"RequestItems": request})
        for name, items in answer.get("Responses", {}).items():
            for item in items:
                yield name, item
        request = answer.get("UnprocessedKeys") or {}
        if not request:
            return
    raise Contended("the tables are busy")


def get(kind: type[R], pk: str, sk: str) -> R | None:
    """The row with this key, read consistently, if there is one."""
    answer = tables.connection().dispatch(
        "GetItem",
        {"TableName": tables.name_of(kind.table), "Key": Row.key(pk, sk), "ConsistentRead": True},
    )
    item = answer.get("Item")
    return None if item is None else kind.from_raw_data(item)


def query(
    kind: type[R],
    pk: str,
    sort: Condition | None = None,
    *,
    most: int | None = None,
    newest_first: bool = False,
) -> list[R]:
    """The rows of one partition in the order of `sk`, read consistently, at most `most`."""
    return list(
        kind.query(pk, sort, consistent_read=True, limit=most, scan_index_forward=not newest_first)
    )


def index(
    kind: type[R], name: str, attribute: str, value: str, *, until: tuple[str, str] | None = None
) -> list[R]:
    """
    The rows whose `attribute` equals `value`, by the index `name`: late by nature, so that a
    caller must not take an absence for a fact. `until` names the index's sort key and its largest
    value.
    """
    request: dict[str, Any] = {
        "TableName": tables.name_of(kind.table),
        "IndexName": name,
        "KeyConditionExpression": "#a = :v",
        "ExpressionAttributeNames": {"#a": attribute},
        "ExpressionAttributeValues": {":v": {"S": value}},
    }
    if until is not None:
        request["KeyConditionExpression"] += " AND #s <= :u"
        request["ExpressionAttributeNames"]["#s"] = until[0]
        request["ExpressionAttributeValues"][":u"] = {"S": until[1]}
    rows: list[R] = []
    while True:
        answer = tables.connection().dispatch("Query", dict(request))
        rows += [kind.from_raw_data(item) for item in answer["Items"]]
        if "LastEvaluatedKey" not in answer:
            return rows
        request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def scan(kind: type[R]) -> Iterator[R]:
    """Every item of the table as rows of `kind`: for audits and small tables only."""
    request: dict[str, Any] = {"TableName": tables.name_of(kind.table), "ConsistentRead": True}
    while True:
        answer = tables.connection().dispatch("Scan", dict(request))
        for item in answer["Items"]:
            yield kind.from_raw_data(item)
        if "LastEvaluatedKey" not in answer:
            return
        request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
