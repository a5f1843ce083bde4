"""A leader, a resident's membership, and what a leader is told."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from linli.kernel.errors import Conflict, NotFound

BuildingName = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[^#\s][^#]*$")]


class Building(BaseModel):
    """A building and who leads it."""

    model_config = ConfigDict(frozen=True)

    community_id: str
    building: str
    leader_id: str
    commission_permille: int = Field(description="Of the goods of its residents' orders")


class Attribution(BaseModel):
    """To whom an order counts, and what of its goods: as agreed when the resident joined."""

    model_config = ConfigDict(frozen=True)

    leader_id: str
    commission_permille: int
    promised_fen: int = 0
    """The commission on the order as it was placed: the most that it may come to."""

    def fen(self, goods_fen: int) -> int:
        """The commission on goods of that value, rounded down."""
        return goods_fen * self.commission_permille // 1000


class Month(BaseModel):
    """A settled month of a leader: totals of at least as many residents as the programme asks."""

    month: str = Field(description="The last of them, if several were settled together")
    orders: int
    residents: int
    goods_fen: int
    commission_fen: int


class LeaderView(BaseModel):
    """What a leader sees: totals of settled months. Never an order, a resident or a day."""

    leader_id: str
    buildings: list[Building]
    members: int | None = Field(description="None: too few for a total to hide each of them")
    months: list[Month]
    paid_fen: int


class BuildingTaken(Conflict):
    """Somebody else leads this building."""

    code = "building_taken"
    title_en = "This building has a leader"
    title_zh = "该楼栋已有团长"


class HasLeader(Conflict):
    """The resident is in a leader's building already; they leave it first."""

    code = "has_leader"
    title_en = "You have joined a leader already"
    title_zh = "您已加入一位团长"


class NoLeader(NotFound):
    """Nobody leads that building, or the resident has joined nobody."""
