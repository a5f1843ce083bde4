"""What may happen to a wave while its routes are ridden, and what came of planning anew."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from linli.kernel.errors import Conflict
from linli.kernel.geography import Crs, Point, point
from linli.kernel.ids import CommandId
from linli.waves.lists import UnservedView
from linli.waves.model import RouteId

ReplanKind = Literal[
    "order_added", "order_cancelled", "courier_stopped", "lift_changed", "road_closed", "emergency"
]
ReplanState = Literal["requested", "applied", "unchanged", "failed"]
MOST_ROUTES = 6
"""A change concerns so many routes at most: the others must not be disturbed."""


class NotPublished(Conflict):
    """The wave has no routes yet; what changed is planned with it."""

    code = "not_published"
    title_en = "This wave has no routes yet"
    title_zh = "该波次尚未发布路线"


class RoutesMoved(Conflict):
    """Routes or orders have changed since the new plan was made for them."""

    code = "routes_moved"
    title_en = "The routes have changed meanwhile"
    title_zh = "路线已有变动"


class Place(BaseModel):
    """A point on earth."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    lon: float
    lat: float
    crs: Crs = "WGS84"

    @property
    def point(self) -> Point:
        """The place in WGS-84."""
        return point(self.lon, self.lat, self.crs)

    @model_validator(mode="after")
    def _on_earth(self) -> Self:
        _ = self.point
        return self


class Closure(Place):
    """A place where nobody gets through: ways that touch the circle lead around it."""

    radius_metres: int = Field(strict=True, gt=0, le=2_000)


class Replan(BaseModel):
    """
    Something that changes a published wave; `id` makes it happen once.

    Which fields count depends on `kind`. `order_added`, `emergency`, `order_cancelled`:
    `order_ids`. `courier_stopped`: `route_ids`, whose goods are at `place` if any are aboard (none:
    where they were handed over last). `lift_changed`: `building`. `road_closed`: `closed`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: CommandId
    kind: ReplanKind
    order_ids: Annotated[tuple[CommandId, ...], Field(max_length=20)] = ()
    route_ids: Annotated[tuple[RouteId, ...], Field(max_length=MOST_ROUTES)] = ()
    place: Place | None = None
    building: Annotated[str, Field(min_length=1, max_length=40)] | None = None
    lift_works: bool = False
    closed: Closure | None = None
    reason: Annotated[str, Field(max_length=200)] = ""

    @model_validator(mode="after")
    def _tells_what_changed(self) -> Self:
        needed = {
            "courier_stopped": bool(self.route_ids),
            "lift_changed": self.building is not None,
            "road_closed": self.closed is not None,
        }
        if not needed.get(self.kind, bool(self.order_ids)):
            raise ValueError(f"{self.kind} does not say what changed")
        return self


class ReplanView(BaseModel):
    """What came of planning anew: the routes that changed, and who is left out by that, why."""

    id: str
    wave_id: str
    kind: ReplanKind
    state: ReplanState
    reason: str | None = None
    routes: list[str] = Field(default=[], description="Those that changed or were added")
    moved_orders: list[str] = Field(default=[], description="Those that have another courier now")
    unserved: list[UnservedView] = []
    asked_at: str
    changed_at: str


class EmergencyStop(BaseModel):
    """A dispatcher's wish that an emergency order be brought now."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: CommandId
    order_id: CommandId


class EmergencyStopView(BaseModel):
    """What brings an emergency order; no change if it is on a route already, or has ended."""

    order_id: str
    replan: ReplanView | None = None


class ReplanStep(BaseModel):
    """What each task of planning anew is told."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    wave_id: str
    replan_id: str
    round: int = Field(default=1, strict=True, gt=0)
    plan: dict[str, object] | None = None
    error: str = ""
    cause: str = ""
