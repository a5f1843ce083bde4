"""
What packaging is worth: the return rate, loops a box, days out, and the cost of a use beside
single-use packaging. Counted from the stream of moves, each once; the rest is arithmetic.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, Final

from pydantic import BaseModel, Field

from linli.boxes.bring import programme_of
from linli.boxes.figure_rows import BOX_MOVE, BoxMonthRow, CountedMoveRow, month_key
from linli.boxes.model import Custodian
from linli.boxes.rows import MOVE
from linli.catalogue.packaging import Packaging
from linli.kernel import reads
from linli.kernel.errors import AlreadyDone
from linli.kernel.identity import Caller, Role
from linli.kernel.time import ZONE, rfc3339
from linli.kernel.transact import transaction

_K = Custodian
_GONE: Final = frozenset({_K.LOST, _K.RETIRED})


@dataclass(frozen=True, slots=True)
class Counts:
    """How many boxes did what in a span."""

    registered: int = 0
    out: int = 0
    back: int = 0
    days_out: int = 0
    washed: int = 0
    broken: int = 0
    worn: int = 0
    lost: int = 0
    found: int = 0


@dataclass(frozen=True, slots=True)
class Moved:
    """A box's move as the stream tells it."""

    box_id: str
    version: int
    community_id: str
    at: datetime
    counts: Counts


class Figures(BaseModel):
    """
    A community's packaging in a span of months; shares in parts per ten thousand, money in fen.

    What cannot be said yet, for want of a single use, is left out.
    """

    community_id: str
    months: list[str]
    registered: int
    out: int = Field(description="Cycles begun")
    back: int = Field(description="Cycles ended by a return")
    washed: int
    broken: int
    worn: int
    lost: int
    found: int
    return_rate_bp: int | None = Field(description="Of the cycles begun, those that were ended")
    loops_per_box_hundredths: int | None = Field(description="Cycles for each box ever in use")
    days_out_hundredths: int | None = Field(description="Mean days out of those that came back")
    use_cost_fen: int | None = Field(description="A cycle: box written off, wash, haul; assumed")
    single_use_cost_fen: int = Field(description="Single-use packaging of an order; assumed")
    saving_bp: int | None = Field(description="Of single-use packaging")


def told_by(record: Mapping[str, Any]) -> Moved | None:
    """The move that a record of the boxes table's stream (new image) tells of, if it does."""
    change = record["dynamodb"]
    new = change.get("NewImage")
    if not new or change.get("OldImage") or not change["Keys"]["sk"]["S"].startswith(MOVE):
        return None
    return Moved(
        box_id=change["Keys"]["pk"]["S"].partition("#")[2],
        version=int(new["version"]["N"]),
        community_id=new.get("community_id", {}).get("S", ""),
        at=datetime.fromtimestamp(change["ApproximateCreationDateTime"], UTC),
        counts=_counts(new),
    )


def _counts(new: Mapping[str, Any]) -> Counts:
    came, went = new.get("came_from", {}).get("S"), Custodian(new["went_to"]["S"])
    where = new["went_to_id"]["S"]
    days = int(new["days_out"]["N"]) if "days_out" in new else None
    home = days is not None and went not in _GONE
    return Counts(
        registered=came is None,
        out=went is _K.RESIDENT,
        back=home,
        days_out=days if home and days else 0,
        washed=bool(new.get("washed", {}).get("BOOL")),
        broken=went is _K.RETIRED and where != "worn",
        worn=went is _K.RETIRED and where == "worn",
        lost=went is _K.LOST,
        found=came == _K.LOST and went is not _K.RETIRED,
    )


def count(move: Moved) -> bool:
    """Count a move, exactly once; False: it was counted before."""
    month = move.at.astimezone(ZONE).strftime("%Y-%m")
    done = CountedMoveRow(f"COUNTED#{move.box_id}#{move.version}", BOX_MOVE, at=rfc3339(move.at))
    changes = [
        getattr(BoxMonthRow, each.name).add(int(getattr(move.counts, each.name)))
        for each in fields(Counts)
        if getattr(move.counts, each.name)
    ]
    if not changes:
        return False
    try:
        with transaction() as tx:
            tx.put(done, condition=CountedMoveRow.pk.does_not_exist(), refusal=AlreadyDone())
            tx.update(BoxMonthRow(month_key(move.community_id), month), changes)
    except AlreadyDone:
        return False
    return True


def figures(
    community_id: str, *, since: str = "", until: str = "9999-12", caller: Caller
) -> Figures:
    """
    A community's figures over its local months `since` to `until` (ISO, both included).

    Raises:
        NotFound: The community is not the caller's.
    """
    caller.require(community_id, Role.DISPATCHER, Role.CITY)
    rows = reads.query(BoxMonthRow, month_key(community_id))
    within = [row for row in rows if since <= row.sk <= until]
    total = add_up(
        [Counts(**{f.name: int(getattr(row, f.name)) for f in fields(Counts)}) for row in within]
    )
    return worth(community_id, [row.sk for row in within], total, programme_of(community_id))


def add_up(months: Sequence[Counts]) -> Counts:
    """The sum of several months. Pure."""
    names = [each.name for each in fields(Counts)]
    return Counts(**{name: sum(getattr(month, name) for month in months) for name in names})


def worth(community_id: str, months: list[str], counts: Counts, programme: Packaging) -> Figures:
    """
    The figures of what was counted. Pure.

    A use costs washing, hauling and its share of the boxes that are gone for good: broken, worn,
    or lost and not found. With none gone, a box is written off over its most loops.
    """
    gone = counts.broken + counts.worn + max(0, counts.lost - counts.found)
    cost = _use_fen(counts, gone, programme)
    single = programme.single_use_fen
    return Figures(
        community_id=community_id,
        months=months,
        registered=counts.registered,
        out=counts.out,
        back=counts.back,
        washed=counts.washed,
        broken=counts.broken,
        worn=counts.worn,
        lost=counts.lost,
        found=counts.found,
        return_rate_bp=_share(counts.back, counts.out, 10_000),
        loops_per_box_hundredths=_share(counts.out, counts.registered, 100),
        days_out_hundredths=_share(counts.days_out, counts.back, 100),
        use_cost_fen=cost,
        single_use_cost_fen=single,
        saving_bp=None if cost is None or not single else 10_000 * (single - cost) // single,
    )


def _use_fen(counts: Counts, gone: int, programme: Packaging) -> int | None:
    if not counts.out:
        return None
    boxes = gone * programme.box_fen
    if not gone:
        boxes = counts.out * programme.box_fen // programme.most_loops
    variable = counts.washed * programme.wash_fen + counts.back * programme.haul_fen
    return round((boxes + variable) / counts.out)


def _share(part: int, whole: int, scale: int) -> int | None:
    return None if not whole else scale * part // whole
