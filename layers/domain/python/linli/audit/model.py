"""Snapshots, findings and verdicts."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from pydantic import BaseModel, Field

from linli.boxes.audit_machines import Machines
from linli.incidents.audit import IncidentRecord
from linli.lockers.audit import Used
from linli.orders.audit import Record
from linli.payments.audit import Books
from linli.presale.audit import CycleRecord
from linli.resilience.audit import EmergencyRecord
from linli.sensing.audit import Measured
from linli.slots import Slot
from linli.stock import Shelf
from linli.stock.audit import Booked
from linli.waves.audit import WaveRecord

Transfer = tuple[str, int]
"""A transfer's state, and the units that it has posted."""


@dataclass(frozen=True, slots=True)
class Finding:
    """
    Something that must not be, seen in one look at `key`.

    `evidence` is all that the finding was concluded from. Reading is not atomic: a finding is
    only true if the same evidence is seen again by a second look that began after the first.
    """

    key: str
    what: str
    evidence: Hashable


@dataclass(frozen=True, slots=True)
class Note:
    """What a reader of a verdict must know beside it, and violates nothing."""

    en: str
    zh: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What one look saw. `ledger` and `boxes` are what those subjects found wrong themselves."""

    booked: Mapping[Shelf, Booked] = field(default_factory=dict)
    records: Mapping[str, Record] = field(default_factory=dict)
    slots: Mapping[str, Slot] = field(default_factory=dict)
    lockers: Used = field(default_factory=dict)
    waves: Mapping[str, WaveRecord] = field(default_factory=dict)
    presales: Mapping[str, CycleRecord] = field(default_factory=dict)
    transfers: Mapping[str, Transfer] = field(default_factory=dict)
    ledger: Sequence[Finding] = ()
    ledger_items: int = 0
    coupons: Mapping[str, tuple[str, str | None]] = field(default_factory=dict)
    reimbursed_fen: Mapping[str, int] = field(default_factory=dict)
    boxes: Sequence[Finding] = ()
    boxes_items: int = 0
    machines: Machines = field(default_factory=Machines)
    given_back: Mapping[tuple[str, str], int] = field(default_factory=dict)
    books: Mapping[str, Books] = field(default_factory=dict)
    emergencies: Mapping[str, EmergencyRecord] = field(default_factory=dict)
    measured: Measured = field(default_factory=Measured)
    incidents: Mapping[str, IncidentRecord] = field(default_factory=dict)


class Suspicion(BaseModel):
    """Where something is wrong, and what."""

    key: str
    what: str


class Verdict(BaseModel):
    """What an audit says of one guarantee."""

    guarantee: str
    title_en: str
    title_zh: str
    verdict: Literal["holds", "violated", "unsettled", "no_subject"] = Field(
        description="`unsettled`: looked wrong, but changed whenever it was looked at again"
    )
    checked: int = Field(description="How many items, orders, slots or waves were looked at")
    violations: list[Suspicion] = []
    unsettled: list[Suspicion] = []
    note_en: str = Field(default="", description="To be known beside it, and violates nothing")
    note_zh: str = ""


TITLES: Final[Mapping[str, tuple[str, str]]] = {
    "I1": ("Stock adds up and is never oversold", "库存账实相符，绝不超卖"),
    "I2": ("An order exists exactly once, a refused one has no effect", "订单恰好一次，被拒无影响"),
    "I3": ("Points are the sum of what was granted and spent", "积分等于发放减去使用，且在上限内"),
    "I4": ("A box has one custodian and one deposit a cycle", "循环箱唯一保管方，每轮一份押金"),
    "I5": ("Captures less refunds are the orders' totals", "实收减退款等于订单金额"),
    "I6": ("Slots are never overfull, an order is in one wave", "时段不超额，订单只在一个波次"),
    "I7": ("Every line of a paper manifest is settled or owned", "纸质单据逐行了结或有责任人"),
    "I8": (
        "A consumed message is applied, quarantined or kept",
        "消息必生效、被隔离或留存",
    ),
    "I9": ("A device's time never moves the present", "设备时间不改变当前时间"),
}
"""DESIGN section 4, in English and Chinese."""
