"""Consents: an elder lets somebody order for them (代购), recorded first, revocable any time."""

from datetime import datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict

from linli.kernel import reads
from linli.kernel.errors import AlreadyDone, IdReused, Invalid, NotFound, Refused
from linli.kernel.identity import Caller, Role
from linli.kernel.ids import CommandId, CommunityId, PersonId, fingerprint
from linli.kernel.time import rfc3339
from linli.kernel.transact import Transaction, transaction
from linli.orders.model import ForResident
from linli.orders.rows import CONSENT, ConsentRow, consent_key


class NoConsent(Refused):
    """There is no valid consent of that resident to this person's ordering for them."""

    code = "no_consent"
    title_en = "They have not agreed to your ordering for them"
    title_zh = "对方未授权您代购"


class GiveConsent(BaseModel):
    """A resident lets a neighbour order for them, until then."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: CommandId
    community_id: CommunityId
    resident_id: PersonId
    proxy_id: PersonId
    until: AwareDatetime


class ConsentView(BaseModel):
    """A consent as recorded, and who recorded and revoked it."""

    id: str
    community_id: str
    resident_id: str
    proxy_id: str
    until: str
    by: str
    revoked_by: str | None


def give(command: GiveConsent, *, caller: Caller, now: datetime) -> ConsentView:
    """
    Record a consent, given by the resident themselves or before a leader or dispatcher who is not
    the proxy; the same again changes nothing.

    Raises:
        NotFound: The caller is neither, in this community.
        Invalid: It is over already, or somebody consents to themselves.
        IdReused: The id was used for another consent.
    """
    _check_witness(caller, command.community_id, command.resident_id, command.proxy_id)
    if command.until <= now or command.proxy_id == command.resident_id:
        raise Invalid("a consent is to somebody else, and has a future")
    row = ConsentRow(
        consent_key(command.id),
        CONSENT,
        community_id=command.community_id,
        resident_id=command.resident_id,
        proxy_id=command.proxy_id,
        until=rfc3339(command.until),
        by=caller.subject,
        at=rfc3339(now),
        fingerprint=fingerprint(command, by=caller.subject),
    )
    try:
        with transaction() as tx:
            tx.put(row, condition=ConsentRow.pk.does_not_exist(), refusal=AlreadyDone())
    except AlreadyDone:
        kept = _read(str(command.id))
        if kept.fingerprint != row.fingerprint:
            raise IdReused from None
        row = kept
    return _view(row)


def revoke(consent_id: str, *, caller: Caller, now: datetime) -> ConsentView:
    """
    Revoke a consent: no order is placed on it any more; those that were stay. Again: no change.

    Raises:
        NotFound: There is none, or it is none of the caller's.
    """
    row = _read(consent_id)
    if caller.subject != row.proxy_id:
        _check_witness(caller, row.community_id, row.resident_id, row.proxy_id)
    if row.revoked_at is None:
        with transaction() as tx:
            tx.update(
                ConsentRow(consent_key(consent_id), CONSENT),
                [
                    ConsentRow.revoked_at.set(rfc3339(now)),
                    ConsentRow.revoked_by.set(caller.subject),
                ],
                condition=ConsentRow.pk.exists(),
            )
    return _view(_read(consent_id))


def key(wanted: ForResident) -> reads.Key:
    """The key with which a batch reads a consent."""
    return ConsentRow, consent_key(wanted.consent_id), CONSENT


def check(
    found: reads.Found, wanted: ForResident, community_id: str, proxy_id: str, now: datetime
) -> None:
    """
    Refuse unless the consent that a batch read is this one's, for this one, and valid now.

    Raises:
        NoConsent
    """
    row = found.get(ConsentRow, consent_key(wanted.consent_id), CONSENT)
    if row is None or row.revoked_at is not None or row.until <= rfc3339(now):
        raise NoConsent
    if (row.community_id, row.resident_id, row.proxy_id) != (
        community_id,
        wanted.resident_id,
        proxy_id,
    ):
        raise NoConsent


def hold(tx: Transaction, wanted: ForResident, refusal: Refused) -> None:
    """Let `tx` fail with `refusal` if the consent is revoked by then."""
    tx.check(
        ConsentRow(consent_key(wanted.consent_id), CONSENT),
        condition=ConsentRow.revoked_at.does_not_exist(),
        refusal=refusal,
    )


def _check_witness(caller: Caller, community_id: str, resident_id: str, proxy_id: str) -> None:
    own = caller.subject == resident_id and caller.holds(Role.RESIDENT, community_id)
    if own:
        return
    caller.require(community_id, Role.LEADER, Role.DISPATCHER)
    if caller.subject == proxy_id:
        raise NotFound


def _read(consent_id: str) -> ConsentRow:
    row = reads.get(ConsentRow, consent_key(consent_id), CONSENT)
    if row is None:
        raise NotFound
    return row


def _view(row: ConsentRow) -> ConsentView:
    names = ("community_id", "resident_id", "proxy_id", "until", "by", "revoked_by")
    kept = {name: getattr(row, name) for name in names}
    return ConsentView(id=row.pk.removeprefix("CONSENT#"), **kept)
