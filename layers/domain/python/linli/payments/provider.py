"""What a payment provider must be able to do, and what it may say."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol


class Unavailable(Exception):
    """No answer, or none that can be believed: nothing is known of the call's effect."""


class Declined(Exception):
    """The provider said no for good; nothing was charged. `code` is its own."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class KnownAlready(Exception):
    """The provider has the number and will not give a new handle: `query` tells more."""


class Status(StrEnum):
    """What the provider says of a payment."""

    SUCCEEDED = "succeeded"
    PENDING = "pending"
    CLOSED = "closed"
    FAILED = "failed"
    MISSING = "missing"


class RefundStatus(StrEnum):
    """What the provider says of a refund."""

    SUCCEEDED = "succeeded"
    PROCESSING = "processing"
    CLOSED = "closed"
    ABNORMAL = "abnormal"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Order:
    """What the provider is asked to collect."""

    attempt_id: str
    method: str
    fen: int
    expires_at: datetime
    asked_at: datetime
    payer_id: str | None


@dataclass(frozen=True, slots=True)
class PrepayHandle:
    """What the client hands to the provider's app; signed, of no use to anybody else."""

    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a payment; `fen` and `provider_id` only if it succeeded."""

    status: Status
    fen: int | None = None
    provider_id: str | None = None


@dataclass(frozen=True, slots=True)
class RefundResult:
    """What became of a refund; `fen` only if it succeeded."""

    status: RefundStatus
    fen: int | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """
    A notification whose signature was verified: of a payment, or of a refund if `refund_number`
    is given. `notice_id` is the same for each delivery.
    """

    notice_id: str
    attempt_id: str
    result: Result | None = None
    refund_number: str | None = None
    refund: RefundResult | None = None


class Provider(Protocol):
    """A payment provider. Every call but `read_notification` may raise `Unavailable`."""

    def create(self, order: Order) -> PrepayHandle:
        """Ask for money; the same order again gives a handle again. Declined, KnownAlready."""
        ...

    def query(self, attempt_id: str) -> Result:
        """What became of a payment."""
        ...

    def close(self, attempt_id: str) -> None:
        """Let nobody pay any more; without effect if it was paid. Ask with `query` then."""
        ...

    def refund(self, number: str, attempt_id: str, fen: int, total_fen: int) -> RefundResult:
        """Pay `fen` of `total_fen` back; the same number again changes nothing. Declined."""
        ...

    def query_refund(self, number: str) -> RefundResult:
        """What became of a refund."""
        ...

    def read_notification(self, headers: Mapping[str, str], body: str, now: datetime) -> Notice:
        """
        Read a notification that claims to be the provider's.

        Raises:
            ForgedNotification: It is not, or is not for us.
            StaleNotification: It was signed too long before `now`, or after it.
        """
        ...
