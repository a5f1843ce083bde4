"""What happened during the day, noted as it happens, from any thread."""

import threading
from dataclasses import dataclass, field

from local.day.baskets import Basket
from local.day.doors import Answer
from local.day.figures import (
    Check,
    Counters,
    Credit,
    Deliveries,
    Emergency,
    Money,
    Sensing,
    WaveFigures,
)


@dataclass(frozen=True, slots=True)
class Purchase:
    """A basket as sent: its order's id and slot, and the door's answer."""

    basket: Basket
    order_id: str
    slot_id: str
    answer: Answer

    @property
    def store_ids(self) -> set[str]:
        """The stores that supply it (none when it was refused)."""
        lines = self.answer.body.get("lines", [])
        return {source["store_id"] for line in lines for source in line["sources"]}


@dataclass
class Tally:
    """The day's notes. `surprise` and `check` may be called from any thread."""

    purchases: dict[str, Purchase] = field(default_factory=dict)
    boxed: set[int] = field(default_factory=set)
    """Baskets that ask for a box because their resident orders again in the afternoon."""
    spending: dict[int, int] = field(default_factory=dict)
    """Points that a basket's order spends."""
    resent: int = 0
    cancelled: int = 0
    waves: list[WaveFigures] = field(default_factory=list)
    deliveries: Deliveries = field(default_factory=Deliveries)
    credit: Credit = field(default_factory=Credit)
    money: Money = field(default_factory=Money)
    counters: Counters = field(default_factory=Counters)
    payers: dict[str, str] = field(default_factory=dict)
    """Who pays which order online, by order id."""
    presold: dict[str, str] = field(default_factory=dict)
    """Who has which presale order, by its id."""
    sensing: Sensing = field(default_factory=Sensing)
    emergency: Emergency = field(default_factory=Emergency)
    checks: list[Check] = field(default_factory=list)
    surprises: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def surprise(self, text: str) -> None:
        """Note what nobody expected; the report shows it and the day fails."""
        with self.lock:
            self.surprises.append(text)

    def expect(self, what: str, answer: Answer, *codes: str) -> Answer:
        """Note a surprise unless the answer is a success or has one of `codes`."""
        if not answer.ok and answer.code not in codes:
            detail = answer.body.get("detail") or answer.body.get("errors") or ""
            self.surprise(f"{what}: {answer.status} {answer.code} {detail}".strip())
        return answer

    def check(self, name_en: str, name_zh: str, expected: str, got: str) -> None:
        """Note something tried on purpose: the code that must come back and the one that did."""
        with self.lock:
            self.checks.append(Check(name_en, name_zh, expected, got))
