"""
Pictures that prove a delivery: each is put under a key of ours, which a courier gets for one order.

The key says nothing of anybody. Pictures and what is kept of them are gone after `PROOF_KEPT`: the
bucket's own lifecycle deletes the ones (tests/contract holds the two alike), the table's TTL the
others, which nobody is shown from then on.
"""

import json
import secrets
from datetime import datetime, timedelta
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from linli import waves
from linli.dispatch.actions import Proof
from linli.dispatch.rows import ISSUED, PROOF, IssuedRow, ProofRow, order_key
from linli.kernel import reads
from linli.kernel.errors import AlreadyDone, Conflict, Contended, IdReused, NotFound
from linli.kernel.identity import Caller, Role
from linli.kernel.ids import CommandId, fingerprint
from linli.kernel.pictures import Pictures, put_headers
from linli.kernel.time import ZONE, rfc3339
from linli.kernel.transact import transaction
from linli.waves import RouteOnDesk

PROOF_KEPT: Final = timedelta(days=30)
"""Long enough for a complaint to be judged; then a doorstep is nobody's business."""
MOST_PICTURES: Final = 6
"""Keys for an order: a photograph and a signature, with some tries."""
MOST_BYTES: Final = 5_000_000
PUT_SECONDS: Final = 600
SEE_SECONDS: Final = 300
PictureKind = Literal["photo", "signature"]
PictureType = Literal["image/jpeg", "image/png", "image/webp"]


class TooManyPictures(Conflict):
    """The order has all the keys that it gets."""

    code = "too_many_pictures"
    title_en = "This order has all the pictures that it may have"
    title_zh = "该订单的凭证图片已达上限"


class UnknownPicture(Conflict):
    """The proof names a key that was not given to this courier for this order."""

    code = "unknown_picture"
    title_en = "This picture was not asked for by you for this order"
    title_zh = "该图片并非由您为该订单申请"


class AskPicture(BaseModel):
    """A courier is about to put a picture; its size and type are what will be taken."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: CommandId
    order_id: CommandId
    kind: PictureKind
    content_type: PictureType
    size_bytes: Annotated[int, Field(strict=True, gt=0, le=MOST_BYTES)]


class PictureAsked(BaseModel):
    """Where to PUT the picture, with these headers; the delivery's proof names the key."""

    key: str
    url: str
    headers: dict[str, str]
    put_before: str


class PictureSeen(BaseModel):
    """A picture: its address for a few minutes, or null if the device has not put it yet."""

    url: str | None
    see_before: str


class ProofSeen(BaseModel):
    """How an order's stop ended."""

    order_id: str
    at: str
    courier_id: str
    photo: PictureSeen | None = None
    signature: PictureSeen | None = None
    signed_by: str | None = None
    code_checked: bool = False
    reason: str | None = None
    note: str | None = None


class ProofList(BaseModel):
    """The proofs of a route's orders, in the order of its doors."""

    proofs: list[ProofSeen]


def ask_picture(
    route: RouteOnDesk, command: AskPicture, caller: Caller, pictures: Pictures, now: datetime
) -> PictureAsked:
    """
    Give the courier a key for a picture of an order on the `route` that they hold. The same command
    again gives the same key, and time anew.

    Raises:
        NotFound: The order is not on the caller's route.
        IdReused: The id came with another command.
        TooManyPictures: The order has `MOST_PICTURES`.
        Contended: Several devices keep asking at once.
    """
    caller.require(route.community_id, Role.COURIER)
    if route.courier_id != caller.subject or str(command.order_id) not in route.order_ids:
        raise NotFound
    row = _issued(command, caller.subject, now)
    until = now + timedelta(seconds=PUT_SECONDS)
    key, kind = str(row.picture_key), command.content_type
    url = pictures.way_to_put(key, kind, command.size_bytes, PUT_SECONDS)
    return PictureAsked(key=key, url=url, headers=put_headers(kind), put_before=rfc3339(until))


def _issued(command: AskPicture, courier_id: str, now: datetime) -> IssuedRow:
    """The command's key, made now or before. Keys are numbered, so that no race makes too many."""
    digest = fingerprint(command, by=courier_id)
    for _ in range(MOST_PICTURES + 1):
        kept = _keys_of(str(command.order_id))
        same = next((row for row in kept if row.command_id == str(command.id)), None)
        if same is not None:
            if same.fingerprint != digest:
                raise IdReused
            return same
        if len(kept) >= MOST_PICTURES:
            raise TooManyPictures
        day = now.astimezone(ZONE).date().isoformat()
        row = IssuedRow(
            order_key(str(command.order_id)),
            f"{ISSUED}{len(kept)}",
            picture_key=f"proofs/{day}/{secrets.token_hex(16)}",
            kind=command.kind,
            courier_id=courier_id,
            command_id=str(command.id),
            fingerprint=digest,
            forget_at=int((now + PROOF_KEPT).timestamp()),
        )
        try:
            with transaction() as tx:
                tx.put(row, condition=IssuedRow.pk.does_not_exist(), refusal=AlreadyDone())
            return row
        except AlreadyDone:  # Another device has that number: look again.
            continue
    raise Contended


def _keys_of(order_id: str) -> list[IssuedRow]:
    return reads.query(IssuedRow, order_key(order_id), IssuedRow.sk.startswith(ISSUED))


def check_proof(order_id: str, proof: Proof, courier_id: str) -> None:
    """
    Check that what the proof names was given to this courier, for this order, as what it is.

    Raises:
        UnknownPicture: It was not.
    """
    named = {("photo", proof.photo_key), ("signature", proof.signature_key)}
    wanted = {(kind, key) for kind, key in named if key is not None}
    if not wanted:
        return
    own = [row for row in _keys_of(order_id) if row.courier_id == courier_id]
    if not wanted <= {(row.kind, row.picture_key) for row in own}:
        raise UnknownPicture


def keep_proof(order_id: str, content: dict[str, object], now: datetime) -> None:
    """Keep how a stop ended; what was told first counts."""
    row = ProofRow(
        order_key(order_id),
        PROOF,
        body=json.dumps(content, ensure_ascii=False),
        forget_at=int((now + PROOF_KEPT).timestamp()),
    )
    try:
        with transaction() as tx:
            tx.put(row, condition=ProofRow.pk.does_not_exist(), refusal=AlreadyDone())
    except AlreadyDone:
        return  # Told before.


def proofs(route_id: str, caller: Caller, pictures: Pictures, now: datetime) -> ProofList:
    """
    How the route's stops ended, for a dispatcher of its community.

    Raises:
        NotFound: There is no such route where the caller dispatches.
    """
    route = waves.route_on_desk(route_id)
    caller.require(route.community_id, Role.DISPATCHER)
    found = reads.batch((ProofRow, order_key(each), PROOF) for each in route.order_ids)
    rows = [(each, found.get(ProofRow, order_key(each), PROOF)) for each in route.order_ids]
    return ProofList(
        proofs=[
            _seen(order_id, json.loads(row.body), pictures, now)
            for order_id, row in rows
            if row is not None and row.forget_at > now.timestamp()
        ]
    )


def _seen(
    order_id: str, kept: dict[str, str | bool | None], pictures: Pictures, now: datetime
) -> ProofSeen:
    until = rfc3339(now + timedelta(seconds=SEE_SECONDS))
    shown: dict[str, object] = {
        kind: PictureSeen(url=pictures.way_to_see(str(key), SEE_SECONDS), see_before=until)
        for kind in ("photo", "signature")
        if (key := kept.get(f"{kind}_key"))
    }
    told = {name: kept.get(name) for name in ("signed_by", "reason", "note")}
    return ProofSeen.model_validate(
        {
            "order_id": order_id,
            "at": kept["at"],
            "courier_id": kept["by"],
            "code_checked": bool(kept.get("code_checked")),
            **told,
            **shown,
        }
    )
