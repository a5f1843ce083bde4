"""
A courier's documents: handed in by themselves, verified by a dispatcher, valid until they expire.

Nobody is offered a route without every document that their vehicle needs. Which ones is data:
food handlers in China need a health certificate (Food Safety Law art. 45), an e-bike on the road
is registered (GB 17761 and its local rules), a van needs a licence and insurance (Road Traffic
Safety Law art. 17 and 19). Not legal advice.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from linli.fleet.model import Vehicle
from linli.fleet.rows import DocumentRow, community_key, document_key
from linli.kernel import reads
from linli.kernel.errors import AlreadyDone, Conflict, NotFound
from linli.kernel.identity import Caller, Role
from linli.kernel.ids import CommandId, CommunityId, PersonId
from linli.kernel.time import rfc3339
from linli.kernel.transact import transaction

DocumentKind = Literal["identity", "health", "plate", "driving_licence", "insurance"]
NEEDED: Final[Mapping[Vehicle, frozenset[DocumentKind]]] = MappingProxyType(
    {
        "walk": frozenset({"identity", "health"}),
        "ebike": frozenset({"identity", "health", "plate"}),
        "van": frozenset({"identity", "health", "driving_licence", "insurance"}),
    }
)


class PutDocument(BaseModel):
    """A document as its courier hands it in; `number` stays with us and is shown to nobody else."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    community_id: CommunityId
    number: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{3,40}$")]
    expires_on: date


class JudgeDocument(BaseModel):
    """A dispatcher's verdict on a document, having seen it; of the version that they saw."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: CommandId
    community_id: CommunityId
    version: int = Field(strict=True, ge=1)
    verdict: Literal["verified", "rejected"]


class Document(BaseModel):
    """A document without its number; `version` counts how often it was handed in."""

    model_config = ConfigDict(frozen=True)

    courier_id: PersonId
    kind: DocumentKind
    expires_on: date
    version: int
    state: Literal["handed_in", "verified", "rejected"]
    judged_by: str | None = None
    judged_at: str | None = None


class DocumentList(BaseModel):
    """Documents, by courier and kind."""

    documents: list[Document]


class HandedInAgain(Conflict):
    """The courier has handed in another one since the dispatcher looked."""

    code = "document_changed"
    title_en = "The courier has handed in another document meanwhile"
    title_zh = "该证件已重新提交，请重新审核"


def hand_in(courier_id: str, kind: DocumentKind, command: PutDocument, now: datetime) -> Document:
    """
    Keep a document; the same again changes nothing, another one has to be verified anew.

    Raises:
        Contended: The courier hands it in twice at this very moment, from two devices.
    """
    pk, sk = community_key(command.community_id), document_key(courier_id, kind)
    known = reads.get(DocumentRow, pk, sk)
    same = known is not None and (known.number, known.expires_on) == (
        command.number,
        command.expires_on.isoformat(),
    )
    if known is not None and same:
        return _document(known)
    row = DocumentRow(
        pk,
        sk,
        number=command.number,
        expires_on=command.expires_on.isoformat(),
        version=1 if known is None else int(known.version) + 1,
        state="handed_in",
        handed_in_at=rfc3339(now),
    )
    seen = (
        DocumentRow.pk.does_not_exist() if known is None else DocumentRow.version == (known.version)
    )
    try:
        with transaction() as tx:
            tx.put(row, condition=seen, refusal=AlreadyDone())
    except AlreadyDone:  # Sent twice at once: whichever came first is as good.
        return document(command.community_id, courier_id, kind)
    return _document(row)


def document(community_id: str, courier_id: str, kind: DocumentKind) -> Document:
    """
    One document.

    Raises:
        NotFound: It was never handed in.
    """
    row = reads.get(DocumentRow, community_key(community_id), document_key(courier_id, kind))
    if row is None:
        raise NotFound
    return _document(row)


def judge(
    courier_id: str, kind: DocumentKind, command: JudgeDocument, caller: Caller, now: datetime
) -> Document:
    """
    Note a dispatcher's verdict; the same again changes nothing.

    Raises:
        NotFound: The caller does not dispatch there, or there is no such document.
        HandedInAgain: It is another document than the one that was judged.
    """
    caller.require(command.community_id, Role.DISPATCHER)
    known = document(command.community_id, courier_id, kind)
    if known.version == command.version and known.state == command.verdict:
        return known
    with transaction() as tx:
        tx.update(
            DocumentRow(community_key(command.community_id), document_key(courier_id, kind)),
            [
                DocumentRow.state.set(command.verdict),
                DocumentRow.judged_by.set(caller.subject),
                DocumentRow.judged_at.set(rfc3339(now)),
            ],
            condition=DocumentRow.version == command.version,
            refusal=HandedInAgain(),
        )
    return document(command.community_id, courier_id, kind)


def documents(community_id: str, courier_id: str | None = None) -> list[Document]:
    """The documents of a community's couriers, or of one of them."""
    prefix = document_key(courier_id, "") if courier_id else "DOCUMENT#"
    rows = reads.query(DocumentRow, community_key(community_id), DocumentRow.sk.startswith(prefix))
    return [_document(row) for row in rows]


def missing(vehicle: Vehicle, held: Iterable[Document], on: date) -> set[DocumentKind]:
    """The documents that a courier with this vehicle lacks on a day: none, or they do not ride."""
    valid = {each.kind for each in held if each.state == "verified" and each.expires_on >= on}
    return set(NEEDED[vehicle] - valid)


def _document(row: DocumentRow) -> Document:
    _, courier_id, kind = row.sk.split("#")
    return Document(
        courier_id=courier_id,
        kind=kind,
        expires_on=date.fromisoformat(row.expires_on),
        version=int(row.version),
        state=row.state,
        judged_by=row.judged_by,
        judged_at=row.judged_at,
    )
