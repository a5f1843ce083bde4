"""What a played day came to: the values that the report shows and saves. Data only."""

from dataclasses import asdict, dataclass, field
from typing import Any

from local.day.replay import FillRate

SOURCE_FILL = (0.71, 0.94)
"""Order fill rate before and after pooling, as the source document states it."""
SOURCE_PRESALE = 0.20
"""The presale's share of sales that the source document aims at."""
SOURCE_MINUTES = (45, 12)
"""Minutes from warning to activation before and after, as the source document states it."""


@dataclass
class Orders:
    """What became of the day's baskets; `refused` counts by stable code."""

    placed: int = 0
    filled: int = 0
    helped: int = 0
    """Filled, but not by the resident's nearest store alone."""
    cross_store: int = 0
    cancelled: int = 0
    for_tomorrow: int = 0
    resent: int = 0
    refused: dict[str, int] = field(default_factory=dict)


@dataclass
class Fill:
    """Fill rates of the same baskets: pooled as it happened, separate as replayed."""

    pooled: FillRate
    separate: FillRate


@dataclass
class WaveFigures:
    """One wave: its orders, routes and metres, beside first-come-nearest-next on the same."""

    wave_id: str
    orders: int
    unserved: int
    routes: int
    metres: int
    baseline_metres: int
    solver: str
    solved_in_seconds: float


@dataclass
class Deliveries:
    """What the couriers reported."""

    delivered: int = 0
    failed: int = 0
    resent: int = 0
    offline: int = 0


@dataclass
class Credit:
    """Points, deposits and boxes that moved during the day."""

    boxes_out: int = 0
    boxes_back: int = 0
    boxes_found: int = 0
    points_earned: int = 0
    points_spent: int = 0
    points_redeemed: int = 0
    points_taken_back: int = 0
    rewards_taken: int = 0
    coupons_fen: int = 0
    commissions_fen: int = 0
    deposits_charged_fen: int = 0
    deposits_refunded_fen: int = 0


@dataclass
class Money:
    """What residents paid online, and what the bank, the network and risk had to say."""

    online_orders: int = 0
    captured_fen: int = 0
    refunds: int = 0
    refunded_fen: int = 0
    declined: int = 0
    held: int = 0


@dataclass
class Counters:
    """Orders of other kinds; `presale_share` of the week's sales (None: unknown)."""

    collected: int = 0
    short_units: int = 0
    substituted_units: int = 0
    proxy: int = 0
    presale_orders: int = 0
    presale_refunded: int = 0
    presale_share: float | None = None


@dataclass
class Incident:
    """An incident that a reading opened."""

    incident_id: str
    store_id: str
    thing: str
    kind: str
    seconds_to_open: float


@dataclass
class Sensing:
    """What the sensor published and what came of it."""

    published: int = 0
    duplicates: int = 0
    reordered: int = 0
    impossible: int = 0
    incidents: list[Incident] = field(default_factory=list)


@dataclass
class Emergency:
    """The storm; `minutes_to_activation` is None while no reserve vehicle was activated."""

    emergency_id: str = ""
    level: str = ""
    minutes_to_activation: float | None = None
    reserve_vehicles: int = 0
    packs: int = 0
    reconciled_applied: int = 0
    reconciled_conflicts: int = 0


@dataclass
class Check:
    """Something that the day tried on purpose, with the stable code that must come back."""

    name_en: str
    name_zh: str
    expected: str
    got: str

    @property
    def passed(self) -> bool:
        """Whether the expected code came back."""
        return self.expected == self.got


@dataclass
class Audit:
    """The verdict on one guarantee: holds, no_subject (yet), violated or unsettled."""

    guarantee: str
    title_en: str
    title_zh: str
    verdict: str
    checked: int
    findings: list[str] = field(default_factory=list)
    note_en: str = ""
    note_zh: str = ""

    @property
    def passed(self) -> bool:
        """Whether nothing speaks against the guarantee."""
        return self.verdict in ("holds", "no_subject")


@dataclass
class MapStore:
    """A store on the map."""

    name_zh: str
    name_en: str
    lon: float
    lat: float


@dataclass
class MapOrder:
    """An order on the map; `state` is filled, cross_store or refused."""

    number: int
    hour: int
    units: int
    stores: int
    state: str
    code: str
    building_zh: str
    building_en: str
    lon: float
    lat: float


@dataclass
class MapRoute:
    """A courier's way in one wave, through stores and doorsteps."""

    route_id: str
    courier: str
    trade_zh: str
    trade_en: str
    stops: int
    metres: int
    points: list[tuple[float, float]]


@dataclass
class Figures:
    """Everything that the report tells of one day."""

    on: str
    sales_on: str
    played_in_seconds: float
    requests: int
    request_ms_p50: int
    request_ms_p95: int
    orders: Orders
    fill: Fill
    waves: list[WaveFigures]
    deliveries: Deliveries
    credit: Credit
    money: Money
    counters: Counters
    sensing: Sensing
    emergency: Emergency
    checks: list[Check]
    audits: list[Audit]
    surprises: list[str]
    stores: list[MapStore]
    map_orders: list[MapOrder]
    routes: list[MapRoute]

    @property
    def metres(self) -> int:
        """Metres of all routes."""
        return sum(wave.metres for wave in self.waves)

    @property
    def baseline_metres(self) -> int:
        """Metres of all waves by first-come-nearest-next."""
        return sum(wave.baseline_metres for wave in self.waves)

    @property
    def saved_share(self) -> float | None:
        """Share of the baseline's metres that the routes saved; None without a baseline."""
        return 1 - self.metres / self.baseline_metres if self.baseline_metres else None

    @property
    def audit_notes(self) -> tuple[str, str]:
        """What is to be known beside the verdicts, in English and Chinese."""
        noted = [audit for audit in self.audits if audit.note_en]
        return (
            ". ".join(f"{audit.guarantee}: {audit.note_en}" for audit in noted),
            "。".join(f"{audit.guarantee}：{audit.note_zh}" for audit in noted),
        )

    @property
    def clean(self) -> bool:
        """Whether nothing surprised: no surprise, every check and every audit passed."""
        audited = bool(self.audits) and all(one.passed for one in self.audits)
        return not self.surprises and audited and all(check.passed for check in self.checks)

    def as_json(self) -> dict[str, Any]:
        """The figures as plain values, for saving."""
        return asdict(self)
