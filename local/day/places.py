"""Who lives where: residents drawn into the sample's buildings, with their nearest store. Pure."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from linli.kernel.geography import Point
from local.day.sample import Building, Store

COMMUNITY = "wulin"
POOL_METRES = 3000
HOMES_PER_BUILDING = 5


@dataclass(frozen=True, slots=True)
class Resident:
    """An invented resident: who, behind which door, and which store is nearest."""

    subject: str
    building: Building
    unit: str
    floor: int
    nearest_store_id: str
    in_pool: bool

    @property
    def place(self) -> Point:
        """Where the resident's building stands."""
        return self.building.place

    def deliver_to(self) -> dict[str, object]:
        """The delivery point as the order's door wants it."""
        return {
            "lon": self.place.lon,
            "lat": self.place.lat,
            "crs": "WGS84",
            "building": self.building.building,
            "unit": self.unit,
            "floor": self.floor,
            "has_lift": self.building.has_lift,
        }


def nearest_first(place: Point, stores: Mapping[str, Point]) -> list[str]:
    """Store ids by distance from `place`."""
    return sorted(stores, key=lambda store_id: (place.metres_to(stores[store_id]), store_id))


def pool_of(place: Point, stores: Mapping[str, Point]) -> list[str]:
    """The stores within 3 km of `place`, nearest first."""
    near = nearest_first(place, stores)
    return [store_id for store_id in near if place.metres_to(stores[store_id]) <= POOL_METRES]


def settle(buildings: Sequence[Building], stores: Sequence[Store], seed: str) -> list[Resident]:
    """`HOMES_PER_BUILDING` residents in each building, the same for the same seed."""
    rng = random.Random(f"{seed}/homes")
    places = {store.store_id: store.place for store in stores}
    residents = []
    for building in buildings:
        for home in range(1, HOMES_PER_BUILDING + 1):
            residents.append(
                Resident(
                    subject=f"resident-{building.building}-{home}",
                    building=building,
                    unit=str(rng.randint(1, 4)),
                    floor=rng.randint(1, building.floors),
                    nearest_store_id=nearest_first(building.place, places)[0],
                    in_pool=bool(pool_of(building.place, places)),
                )
            )
    return residents
