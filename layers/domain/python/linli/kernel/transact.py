"""One atomic write in which each failed condition raises its own refusal."""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pynamodb.exceptions import VerboseClientError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from linli.kernel import tables
from linli.kernel.errors import Contended, Refused
from linli.kernel.tables import Row

MOST_WRITES = 100
"""DynamoDB's limit of actions in one transaction."""
_ATTEMPTS = 8
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.02, 0.4
_FAILED = "ConditionalCheckFailed"
_PASSING = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})


@dataclass(frozen=True, slots=True)
class _Write:
    action: dict[str, Any]
    refusal: Refused | None


class Transaction:
    """
    Writes to be made together, in the order of the calls.

    PynamoDB's own transactions send checks, deletes, puts and updates in that order, so that
    DynamoDB's reasons, which come by position, name the wrong write (pynamodb#1284). This
    sends them as they were asked for.
    """

    def __init__(self) -> None:
        self._writes: list[_Write] = []

    def put(
        self, row: Row, *, condition: Condition | None = None, refusal: Refused | None = None
    ) -> None:
        """Write the whole of `row`."""
        kwargs = row.get_save_kwargs_from_instance(condition=condition)
        self._add("Put", kwargs, refusal)

    def update(
        self,
        row: Row,
        actions: Sequence[Action],
        *,
        condition: Condition | None = None,
        refusal: Refused | None = None,
    ) -> None:
        """Change attributes of the item with `row`'s key."""
        kwargs = row.get_update_kwargs_from_instance(actions=list(actions), condition=condition)
        self._add("Update", kwargs, refusal)

    def check(self, row: Row, *, condition: Condition, refusal: Refused | None = None) -> None:
        """Require `condition` of the item with `row`'s key, without writing to it."""
        kwargs = type(row).get_operation_kwargs_from_class(row.pk, row.sk, condition=condition)
        self._add("ConditionCheck", kwargs, refusal)

    def delete(
        self, row: Row, *, condition: Condition | None = None, refusal: Refused | None = None
    ) -> None:
        """Remove the item with `row`'s key."""
        kwargs = row.get_delete_kwargs_from_instance(condition=condition)
        self._add("Delete", kwargs, refusal)

    def _add(self, kind: str, kwargs: dict[str, Any], refusal: Refused | None) -> None:
        kwargs.pop("ReturnValues", None)
        self._writes.append(_Write({kind: kwargs}, refusal))
        assert len(self._writes) <= MOST_WRITES, "a use case bounds its lines"

    def commit(self, sleep: Callable[[float], None] = time.sleep) -> None:
        """
        Make all the writes or none.

        A conflict with another transaction is tried again with jitter: nobody else does it.
        The SDK repeats a lost answer under the same token, and ids in the data hold beyond that.

        Raises:
            Refused: The first failed write's refusal, in the order of the calls.
            Contended: The items were busy at every attempt; nothing was written.
            VerboseClientError: DynamoDB said something else.
        """
        if not self._writes:
            return
        actions = [write.action for write in self._writes]
        for attempt in range(_ATTEMPTS):
            try:
                tables.connection().dispatch("TransactWriteItems", {"TransactItems": actions})
                return
            except VerboseClientError as error:
                self._raise_refusal(error)
            ceiling = min(_LONGEST_PAUSE_SECONDS, _FIRST_PAUSE_SECONDS * 2**attempt)
            sleep(random.uniform(0, ceiling))
        raise Contended("the items are being written by others")

    def _raise_refusal(self, error: VerboseClientError) -> None:
        """Raise what `error` means, or return if it will pass."""
        if error.response["Error"]["Code"] != "TransactionCanceledException":
            raise error
        codes = [reason.code if reason else None for reason in error.cancellation_reasons]
        for write, code in zip(self._writes, codes, strict=True):
            if code == _FAILED and write.refusal is not None:
                raise write.refusal from error
        if not all(code is None or code in _PASSING for code in codes):
            raise error


@contextmanager
def transaction() -> Iterator[Transaction]:
    """A transaction that commits when the block ends, and is forgotten if the block raises."""
    tx = Transaction()
    yield tx
    tx.commit()
