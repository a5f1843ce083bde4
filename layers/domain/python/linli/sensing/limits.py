"""
What each kind of sensor may say, and where an alarm begins. Data, with their sources.

Values are held in thousandths of the kind's unit (milli-units), since storage knows integers only.

Sources:
    Respiration limits per produce: the typical rate at 10 °C in USDA Agriculture Handbook 66
    (Gross, Wang and Saltveit, eds., 2016), table of respiration rates: produce kept at 0 to 5 °C
    that breathes as at 10 °C is ageing two to three times too fast. Unknown produce: 60, the
    threshold of the class "extremely high" at 5 °C of Kader (1992), Postharvest Technology of
    Horticultural Crops.
    Temperature: GB 31605-2020, hygienic code for the food cold chain: chilled goods at 0 to 10 °C.
    What is physically possible: no plant tissue breathes over 2 g CO2/(kg·h); a street in China
    is between -60 and +85 °C, which is also the usual range of industrial sensors.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of sensor: its unit (UCUM code), possible range and alarm limits in milli-units."""

    unit: str
    least_milli: int
    most_milli: int
    limit_milli: int
    limit_milli_by_produce: Mapping[str, int] = field(default_factory=dict)

    def limit_for(self, produce: str | None) -> int:
        """The alarm limit in milli-units; `produce` None or unlisted takes the kind's own."""
        return self.limit_milli_by_produce.get(produce or "", self.limit_milli)

    def may_be(self, milli: int) -> bool:
        """Whether a value in milli-units is physically possible."""
        return self.least_milli <= milli <= self.most_milli


KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        "respiration": Kind(
            unit="mg/(kg.h)",
            least_milli=0,
            most_milli=2_000_000,
            limit_milli=60_000,
            limit_milli_by_produce=MappingProxyType(
                {
                    "cherry": 28_000,
                    "strawberry": 75_000,
                    "spinach": 110_000,
                    "broccoli": 81_000,
                    "lettuce": 31_000,
                    "tomato": 15_000,
                }
            ),
        ),
        "temperature": Kind(unit="Cel", least_milli=-60_000, most_milli=85_000, limit_milli=10_000),
    }
)
"""Every kind of reading that is accepted; the last level of the topic names it."""

FRESH_SECONDS: Final = 600
"""Older readings are kept but raise no alarm: what they tell may be over."""
FUTURE_SECONDS: Final = 120
"""How far a device's clock may run ahead; beyond it the reading is quarantined."""
OLDEST_SECONDS: Final = 30 * 86_400
"""Store-and-forward may be this late; anything older is a broken clock."""
