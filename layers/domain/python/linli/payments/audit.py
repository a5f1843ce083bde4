"""Whether the payments table keeps guarantee I5; reads it whole."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from linli.kernel import reads
from linli.payments import rules
from linli.payments.model import AttemptState, RefundState
from linli.payments.rows import PAYMENT, PaymentItem, id_in, order_in
from linli.risk import Verdict

S = AttemptState


class DepositBack(NamedTuple):
    """A refund of a deposit: whose, and by which transfer the ledger gave it back."""

    refund_id: str
    owner: str
    transfer_id: str
    fen: int


@dataclass(slots=True)
class Books:
    """All items of one order's payment."""

    payment: PaymentItem | None = None
    attempts: dict[str, PaymentItem] = field(default_factory=dict)
    refunds: dict[str, PaymentItem] = field(default_factory=dict)
    messages: set[str] = field(default_factory=set)

    @property
    def kept_fen(self) -> int:
        """What we have of it, less what is on its way back."""
        row = self.payment
        if row is None:
            return 0
        captured, refunding = int(row.captured_fen or 0), int(row.refunding_fen or 0)
        return captured - refunding - int(row.refunded_fen or 0)

    @property
    def conceded_fen(self) -> int:
        """What went back, or goes, out of goodwill: the order costs what it cost."""
        return sum(int(row.fen or 0) for row in self.refunds.values() if row.conceded)

    @property
    def deposits(self) -> tuple[DepositBack, ...]:
        """The refunds of deposits whose boxes are back: the order costs so much less."""
        return tuple(
            DepositBack(name, str(row.deposit_of), row.transfer_id, int(row.fen or 0))
            for name, row in sorted(self.refunds.items())
            if row.transfer_id
        )

    @property
    def deposits_fen(self) -> int:
        """What of its deposit went back, or goes."""
        return sum(each.fen for each in self.deposits)

    @property
    def paid(self) -> bool:
        """Whether an attempt has paid for the order."""
        return bool(self.payment and self.payment.captured_by)

    @property
    def version(self) -> tuple[object, ...]:
        """Differs whenever something of it has changed: counters and states never come back."""
        row = self.payment
        money = (row.captured_fen, row.refunding_fen, row.refunded_fen) if row else ()
        states = sorted((n, str(i.state)) for n, i in (self.attempts | self.refunds).items())
        return (*money, *states, len(self.messages))

    def took(self) -> list[str]:
        """The attempts whose money came."""
        return [name for name, row in self.attempts.items() if row.state == S.SUCCEEDED]

    def faults(self) -> Iterator[str]:
        """
        What breaks I5 in itself: the order's money is the sum of its attempts less its refunds;
        at most one attempt paid for it, what came beyond goes back; each outcome was told once.
        """
        yield from _sums(self)
        yield from _captures(self)
        yield from _outcomes(self)


def breaches(
    costs_fen: Mapping[str, int] | None = None, shipped: Collection[str] = ()
) -> list[str]:
    """
    Every breach of I5, see `Books.faults`. With `costs_fen` (what orders cost in the end, by
    order id) captures - refunds equal them; each order of `shipped` has been paid.

    Read while nobody writes: a scan sees no moment.
    """
    kept = books()
    found = [
        f"order {order_id}: {what}"
        for order_id, mine in sorted(kept.items())
        for what in mine.faults()
    ]
    for order_id, cost_fen in (costs_fen or {}).items():
        kept_fen = kept.get(order_id, Books()).kept_fen
        if kept_fen != cost_fen:
            found.append(f"order {order_id}: costs {cost_fen} fen, {kept_fen} fen were kept")
    for order_id in shipped:
        if not kept.get(order_id, Books()).paid:
            found.append(f"order {order_id}: shipped, and not paid")
    return found


def books() -> dict[str, Books]:
    """The books of every order that anybody tried to pay."""
    found: dict[str, Books] = defaultdict(Books)
    for item in reads.scan(PaymentItem):
        if not item.pk.startswith("ORDER#"):
            continue
        mine, kind = found[order_in(item.pk)], item.sk.partition("#")[0]
        if item.sk == PAYMENT:
            mine.payment = item
        elif kind == "ATTEMPT":
            mine.attempts[id_in(item.sk)] = item
        elif kind == "REFUND":
            mine.refunds[id_in(item.sk)] = item
        elif kind == "MESSAGE":
            mine.messages.add(id_in(item.sk))
    return dict(found)


def _sums(books: Books) -> Iterator[str]:
    """The counters are the sums of the records that moved them."""
    refunded = _total(books.refunds.values(), {RefundState.SUCCEEDED})
    refunding = _total(books.refunds.values(), set(RefundState) - {RefundState.SUCCEEDED})
    captured = _total(books.attempts.values(), {S.SUCCEEDED})
    row = books.payment
    for name, stored, summed in (
        ("captured", row.captured_fen if row else 0, captured),
        ("refunding", row.refunding_fen if row else 0, refunding),
        ("refunded", row.refunded_fen if row else 0, refunded),
        ("refundable", row.refundable_fen if row else 0, captured - refunding - refunded),
    ):
        if int(stored or 0) != summed:
            yield f"{name} {int(stored or 0)} fen, the records say {summed}"
        if summed < 0:
            yield f"{name} is negative"


def _captures(books: Books) -> Iterator[str]:
    """One attempt pays for the order; what came beyond it is owed back, in full."""
    paying = [name for name in books.took() if not books.attempts[name].excess]
    by = books.payment.captured_by if books.payment else None
    if paying != ([by] if by else []):
        yield f"captured by {by}, by their own word {paying} paid"
    for name in books.took():
        back = books.refunds.get(rules.back_id(name))
        if bool(books.attempts[name].excess) != (back is not None):
            yield f"attempt {name}: excess and its way back do not match"
        elif back is not None and back.fen != books.attempts[name].fen:
            yield f"attempt {name}: another amount goes back than came"
    for name in books.took():
        row = books.attempts[name]
        if row.score and json.loads(row.score)["verdict"] != Verdict.ACCEPT and not row.reviewed_by:
            yield f"attempt {name}: it was held, and nobody let it go on"
    mine = {n for n, row in books.attempts.items() if S(str(row.state)) in rules.OPEN_STATES}
    place = books.payment.open_attempt_id if books.payment else None
    if mine - {place}:
        yield f"open attempts {sorted(mine)}, the one place has {place}"


def _outcomes(books: Books) -> Iterator[str]:
    """Each outcome was told, and nothing else was."""
    due = set(books.took()) | {
        name
        for name, row in books.refunds.items()
        if row.state == RefundState.SUCCEEDED and not row.automatic
    }
    if books.messages != due:
        yield f"told of {sorted(books.messages)}, to be told: {sorted(due)}"


def _total(rows: Collection[PaymentItem], states: Collection[str]) -> int:
    return sum(int(row.fen or 0) for row in rows if row.state in states)
