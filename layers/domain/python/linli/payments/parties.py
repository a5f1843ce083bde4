"""The others that a payment involves: the order, the provider, the rules of risk."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from linli.kernel.errors import Refused
from linli.kernel.geography import Point
from linli.kernel.settings import Settings
from linli.kernel.transact import Transaction
from linli.payments.model import MethodUnavailable
from linli.payments.provider import Provider
from linli.risk import Ruleset


class Payable(Protocol):
    """What an order says about paying it: it waits while `placed` and `due`."""

    @property
    def total_fen(self) -> int:
        """What it costs."""
        ...

    @property
    def pay_by(self) -> datetime | None:
        """Until when it waits."""
        ...

    @property
    def state(self) -> str:
        """Where it stands."""
        ...

    @property
    def payment(self) -> str:
        """`cash`, `due` or `paid`."""
        ...


class Supplied(Protocol):
    """Units that a store supplies."""

    @property
    def store_id(self) -> str:
        """The store."""
        ...

    @property
    def units(self) -> int:
        """How many."""
        ...


class OrderLine(Protocol):
    """A line of an order."""

    @property
    def price_fen(self) -> int:
        """The price of a unit."""
        ...

    @property
    def sources(self) -> Sequence[Supplied]:
        """Who supplies it."""
        ...


class Address(Protocol):
    """Where an order goes."""

    @property
    def point(self) -> Point:
        """The place."""
        ...

    @property
    def contact_phone(self) -> str | None:
        """Whom to call there."""
        ...


class PlacedOrder(Protocol):
    """An order, as far as its payment looks at it."""

    @property
    def people(self) -> frozenset[str]:
        """Whose it is: who placed it, and for whom."""
        ...

    @property
    def community_id(self) -> str:
        """Where it was placed."""
        ...

    @property
    def lines(self) -> Sequence[OrderLine]:
        """What is in it."""
        ...

    @property
    def deliver_to(self) -> Address:
        """Where it goes."""
        ...

    @property
    def charged_deposit_fen(self) -> int:
        """What of its price is deposit for boxes, of which some may be back."""
        ...


class Orders(Protocol):
    """What payments ask of orders; the module `linli.orders` is one."""

    @property
    def NoLongerPayable(self) -> type[Refused]:
        """What `mark_paid` raises."""
        ...

    def read(self, order_id: str, resident_id: str | None = None) -> PlacedOrder:
        """The order; NotFound if there is none, or it is not the resident's."""
        ...

    def payable(self, order_id: str, resident_id: str) -> Payable:
        """Whether and until when it may be paid; NotFound as `read`."""
        ...

    def mark_paid(self, tx: Transaction, order_id: str, now: datetime, fen: int | None) -> None:
        """
        Let it go on, in `tx`. Raises, here or at the commit, NoLongerPayable unless it waits for
        `fen`, or Contended if it changed at this moment.
        """
        ...

    def conceded(
        self, tx: Transaction, order_id: str, refund_id: str, fen: int, now: datetime
    ) -> None:
        """What it means for others, in `tx`, that so much of it goes back out of goodwill."""
        ...

    def revive(self, order_id: str, now: datetime, settings: Settings) -> bool:
        """
        Hold an expired order again, in a transaction of its own; True if it waits for its payment
        now, also when it did before.
        """
        ...


@dataclass(frozen=True, slots=True)
class Parties:
    """Who takes part in a payment; no provider: only cash is taken."""

    orders: Orders
    provider: Provider | None
    ruleset: Ruleset
    settings: Settings

    @property
    def online(self) -> Provider:
        """The provider. Raises MethodUnavailable without one."""
        if self.provider is None:
            raise MethodUnavailable
        return self.provider
