"""
Other recyclables (可回收物): handed in by weight for points, weighed by a keeper or a machine.

A resident only announces it, without a weight: nobody's own scales are believed.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from linli import catalogue, credit
from linli.boxes import bring, stations
from linli.boxes.recycle_rows import HAND_IN, WEIGHT, HandInRow, WeightRow, hand_in_key
from linli.boxes.refusals import UnknownClaim, UnknownStore
from linli.boxes.rows import person
from linli.boxes.rules import CLAIM_VALID
from linli.catalogue.packaging import Material
from linli.credit import Done, Points
from linli.kernel import reads
from linli.kernel.errors import AlreadyDone, Contended, Forbidden, IdReused, Invalid, NotFound
from linli.kernel.identity import Caller, Role
from linli.kernel.ids import CommandId, PersonId, StoreId, fingerprint
from linli.kernel.time import local_date, parse_instant, rfc3339
from linli.kernel.transact import Transaction, transaction

MOST_GRAMS = 50_000
"""More than anybody carries to a station at once."""
RECYCLED = "recycled"
"""The deed that handing in is."""
_OWN: Final = "a keeper does not weigh in their own"
_ATTEMPTS = 5


class UnknownMaterial(Invalid):
    """The community's programme takes no such material."""

    code = "unknown_material"
    title_en = "This material is not taken here"
    title_zh = "此处不回收该类物品"


class HandIn(BaseModel):
    """Something to be recycled: announced by a resident, weighed by a keeper."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: CommandId
    material: Material
    grams: int | None = Field(
        default=None, strict=True, ge=1, le=MOST_GRAMS, description="A keeper's; as weighed"
    )
    store_id: StoreId | None = None
    station_id: StoreId | None = None
    resident_id: PersonId | None = Field(default=None, description="Who brought it: a keeper's")
    claim_id: CommandId | None = Field(default=None, description="Who announced it")

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.store_id is None) == (self.station_id is None):
            raise ValueError("a store or a station")
        if self.resident_id is not None and self.claim_id is not None:
            raise ValueError("the person, or their announcement")
        return self


class HandedIn(BaseModel):
    """What was handed in, and what it earned."""

    model_config = ConfigDict(frozen=True)

    id: CommandId
    state: Literal["pending", "weighed"]
    material: Material
    grams: int = 0
    points: int = 0


class _Moved(Contended):
    """The day's points of the resident changed at the same moment."""


def points_for(grams: int, material: Material, rates: Mapping[Material, int]) -> int:
    """
    What a weight earns: whole points, by the grams that a point takes.

    Raises:
        UnknownMaterial
    """
    rate = rates.get(material)
    if rate is None:
        raise UnknownMaterial
    return grams // rate


def hand_in(command: HandIn, *, caller: Caller, now: datetime) -> HandedIn:
    """
    Weigh something in for its points, or announce it; sending it again answers the same.

    Raises:
        NotFound: The caller keeps neither the store nor the station, and is no resident.
        Invalid: A keeper does not say how much or whose; a resident says how much.
        Forbidden: A resident names somebody, or a keeper themselves.
        UnknownStore, UnknownStation, UnknownMaterial, UnknownClaim
        IdReused: The id was used for something else.
        Contended: Nothing was written.
    """
    kept_by, community_id = _place(command)
    keeper = caller.holds(Role.STORE, kept_by)
    if not keeper and Role.RESIDENT not in caller.roles:
        raise NotFound
    _check(command, caller, keeper)
    rates = bring.programme_of(community_id).grams_a_point
    points_for(command.grams or 0, command.material, rates)
    digest = fingerprint(command, by=caller.subject)
    for _ in range(_ATTEMPTS):
        if done := reads.get(HandInRow, hand_in_key(command.id), HAND_IN):
            return _replay(done, digest)
        try:
            return _attempt(command, caller, community_id, digest, now, keeper=keeper)
        except (AlreadyDone, _Moved):
            continue
    raise Contended("the resident's day keeps moving")


def _place(command: HandIn) -> tuple[str, str]:
    """Which store keeps the place, and its community."""
    if command.station_id is not None:
        at = stations.station(command.station_id)
        return at.store_id, at.community_id
    store = catalogue.store(command.store_id or "")
    if store is None:
        raise UnknownStore
    return store.store_id, store.community_id


def _check(command: HandIn, caller: Caller, keeper: bool) -> None:
    if not keeper:
        if command.grams is not None:
            raise Invalid("a resident announces, the scales weigh")
        if command.resident_id not in (None, caller.subject) or command.claim_id is not None:
            raise Forbidden("a resident hands in for their own credit")
        return
    if command.grams is None or (command.resident_id is None and command.claim_id is None):
        raise Invalid("say how much, and whose it is")
    if command.resident_id == caller.subject:
        raise Forbidden(_OWN)


def _attempt(
    command: HandIn,
    caller: Caller,
    community_id: str,
    digest: str,
    now: datetime,
    *,
    keeper: bool,
) -> HandedIn:
    told = HandedIn(id=command.id, state="pending", material=command.material)
    resident_id = command.resident_id or caller.subject
    with transaction() as tx:
        if keeper:
            assert command.grams is not None
            claim_id = str(command.claim_id) if command.claim_id else None
            if claim_id is not None:
                resident_id = take_claim(tx, claim_id, command.material, now)
            if resident_id == caller.subject:
                raise Forbidden(_OWN)
            points = weigh(
                tx,
                source_id=str(command.id),
                resident_id=resident_id,
                material=command.material,
                grams=command.grams,
                community_id=community_id,
                by=caller.subject,
                now=now,
            )
            weighed = {"state": "weighed", "grams": command.grams, "points": points}
            told = told.model_copy(update=weighed)
        put_hand_in(tx, told, resident_id, digest, now)
    return told


def put_hand_in(
    tx: Transaction, told: HandedIn, resident_id: str, digest: str, now: datetime
) -> None:
    """Write what was handed in; the commit raises AlreadyDone if its id exists."""
    row = HandInRow(
        hand_in_key(told.id),
        HAND_IN,
        state=told.state,
        resident_id=resident_id,
        material=told.material,
        fingerprint=digest,
        body=told.model_dump_json(),
        at=rfc3339(now),
    )
    tx.put(row, condition=HandInRow.pk.does_not_exist(), refusal=AlreadyDone())


def take_claim(tx: Transaction, claim_id: str, material: Material, now: datetime) -> str:
    """
    Use an announcement up; answers whose it is.

    Raises, here or when `tx` commits:
        UnknownClaim: It is none, of something else, too old, or used up.
    """
    row = reads.get(HandInRow, hand_in_key(claim_id), HAND_IN)
    if row is None or row.state != "pending" or row.material != material:
        raise UnknownClaim
    if parse_instant(row.at) + CLAIM_VALID < now:
        raise UnknownClaim
    tx.update(
        HandInRow(row.pk, row.sk),
        [HandInRow.state.set("used")],
        condition=HandInRow.state == "pending",
        refusal=UnknownClaim(),
    )
    return str(row.resident_id)


def weigh(
    tx: Transaction,
    *,
    source_id: str,
    resident_id: str,
    material: Material,
    grams: int,
    community_id: str,
    by: str,
    now: datetime,
) -> int:
    """
    Reward a weight, up to the day's bound; answers the points.

    Raises, here or when `tx` commits:
        UnknownMaterial
        Contended: The resident's day changed at the same moment.
    """
    programme = bring.programme_of(community_id)
    earned = points_for(grams, material, programme.grams_a_point)
    key = person(resident_id), f"{WEIGHT}{local_date(now).isoformat()}"
    row = reads.get(WeightRow, *key)
    before = int(row.points) if row else 0
    points = max(0, min(earned, programme.most_weight_points_a_day - before))
    same = WeightRow.points.does_not_exist() if row is None else WeightRow.points == before
    changes = [WeightRow.points.set(before + points), WeightRow.grams.add(grams)]
    tx.update(WeightRow(*key), changes, condition=same, refusal=_Moved())
    if points:
        credit.grant(
            tx,
            transfer_id=f"{source_id}/weight",
            resident_id=resident_id,
            points=Points(points),
            deed=RECYCLED,
            now=now,
            by=by,
            done=Done(community_id),
        )
    return points


def _replay(row: HandInRow, digest: str) -> HandedIn:
    if row.fingerprint != digest:
        raise IdReused
    return HandedIn.model_validate_json(row.body)
