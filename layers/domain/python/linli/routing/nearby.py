"""Which tours are worth a look when a stop is put in: those of its nearest stops."""

from linli.routing.inserting import distinct
from linli.routing.tours import Fleet, Tour


class Nearby:
    """
    The nearest `count` stops of each stop, and who serves them.

    `tour_of` is kept by who moves stops.
    """

    def __init__(self, fleet: Fleet, count: int) -> None:
        self._fleet = fleet
        self.tour_of: dict[int, Tour] = {}
        self.near: list[list[int]] = []
        if not fleet.tours:
            return
        legs, at = fleet.tours[0].legs, fleet.stop_at
        for stop in range(len(at)):
            row = legs[at[stop]]
            others = sorted(fleet.open, key=lambda n, row=row: row[at[n]])  # type: ignore[misc]
            self.near.append([n for n in others[: count + 1] if n != stop])

    def tours(self, stop: int) -> list[Tour]:
        """The tours that serve any of its nearest stops."""
        found = {id(tour): tour for n in self.near[stop] if (tour := self.tour_of.get(n))}
        return list(found.values())

    def idle(self) -> list[Tour]:
        """Couriers without a trip, of those who are alike one."""
        return [tour for tour in distinct(self._fleet.tours) if not tour.trips]
