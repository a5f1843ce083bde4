"""A resident's own credit: balances, and the transfers behind them."""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel, Field

from linli.credit import lots
from linli.credit.hold import order_keys, view
from linli.credit.keys import DEPOSIT, POINTS, person, transfers_of
from linli.credit.model import Currency, State, deposit_of, points_of
from linli.credit.rows import BalanceRow, TransferRow
from linli.kernel import reads
from linli.kernel.errors import Invalid
from linli.kernel.time import local_date

PAGE = 50
"""How many transfers a statement shows at a time."""
_CURSOR = re.compile(r"([A-Za-z0-9/_.-]{1,200})~(-?\d{1,12})~(-?\d{1,12})")


class Entry(BaseModel):
    """
    One transfer, signed as the resident sees it; it is in points or in fen, never in both. Its
    running balance is what there was after it, by the order of the statement.
    """

    id: str
    at: str
    reason: str
    state: str
    points: int | None = None
    fen: int | None = None
    balance_points: int | None = None
    balance_fen: int | None = None


class PointsLot(BaseModel):
    """Points that expire after a day, held ones included."""

    last_on: str
    points: int


class Statement(BaseModel):
    """What a resident has, and a page of how it came about, the newest first."""

    balance_points: int
    held_points: int = Field(description="Of the balance, what open orders hold")
    available_points: int
    spent_today_points: int = Field(description="Counts against the day's cap")
    deposit_fen: int = Field(description="Owed to the resident for boxes in their hands, in fen")
    lots: list[PointsLot] = Field(description="What of the balance expires when; spent first")
    entries: list[Entry]
    cursor: str | None = Field(description="For the next page; none: that was all")


@dataclass(slots=True)
class _Running:
    """Where a page begins, and the balances there, going back from the newest."""

    transfer_id: str | None
    points: int
    fen: int

    def back(self, entry: Entry) -> None:
        """Go back beyond an entry; what is pending or void has moved nothing."""
        if entry.state == State.POSTED:
            self.points -= entry.points or 0
            self.fen -= entry.fen or 0


def statement(resident_id: str, *, now: datetime, cursor: str | None = None) -> Statement:
    """
    A resident's balances and a page of their transfers, in the order of the commands' ids: of
    the phones' clocks, that is, which may be off.

    Raises:
        Invalid: The cursor is not one of ours.
    """
    start = _start(cursor)
    on, pk = local_date(now), person(resident_id)
    found = reads.batch([*order_keys(resident_id, on), (BalanceRow, pk, DEPOSIT)])
    credit = view(found, resident_id, on)
    deposit = found.get(BalanceRow, pk, DEPOSIT)
    deposit_fen = int(deposit.available_units) if deposit else 0
    sort = TransferRow.sk <= start.transfer_id if start else None
    rows = reads.query(
        TransferRow, transfers_of(resident_id), sort, most=PAGE + 1, newest_first=True
    )
    running = start or _Running(None, credit.balance_points, deposit_fen)
    return Statement(
        balance_points=credit.balance_points,
        held_points=credit.held_points,
        available_points=credit.available_points,
        spent_today_points=credit.spent_today_points,
        deposit_fen=deposit_fen,
        lots=[
            PointsLot(last_on=lot.last_on.isoformat(), points=lot.left_points)
            for lot in lots.of_resident(resident_id, found.get(BalanceRow, pk, POINTS))
        ],
        entries=_page(resident_id, rows[:PAGE], running),
        cursor=_cursor(rows[PAGE].sk, running) if len(rows) > PAGE else None,
    )


def _page(resident_id: str, rows: Sequence[TransferRow], running: _Running) -> list[Entry]:
    """The entries with their running balances; leaves `running` where the next page begins."""
    entries = []
    for row in rows:
        entry = _entry(resident_id, row)
        if entry.fen is None:
            entry.balance_points = running.points
        else:
            entry.balance_fen = running.fen
        running.back(entry)
        entries.append(entry)
    return entries


def _entry(resident_id: str, row: TransferRow) -> Entry:
    amount = int(row.units if row.posted_units is None else row.posted_units)
    money = row.currency == Currency.CNY
    into = row.credit in (points_of(resident_id).name, deposit_of(resident_id).name)
    signed = amount if into else -amount
    return Entry(
        id=row.sk,
        at=row.at,
        reason=row.reason,
        state=row.state,
        points=None if money else signed,
        fen=signed if money else None,
    )


def _cursor(transfer_id: str, running: _Running) -> str:
    text = f"{transfer_id}~{running.points}~{running.fen}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _start(cursor: str | None) -> _Running | None:
    """Where a page starts. A cursor needs no signature: it only reaches the caller's own."""
    if cursor is None:
        return None
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
    except (binascii.Error, UnicodeError):
        raise Invalid("not a cursor of ours") from None
    told = _CURSOR.fullmatch(text)
    if told is None:
        raise Invalid("not a cursor of ours")
    return _Running(told[1], int(told[2]), int(told[3]))
