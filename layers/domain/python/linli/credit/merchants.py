"""
A merchant's account: what a community's programme owes the owner of stores there for discounts on
their goods, read by who keeps one of the stores and by the city, and settled by the city.

The account is the sum of its entries; the one item beside them says what was paid, for a payment
must not be made twice. Entries only ever add to what is owed, so a payment that fits what was read
fits. A page sums the account up, a query of all its entries: a read unit for a dozen of them.
"""

import base64
import binascii
import re
from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from linli import catalogue
from linli.catalogue import Store
from linli.credit.hold import put_transfer
from linli.credit.keys import PAID, merchant_holder, payout_key, person, transfers_of
from linli.credit.model import CASH, MOST_UNITS, Fen, MoreThanOwed, State, Transfer, merchant_of
from linli.credit.rows import AnswerRow, BalanceRow, TransferRow
from linli.credit.statement import PAGE, Entry
from linli.kernel import reads
from linli.kernel.errors import AlreadyDone, Contended, IdReused, Invalid, NotFound
from linli.kernel.identity import Caller, Role
from linli.kernel.ids import CommandId, StoreId, fingerprint
from linli.kernel.time import rfc3339
from linli.kernel.transact import transaction

_TRIES = 3
_CURSOR = re.compile(r"[A-Za-z0-9/_.-]{1,200}")


class MerchantAccount(BaseModel):
    """What is owed to a merchant in a community, and a page of how it came about."""

    store_id: str
    community_id: str
    owner_id: str
    owed_fen: int
    paid_fen: int
    entries: list[Entry] = Field(description="The newest first, each with the balance after it")
    cursor: str | None = Field(description="For the next page; none: that was all")


class PayMerchant(BaseModel):
    """The city has paid a merchant what the programme owes them, or a part of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: CommandId
    store_id: StoreId = Field(description="One of the merchant's stores in the community")
    fen: int = Field(strict=True, ge=1, le=MOST_UNITS)


class PaidMerchant(BaseModel):
    """A payment to a merchant."""

    id: CommandId
    owner_id: str
    fen: int
    paid_at: str


def account(store_id: str, *, caller: Caller, cursor: str | None = None) -> MerchantAccount:
    """
    The account of the owner of a store in the store's community.

    Raises:
        NotFound: There is no such store, or the caller neither keeps it nor is its city.
        Invalid: The cursor is not one of ours.
    """
    store = _store(store_id)
    if not caller.holds(Role.STORE, store_id):
        caller.require(store.community_id, Role.CITY)
    rows = _rows(store)
    last = _start(cursor) if cursor is not None else None
    entries = [_entry(row) for row in rows]
    balance = owed = sum(entry.fen or 0 for entry in entries)
    for entry in entries:
        entry.balance_fen = balance
        balance -= entry.fen or 0
    page = [entry for entry in entries if last is None or entry.id <= last][: PAGE + 1]
    return MerchantAccount(
        store_id=store_id,
        community_id=store.community_id,
        owner_id=store.owner_id,
        owed_fen=owed,
        paid_fen=-sum(min(0, entry.fen or 0) for entry in entries),
        entries=page[:PAGE],
        cursor=_cursor(page[PAGE].id) if len(page) > PAGE else None,
    )


def pay(command: PayMerchant, *, caller: Caller, now: datetime) -> PaidMerchant:
    """
    Note a payment to a merchant; sending it again answers the same.

    Raises:
        NotFound: There is no such store, or the caller is not its city.
        MoreThanOwed: `owed_fen` is less.
        IdReused: The id was used for another payment.
        Contended: Others were paying the same merchant; nothing was written.
    """
    store, digest = _store(str(command.store_id)), fingerprint(command, by=caller.subject)
    caller.require(store.community_id, Role.CITY)
    for _ in range(_TRIES):
        kept = reads.get(AnswerRow, *payout_key(command.id))
        if kept is not None:
            return _replay(kept, digest)
        try:
            return _pay(command, store, digest, now)
        except (AlreadyDone, Contended):
            continue
    raise Contended("others are paying this merchant")


def _pay(command: PayMerchant, store: Store, digest: str, now: datetime) -> PaidMerchant:
    holder = merchant_holder(store.community_id, store.owner_id)
    paid = reads.get(BalanceRow, person(holder), PAID)  # Before the entries, which only add.
    paid_fen = int(paid.spent_units) if paid else 0
    owed = sum(fen for row in _rows(store) if (fen := _signed(row)) > 0) - paid_fen
    if command.fen > owed:
        raise MoreThanOwed(owed_fen=owed)
    answer = PaidMerchant(
        id=command.id, owner_id=store.owner_id, fen=command.fen, paid_at=rfc3339(now)
    )
    row = AnswerRow(*payout_key(command.id), fingerprint=digest, body=answer.model_dump_json())
    pair = merchant_of(store.community_id, store.owner_id), CASH
    transfer = Transfer(str(command.id), holder, *pair, Fen(command.fen), "paid")
    seen = BalanceRow.spent_units == paid_fen if paid else BalanceRow.pk.does_not_exist()
    with transaction() as tx:
        tx.put(row, condition=AnswerRow.pk.does_not_exist(), refusal=AlreadyDone())
        put_transfer(tx, transfer, State.POSTED, now)
        tx.update(
            BalanceRow(person(holder), PAID),
            [BalanceRow.spent_units.add(command.fen)],
            condition=seen,
            refusal=Contended("another payment was made"),
        )
    return answer


def _replay(row: AnswerRow, digest: str) -> PaidMerchant:
    if row.fingerprint != digest:
        raise IdReused
    return PaidMerchant.model_validate_json(row.body)


def _store(store_id: str) -> Store:
    store = catalogue.store(store_id)
    if store is None:
        raise NotFound
    return store


def _rows(store: Store) -> Sequence[TransferRow]:
    holder = merchant_holder(store.community_id, store.owner_id)
    return reads.query(TransferRow, transfers_of(holder), newest_first=True)


def _signed(row: TransferRow) -> int:
    """As the merchant sees it: what is owed is more, what was paid is less."""
    fen = int(row.posted_units or 0)
    return fen if row.debit.startswith("programme/") else -fen


def _entry(row: TransferRow) -> Entry:
    return Entry(id=row.sk, at=row.at, reason=row.reason, state=row.state, fen=_signed(row))


def _cursor(transfer_id: str) -> str:
    return base64.urlsafe_b64encode(transfer_id.encode()).decode().rstrip("=")


def _start(cursor: str) -> str:
    """Where a page starts. It says no more than an entry's id, and is read in one account alone."""
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
    except (binascii.Error, UnicodeError):
        raise Invalid("not a cursor of ours") from None
    if _CURSOR.fullmatch(text) is None:
        raise Invalid("not a cursor of ours")
    return text
